"""Invariants that the database itself enforces: not even its operator gets round them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

COPY_LESSON = """INSERT INTO lessons (school_id, section_id, staff_id, room_id, date, starts_at,
    ends_at, ordinal, status) SELECT school_id, section_id, {staff}, {room}, date,
    starts_at + interval '10 minutes', ends_at + interval '10 minutes', 9, '{status}'
    FROM lessons WHERE id = 5431"""
COPY_MARK = """INSERT INTO marks (school_id, assignment_id, student_id, section_id, lesson_id,
    author_id, kind, value, set_at, published_at) SELECT school_id, assignment_id, {student},
    {section}, lesson_id, author_id, kind, {value}, set_at, published_at
    FROM marks WHERE school_id = 1 AND kind = 'NUMERIC' ORDER BY id LIMIT 1"""


def mark(student: str = "student_id", section: str = "section_id", value: str = "value") -> str:
    return COPY_MARK.format(student=student, section=section, value=value)


def lesson(staff: str, room: str, status: str = "PLANNED") -> str:
    return COPY_LESSON.format(staff=staff, room=room, status=status)


REFUSED = {
    "a second mark in a cell": (mark(), "uq_marks_school_id_assignment_id_student_id"),
    "a mark out of range": (
        "UPDATE marks SET value = 6 WHERE id = (SELECT min(id) FROM marks WHERE kind = 'NUMERIC')",
        "ck_marks_value",
    ),
    "a mark whose section is not its assignment's": (
        "UPDATE marks SET section_id = section_id + 1 WHERE id = (SELECT min(id) FROM marks)",
        "fk_marks_school_id_assignment_id_section_id_lesson_id",
    ),
    "a second attendance of a student in a lesson": (
        """INSERT INTO attendance_records (school_id, lesson_id, student_id, section_id, author_id,
        code, set_at) SELECT school_id, lesson_id, student_id, section_id, author_id, 'ILLNESS',
        set_at FROM attendance_records LIMIT 1""",
        "uq_attendance_records_school_id_lesson_id_student_id",
    ),
    "two lessons of a teacher at once": (
        lesson("staff_id", "NULL"),
        "lessons_never_overlaps_staff_id",
    ),
    "two lessons in a room at once": (lesson("1", "room_id"), "lessons_never_overlaps_room_id"),
    "two classes of a student at once": (
        """INSERT INTO class_memberships (school_id, student_id, school_class_id, valid_from)
        VALUES (1, 1, 8, '2026-11-01')""",
        "class_memberships_never_overlaps_student_id",
    ),
    "two sections of a subject of a student at once": (
        """INSERT INTO section_memberships (school_id, section_id, student_id, subject_id,
        valid_from) SELECT 1, 84, 1, subject_id, '2026-11-01' FROM sections WHERE id = 84""",
        "section_memberships_never_overlaps_student_id_subject_id",
    ),
    "a reference into another school": (
        """INSERT INTO class_memberships (school_id, student_id, school_class_id, valid_from)
        SELECT 1, min(id), 7, '2026-11-01' FROM students WHERE school_id = 2""",
        "fk_class_memberships_school_id_student_id",
    ),
    "overlapping terms of a type": (
        """INSERT INTO terms (school_id, academic_year_id, term_type_id, ordinal, name, starts_on,
        ends_on, status) VALUES (1, 1, 1, 9, '?', '2026-12-30', '2027-01-05', 'OPEN')""",
        "terms_never_overlaps_term_type_id",
    ),
    "two current years": (
        """INSERT INTO academic_years (school_id, name, starts_on, ends_on, status)
        VALUES (1, '2027/2028', '2027-09-01', '2028-05-31', 'CURRENT')""",
        "academic_years_one_current",
    ),
    "a guardian whom a court restricted and who is told where the child lives": (
        """UPDATE guardian_links SET hide_whereabouts = false WHERE id =
        (SELECT min(id) FROM guardian_links WHERE legal_status = 'RESTRICTED')""",
        "ck_guardian_links_hide_whereabouts",
    ),
    "a guardian linked twice to a child at once": (
        """INSERT INTO guardian_links (school_id, guardian_id, student_id, relation, legal_status,
        may_receive_info, may_contact, hide_whereabouts, lives_with, contact_priority, valid_from)
        SELECT school_id, guardian_id, student_id, relation, legal_status, true, true, false, true,
        1, valid_from + 1 FROM guardian_links WHERE school_id = 1 AND valid_to IS NULL LIMIT 1""",
        "guardian_links_never_overlaps_guardian_id_student_id",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_the_database_refuses(sql: AsyncConnection, what: str) -> None:
    statement, constraint = REFUSED[what]
    with pytest.raises(IntegrityError) as refused:
        await sql.execute(text(statement))
    cause = refused.value.orig.__cause__ if refused.value.orig else None
    assert getattr(cause, "constraint_name", None) == constraint


async def test_a_cancelled_lesson_takes_nobodys_time(sql: AsyncConnection) -> None:
    await sql.execute(text(lesson("staff_id", "room_id", "CANCELLED")))
