"""Attendance."""

import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import guarded, mutation, node, one, query, via
from models.journal import attendance as rows
from models.people.persons import Person
from resolvers.journal import attendance


@node(rows.AttendanceRecord)
class AttendanceRecord(Node):
    code: rows.AttendanceCode
    minutes_late: int | None
    set_at: datetime.datetime
    version: int
    student = one(rows.AttendanceRecord.student_id)
    lesson = one(rows.AttendanceRecord.lesson_id)
    author_name = guarded(
        Right.MARKS_READ_AUTHORS, via(rows.AttendanceRecord.author_id, Person.short_name)
    )


@strawberry.type
class Query:
    attendance = query(attendance.find_attendance)


@strawberry.type
class Mutation:
    set_attendance = mutation(attendance.set_attendance)
    confirm_all_present = mutation(attendance.confirm_all_present)
