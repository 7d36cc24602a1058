"""The examples in `examples/operations/` are right."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gql.observe.record import OperationRecord, Outcome
from gql.settings import Settings, find_misspelt
from models.problems import Problem
from tests.observe.conftest import Served

HERE = Path("examples/operations")
SUFFIXES = ("_total", "_bucket", "_count", "_sum", "_created")


def plain(name: str) -> str:
    """The name of a metric without what it has for a kind of sample."""
    return next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)


async def metrics(server: Served) -> set[str]:
    async with server.asks("zavuch") as http:
        await http.post("/graphql", json={"query": "{ viewer { fullName } }"})
        told = (await http.get("/metrics")).text
    return {plain(name) for name in re.findall(r"^(gorod_\w+)", told, re.MULTILINE)}


async def test_alerts_ask_for_metrics_that_there_are(server: Served) -> None:
    alerts = (HERE / "alerts.yml").read_text()
    asked = {plain(name) for name in re.findall(r"\bgorod_\w+", alerts)}
    assert asked
    assert asked <= await metrics(server)


async def test_every_metric_is_explained(server: Served) -> None:
    told = (HERE / "fields.md").read_text()
    explained = {plain(name) for name in re.findall(r"\b(gorod_\w+)`", told)}
    explained |= {f"gorod_database{end}" for end in re.findall(r"`…(_\w+)`", told)}
    assert explained == await metrics(server)


def test_every_field_of_a_line_is_explained() -> None:
    told = (HERE / "fields.md").read_text().partition("## Metrics")[0]
    explained = set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", told, re.MULTILINE)))
    )
    named = {one.name for one in fields(Outcome)} | set(OperationRecord._fields)
    in_traces_only = {"statements"}
    assert explained == (named - {"outcome", "at"} - in_traces_only) | {"timestamp"}


# -- the service -----------------------------------------------------------------------


def settings_of(file: Path) -> dict[str, str]:
    """The lines `NAME=value` of a file, those that are proposed in a comment, too."""
    return dict(re.findall(r"^#?(\w+)=(.*)$", file.read_text(), re.MULTILINE))


def test_the_environment_of_the_service_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings_of(HERE / "environment")
    assert "GOROD_DATA_DIR" in given
    assert not find_misspelt(given)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().public == given["GOROD_PUBLIC_URL"]


def test_the_unit_and_the_command_agree_with_the_environment() -> None:
    unit, given = settings_of(HERE / "gorod.service"), settings_of(HERE / "environment")
    assert given["GOROD_DATA_DIR"] == unit["WorkingDirectory"]
    assert unit["WorkingDirectory"] == f"/var/lib/{unit['StateDirectory']}"
    command = (HERE / "gorod.sh").read_text()
    assert unit["EnvironmentFile"] in command
    assert f"runuser -u {unit['User']} " in command
    assert unit["ExecStart"].split()[0] in command
    assert unit["KillMode"] == "mixed", "the database would be ended before requests are answered"


def test_the_steps_name_files_that_there_are() -> None:
    steps = (HERE / "README.md").read_text()
    named = re.findall(r"/opt/gorod/(?!\.venv)([\w./-]+)", steps)
    assert named
    assert [name for name in named if not Path(name).exists()] == []


def test_alerts_ask_for_codes_that_there_are() -> None:
    alerts = (HERE / "alerts.yml").read_text()
    asked = set("|".join(re.findall(r'code=~?"([^"]+)"', alerts)).split("|"))
    waiting, known = [Problem], {"INTERNAL_SERVER_ERROR"}
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            known.add(kind.code())
    assert asked
    assert asked <= known
