"""The supervisor with real processes: killed at bad moments, started twice, given false files."""

import asyncio
import os
import signal
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest

from models.database import roles
from models.database.address import open_session
from models.database.embedded import account, binaries, home, pidfile
from models.database.embedded.server import Embedded, open_database
from models.database.problems import InUse
from tests.database.processes import (
    Start,
    ask,
    is_gone,
    keep_computing,
    kill,
    read_line,
    wait_until,
)

pytestmark = pytest.mark.embedded_only


def test_after_kill_nine_of_the_app_postgres_stops_by_itself_and_nothing_acknowledged_is_lost(
    writer: Start,
) -> None:
    """The first of the killed programs makes the cluster, too."""
    acknowledged = 0
    for more in (3, 200, 40):
        program = writer()
        server, *found = map(int, read_line(program))
        assert found[:acknowledged] == list(range(1, acknowledged + 1))
        for _ in range(more):
            [acknowledged] = map(int, read_line(program))
        for last in kill(program):
            acknowledged = int(last)
        wait_until(partial(is_gone, server))


def test_a_new_start_waits_for_the_server_of_a_killed_one(writer: Start, data_dir: Path) -> None:
    """Nobody reaps the orphan here; it may still be writing its last checkpoint."""
    program = writer()
    server = int(read_line(program)[0])
    kill(program)
    with Embedded(data_dir) as embedded:
        assert is_gone(server)
        assert ask(embedded, "SELECT count(*) FROM numbers") >= 0


def test_a_cluster_half_made_when_its_maker_was_killed_is_made_again(
    writer: Start, folder: Path
) -> None:
    data_dir = folder / ".gorod"
    program = writer()
    wait_until((data_dir / "postgres.part" / "base").exists)
    kill(program)
    assert not (data_dir / "postgres").exists()
    with Embedded(data_dir) as embedded:
        assert ask(embedded, "SELECT 1") == 1
    assert not (data_dir / "postgres.part").exists()


def test_two_owners_never_share_one_cluster(writer: Start, data_dir: Path) -> None:
    program = writer()
    server = int(read_line(program)[0])
    with pytest.raises(InUse, match=f"process {program.pid} "):
        Embedded(data_dir).start()
    assert not is_gone(server)
    assert read_line(program)  # it has not noticed anything
    with open_database(data_dir) as url:  # another process may connect to its server
        assert asyncio.run(count_numbers(url("postgres", "postgres"))) > 0


async def count_numbers(url: str) -> int:
    connection = await open_session(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM numbers"))
    finally:
        await connection.close()


def test_a_killed_postmaster_is_started_again_even_while_its_sessions_are_at_work(
    data_dir: Path,
) -> None:
    with Embedded(data_dir) as embedded:
        ask(embedded, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert not embedded.ensure_running()
        with keep_computing(embedded) as busy:
            assert embedded.pid
            os.kill(embedded.pid, signal.SIGKILL)
            wait_until(lambda: not embedded.is_alive())
            assert not is_gone(busy)
            assert embedded.ensure_running()
            assert is_gone(busy)
        assert ask(embedded, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("content", ["{stranger}", "{dead}", "", "torn"])
def test_a_stale_pid_file_is_removed_only_on_proof(data_dir: Path, content: str) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    dead = subprocess.Popen(["true"])
    dead.wait()
    file = data_dir / "postgres" / "postmaster.pid"
    first = content.format(stranger=stranger.pid, dead=dead.pid)
    file.write_text(f"{first}\n{file.parent}\n1\n5432\n\n*\n" if first else "")
    try:
        with Embedded(data_dir) as embedded:
            assert ask(embedded, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_somebody_else_started_is_left_alone(data_dir: Path) -> None:
    cluster, socket = data_dir / "postgres", data_dir / "socket"
    user = account.find_server_account(cluster)
    programs = binaries.find_for_account(user, home.SHARED)
    foreign = subprocess.Popen(
        [programs.program("postgres"), "-D", cluster, "-k", socket, "-c", "listen_addresses="],
        cwd="/",
        stderr=subprocess.DEVNULL,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    try:
        wait_until(lambda: pidfile.read_pid(cluster) == foreign.pid)
        with pytest.raises(InUse, match=f"Process {foreign.pid} "):
            Embedded(data_dir).start()
        assert foreign.poll() is None
        assert pidfile.read_pid(cluster) == foreign.pid
    finally:
        foreign.send_signal(signal.SIGINT)
        foreign.wait()


def test_the_server_outlives_the_thread_that_started_it(data_dir: Path) -> None:
    """The kernel's death signal follows the thread that forks, not the process."""
    embedded = Embedded(data_dir)
    thread = threading.Thread(target=embedded.start)
    thread.start()
    thread.join()
    with embedded:
        pid = embedded.pid
        assert ask(embedded, "SELECT pg_sleep(0.2) IS NOT NULL")
        assert (embedded.is_alive(), embedded.pid) == (True, pid)


async def test_it_starts_and_stops_inside_a_running_loop(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded:
        connection = await open_session(embedded.url("postgres", "postgres"))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert not embedded.is_alive()


OF_OTHERS = {
    "PGHOST": "db.example", "PGHOSTADDR": "192.0.2.1", "PGPORT": "6432", "PGUSER": "somebody",
    "PGDATABASE": "elsewhere", "PGPASSWORD": "theirs", "PGPASSFILE": "/dev/null",
    "PGSERVICE": "nosuch", "PGSERVICEFILE": "/nonexistent", "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/nonexistent", "PGSSLCERT": "/nonexistent", "PGSSLKEY": "/nonexistent",
    "PGSSLCRL": "/nonexistent", "PGSSLNEGOTIATION": "direct", "PGREQUIRESSL": "1",
    "PGTARGETSESSIONATTRS": "read-only", "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGAPPNAME": "theirs", "PGCONNECT_TIMEOUT": "1", "PGCLIENTENCODING": "KOI8R",
    "PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German", "PGGSSLIB": "nosuch", "PGKRBSRVNAME": "x",
    "PGDATA": "/nonexistent", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "scram-sha-256",
    "TZ": "Asia/Tokyo", "LANG": "ru_RU.KOI8-R", "LC_ALL": "ru_RU.KOI8-R", "LC_MESSAGES": "ru_RU",
    "POSTGRES_PASSWORD": "theirs", "HOME": "/nonexistent",
}  # fmt: skip
"""Variables of a machine that point to other databases or hold the habits of its user."""
SETTLED = (
    "TimeZone", "DateStyle", "lc_messages", "lc_monetary", "server_encoding", "client_encoding",
    "default_transaction_read_only", "application_name", "port", "log_timezone",
)  # fmt: skip


def test_no_variable_of_the_machine_changes_our_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster is made, started and queried under such variables as without them."""

    def settings(name: str) -> list[str]:
        with Embedded(folder / name) as embedded:
            asked = asyncio.run(roles.prepare(embedded.url("postgres", "postgres")))
            assert asked is None
            return [ask(embedded, f"SHOW {setting}") for setting in SETTLED]

    usual = settings("usual")
    for name, value in OF_OTHERS.items():
        monkeypatch.setenv(name, value)
    assert settings("odd") == usual
