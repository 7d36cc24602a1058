"""The disk fills up: reading goes on, and the server recovers by itself when there is space."""

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from httpx2 import AsyncClient

from models.database.address import open_session
from models.database.embedded import home
from models.database.embedded.server import socket_url
from models.database.problems import DatabaseProblem
from models.database.space import MB
from tests.cli.test_commands import run_gorod
from tests.files.sending import PDF, REQUEST
from tests.outages.disk import fill, mount_small_disk
from tests.outages.school import (
    DIARY,
    SIGN_IN,
    UNAVAILABLE,
    Dev,
    Person,
    list_published,
    listen,
    publish,
    publish_on_and_on,
    run_dev,
    sign_in,
    wait_until,
)

pytestmark = [pytest.mark.embedded_only, pytest.mark.lengthy, pytest.mark.endurance]

SIZE = 500
MINIMUM, RESERVE = 96, 64
"""Megabytes. A new school takes less than 200."""
SOON = 5
"""Seconds within which the server must be back once there is space (issue: point 27)."""


@pytest.fixture
def disk(example: Path) -> Iterator[Path]:
    with mount_small_disk(SIZE) as place:
        subprocess.run(["cp", "-a", example, place], check=True)
        yield place


@asynccontextmanager
async def run_school(
    disk: Path, minimum: int = MINIMUM, reserve: int = RESERVE
) -> AsyncIterator[tuple[Dev, Person, Person]]:
    """Run a server on the disk, with its log elsewhere; yield it, its director and a mother."""
    given = {"GOROD_DISK_MINIMUM_MB": str(minimum), "GOROD_DISK_RESERVE_MB": str(reserve)}
    with run_dev(disk / ".gorod", log=disk.parent, environment=given) as here:
        async with AsyncClient(timeout=60) as client:
            director = await sign_in(client, here.api, "director")
            yield here, director, await sign_in(client, here.api, "parent.ivanova")


