"""The diary."""

import datetime

import strawberry

from gql.bridge import many, node, one, only, query
from models.journal import diary as rows
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.homework import Homework
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.journal import diary


@node(rows.DiaryLesson)
class DiaryLesson:
    date: datetime.date
    starts_at: datetime.time
    ends_at: datetime.time
    ordinal: int
    status: LessonStatus
    topic: str | None
    lesson = only(Lesson.id, description="The lesson itself, as everybody in it sees it.")
    section = one(rows.DiaryLesson.section_id)
    subject = one(rows.DiaryLesson.section_id, Section.subject_id)
    teacher = one(rows.DiaryLesson.staff_id, description="The teacher.")
    room = one(rows.DiaryLesson.room_id)
    homework = only(
        Homework.lesson_id, description="The homework that was set in it, due by its `dueOn`."
    )
    marks = many(
        Mark.lesson_id,
        match=("student_id", Mark.student_id),
        description="This student's marks in it.",
    )
    attendance = only(
        AttendanceRecord.lesson_id,
        match=("student_id", AttendanceRecord.student_id),
        description="Whether this student was present; null if nothing is recorded.",
    )


@node(diary.DiaryDay)
class DiaryDay:
    date: datetime.date
    lessons: list[rows.DiaryLesson]
    homework_due: list[Homework]


@node(diary.Diary)
class Diary:
    student: Student
    days: list[diary.DiaryDay]


@strawberry.type
class Query:
    diary = query(diary.find_diary)
