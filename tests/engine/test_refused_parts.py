"""A missing right leads to a refusal in reports, never to a zero or an empty list."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, SignIn
from tests.engine.conftest import Both

SHEET = """query ($section: ID!) { termMarkSheet(sectionId: $section, termId: "Term:1-2") {
    rows { studentId fullName weightedAverage markCount suggestedValue warnings
      termMark { value } } } }"""
JOURNAL = """{ journal(sectionId: "Section:1-68", from: "2026-11-01", to: "2026-11-23") {
    students { id } lessons { id } cells { studentId marks { value } attendance { code } } } }"""
UNREAD = "{ unreadCounts { notices mail } }"
OF_MARKS = ("weightedAverage", "markCount", "suggestedValue", "warnings")


async def take_right_away(sql: AsyncConnection, role: Role, permission: str) -> None:
    await sql.execute(
        text("""DELETE FROM role_rights WHERE school_id = 1 AND role = :role
            AND permission = :permission"""),
        {"role": role.name, "permission": permission},
    )


async def find_denied(who: Api, both: Both, document: str, **given: Any) -> tuple[Any, set[str]]:
    """Return the answer of both executors, and the coordinates that were refused."""
    assert await both(who, document, **given) == "compiled"
    reply = await who.reply(document, **given)
    return reply.data, {(error.extensions or {})["coordinate"] for error in reply.errors or []}


async def test_the_secretary_is_told_no_number_of_marks(api: SignIn, both: Both) -> None:
    """She files term marks, but is told nothing about the marks behind them, not even "none"."""
    data, refused = await find_denied(api("secretary"), both, SHEET, section="Section:1-68")
    assert refused == {f"TermMarkRow.{field}" for field in OF_MARKS}
    rows = data["termMarkSheet"]["rows"]
    assert len(rows) > 5
    assert {row[field] for row in rows for field in OF_MARKS} == {None}


async def test_a_class_teacher_is_told_nothing_of_a_pupil_whose_marks_are_not_hers_to_read(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    """A group joins a pupil of her class and one whom she teaches another subject: she may know the
    second, but not the marks that they have in this group."""
    mine, hers_elsewhere = (
        await sql.execute(
            text("""SELECT (SELECT min(student_id) FROM class_memberships WHERE school_id = 1
                    AND school_class_id = 7 AND valid_to IS NULL),
                (SELECT min(m.student_id) FROM section_memberships m
                JOIN teaching_assignments t ON t.section_id = m.section_id AND t.school_id = 1
                JOIN staff s ON s.id = t.staff_id AND s.school_id = 1
                JOIN accounts a ON a.person_id = s.person_id AND a.school_id = 1
                JOIN credentials c ON c.id = a.credential_id AND c.login = 'teacher.belova'
                WHERE m.school_id = 1 AND m.valid_to IS NULL AND t.valid_to IS NULL
                AND m.student_id NOT IN (SELECT student_id FROM class_memberships
                    WHERE school_id = 1 AND school_class_id = 7))""")
        )
    ).one()
    group = await sql.scalar(
        text("""SELECT s.id FROM sections s JOIN school_classes k ON k.id = s.school_class_id
            WHERE s.school_id = 1 AND k.grade_level = 3 LIMIT 1""")
    )
    await sql.execute(
        text(f"""UPDATE section_memberships m SET valid_to = '2026-11-02' FROM sections s
            WHERE s.id = {group} AND s.subject_id = m.subject_id
            AND m.student_id IN ({mine}, {hers_elsewhere}) AND m.valid_to IS NULL""")
    )
    await sql.execute(
        text(f"""INSERT INTO section_memberships (school_id, student_id, section_id, subject_id,
            valid_from)
            SELECT 1, x, s.id, s.subject_id, '2026-11-02'
            FROM sections s, unnest(ARRAY[{mine}, {hers_elsewhere}]) x WHERE s.id = {group}
            """)
    )
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    data, _ = await find_denied(leader, both, SHEET, section=f"Section:1-{group}")
    rows = {row["studentId"]: row for row in data["termMarkSheet"]["rows"]}
    before = await sql.scalar(
        text(f"""SELECT count(*) FROM marks m JOIN lessons l ON l.id = m.lesson_id
            JOIN sections s ON s.id = m.section_id JOIN terms t ON l.date BETWEEN t.starts_on
            AND t.ends_on AND t.id = 2 JOIN assignments a ON a.id = m.assignment_id
            WHERE m.school_id = 1 AND m.student_id = {mine} AND m.kind = 'NUMERIC'
            AND a.weight > 0 AND m.withdrawn_at IS NULL AND s.subject_id =
            (SELECT subject_id FROM sections WHERE id = {group})""")
    )
    assert rows[f"Student:1-{mine}"]["markCount"] == before > 0, "from where the pupil came"
    other = rows[f"Student:1-{hers_elsewhere}"]
    assert other["fullName"]
    assert [other[field] for field in OF_MARKS] == [None] * 4


@pytest.mark.parametrize(
    ("permission", "refused"),
    [
        ("attendance:read", {"JournalCell.attendance"}),
        ("students:read", {"Journal.students"}),
        ("lessons:read", {"Journal.lessons"}),
    ],
)
async def test_a_journal_without_a_right_refuses_that_part_and_shows_the_rest(
    api: SignIn, both: Both, sql: AsyncConnection, permission: str, refused: set[str]
) -> None:
    await take_right_away(sql, Role.DEPUTY_DIRECTOR, permission)
    data, found = await find_denied(api("zavuch"), both, JOURNAL)
    assert found == refused
    [coordinate] = refused
    type_, _, field = coordinate.partition(".")
    if type_ == "Journal":
        assert data["journal"][field] is None
    else:
        assert {cell[field] for cell in data["journal"]["cells"]} == {None}


@pytest.mark.parametrize(
    ("permission", "field"), [("notices:read", "notices"), ("mail:use", "mail")]
)
async def test_rows_that_one_may_not_read_are_not_counted_as_none(
    api: SignIn, both: Both, sql: AsyncConnection, permission: str, field: str
) -> None:
    await take_right_away(sql, Role.PARENT, permission)
    data, found = await find_denied(api("parent.ivanova"), both, UNREAD)
    assert found == {f"UnreadCounts.{field}"}
    assert data["unreadCounts"][field] is None
    assert [count for count in data["unreadCounts"].values() if count is not None]