async def test_on_a_disk_that_is_nearly_full_reading_goes_on_and_nothing_is_written(
    disk: Path,
) -> None:
    async with run_school(disk) as (here, director, mother), listen(here.api, mother) as heard:
        given = {"name": "a.pdf", "type": "application/pdf", "size": len(PDF)}
        url = (await director.ask(REQUEST, **given))[1]["requestUpload"]["url"]
        await publish(director, "Объявление 1")
        filler = fill(disk, leave=MINIMUM // 2)
        await wait_until(lambda: here.find_in_log("cannot be written to"))
        assert f"{MINIMUM} MB of GOROD_DISK_MINIMUM_MB" in here.read_log()[-1]

        waiting = asyncio.create_task(publish(director, "Объявление 2"))
        stranger = Person(director.client, here.api)
        login = {"login": "director", "password": "wrong"}
        assert (await stranger.ask(SIGN_IN, input=login))[0] == UNAVAILABLE
        assert (await mother.ask(DIARY))[0] == "OK"
        assert (await mother.ask(REQUEST, **given))[0] in (UNAVAILABLE, "FORBIDDEN")
        sent = await director.client.put(url, content=PDF)
        assert (sent.status_code, sent.json()["errors"][0]["extensions"]["code"]) == (
            507,
            "STORAGE_FULL",
        )
        assert not waiting.done()
        looked = await asyncio.to_thread(run_doctor, here.data_dir)
        assert not looked["ok"]
        assert "nothing can be saved" in str(looked["detail"])

        filler.unlink()
        begun = time.monotonic()
        await waiting
        assert time.monotonic() - begun < SOON
        assert (await director.client.put(url, content=PDF)).status_code == 204
        await wait_until(lambda: len(heard) == 2)
        assert sorted(await list_published(director)) == ["Объявление 1", "Объявление 2"]
        await wait_until(lambda: here.find_in_log("can be written to again"))
        assert len(here.read_log()) == 2, here.read_log()


def run_doctor(data_dir: Path) -> dict[str, object]:
    """Return the findings of `gorod doctor` about the disk."""
    done = run_gorod(
        "doctor", "--json", GOROD_DATA_DIR=str(data_dir), GOROD_DISK_MINIMUM_MB=str(MINIMUM)
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return next(one for one in found if one["name"] == "disk")


async def test_the_server_is_back_when_there_is_space_though_its_log_did_not_fit(
    disk: Path,
) -> None:
    """The disk fills at once, and more than once. With the reserve reading goes on while the disk
    is full; nothing acknowledged is lost, and the reserve is there for the next time."""
    titles: list[str] = []
    async with run_school(disk) as (here, director, mother), listen(here.api, mother) as heard:
        reserve = here.data_dir / "postgres.reserve"
        for number in range(3):
            await wait_until(lambda: reserve.exists() and reserve.stat().st_size == RESERVE * MB)
            stop = asyncio.Event()
            writing = asyncio.create_task(publish_on_and_on(stop, director, titles))
            enough = len(titles) + 3
            await wait_until(lambda enough=enough: len(titles) > enough)
            connection = await open_operator(here)
            filler = await fill_all(disk, reserve)
            pid = here.postmaster
            await exhaust(connection)
            await wait_until(lambda pid=pid: here.postmaster not in (None, pid))
            assert (await mother.insist(DIARY))["diary"], "it is read from a full disk"
            assert not reserve.exists()

            done = len(titles)
            filler.unlink()
            begun = time.monotonic()
            await wait_until(lambda done=done: len(titles) > done)
            assert time.monotonic() - begun < SOON, number
            stop.set()
            await writing
        await wait_until(lambda: len(heard) >= len(titles))
        assert [
            one["payload"]["data"]["noticeEvents"]["notice"]["title"] for one in heard
        ] == titles
        assert sorted(await list_published(director)) == sorted(titles)
        codes = director.codes + mother.codes
        assert codes.keys() == {"OK", UNAVAILABLE}
        assert not here.find_in_log("Traceback")
        assert here.stop() == 0


async def test_without_any_space_the_server_waits_and_does_not_end(disk: Path) -> None:
    """There is no reserve, and another process takes any space that becomes free at once."""
    async with run_school(disk, minimum=0, reserve=0) as (here, director, mother):
        await publish(director, "Объявление 1")
        connection = await open_operator(here)
        greedy = Greedy(disk)
        await exhaust(connection)
        waiting = asyncio.create_task(publish(director, "Объявление 2"))
        await wait_until(lambda: here.find_in_log("cannot be started for now"))
        for _ in range(30):
            assert (await mother.ask(DIARY))[0] == UNAVAILABLE
            await asyncio.sleep(0.1)
        assert here.program.poll() is None
        # The log says that the server is away and why; on a full disk the first reason may be cut
        # off.
        said = here.read_log()
        assert len(said) <= 3, said

        greedy.leave()
        begun = time.monotonic()
        await waiting
        assert time.monotonic() - begun < SOON
        assert sorted(await list_published(director)) == ["Объявление 1", "Объявление 2"]
        await wait_until(lambda: here.find_in_log("is back"))
        assert len(here.read_log()) <= 4, here.read_log()


class Greedy(threading.Thread):
    """A thread that takes all space of a disk, and any that becomes free, until it leaves."""

    def __init__(self, disk: Path) -> None:
        super().__init__(daemon=True)
        self.disk, self.filler, self.leaving = disk, fill(disk), threading.Event()
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # the disk is gone, because the test has failed
            while not self.leaving.is_set():  # a pause, however short, lets the server recover
                fill(self.disk)

    def leave(self) -> None:
        """Free all of the space."""
        self.leaving.set()
        self.join()  # otherwise it may take the space again after its file is removed
        self.filler.unlink()


async def fill_all(disk: Path, reserve: Path) -> Path:
    """Fill the disk, and the half of the reserve that the server gives up because of it.

    Without the second filling the server sometimes goes on with that half: its recovery then
    succeeds, and neither its first process nor the other half of the reserve is lost.
    """
    filler = fill(disk)
    await wait_until(lambda: reserve.stat().st_size <= RESERVE * MB // 2)
    assert fill(disk) == filler
    return filler


async def open_operator(here: Dev) -> "asyncpg.Connection[Any]":
    """Open a session before the disk is full, as the first session of a database writes a file."""
    socket = home.find_running_socket(here.data_dir)
    assert socket
    return await open_session(socket_url(socket, "postgres", "postgres"))


async def exhaust(connection: "asyncpg.Connection[Any]") -> None:
    """Use up the files that the server keeps ready for its log, until it ends without space."""
    try:
        while not connection.is_closed():
            await connection.execute("SELECT pg_logical_emit_message(true, 'test', 'x')")
            await connection.execute("SELECT pg_switch_wal()")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        # Any process of the server may be the first to find no space, and ends all the others.
        await wait_until(connection.is_closed)
    finally:
        connection.terminate()


async def exhaust_again(here: Dev, *, until: str) -> None:
    """Use up the space as often as the server recovers with what its own end has freed, until its
    log has a line."""
    async with asyncio.timeout(60):
        while not here.find_in_log(until):
            if socket := home.find_running_socket(here.data_dir):
                with suppress(DatabaseProblem):  # it is not ready yet
                    again = socket_url(socket, "postgres", "postgres")
                    await exhaust(await open_session(again))
            await asyncio.sleep(0.01)


async def test_a_server_that_was_ended_on_a_full_disk_is_started_when_there_is_space(
    disk: Path,
) -> None:
    async with run_school(disk, minimum=0, reserve=0) as (here, director, _):
        await publish(director, "Объявление 1")
        connection = await open_operator(here)
        greedy = Greedy(disk)
        await exhaust(connection)
        await exhaust_again(here, until="cannot be started for now")
        here.program.kill()

    def free_some(line: str) -> None:
        if "cannot be started for now" in line:
            greedy.leave()

    def restart() -> list[str]:
        with run_dev(disk / ".gorod", log=disk.parent, hear=free_some) as again:
            assert greedy.leaving.is_set(), "it had to wait"
            return asyncio.run(list_notices(again))

    assert await asyncio.to_thread(restart) == ["Объявление 1"]


async def list_notices(here: Dev) -> list[str]:
    async with AsyncClient(timeout=60) as client:
        return await list_published(await sign_in(client, here.api, "director"))
