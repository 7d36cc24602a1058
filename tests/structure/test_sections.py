"""Sections: who is in them from when, who teaches them, and what their history keeps."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

CREATE = """mutation ($input: CreateSectionInput!) { createSection(input: $input) {
  section { id name isSubgroup scale version students { id } schoolClass { students { id } } }
  userErrors { code field message } } }"""
MEMBERS = """mutation ($input: SetSectionMembersInput!) { setSectionMembers(input: $input) {
  section { id version students { id } } userErrors { code field message } } }"""
TEACH = """mutation ($input: AssignTeacherInput!) { assignTeacher(input: $input) {
  teachingAssignment { id role validFrom validTo staff { id } section { teacher { id } } }
  userErrors { code field message } } }"""
SECTION = "query ($id: ID!) { node(id: $id) { ... on Section { version students { id } } } }"
NEW = {"schoolClassId": "SchoolClass:1-7", "subjectId": "Subject:1-15"}
ALGEBRA = {"sectionId": "Section:1-68"}
ONE, TWO = "Section:1-66", "Section:1-67"
"""The English groups of 7А."""
LASTING = """SELECT staff_id FROM teaching_assignments WHERE section_id = 68 AND role = 'MAIN'
    AND valid_to IS NULL"""


async def in_section(api: Api, section: str) -> list[str]:
    return [s["id"] for s in (await api(SECTION, id=section))["node"]["students"]]


async def members(api: Api, section: str, students: list[str], **more: Any) -> dict[str, Any]:
    given = {"sectionId": section, "studentIds": students, "effectiveFrom": "2026-11-23"}
    return given | {"expectedVersion": (await api(SECTION, id=section))["node"]["version"]} | more


async def test_a_whole_class_section_starts_with_the_whole_class(api: SignIn) -> None:
    made = (await api("zavuch")(CREATE, input=NEW))["createSection"]["section"]
    assert (made["name"], made["isSubgroup"]) == ("7А Химия", False)
    assert made["students"]
    everyone = {student["id"] for student in made["schoolClass"]["students"]}
    assert {student["id"] for student in made["students"]} == everyone


async def test_a_subgroup_starts_empty_and_its_name_is_its_own(api: SignIn) -> None:
    given = NEW | {"isSubgroup": True, "name": "7А Химия, группа 1"}
    assert (await api("zavuch")(CREATE, input=given))["createSection"]["section"]["students"] == []
    assert await api("zavuch").refusal(CREATE, input=given) == "CONFLICT"


async def test_a_second_section_of_a_subject_for_the_whole_class_is_refused(
    api: SignIn, sql: AsyncConnection
) -> None:
    again = NEW | {"subjectId": "Subject:1-6", "name": "7А Алгебра ещё раз"}
    assert await api("zavuch").refusal(CREATE, input=again) == "CONFLICT"
    found = "SELECT count(*) FROM sections WHERE name LIKE '%ещё раз'"
    assert await sql.scalar(text(found)) == 0


async def test_first_graders_get_no_marks(api: SignIn) -> None:
    given = NEW | {"schoolClassId": "SchoolClass:1-1"}
    made = (await api("zavuch")(CREATE, input=given))["createSection"]["section"]
    assert made["scale"] == "UNGRADED"


async def test_nobody_is_in_two_subgroups_of_a_subject(api: SignIn, sql: AsyncConnection) -> None:
    zavuch = api("zavuch")
    first, second = await in_section(zavuch, ONE), await in_section(zavuch, TWO)
    both = await members(zavuch, TWO, [*second, first[0]])
    refusal = await zavuch.refused(MEMBERS, input=both)
    assert (refusal["code"], refusal["field"]) == ("VALIDATION", ["studentIds"])
    assert await in_section(zavuch, TWO) == second
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_moving_to_the_other_subgroup_keeps_where_one_was(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    first, second = await in_section(zavuch, ONE), await in_section(zavuch, TWO)
    mover = first[0]
    left = await zavuch(MEMBERS, input=await members(zavuch, ONE, first[1:]))
    assert left["setSectionMembers"]["section"]["version"] == 2
    await zavuch(MEMBERS, input=await members(zavuch, TWO, [*second, mover]))
    assert mover in await in_section(zavuch, TWO)
    stays = await sql.execute(
        text("""SELECT section_id, valid_to::text FROM section_memberships
        WHERE student_id = :id AND section_id IN (66, 67) ORDER BY valid_from"""),
        {"id": int(mover.partition("-")[2])},
    )
    assert [tuple(stay) for stay in stays] == [(66, "2026-11-23"), (67, None)]


async def test_who_was_to_leave_later_and_is_named_again_stays(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    everyone = await in_section(zavuch, ONE)
    later = await members(zavuch, ONE, everyone[1:], effectiveFrom="2026-12-20")
    await zavuch(MEMBERS, input=later)
    await zavuch(MEMBERS, input=await members(zavuch, ONE, everyone, effectiveFrom="2026-12-01"))
    ends = await sql.scalars(
        text("""SELECT valid_to::text FROM section_memberships WHERE section_id = 66
        AND student_id = :id"""),
        {"id": int(everyone[0].partition("-")[2])},
    )
    assert ends.all() == [None]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"studentIds": ["Student:1-2"]}, "VALIDATION", ["studentIds", "0"]),
        ({"studentIds": ["Student:1-1", "Student:1-99999"]}, "NOT_FOUND", ["studentIds", "1"]),
        ({"studentIds": ["Student:2-1"]}, "NOT_FOUND", ["studentIds", "0"]),
        ({"studentIds": ["Staff:1-1"]}, "BAD_USER_INPUT", ["studentIds", "0"]),
        ({"studentIds": ["Student:1-1"] * 501}, "VALIDATION", ["studentIds"]),
        ({"expectedVersion": 9}, "CONFLICT", ["sectionId"]),
    ],
)
async def test_who_cannot_be_in_a_section_is_named(
    api: SignIn, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    zavuch = api("zavuch")
    given = await members(zavuch, ONE, [], **wrong)
    refusal = await zavuch.refused(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == (code, field)


async def test_a_new_main_teacher_takes_the_place_of_the_one_before(
    api: SignIn, sql: AsyncConnection
) -> None:
    given = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23"}
    made = (await api("zavuch")(TEACH, input=given))["assignTeacher"]["teachingAssignment"]
    assert made["section"]["teacher"] == {"id": "Staff:1-9"} == made["staff"]
    assert (await sql.scalars(text(LASTING))).all() == [9]


async def test_an_assistant_takes_nobodys_place(api: SignIn, sql: AsyncConnection) -> None:
    before = (await sql.scalars(text(LASTING))).all()
    given = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23", "role": "ASSISTANT"}
    await api("zavuch")(TEACH, input=given)
    assert (await sql.scalars(text(LASTING))).all() == before


async def test_a_section_never_has_two_main_teachers(api: SignIn, sql: AsyncConnection) -> None:
    """Not by naming one before another who was to begin later, and not by two at once."""
    zavuch = api("zavuch")
    later = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-12-01"}
    await zavuch(TEACH, input=later)
    sooner = {**ALGEBRA, "staffId": "Staff:1-10", "validFrom": "2026-11-25"}
    refusal = await zavuch.refused(TEACH, input=sooner)
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", ["validFrom"])
    at_once = [{**later, "validFrom": "2026-12-05", "staffId": f"Staff:1-{n}"} for n in (10, 11)]
    replies = await asyncio.gather(*(zavuch.reply(TEACH, input=one) for one in at_once))
    assert not any(reply.errors for reply in replies)
    assert len((await sql.scalars(text(LASTING))).all()) == 1


@pytest.mark.parametrize("hours", ["-1", "40.5"])
async def test_hours_that_are_none_are_refused(api: SignIn, hours: str) -> None:
    given = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23", "hours": hours}
    refusal = await api("zavuch").refused(TEACH, input=given)
    assert (refusal["code"], refusal["field"]) == ("VALIDATION", ["hours"])


async def test_in_an_archived_year_nothing_changes(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1"))
    zavuch = api("zavuch")
    teach = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23"}
    moved = await members(zavuch, ONE, [])
    for document, given in ((CREATE, NEW), (TEACH, teach), (MEMBERS, moved)):
        refusal = await zavuch.refused(document, input=given)
        assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", None)


@pytest.mark.parametrize("login", ["director", "teacher.belova", "student.ivanova"])
async def test_who_may_not(api: SignIn, login: str) -> None:
    assert await api(login).refusal(CREATE, input=NEW) == "FORBIDDEN"
