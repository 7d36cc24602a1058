"""Where the tests of the journal sit down to write."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SET = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { id value kind version comment student { fullName } revisions { newValue oldValue reason } }
  userErrors { code field message } } }"""


@dataclass(frozen=True)
class Desk:
    """An assignment of a 7А algebra lesson of last week with no marks yet, and who it is about."""

    assignment: str
    lesson: str
    section: str
    masha: str
    others: list[str]
    teacher: str
    section_key: int


@pytest.fixture
async def desk(sql: AsyncConnection) -> Desk:
    lesson = (
        await sql.execute(
            text("""
        SELECT l.id, l.section_id, c.login, l.date FROM lessons l
        JOIN sections s ON s.id = l.section_id JOIN subjects j ON j.id = s.subject_id
        JOIN school_classes k ON k.id = s.school_class_id
        JOIN staff w ON w.id = l.staff_id JOIN accounts a ON a.person_id = w.person_id
        JOIN credentials c ON c.id = a.credential_id
        WHERE s.school_id = 1 AND k.grade_level = 7 AND k.letter = 'А' AND j.name = 'Алгебра'
            AND l.date BETWEEN '2026-11-16' AND '2026-11-20' AND l.status = 'CONDUCTED'
        ORDER BY l.date LIMIT 1""")
        )
    ).one()
    await sql.execute(
        text("""UPDATE attendance_records SET code = 'PRESENT', minutes_late = NULL
        WHERE lesson_id = :id"""),
        {"id": lesson.id},
    )
    assignment = await sql.scalar(
        text("""
        INSERT INTO assignments (school_id, version, lesson_id, section_id, assignment_type_id,
            title, weight)
        SELECT 1, 1, :lesson, :section, id, 'Проверка', 10 FROM assignment_types
        WHERE school_id = 1 ORDER BY position LIMIT 1 RETURNING id"""),
        {"lesson": lesson.id, "section": lesson.section_id},
    )
    members = (
        await sql.scalars(
            text("""SELECT student_id FROM section_memberships WHERE section_id = :id
            AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day) ORDER BY 1"""),
            {"id": lesson.section_id, "day": lesson.date},
        )
    ).all()
    return Desk(
        f"Assignment:1-{assignment}",
        f"Lesson:1-{lesson.id}",
        f"Section:1-{lesson.section_id}",
        "Student:1-1",
        [f"Student:1-{key}" for key in members if key != 1],
        lesson.login,
        lesson.section_id,
    )


def cell(desk: Desk, **more: Any) -> dict[str, Any]:
    """A mark for Masha."""
    return {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 5, **more}


def batch(desk: Desk, *values: int) -> list[dict[str, Any]]:
    """Marks for Masha and those after her."""
    students = [desk.masha, *desk.others]
    return [
        {"assignmentId": desk.assignment, "studentId": student, "value": value}
        for student, value in zip(students, values, strict=False)
    ]
