"""A number that depends on rows the reader may not see is null: without them it would be wrong."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn
from tests.engine.conftest import Both

SHEET = """query ($section: ID!, $term: ID!) {
  termMarkSheet(sectionId: $section, termId: $term) {
    rows { studentId weightedAverage markCount debtCount suggestedValue warnings
      marks { id } } } }"""
AVERAGES = """query ($class: ID!, $term: ID!) {
  classAverages(schoolClassId: $class, termId: $term) {
    rows { studentId averages { section { id } weightedAverage markCount } } } }"""
NUMBERS = ("weightedAverage", "markCount", "debtCount", "suggestedValue", "warnings")
ALYONA = "Student:1-9"


@pytest.fixture
async def literature_in_7b(sql: AsyncConnection) -> None:
    """Give the algebra teacher of 7А literature in 7Б, so that Alyona's card is visible to them."""
    await sql.execute(
        text("""UPDATE teaching_assignments SET staff_id = (SELECT w.id FROM staff w
            JOIN accounts a ON a.person_id = w.person_id JOIN credentials c
            ON c.id = a.credential_id WHERE c.login = 'teacher.belova' AND w.school_id = 1)
        WHERE school_id = 1 AND valid_to IS NULL AND section_id = (SELECT s.id FROM sections s
            JOIN subjects j ON j.id = s.subject_id WHERE s.school_id = 1 AND j.name = 'Литература'
            AND s.school_class_id = 8)""")
    )


async def test_the_former_teacher_of_a_pupil_reads_no_average_of_a_part_of_the_marks(
    api: SignIn, both: Both, sql: AsyncConnection, literature_in_7b: None
) -> None:
    """Alyona has algebra marks of the first term in 7А and in 7Б (domain.md e1). Her teacher of 7А
    reads those of 7А, and no mean without the others."""
    await sql.execute(
        text("""UPDATE marks SET kind = 'DEBT_POINT', value = NULL WHERE id = (SELECT max(m.id)
        FROM marks m JOIN lessons l ON l.id = m.lesson_id JOIN terms t ON t.id = 1
        WHERE m.school_id = 1 AND m.student_id = 9 AND m.section_id = 84
            AND l.date BETWEEN t.starts_on AND t.ends_on)""")
    )
    given = {"section": "Section:1-68", "term": "Term:1-1"}
    told = {}
    for who in (api("teacher.belova", Role.SUBJECT_TEACHER), api("zavuch")):
        assert await both(who, SHEET, **given) == "compiled"
        rows = (await who(SHEET, **given))["termMarkSheet"]["rows"]
        told[who.caller.token] = {row["studentId"]: row for row in rows}
    teacher, deputy = told.values()
    assert deputy[ALYONA]["debtCount"] == 1
    assert len(deputy[ALYONA]["marks"]) > len(teacher[ALYONA]["marks"]) > 0
    assert [teacher[ALYONA][name] for name in NUMBERS] == [None] * len(NUMBERS)
    others = [row for key, row in teacher.items() if key != ALYONA]
    assert len(others) > 5
    assert all(row == deputy[row["studentId"]] for row in others)


async def test_a_class_teacher_reads_no_marks_of_other_pupils_in_a_common_group(
    api: SignIn, both: Both, sql: AsyncConnection, literature_in_7b: None
) -> None:
    """A pupil of 7Б learns with a group of 7А. The leader of 7А sees who is in the group, but not
    the marks of that pupil: "0 marks" would be an answer, and a wrong one."""
    await sql.execute(
        text("""UPDATE section_memberships m SET section_id = g.id FROM sections g, sections old
        WHERE m.school_id = 1 AND m.student_id = 9 AND m.valid_to IS NULL AND old.id = m.section_id
            AND g.school_id = 1 AND g.school_class_id = 7 AND g.subject_id = old.subject_id
            AND g.is_subgroup AND g.name LIKE '%группа 1'""")
    )
    leader, given = api("teacher.belova", Role.CLASS_TEACHER), {"class": "SchoolClass:1-8"}
    seen = await sql.scalar(
        text("""SELECT count(*) FROM section_memberships m JOIN sections g ON g.id = m.section_id
        WHERE m.school_id = 1 AND m.student_id = 9 AND m.valid_to IS NULL
            AND g.school_class_id = 7""")
    )
    assert seen, "she is in a group of 7А"
    assert await both(leader, AVERAGES, **given, term="Term:1-2") == "compiled"
    found = (await leader(AVERAGES, **given, term="Term:1-2"))["classAverages"]
    [row] = [row for row in found["rows"] if row["studentId"] == ALYONA]
    assert row["averages"], "of literature"
    assert all(one["markCount"] for one in row["averages"])
