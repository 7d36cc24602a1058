"""Announcing files and sending them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.app import language_of
from gql.transport import file_transfer
from resolvers.core.context import Services
from tests.conftest import Clock, SignIn
from tests.files.sending import FILE, PDF, REQUEST, announce, code_of

# -- up -------------------------------------------------------------------------------


async def test_a_pupil_uploads_an_essay(
    api: SignIn, http: AsyncClient, sql: AsyncConnection, stored: Any
) -> None:
    pupil = api("student.ivanova")
    invited = await announce(pupil)
    assert invited["method"] == "PUT"
    assert invited["headers"] == [{"name": "Content-Type", "value": "application/pdf"}]
    assert invited["expiresAt"] == "2026-11-23T05:15:00Z"
    assert (invited["file"]["status"], invited["file"]["url"]) == ("PENDING", None)
    assert (await http.put(invited["url"], content=PDF)).status_code == 204
    file = (await pupil(FILE, id=invited["file"]["id"]))["node"]
    assert (file["status"], file["uploadedAt"]) == ("READY", "2026-11-23T05:00:00Z")
    kept = (await sql.execute(text("SELECT sha256, storage_key, school_id, id FROM files"
                                   " WHERE storage_key IS NOT NULL"))).one()  # fmt: skip
    assert kept.sha256 == hashlib.sha256(PDF).digest()
    school, number, chance = kept.storage_key.split("/")
    assert (int(school), int(number)) == (kept.school_id, kept.id)
    assert len(chance) >= 20
    assert [path.read_bytes() for path in stored()] == [PDF]


async def test_a_file_comes_in_pieces_and_says_not_how_many(
    api: SignIn, http: AsyncClient, stored: Any
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(PDF), 1000):
            await asyncio.sleep(0)
            yield PDF[start : start + 1000]

    invited = await announce(api("student.ivanova"))
    assert (await http.put(invited["url"], content=slowly())).status_code == 204
    assert stored()[0].read_bytes() == PDF


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (PDF + b"x", 413, "TOO_MANY_BYTES"),
        (PDF[:-1], 400, "TOO_FEW_BYTES"),
        (b"", 400, "TOO_FEW_BYTES"),
        (b"MZ" + PDF[2:], 400, "TYPE_DIFFERS"),
    ],
)
@pytest.mark.parametrize("told_before", [True, False])
async def test_what_is_not_as_announced_is_refused_and_leaves_nothing(
    api: SignIn, http: AsyncClient, stored: Any, body: bytes, status: int, told: str,
    told_before: bool,
) -> None:  # fmt: skip
    pupil = api("student.ivanova")
    invited = await announce(pupil)
    content: Any = body if told_before else chunks(body[:5000], body[5000:])
    response = await http.put(invited["url"], content=content)
    assert (response.status_code, code_of(response)) == (status, told)
    assert stored() == []
    assert (await pupil(FILE, id=invited["file"]["id"]))["node"]["status"] == "PENDING"
    assert (await http.put(invited["url"], content=PDF)).status_code == 204, "one may try again"


async def test_the_rest_of_what_is_too_much_is_not_taken(api: SignIn, http: AsyncClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield PDF
        while True:
            taken += 1
            yield b"x" * 65536

    invited = await announce(api("student.ivanova"))
    response = await http.put(invited["url"], content=endless())
    assert response.status_code == 413
    assert response.headers["connection"] == "close"
    assert taken < 5


async def test_a_connection_that_breaks_leaves_nothing(
    api: SignIn, services: Services, stored: Any
) -> None:
    pupil = api("student.ivanova")
    invited = await announce(pupil)
    messages = [
        {"type": "http.request", "body": PDF[:5000], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(_: Any) -> None:
        raise AssertionError("nobody is there to be answered")

    [route] = file_transfer.routes(services, language_of)
    path = invited["url"]
    scope = {"type": "http", "method": "PUT", "path": path, "headers": [], "query_string": b"",
             "path_params": {"token": path.rpartition("/")[2]}}  # fmt: skip
    await route.app(scope, receive, send)
    assert stored() == []
    assert (await pupil(FILE, id=invited["file"]["id"]))["node"]["status"] == "PENDING"


async def test_a_file_that_is_there_takes_no_other_bytes(
    api: SignIn, http: AsyncClient, stored: Any
) -> None:
    invited = await announce(api("student.ivanova"))
    await http.put(invited["url"], content=PDF)
    response = await http.put(invited["url"], content=PDF[:-1] + b"!")
    assert (response.status_code, code_of(response)) == (409, "ALREADY_UPLOADED")
    assert [path.read_bytes() for path in stored()] == [PDF]


async def test_of_two_uploads_at_once_one_counts_and_nothing_else_is_left(
    api: SignIn, http: AsyncClient, stored: Any
) -> None:
    invited = await announce(api("student.ivanova"))
    responses = await asyncio.gather(
        *(http.put(invited["url"], content=PDF[:-1] + bytes([n])) for n in range(4))
    )
    assert sorted(response.status_code for response in responses) == [204, 409, 409, 409]
    assert len(stored()) == 1


async def test_no_connection_is_held_while_bytes_come(
    api: SignIn, http: AsyncClient, services: Services
) -> None:
    invited = await announce(api("student.ivanova"))
    held: list[int] = []

    async def watch() -> AsyncIterator[bytes]:
        yield PDF[:100]
        held.append(services.engine.pool.checkedout())  # type: ignore[attr-defined]
        yield PDF[100:]

    assert (await http.put(invited["url"], content=watch())).status_code == 204
    assert held == [0]


# -- what may be announced ------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"type": "text/html", "name": "a.html"}, "TYPE_NOT_TAKEN", ["mediaType"]),
        ({"type": "image/svg+xml", "name": "a.svg"}, "TYPE_NOT_TAKEN", ["mediaType"]),
        ({"type": "application/x-msdownload", "name": "a.exe"}, "TYPE_NOT_TAKEN", ["mediaType"]),
        ({"type": "text/plain", "name": "a.bat"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"type": "text/plain", "name": "a"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"name": "../a.pdf"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"name": "a\\b.pdf"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"name": "a\u202efdp.pdf"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"name": "x" * 252 + ".pdf"}, "FILE_NAME_MALFORMED", ["name"]),
        ({"size": 0}, "OUT_OF_RANGE", ["size"]),
        ({"size": -5}, "OUT_OF_RANGE", ["size"]),
        ({"size": 20971521}, "LIMIT", ["size"]),
    ],
)
async def test_what_cannot_be_announced(
    api: SignIn, given: dict[str, Any], refusal: str, field: list[str]
) -> None:
    wanted = {"name": "a.pdf", "type": "application/pdf", "size": 5, **given}
    error = await api("student.ivanova").expect_refusal(REQUEST, **wanted)
    assert (error["code"], error["field"]) == (refusal, field)


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40)
ARCHIVE = b"PK\x03\x04" + bytes(60)


@pytest.mark.parametrize(
    ("name", "said", "known_as", "content"),
    [
        ("a.zip", "application/x-zip-compressed", "application/zip", ARCHIVE),
        ("a.csv", "application/vnd.ms-excel", "text/csv", "Имя;Класс\n".encode("cp1251")),
        ("a.csv", "text/plain", "text/csv", b"a,b\n"),
        ("a.doc", "application/msword", "application/msword", COMPOUND),
        ("a.DOC", "", "application/msword", COMPOUND),
        ("a.xls", "application/vnd.ms-excel", "application/vnd.ms-excel", COMPOUND),
        ("a.heic", "image/heic", "image/heic", b"\0\0\0\x18ftypheic" + bytes(40)),
        ("a.heic", "application/octet-stream", "image/heic", b"\0\0\0\x18ftypmif1" + bytes(40)),
        ("a.jpg", "image/pjpeg", "image/jpeg", b"\xff\xd8\xff" + bytes(60)),
        ("a.mov", "video/quicktime", "video/quicktime", b"\0\0\0\x14ftypqt  " + bytes(40)),
    ],
)
async def test_files_are_taken_as_windows_and_telephones_name_them(
    api: SignIn, http: AsyncClient, name: str, said: str, known_as: str, content: bytes
) -> None:
    given = {"name": name, "type": said, "size": len(content)}
    invited = (await api("student.ivanova")(REQUEST, **given))["requestUpload"]
    assert invited["headers"][0]["value"] == known_as
    assert (await http.put(invited["url"], content=content)).status_code == 204


@pytest.mark.parametrize(
    ("name", "said", "content"),
    [
        ("a.doc", "application/msword", b"MZ" + bytes(60)),
        ("a.heic", "image/heic", b"\0\0\0\x18ftypisom" + bytes(40)),
        ("a.csv", "application/vnd.ms-excel", COMPOUND),
    ],
)
async def test_a_name_of_windows_does_not_hide_other_bytes(
    api: SignIn, http: AsyncClient, name: str, said: str, content: bytes
) -> None:
    given = {"name": name, "type": said, "size": len(content)}
    invited = (await api("student.ivanova")(REQUEST, **given))["requestUpload"]
    response = await http.put(invited["url"], content=content)
    assert code_of(response) == "TYPE_DIFFERS"


async def test_the_school_says_how_large(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE schools SET upload_bytes = 1000"))
    given = {"name": "a.pdf", "type": "application/pdf"}
    assert await api("student.ivanova").expect_code(REQUEST, **given, size=1001) == "LIMIT"
    await api("student.ivanova")(REQUEST, **given, size=1000)


async def test_fifty_files_may_be_under_way(
    api: SignIn, sql: AsyncConnection, clock: Clock
) -> None:
    await announce(api("student.ivanova"))
    await sql.execute(text("""
        INSERT INTO files (school_id, version, owner_id, name, media_type, size, status, created_at)
        SELECT school_id, 1, owner_id, name, media_type, size, status, created_at
        FROM files, generate_series(1, 49) WHERE status = 'PENDING'
    """))  # fmt: skip
    given = {"name": "a.pdf", "type": "application/pdf", "size": 5}
    assert await api("student.ivanova").expect_code(REQUEST, **given) == "LIMIT"
    await api("parent.ivanova")(REQUEST, **given)
    clock.now += timedelta(minutes=16)
    await api("student.ivanova")(REQUEST, **given)


async def test_a_repeated_announcement_is_the_same_file(api: SignIn, http: AsyncClient) -> None:
    pupil = api("student.ivanova")
    given = {"name": "a.pdf", "type": "application/pdf", "size": len(PDF), "key": str(uuid4())}
    first, again = [(await pupil(REQUEST, **given))["requestUpload"] for _ in range(2)]
    assert first["file"] == again["file"]
    assert (await http.put(again["url"], content=PDF)).status_code == 204
    third = (await pupil(REQUEST, **given))["requestUpload"]
    assert third["file"]["status"] == "READY"
    assert third["url"] is None
