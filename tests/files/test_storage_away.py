"""While the bucket of files cannot be used: said at once, once in the log, and over by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.types import Message

from gql.app import language_of
from gql.transport import file_transfer as routes
from models.problems import ServiceUnavailable
from resolvers.core.context import Services
from resolvers.files import transfer
from resolvers.files.links import Way, read
from resolvers.files.sweeping import sweep, sweep_files
from resolvers.services import outage, storage
from resolvers.services.outage import FilesUnavailable
from resolvers.services.storage import Storage
from tests.conftest import Api, SignIn
from tests.files.bucket import NEVER, Bucket, open_bucket
from tests.files.sending import FILE, PDF, REQUEST, announce, code_of, upload
from tests.files.test_sweeping import PENDING, stored_and_killed

AWAY, BACK = "the storage of files is away", "the storage of files is back"
LONG_ENOUGH = 20.0
"""Seconds: far more than any wait here may take, far less than obstore's own three minutes."""
WAYS: dict[str, Callable[[Bucket], None]] = {
    "nobody listens": lambda bucket: bucket.end(),
    "no answer": lambda bucket: setattr(bucket, "silent", True),
    "it is broken": lambda bucket: setattr(bucket, "broken", 500),
    "it knows us no more": lambda bucket: setattr(bucket, "broken", 403),
}


def mend(bucket: Bucket) -> None:
    bucket.silent, bucket.broken = False, 0
    if bucket.server is None:
        bucket.begin()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setattr(storage, "PATIENCE", 1.0)
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.2)
    with open_bucket() as bucket:
        for name, value in bucket.settings.items():
            monkeypatch.setenv(name, value)
        yield bucket


@pytest.fixture
async def far(services: Services, bucket: Bucket) -> AsyncIterator[Services]:
    """A server that keeps its files in the bucket."""
    kept = Storage(bucket.url, follows=True)
    yield replace(services, storage=kept)
    await kept.reach.close()


@pytest.fixture
async def browser(far: Services) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(Starlette(routes=routes.routes(far, language_of)))
    async with AsyncClient(transport=transport, base_url="http://gorod.test") as client:
        yield client


@pytest.fixture
def pupil(api: SignIn, far: Services) -> Api:
    return Api(replace(api("student.ivanova").caller, services=far))


def is_unavailable(response: Response) -> bool:
    """Answered as the database's absence is, with the time to come back."""
    assert code_of(response) == "SERVICE_UNAVAILABLE"
    [error] = response.json()["errors"]
    assert "127.0.0.1" not in response.text
    assert response.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    return response.status_code == 503


async def test_a_bucket_keeps_files_as_a_folder_does(
    pupil: Api, browser: AsyncClient, bucket: Bucket, far: Services
) -> None:
    content = PDF + bytes(7_000_000)  # more than one part
    file = await upload(pupil, browser, content)
    assert (await browser.get(file["url"])).content == content
    [(key, kept)] = bucket.objects.items()
    assert (key.startswith("gorod/1/"), kept) == (True, content)
    assert await far.storage.schools() == [1]
    assert await far.storage.keys() == [key.removeprefix("gorod/")]


@pytest.mark.parametrize("way", WAYS)
async def test_while_it_is_away_files_are_refused_and_all_else_goes_on(
    pupil: Api, browser: AsyncClient, bucket: Bucket, far: Services, way: str, capfd: Any
) -> None:
    file, pending = await upload(pupil, browser), await announce(pupil)
    WAYS[way](bucket)
    begun = time.monotonic()
    assert is_unavailable(await browser.get(file["url"]))
    asked = bucket.asked
    for _ in range(20):  # who comes later does not wait
        assert is_unavailable(await browser.get(file["url"]))
        assert is_unavailable(await browser.put(pending["url"], content=PDF))
    assert bucket.asked - asked < 20, "only probes asked it"
    given = {"name": "a.pdf", "type": "application/pdf", "size": 10}
    [error] = (await pupil.reply(REQUEST, **given)).errors or []
    assert error.extensions is not None
    assert error.extensions["code"] == "SERVICE_UNAVAILABLE"
    assert error.extensions["retryAfter"] >= 1
    assert (await pupil(FILE, id=file["id"]))["node"]["status"] == "READY"
    assert time.monotonic() - begun < LONG_ENOUGH
    mend(bucket)
    assert far.storage.reach.outage
    await far.storage.reach.outage.over.wait()
    assert (await browser.get(file["url"])).content == PDF
    assert (await browser.put(pending["url"], content=PDF)).status_code == 204
    log = capfd.readouterr().err
    assert [log.count(line) for line in (AWAY, BACK)] == [1, 1], log
    assert "Traceback" not in log


@pytest.mark.parametrize("way", WAYS)
async def test_an_upload_finds_out_by_itself_and_can_be_repeated(
    pupil: Api, browser: AsyncClient, bucket: Bucket, way: str, far: Services
) -> None:
    pending = await announce(pupil)
    WAYS[way](bucket)
    assert is_unavailable(await browser.put(pending["url"], content=PDF))
    mend(bucket)
    assert far.storage.reach.outage
    await far.storage.reach.outage.over.wait()
    assert (await browser.put(pending["url"], content=PDF)).status_code == 204
    assert list(bucket.objects.values()) == [PDF]


