"""Lessons."""

import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, guarded, listing, many, mutation, node, one, only
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.structure.sections import Section
from models.timetable import lessons as rows
from models.timetable.homework import Homework
from resolvers.timetable import lessons


@node(rows.Lesson)
class Lesson(Node):
    date: datetime.date
    starts_at: datetime.time
    ends_at: datetime.time
    ordinal: int
    status: rows.LessonStatus
    topic: str | None
    moved_from: datetime.datetime | None
    version: int
    overridden_warnings: list[str] = guarded(Right.TIMETABLE_WRITE)
    override_reason: str | None = guarded(Right.TIMETABLE_WRITE)
    section = one(rows.Lesson.section_id)
    subject = one(rows.Lesson.section_id, Section.subject_id)
    school_class = one(rows.Lesson.section_id, Section.school_class_id)
    teacher = one(rows.Lesson.staff_id, description="Who gives it.")
    room = one(rows.Lesson.room_id)
    homework = only(Homework.lesson_id)
    assignments = many(
        Assignment.lesson_id, order=(Assignment.id,), description="What marks are given for in it."
    )
    marks = many(Mark.lesson_id, order=(Mark.student_id,), description="Marks given in it.")
    attendance = many(
        AttendanceRecord.lesson_id,
        order=(AttendanceRecord.student_id,),
        description="Who was in it; no record says nothing.",
    )
    viewer_can = can(
        write=Right.LESSONS_WRITE,
        set_marks=Right.MARKS_WRITE,
        set_attendance=Right.ATTENDANCE_WRITE,
        move=Right.TIMETABLE_WRITE,
    )


@strawberry.type
class Query:
    lessons = listing(lessons.find_lessons, lessons.ORDERS)


@strawberry.type
class Mutation:
    set_lesson_topic = mutation(lessons.set_lesson_topic)
