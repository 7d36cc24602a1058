"""`gorod dev` from nothing to answering, killed, started again, and stopped."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.database.embedded import pidfile
from tests.cli.test_commands import GOROD, run_gorod
from tests.database.processes import is_gone, make_open_folder, wait_until

pytestmark = [pytest.mark.embedded_only, pytest.mark.lengthy, pytest.mark.endurance]


Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with make_open_folder() as folder:
        yield folder / ".gorod"
        wait_until(lambda: not pidfile.find_members(folder / ".gorod" / "postgres"))


@pytest.fixture
def dev(data_dir: Path) -> Iterator[Start]:
    """Start `gorod dev` or another command; return the process and the address of its API."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], str]:
        program = subprocess.Popen(
            [*GOROD, *(words or ("dev",))],
            env={**os.environ, "GOROD_DATA_DIR": str(data_dir), "PORT": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        assert program.stdout is not None
        for line in program.stdout:
            if "/graphql" in line:
                return program, line.split()[2]
        raise AssertionError("it ended without an address")

    yield start
    for program in started:
        with program:
            program.kill()


def ask(api: str, question: str) -> Any:
    body = json.dumps({"query": question}).encode()
    request = urllib.request.Request(api, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def read_figures(api: str) -> list[str]:
    """Return the figures of operations, as Prometheus reads them."""
    with urllib.request.urlopen(api.replace("/graphql", "/metrics")) as answer:
        figures = answer.read().decode().splitlines()
    return [line for line in figures if line.startswith("gorod_operations_total{")]


def test_dev_answers_survives_kill_nine_and_stops_all_it_started(
    data_dir: Path, dev: Start
) -> None:
    killed, api = dev()
    assert not read_figures(api), "what it asked itself is no operation of a client"
    assert ask(api, "{ __typename }") == {"data": {"__typename": "Query"}}
    assert ask(api, "{ __schema { queryType { name } } }")["data"], "GraphiQL would be blind"
    assert read_figures(api)
    killed.kill()
    program, api = dev()
    assert ask(api, "{ __typename }") == {"data": {"__typename": "Query"}}
    status = run_gorod("db", "status", "--json", GOROD_DATA_DIR=str(data_dir))
    assert json.loads(status.stdout)["upToDate"]
    known = run_gorod("demo", "logins", GOROD_DATA_DIR=str(data_dir)).stdout
    assert "parent.ivanova" in known, "a login that is cut off is none"
    server = pidfile.read_pid(data_dir / "postgres")
    assert server
    program.send_signal(signal.SIGTERM)
    assert program.wait(60) == 0
    assert is_gone(server)
    place = {"GOROD_DATA_DIR": str(data_dir), "PORT": "0"}
    refused = run_gorod("serve", **place)
    assert (refused.returncode, "`gorod demo lock`" in refused.stderr) == (1, True), refused
    assert run_gorod("demo", "lock", **place).returncode == 0
    program, api = dev("serve")
    assert ask(api, "{ __typename }") == {"data": {"__typename": "Query"}}
    program.send_signal(signal.SIGTERM)
    assert program.wait(60) == 0
    looked = run_gorod("doctor", "--json", **place)
    found = {one["name"]: one["detail"] for one in json.loads(looked.stdout) if one["ok"]}
    assert looked.returncode == 0, looked
    assert str(data_dir) in found["data"]
    assert found["secret key"] == f"right, in {data_dir}/secret.key"
    assert "/healthz and /readyz answer everybody, /metrics to this machine" in found["endpoints"]
    assert "/schema/ and /docs/ to who has signed in" in found["endpoints"]
    assert found["documents"] == "0 registered; others are answered, too"
    looked = run_gorod("doctor", "--json", **place, GOROD_TRUSTED_ONLY="true")
    [amiss] = [one for one in json.loads(looked.stdout) if not one["ok"]]
    assert amiss["name"] == "documents"
    assert "no document is registered" in amiss["detail"]