async def test_a_bucket_that_does_not_exist_is_no_lost_file(
    pupil: Api, browser: AsyncClient, bucket: Bucket
) -> None:
    """S3 says 404 of both."""
    file = await upload(pupil, browser)
    [(key, content)] = bucket.objects.items()
    bucket.objects.clear()
    assert (await browser.get(file["url"])).status_code == 404
    bucket.exists = False
    assert is_unavailable(await browser.get(file["url"]))
    bucket.exists, bucket.objects[key] = True, content


async def test_a_sender_may_be_slower_than_a_bucket(
    pupil: Api, browser: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "STALLED", 0.5)
    pending = await announce(pupil)

    async def slowly() -> AsyncIterator[bytes]:
        yield PDF[:100]
        await asyncio.sleep(1.0)  # what is tested is time
        yield PDF[100:]

    assert (await browser.put(pending["url"], content=slowly())).status_code == 204


async def test_who_breaks_off_an_upload_is_no_outage(
    pupil: Api, browser: AsyncClient, bucket: Bucket, far: Services
) -> None:
    pending = await announce(pupil)
    link = read(pending["url"].rpartition("/")[2], Way.UP, far)

    async def broken() -> AsyncIterator[bytes]:
        yield PDF[:100]
        raise ConnectionResetError("the sender went away")

    passing = await transfer.expect_file(far, link, "1/1/x", None)
    with pytest.raises(ConnectionResetError):
        await far.storage.put("1/1/x", passing.pass_on(broken()))
    assert far.storage.reach.outage is None
    assert (bucket.objects, bucket.parts) == ({}, {})


async def test_a_download_that_is_cut_off_is_not_taken_for_all_of_it(
    pupil: Api, browser: AsyncClient, bucket: Bucket, far: Services, capfd: Any
) -> None:
    file = await upload(pupil, browser)
    bucket.cut_after = 1000
    found = await far.storage.get(next(iter(await far.storage.keys())))
    with pytest.raises(FilesUnavailable):
        assert [chunk async for chunk in found] == []
    bucket.cut_after = NEVER
    assert far.storage.reach.outage
    await far.storage.reach.outage.over.wait()
    bucket.cut_after = 1000
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    token = file["url"].rpartition("/")[2]
    scope = {"type": "http", "method": "GET", "path_params": {"token": token}, "headers": []}
    await routes.FileTransfer(far, language_of)(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 200
    assert (b"content-length", str(len(PDF)).encode()) in sent[0]["headers"]
    assert [message for message in sent[1:] if not message["more_body"]] == [], "never ended"
    assert "Traceback" not in capfd.readouterr().err


async def test_bytes_that_could_not_be_removed_are_removed_later(
    pupil: Api, bucket: Bucket, far: Services, sql: AsyncConnection, browser: AsyncClient
) -> None:
    """Of an upload that nobody was told of, by a later attempt and by sweeping."""
    pending = await announce(pupil)
    await stored_and_killed(far, pending["url"])
    assert len(bucket.objects) == 1
    bucket.broken = 500
    with pytest.raises(ServiceUnavailable):
        await sweep(far, far.now())
    link = read(pending["url"].rpartition("/")[2], Way.UP, far)
    far.storage.reach.outage = None  # as if it were away since this very moment
    with pytest.raises(ServiceUnavailable):
        await transfer.expect_file(far, link, "1/1/another", None)
    assert await sql.scalar(text(PENDING)) == 1
    assert len(bucket.objects) == 1
    mend(bucket)
    assert far.storage.reach.outage
    await far.storage.reach.outage.over.wait()
    await sweep(far, far.now())
    assert (await sql.scalar(text(PENDING)), bucket.objects) == (0, {})


async def test_sweeping_waits_until_it_is_back(
    pupil: Api, bucket: Bucket, far: Services, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.files.sweeping.ABANDONED", far.now() - far.now())
    pending = await announce(pupil)
    await stored_and_killed(far, pending["url"])
    bucket.end()
    sweeping = asyncio.create_task(sweep_files(far))
    while far.storage.reach.outage is None:  # noqa: ASYNC110  # only a look tells
        await asyncio.sleep(0.01)
    mend(bucket)
    while bucket.objects:  # noqa: ASYNC110  # only a look tells
        await asyncio.sleep(0.01)
    sweeping.cancel()
    await asyncio.wait({sweeping})
    log = capfd.readouterr().err
    assert [log.count(line) for line in (AWAY, BACK)] == [1, 1], log
    assert "Traceback" not in log


async def test_a_folder_that_is_away_is_answered_alike(
    api: SignIn, services: Services, http: AsyncClient, tmp_path: Path, capfd: Any
) -> None:
    """A disk of the network that is not mounted any more."""
    followed = Storage(f"file://{tmp_path}/files", 1, follows=True)
    far = replace(services, storage=followed)
    transport = ASGITransport(Starlette(routes=routes.routes(far, language_of)))
    pupil = Api(replace(api("student.ivanova").caller, services=far))
    async with AsyncClient(transport=transport, base_url="http://gorod.test") as client:
        pending = await announce(pupil)
        (tmp_path / "files").rename(tmp_path / "gone")
        (tmp_path / "files").write_text("in the way")
        assert is_unavailable(await client.put(pending["url"], content=PDF))
        assert str(tmp_path) not in (await client.put(pending["url"], content=PDF)).text
        (tmp_path / "files").unlink()
        (tmp_path / "gone").rename(tmp_path / "files")
        assert followed.reach.outage
        await followed.reach.outage.over.wait()
        assert (await client.put(pending["url"], content=PDF)).status_code == 204
    await followed.reach.close()
    log = capfd.readouterr().err
    assert [log.count(line) for line in (AWAY, BACK)] == [1, 1], log
