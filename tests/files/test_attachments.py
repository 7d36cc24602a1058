"""Files that belong to homework, a notice or a letter: who sees it may have them."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from models.access.roles import Role
from tests.access.asking import SIGN_OUT
from tests.conftest import Api, SignIn
from tests.files.sending import PDF, code_of, upload

PUBLISH = """mutation ($file: ID!) { publishNotice(input: {title: "Экскурсия", body: "Программа",
  targets: [{kind: SCHOOL_CLASS, schoolClassId: "SchoolClass:1-7", toGuardians: true}],
  fileIds: [$file]}) { notice { id } userErrors { code field } } }"""
SEND = """mutation ($file: ID!, $to: [ID!]!) { sendMail(input: {to: $to, subject: "Экскурсия",
  body: "Программа", fileIds: [$file]}) { mailMessage { id } userErrors { code field } } }"""
ASSIGN = """mutation ($file: ID!, $lesson: ID!, $seen: Int) { setHomework(input: {lessonId: $lesson,
  text: "Прочитать", fileIds: [$file], expectedVersion: $seen}) {
  homework { id version attachments { fileName } } userErrors { code field } } }"""
SEEN = """query ($id: ID!) { node(id: $id) {
  ... on Notice { attachments { fileName url } }
  ... on MailMessage { attachments { fileName url } }
  ... on Homework { attachments { fileName url } } } }"""
WHO = "{ viewer { person { id } } }"
LESSON = """{ lessons(first: 1, sectionId: "Section:1-68", filter: {date: {gte: "2026-11-16"}}) {
  nodes { id homework { version } } } }"""


async def lesson(teacher: Api) -> dict[str, Any]:
    [found] = (await teacher(LESSON))["lessons"]["nodes"]
    return {"lesson": found["id"], "seen": (found["homework"] or {}).get("version")}


async def attach(api: SignIn, teacher: Api, to: str, file: str) -> str:
    """The id of what it was attached to."""
    if to == "notice":
        return str((await teacher(PUBLISH, file=file))["publishNotice"]["notice"]["id"])
    if to == "letter":
        mother = (await api("parent.ivanova")(WHO))["viewer"]["person"]["id"]
        sent = await teacher(SEND, file=file, to=[mother])
        return str(sent["sendMail"]["mailMessage"]["id"])
    done = await teacher(ASSIGN, file=file, **await lesson(teacher))
    return str(done["setHomework"]["homework"]["id"])


@pytest.mark.parametrize("to", ["notice", "letter", "homework"])
async def test_a_mother_gets_the_file_that_came_with_it_while_she_is_signed_in(
    api: SignIn, http: AsyncClient, to: str
) -> None:
    teacher, mother = api("teacher.belova", Role.CLASS_TEACHER), api("parent.ivanova")
    file = await upload(teacher, http)
    there = await attach(api, teacher, to, file["id"])
    [seen] = (await mother(SEEN, id=there))["node"]["attachments"]
    assert seen["fileName"] == "Реферат.pdf"
    [own] = (await teacher(SEEN, id=there))["node"]["attachments"]
    assert own["url"] != seen["url"], "each link is its holder's"
    assert (await http.get(seen["url"])).content == PDF
    assert await api("parent.gromova")(SEEN, id=there) == {"node": None}
    await mother(SIGN_OUT)
    assert code_of(await http.get(seen["url"])) == "LINK_NOT_GOOD"
    assert (await http.get(own["url"])).content == PDF


async def test_another_file_for_the_same_homework_is_another_version_of_it(
    api: SignIn, http: AsyncClient
) -> None:
    """Of two who change its files the second sees what the first did."""
    teacher = api("teacher.belova", Role.CLASS_TEACHER)
    place = await lesson(teacher)
    files = [(await upload(teacher, http, name=f"{n}.pdf"))["id"] for n in range(2)]
    first = (await teacher(ASSIGN, file=files[0], **place))["setHomework"]["homework"]
    again = {**place, "seen": first["version"], "file": files[1]}
    second = (await teacher(ASSIGN, **again))["setHomework"]["homework"]
    assert second["attachments"] == [{"fileName": "1.pdf"}]
    assert second["version"] == first["version"] + 1
    assert await teacher.expect_code(ASSIGN, **again) == "CONFLICT"
