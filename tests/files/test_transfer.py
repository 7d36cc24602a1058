"""Getting files by signed links."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient

from models.access.roles import Role
from models.base import Id
from models.communication.mail import MailAttachment
from models.files.files import File
from models.people.students import Student
from resolvers.core.context import Services
from resolvers.files.links import Link, Way
from tests.access.asking import SIGN_OUT, get_code
from tests.conftest import Clock, SignIn, Template
from tests.files.sending import FILE, PDF, announce, code_of, upload


async def test_its_owner_gets_it_back_as_a_file_to_save(api: SignIn, http: AsyncClient) -> None:
    file = await upload(api("student.ivanova"), http, name='Реферат "Ёж" 1.pdf')
    response = await http.get(file["url"])
    assert response.content == PDF
    headers = response.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(PDF))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-disposition"] == (
        'attachment; filename="_______ ____ 1.pdf"; '
        "filename*=UTF-8''%D0%A0%D0%B5%D1%84%D0%B5%D1%80%D0%B0%D1%82%20%22%D0%81%D0%B6%22%201.pdf"
    )


async def test_nobody_else_sees_a_file_by_itself(api: SignIn, http: AsyncClient) -> None:
    file = await upload(api("student.ivanova"), http)
    for login in ("parent.ivanova", "teacher.belova", "director", "admin", "student.sokolov"):
        assert await api(login)(FILE, id=file["id"]) == {"node": None}


async def test_a_link_runs_out(api: SignIn, http: AsyncClient, clock: Clock) -> None:
    file = await upload(api("student.ivanova"), http)
    clock.now += timedelta(minutes=9, seconds=59)
    assert (await http.get(file["url"])).status_code == 200
    clock.now += timedelta(seconds=1)
    response = await http.get(file["url"])
    assert (response.status_code, code_of(response)) == (403, "LINK_NOT_GOOD")


async def test_a_link_ends_with_the_session_it_was_made_in(api: SignIn, http: AsyncClient) -> None:
    pupil = api("student.ivanova")
    file, pending = await upload(pupil, http), await announce(pupil)
    await pupil(SIGN_OUT)
    assert await get_code(pupil) == "UNAUTHENTICATED"
    for response in (await http.get(file["url"]), await http.put(pending["url"], content=PDF)):
        assert (response.status_code, code_of(response)) == (403, "LINK_NOT_GOOD")


async def test_who_is_signed_out_while_bytes_come_leaves_nothing(
    api: SignIn, http: AsyncClient, stored: Any
) -> None:
    pupil = api("student.ivanova")
    invited = await announce(pupil)

    async def interrupt() -> AsyncIterator[bytes]:
        yield PDF[:100]
        await pupil(SIGN_OUT)
        yield PDF[100:]

    response = await http.put(invited["url"], content=interrupt())
    assert (response.status_code, code_of(response)) == (403, "LINK_NOT_GOOD")
    assert stored() == []


async def test_links_that_are_not_ours_are_all_answered_alike(
    api: SignIn, http: AsyncClient, services: Services, clock: Clock, template: Template
) -> None:
    pupil = api("student.ivanova")
    file, pending = await upload(pupil, http), await announce(pupil)
    token = file["url"].rpartition("/")[2]
    content, _, mac = token.partition(".")
    later = int(clock.now.timestamp()) + 60
    absent, elsewhere, other, gone = (
        Link(Way.DOWN, Id(row, school, key), 1, later).token(services.secrets)
        for row, school, key in (
            (File, 1, 999_999),
            (File, 2, 1),
            (Student, 1, 1),
            (MailAttachment, 1, 999_999),
        )
    )
    forged = [
        "x", "a.b", token[:-1], token[1:], f"{content}.", f".{mac}", f"{content}.{content}",
        pending["url"].rpartition("/")[2], absent, elsewhere, other, gone,
        "%00", "é", token + "x" * 5000,
    ]  # fmt: skip
    answers = {(r.status_code, r.text) for r in [await http.get(f"/files/{t}") for t in forged]}
    assert len(answers) == 1
    [(status, _)] = answers
    assert status == 403
    up = await http.put(file["url"], content=PDF)
    assert (up.status_code, code_of(up)) == (403, "LINK_NOT_GOOD")


async def test_a_link_of_one_file_opens_no_other(
    api: SignIn, http: AsyncClient, services: Services
) -> None:
    """A link with another number inside needs another signature."""
    file = await upload(api("student.ivanova"), http)
    content = services.secrets.unsign(file["url"].rpartition("/")[2])
    assert content is not None
    kind, way, row, *rest = content.decode().split(" ")
    changed = " ".join([kind, way, f"File:1-{Id.parse(row).key + 1}", *rest])
    assert services.secrets.unsign(services.secrets.sign(changed.encode())) == changed.encode()
    _, _, mac = file["url"].rpartition("/")[2].partition(".")
    forged = services.secrets.sign(changed.encode()).partition(".")[0] + "." + mac
    assert (await http.get(f"/files/{forged}")).status_code == 403


async def test_bytes_that_are_lost_are_not_found(
    api: SignIn, http: AsyncClient, stored: Any
) -> None:
    file = await upload(api("student.ivanova"), http)
    stored()[0].unlink()
    response = await http.get(file["url"])
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
async def test_other_methods(http: AsyncClient, method: str) -> None:
    response = await http.request(method, "/files/x")
    assert (response.status_code, code_of(response)) == (405, "BAD_REQUEST")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


async def test_refusals_are_told_in_the_language_asked_for(http: AsyncClient) -> None:
    answers = [
        (await http.get("/files/x", headers={"Accept-Language": language})).json()
        for language in ("ru-RU,ru;q=0.9", "en")
    ]
    assert answers[0]["errors"][0]["message"].startswith("Эта ссылка")
    assert answers[1]["errors"][0]["message"].startswith("This link")


async def test_a_storage_that_is_away_tells_nothing_of_itself(
    api: SignIn, http: AsyncClient, tmp_path: Path
) -> None:
    invited = await announce(api("student.ivanova"))
    (tmp_path / "files").rename(tmp_path / "gone")
    (tmp_path / "files").write_text("in the way")
    response = await http.put(invited["url"], content=PDF)
    assert (response.status_code, code_of(response)) == (503, "SERVICE_UNAVAILABLE")
    assert str(tmp_path) not in response.text


async def test_in_the_role_of_a_teacher_one_does_not_have_a_mothers_files(
    api: SignIn, http: AsyncClient
) -> None:
    """Files are the person's: she has them in all her roles."""
    file = await upload(api("teacher.orlova", Role.PARENT), http)
    assert (await api("teacher.orlova", Role.SUBJECT_TEACHER)(FILE, id=file["id"]))["node"]
