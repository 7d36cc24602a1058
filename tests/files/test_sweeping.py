"""The remains of an upload that a killed process did not end are removed, and nothing else."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.problems import OutcomeUnknown, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.files import transfer
from resolvers.files.links import Way, read
from resolvers.files.sweeping import ABANDONED, sweep, sweep_files
from resolvers.services.storage import Storage
from tests.conftest import Clock, SignIn
from tests.files.sending import FILE, PDF, announce, upload

PENDING = "SELECT count(*) FROM files WHERE status = 'PENDING' AND storage_key IS NOT NULL"


async def body() -> AsyncIterator[bytes]:
    yield PDF


async def stored_and_killed(services: Services, url: str) -> None:
    """An upload up to the moment in which its bytes are there and nobody has noted it."""
    link = read(url.rpartition("/")[2], Way.UP, services)
    key = f"{link.row.school_id}/{link.row.key}/aaaaaaaaaaaaaaaaaaaaaa"
    passing = await transfer.expect_file(services, link, key, None)
    await services.storage.put(key, passing.pass_on(body()))


async def test_bytes_that_nobody_was_told_of_are_removed_and_can_be_sent_again(
    api: SignIn, http: AsyncClient, services: Services, stored: Any, sql: AsyncConnection
) -> None:
    pupil = api("student.ivanova")
    ready = await upload(pupil, http)
    invited = await announce(pupil)
    await stored_and_killed(services, invited["url"])
    assert len(stored()) == 2
    await sweep(services, services.now())
    assert await sql.scalar(text(PENDING)) == 0
    assert len(stored()) == 1
    assert (await http.put(invited["url"], content=PDF)).status_code == 204
    for file in (ready, invited["file"]):
        assert (await pupil(FILE, id=file["id"]))["node"]["status"] == "READY"
        url = (await pupil(FILE, id=file["id"]))["node"]["url"]
        assert (await http.get(url)).content == PDF


async def test_a_later_attempt_takes_the_place_of_one_that_was_killed(
    api: SignIn, http: AsyncClient, services: Services, stored: Any
) -> None:
    """Without waiting for anybody to sweep."""
    invited = await announce(api("student.ivanova"))
    await stored_and_killed(services, invited["url"])
    assert (await http.put(invited["url"], content=PDF)).status_code == 204
    assert [file.name for file in stored()] != ["aaaaaaaaaaaaaaaaaaaaaa"]
    assert len(stored()) == 1


async def test_what_another_process_may_be_uploading_is_left_alone(
    api: SignIn, services: Services, stored: Any, clock: Clock
) -> None:
    invited = await announce(api("student.ivanova"))
    await stored_and_killed(services, invited["url"])
    await sweep(services, services.now() - ABANDONED)
    assert len(stored()) == 1
    clock.now += ABANDONED + timedelta(minutes=1)
    await sweep(services, services.now() - ABANDONED)
    assert stored() == []


async def test_an_upload_of_which_nobody_knows_whether_it_was_noted_keeps_its_bytes(
    api: SignIn,
    http: AsyncClient,
    services: Services,
    stored: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit was lost on its way back. To remove the bytes could lose a file that is ready."""
    settle = transfer.finish_upload

    async def settled_unheard(*given: Any) -> None:
        await settle(*given)
        raise OutcomeUnknown

    monkeypatch.setattr(transfer, "finish_upload", settled_unheard)
    pupil = api("student.ivanova")
    invited = await announce(pupil)
    reply = await http.put(invited["url"], content=PDF)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json()["errors"][0]["extensions"]["outcomeUnknown"] is True
    url = (await pupil(FILE, id=invited["file"]["id"]))["node"]["url"]
    assert (await http.get(url)).content == PDF
    assert (await http.put(invited["url"], content=PDF)).status_code == 409


async def test_an_upload_that_was_refused_leaves_nothing(
    api: SignIn,
    http: AsyncClient,
    services: Services,
    stored: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: Any) -> None:
        raise ServiceUnavailable

    monkeypatch.setattr(transfer, "finish_upload", refuse)
    invited = await announce(api("student.ivanova"))
    assert (await http.put(invited["url"], content=PDF)).status_code == 503
    assert stored() == []


# -- parts ----------------------------------------------------------------------------


def test_only_parts_are_swept_and_only_old_ones(tmp_path: Path) -> None:
    storage, now = Storage(f"file://{tmp_path}"), time.time()
    part, fresh, whole, other = (
        tmp_path / "1/2" / name for name in ("ab-_9#1", "cd#12", "ef", "notes #1.txt")
    )
    part.parent.mkdir(parents=True)
    for file in (part, fresh, whole, other):
        file.write_bytes(b"x")
        os.utime(file, (now - 7200, now - 7200))
    os.utime(fresh)
    storage.sweep(now - 3600)
    assert sorted(file.name for file in part.parent.iterdir()) == ["cd#12", "ef", "notes #1.txt"]


def test_who_shares_a_folder_is_not_alone(tmp_path: Path) -> None:
    one, other = Storage(f"file://{tmp_path}"), Storage(f"file://{tmp_path}")
    assert one.claim()
    assert not other.claim()


async def test_at_the_start_everything_is_swept_at_once(
    api: SignIn, services: Services, stored: Any, clock: Clock
) -> None:
    invited = await announce(api("student.ivanova"))
    await stored_and_killed(services, invited["url"])
    folder = stored()[0].parent
    (folder / "bbbb#1").write_bytes(b"half")
    os.utime(folder / "bbbb#1", (0, 0))
    sweeping = asyncio.create_task(sweep_files(services))
    while stored():  # noqa: ASYNC110  # only a look tells
        await asyncio.sleep(0.01)
    sweeping.cancel()
    await asyncio.wait({sweeping})
