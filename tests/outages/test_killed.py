"""The database is killed under load: nothing acknowledged is lost, and no error looks like a
bug."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, HTTPError

from models.database.embedded import pidfile
from tests.files.sending import REQUEST
from tests.outages.school import (
    DIARY,
    ME,
    SET_MARK,
    SIGN_IN,
    UNAVAILABLE,
    Dev,
    Person,
    list_published,
    listen,
    publish_on_and_on,
    run_dev,
    sign_in,
    wait_until,
)

pytestmark = [pytest.mark.embedded_only, pytest.mark.lengthy, pytest.mark.endurance]

ROUNDS = 6
BETWEEN = 4
"""The number of notices that are published between two rounds."""
LOGINS = ("director", "parent.ivanova", "teacher.belova")
SECTIONS = '{ sections(filter: {name: {contains: "7А Алгебра"}}) { nodes { id } } }'
JOURNAL = """query ($id: ID!, $begin: Date) { journal(sectionId: $id, from: $begin) {
  lessons { assignments { id } } students { id }
  cells { studentId marks { assignment { id } } } } }"""


async def test_kill_nine_of_the_database_under_load(data_dir: Path) -> None:
    """Its first process and one of its sessions are killed in turns.

    Afterwards each notice exists once, each change of a mark was made once, and a socket that
    stayed open has received each notice once, in order, without any action of the client.
    """
    stop, titles = asyncio.Event(), list[str]()
    with run_dev(data_dir) as here:
        async with AsyncClient(timeout=60) as client:
            director, mother, teacher = [await sign_in(client, here.api, login) for login in LOGINS]
            stranger = Person(client, here.api)
            async with listen(here.api, mother) as heard:
                working = [
                    read_on_and_on(stop, mother, DIARY),
                    read_on_and_on(stop, mother, ME),
                    sign_in_on_and_on(stop, stranger),
                    publish_on_and_on(stop, director, titles),
                    mark_on_and_on(stop, teacher),
                ]
                tasks = [asyncio.create_task(one) for one in working]
                for number in range(ROUNDS):
                    enough = BETWEEN * (number + 1)
                    await wait_until(lambda enough=enough: len(titles) >= enough)
                    await kill(here, number)
                    await wait_until(
                        lambda number=number: len(here.find_in_log("is back")) > number
                    )
                stop.set()
                await asyncio.gather(*tasks)
                await wait_until(lambda: len(heard) >= len(titles))
            assert sorted(await list_published(director)) == sorted(titles)
        assert here.stop() == 0
        log = here.read_log()
    codes = sum((one.codes for one in (director, mother, teacher, stranger)), start=Counter[str]())
    assert codes.keys() == {"OK", UNAVAILABLE}
    events = [message["payload"]["data"]["noticeEvents"] for message in heard]
    assert [event["notice"]["title"] for event in events] == titles
    assert len({event["cursor"] for event in events}) == len(titles)
    kinds = ["is away" if "is away" in line else "is back" for line in log]
    assert kinds == ["is away", "is back"] * ROUNDS, "one line each way, and nothing else"


async def test_an_upload_that_was_killed_leaves_no_half_behind(data_dir: Path) -> None:
    """Gorod is killed while bytes arrive; the file can be sent again."""
    content = b"%PDF-1.7" + os.urandom(12 * 1024 * 1024)
    given = {"name": "a.pdf", "type": "application/pdf", "size": len(content)}

    def files() -> list[Path]:
        return [file for file in (data_dir / "files").rglob("*") if file.is_file()]

    async def for_ever() -> AsyncIterator[bytes]:
        yield content[:-1]
        await asyncio.Event().wait()

    async with AsyncClient(timeout=60) as client:
        with run_dev(data_dir) as here:
            director = await sign_in(client, here.api, "director")
            invited = (await director.ask(REQUEST, **given))[1]["requestUpload"]
            sending = asyncio.create_task(client.put(invited["url"], content=for_ever()))
            await wait_until(lambda: files() or sending.done())
            assert all("#" in file.name for file in files())
            here.program.kill()
            with pytest.raises(HTTPError):
                await sending
        assert files(), "nobody was there to remove it"
        with run_dev(data_dir) as here:
            await wait_until(lambda: not files())
            path = invited["url"].rpartition("/files/")[2]
            sent = await client.put(f"{here.base}/files/{path}", content=content)
            assert sent.status_code == 204
            assert [file.read_bytes() for file in files()] == [content]


async def kill(here: Dev, number: int) -> None:
    """Kill the first process of the server, or one of its sessions."""
    await wait_until(lambda: here.postmaster)
    victim = here.postmaster
    if number % 2:
        victim = next(
            pid for pid in pidfile.find_members(here.cluster) if "gorod_app" in read_title(pid)
        )
    assert victim
    os.kill(victim, signal.SIGKILL)


def read_title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def read_on_and_on(stop: asyncio.Event, person: Person, query: str) -> None:
    while not stop.is_set():
        code, data = await person.ask(query)
        assert data or code != "OK"
        await asyncio.sleep(0.01)


async def sign_in_on_and_on(stop: asyncio.Event, person: Person) -> None:
    given = {"login": "student.ivanova", "password": "gorod-demo-2026"}
    while not stop.is_set():
        await person.ask(SIGN_IN, input=given)
        await asyncio.sleep(0.05)


async def mark_on_and_on(stop: asyncio.Event, teacher: Person) -> None:
    """Change one mark again and again, each time by its version: a change that was done twice or
    not at all would lead to another version."""
    cell, version = await find_empty_cell(teacher), 0
    while not stop.is_set():
        given = {**cell, "value": 2 + version % 4, "idempotencyKey": str(uuid4())}
        given["expectedVersion"] = version or None
        done = (await teacher.insist(SET_MARK, input=given))["setMark"]
        version += 1
        assert (done["userErrors"], done["mark"]["version"]) == ([], version)


async def find_empty_cell(teacher: Person) -> dict[str, Any]:
    """Find a cell in a journal of last week that has no mark yet."""
    data = await teacher.insist(SECTIONS)
    week_ago = str(date.today() - timedelta(days=7))  # noqa: DTZ011  # as the demo is dated
    section = data["sections"]["nodes"][0]["id"]
    data = await teacher.insist(JOURNAL, id=section, begin=week_ago)
    journal = data["journal"]
    marked = {
        (cell["studentId"], mark["assignment"]["id"])
        for cell in journal["cells"]
        for mark in cell["marks"]
    }
    return next(
        {"assignmentId": assignment["id"], "studentId": student["id"]}
        for lesson in journal["lessons"]
        for assignment in lesson["assignments"]
        for student in journal["students"]
        if (student["id"], assignment["id"]) not in marked
    )
