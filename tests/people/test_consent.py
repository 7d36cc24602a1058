"""A student of age decides what their parents go on to hear (domain.md e8)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import NOON, Api, Clock, SignIn

SHARE = """mutation ($input: ShareWithGuardianInput!) { shareWithGuardian(input: $input) {
  guardianLink { id version consentFrom consentTo } userErrors { code field } } }"""
STOP = """mutation ($input: StopSharingWithGuardianInput!) {
  stopSharingWithGuardian(input: $input) { guardianLink { version consentFrom consentTo }
  userErrors { code field } } }"""
LINKS = """{ viewer { student { guardianLinks { id version guardianName
  viewerCan { share } } } } }"""
CHILDREN = "{ viewer { children { fullName } } }"
MARKS = """query ($id: ID!) { student(by: {id: $id}) { fullName }
  diary(studentId: $id, from: "2026-11-16", to: "2026-11-20") { days { date } } }"""


async def link_to(student: Api, name: str) -> dict[str, Any]:
    links = (await student(LINKS))["viewer"]["student"]["guardianLinks"]
    [link] = [one for one in links if name in one["guardianName"]]
    assert link["viewerCan"] == {"share": True}
    return {"guardianLinkId": link["id"], "expectedVersion": link["version"]}


async def children(parent: Api) -> list[str]:
    return [child["fullName"] for child in (await parent(CHILDREN))["viewer"]["children"]]


async def test_who_turned_eighteen_lets_their_mother_go_on_and_not_their_father(
    api: SignIn, sql: AsyncConnection
) -> None:
    student, mother = api("student.fyodorov"), api("parent.fyodorova")
    assert await children(mother) == []
    given = await link_to(student, "Фёдорова")
    link = (await student(SHARE, input=given))["shareWithGuardian"]["guardianLink"]
    assert (link["consentFrom"], link["consentTo"]) == ("2026-11-23", None)
    assert await children(mother) == ["Фёдоров Артём Ильич"]
    assert await children(api("parent.fyodorov")) == []
    key = await sql.scalar(text("SELECT id FROM students s WHERE school_id = 1 AND person_id ="
                                " (SELECT id FROM persons WHERE full_name ="
                                " 'Фёдоров Артём Ильич')"))  # fmt: skip
    seen = await mother(MARKS, id=f"Student:1-{key}")
    assert seen["student"]["fullName"] == "Фёдоров Артём Ильич"
    assert seen["diary"]["days"]


async def test_what_was_allowed_is_taken_back_at_once(api: SignIn) -> None:
    student, mother = api("student.fyodorov"), api("parent.fyodorova")
    await student(SHARE, input=await link_to(student, "Фёдорова"))
    given = await link_to(student, "Фёдорова")
    stopped = (await student(STOP, input=given))["stopSharingWithGuardian"]["guardianLink"]
    assert (stopped["consentFrom"], stopped["consentTo"]) == ("2026-11-23", "2026-11-23")
    assert await children(mother) == []
    again = await student(STOP, input=given | {"expectedVersion": stopped["version"]})
    assert again["stopSharingWithGuardian"]["guardianLink"] == stopped
    assert await student.expect_code(SHARE, input=given) == "CONFLICT"


async def test_what_was_allowed_until_a_day_ends_with_it(api: SignIn, clock: Clock) -> None:
    """In the school's own zone: midnight in Barnaul is 17:00 in UTC."""
    student, mother = api("student.fyodorov"), api("parent.fyodorova")
    given = await link_to(student, "Фёдорова")
    late = await student.expect_refusal(SHARE, input=given | {"consentTo": "2026-11-23"})
    assert (late["code"], late["field"]) == ("IN_THE_PAST", ["consentTo"])
    await student(SHARE, input=given | {"consentTo": "2026-11-25"})
    clock.now = NOON.replace(hour=16, minute=59) + timedelta(days=1)
    assert await children(mother) == ["Фёдоров Артём Ильич"]
    clock.now += timedelta(minutes=1)
    assert await children(mother) == []


async def test_allowing_again_later_does_not_say_it_was_allowed_meanwhile(
    api: SignIn, clock: Clock
) -> None:
    student = api("student.fyodorov")
    await student(SHARE, input=await link_to(student, "Фёдорова"))
    await student(STOP, input=await link_to(student, "Фёдорова"))
    clock.now += timedelta(days=2)
    given = await link_to(student, "Фёдорова")
    link = (await student(SHARE, input=given))["shareWithGuardian"]["guardianLink"]
    assert (link["consentFrom"], link["consentTo"]) == ("2026-11-25", None)


async def test_what_a_court_took_stays_taken(api: SignIn, sql: AsyncConnection) -> None:
    student = api("student.fyodorov")
    given = await link_to(student, "Фёдорова")
    key = int(given["guardianLinkId"].partition("-")[2])
    await sql.execute(
        text(f"UPDATE guardian_links SET legal_status = 'TERMINATED' WHERE id = {key}")
    )
    await student(SHARE, input=given)
    assert await children(api("parent.fyodorova")) == []


async def test_teachers_may_write_to_a_mother_whose_grown_son_lets_them(api: SignIn) -> None:
    listed = """{ mailRecipients(search: "Фёдорова Наталья", first: 5) { nodes { fullName } } }"""
    director, student = api("director"), api("student.fyodorov")
    assert (await director(listed))["mailRecipients"]["nodes"] == []
    await student(SHARE, input=await link_to(student, "Фёдорова"))
    [found] = (await director(listed))["mailRecipients"]["nodes"]
    assert found["fullName"] == "Фёдорова Наталья Борисовна"


async def test_a_child_decides_nothing_yet(api: SignIn) -> None:
    links = (await api("student.ivanova")(LINKS))["viewer"]["student"]["guardianLinks"]
    assert [link["viewerCan"] for link in links] == [{"share": False}] * len(links)
    given = {"guardianLinkId": links[0]["id"], "expectedVersion": links[0]["version"]}
    for document in (SHARE, STOP):
        assert await api("student.ivanova").expect_code(document, input=given) == "FORBIDDEN"


@pytest.mark.parametrize(
    ("login", "role", "code"),
    [
        ("student.ivanova", None, "NOT_FOUND"),
        ("parent.fyodorova", None, "FORBIDDEN"),
        ("secretary", None, "FORBIDDEN"),
        ("director", None, "FORBIDDEN"),
        ("teacher.belova", Role.CLASS_TEACHER, "FORBIDDEN"),
    ],
)
async def test_nobody_decides_for_another(
    api: SignIn, login: str, role: Role | None, code: str
) -> None:
    given = await link_to(api("student.fyodorov"), "Фёдорова")
    assert await api(login, role).expect_code(SHARE, input=given) == code
