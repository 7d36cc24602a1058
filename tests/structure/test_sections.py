"""Sections: whom they start with, and who teaches them."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

CREATE = """mutation ($input: CreateSectionInput!) { createSection(input: $input) {
  section { id name isSubgroup scale version students { id } schoolClass { students { id } } }
  userErrors { code field message } } }"""
TEACH = """mutation ($input: AssignTeacherInput!) { assignTeacher(input: $input) {
  teachingAssignment { id role validFrom validTo staff { id } section { teacher { id } } }
  userErrors { code field message } } }"""
NEW = {"schoolClassId": "SchoolClass:1-7", "subjectId": "Subject:1-15"}
ALGEBRA = {"sectionId": "Section:1-68"}
LASTING = """SELECT staff_id FROM teaching_assignments WHERE section_id = 68 AND role = 'MAIN'
    AND valid_to IS NULL"""


async def test_a_whole_class_section_starts_with_the_whole_class(api: SignIn) -> None:
    made = (await api("zavuch")(CREATE, input=NEW))["createSection"]["section"]
    assert (made["name"], made["isSubgroup"]) == ("7А Химия", False)
    assert made["students"]
    everyone = {student["id"] for student in made["schoolClass"]["students"]}
    assert {student["id"] for student in made["students"]} == everyone


async def test_each_pupil_is_in_a_new_section_since_they_came_into_the_class(
    api: SignIn, sql: AsyncConnection
) -> None:
    """A school that begins in November writes in the lessons of September; whoever had the subject
    in another section before begins where that ended."""
    await sql.execute(
        text("""INSERT INTO section_memberships (school_id, section_id, student_id, subject_id,
            valid_from, valid_to)
        SELECT 1, s.id, 1, 15, '2026-09-01', '2026-10-05' FROM sections s
        WHERE s.school_id = 1 AND s.subject_id = 15 ORDER BY s.id LIMIT 1""")
    )
    made = (await api("zavuch")(CREATE, input=NEW))["createSection"]["section"]
    lines = await sql.execute(
        text("""SELECT s.student_id, s.valid_from, c.valid_from FROM section_memberships s
        JOIN class_memberships c ON c.student_id = s.student_id AND c.school_class_id = 7
            AND c.valid_to IS NULL
        WHERE s.section_id = :id"""),
        {"id": int(made["id"].partition("-")[2])},
    )
    found = {student: (since, came) for student, since, came in lines}
    assert found.pop(1)[0] == date(2026, 10, 5)
    assert len(found) > 3
    assert all(since == came for since, came in found.values())
    assert min(since for since, _ in found.values()) == date(2026, 9, 1)


async def test_a_section_of_next_year_starts_with_next_years_class(
    api: SignIn, sql: AsyncConnection
) -> None:
    year = await sql.scalar(
        text("""INSERT INTO academic_years (school_id, name, starts_on, ends_on, status)
        VALUES (1, '2027/2028', '2027-09-01', '2028-06-30', 'PLANNED') RETURNING id""")
    )
    school_class = await sql.scalar(
        text("""INSERT INTO school_classes (school_id, academic_year_id, grade_level, letter, kind,
        shift, term_type_id) VALUES (1, :year, 8, 'А', 'ORDINARY', 1, 1) RETURNING id"""),
        {"year": year},
    )
    await sql.execute(
        text("UPDATE class_memberships SET valid_to = '2027-09-01' WHERE student_id = 1")
    )
    await sql.execute(
        text("""INSERT INTO class_memberships (school_id, student_id, school_class_id, valid_from)
        VALUES (1, 1, :id, '2027-09-01')"""),
        {"id": school_class},
    )
    given = NEW | {"schoolClassId": f"SchoolClass:1-{school_class}"}
    made = (await api("zavuch")(CREATE, input=given))["createSection"]["section"]
    found = await sql.execute(
        text("SELECT student_id, valid_from::text FROM section_memberships WHERE section_id = :id"),
        {"id": int(made["id"].partition("-")[2])},
    )
    assert [tuple(line) for line in found] == [(1, "2027-09-01")]


async def test_a_subgroup_starts_empty_and_its_name_is_its_own(api: SignIn) -> None:
    given = NEW | {"isSubgroup": True, "name": "7А Химия, группа 1"}
    assert (await api("zavuch")(CREATE, input=given))["createSection"]["section"]["students"] == []
    assert await api("zavuch").expect_code(CREATE, input=given) == "SECTION_EXISTS"


async def test_a_second_section_of_a_subject_for_the_whole_class_is_refused(
    api: SignIn, sql: AsyncConnection
) -> None:
    again = NEW | {"subjectId": "Subject:1-6", "name": "7А Алгебра ещё раз"}
    refusal = await api("zavuch").expect_refusal(CREATE, input=again)
    assert (refusal["code"], refusal["field"]) == ("IN_ANOTHER_SECTION", ["subjectId"])
    found = "SELECT count(*) FROM sections WHERE name LIKE '%ещё раз'"
    assert await sql.scalar(text(found)) == 0


async def test_first_graders_get_no_marks(api: SignIn) -> None:
    given = NEW | {"schoolClassId": "SchoolClass:1-1"}
    made = (await api("zavuch")(CREATE, input=given))["createSection"]["section"]
    assert made["scale"] == "UNGRADED"


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
    refusal = await zavuch.expect_refusal(TEACH, input=sooner)
    assert (refusal["code"], refusal["field"]) == ("TOO_SOON", ["validFrom"])
    at_once = [{**later, "validFrom": "2026-12-05", "staffId": f"Staff:1-{n}"} for n in (10, 11)]
    replies = await asyncio.gather(*(zavuch.reply(TEACH, input=one) for one in at_once))
    assert not any(reply.errors for reply in replies)
    assert len((await sql.scalars(text(LASTING))).all()) == 1


@pytest.mark.parametrize("hours", ["-1", "40.5"])
async def test_hours_that_are_none_are_refused(api: SignIn, hours: str) -> None:
    given = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23", "hours": hours}
    refusal = await api("zavuch").expect_refusal(TEACH, input=given)
    assert (refusal["code"], refusal["field"]) == ("OUT_OF_RANGE", ["hours"])


async def test_in_an_archived_year_nothing_changes(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1"))
    zavuch = api("zavuch")
    teach = {**ALGEBRA, "staffId": "Staff:1-9", "validFrom": "2026-11-23"}
    for document, given, field in ((CREATE, NEW, "schoolClassId"), (TEACH, teach, "sectionId")):
        refusal = await zavuch.expect_refusal(document, input=given)
        assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", [field])


@pytest.mark.parametrize("login", ["director", "teacher.belova", "student.ivanova"])
async def test_who_may_not(api: SignIn, login: str) -> None:
    assert await api(login).expect_code(CREATE, input=NEW) == "FORBIDDEN"
