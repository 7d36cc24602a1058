"""The class journal."""

import strawberry

from gql.bridge import ident, node, one, query, via
from models.journal import journal as rows
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.persons import Person
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.lessons import Lesson
from resolvers.journal import journal


@node(rows.JournalStudent)
class JournalStudent:
    id = ident(Student, "student_id")
    full_name = via(rows.JournalStudent.person_id, Person.full_name)
    short_name = via(rows.JournalStudent.person_id, Person.short_name)
    student = one(
        rows.JournalStudent.student_id,
        description="The student; null if the viewer may not read their card.",
    )


@node(journal.JournalCell)
class JournalCell:
    student_id = ident(Student, "student_id")
    lesson_id = ident(Lesson, "lesson_id")
    marks: list[Mark]
    attendance: AttendanceRecord | None


@node(journal.Journal)
class Journal:
    section: Section
    students: list[rows.JournalStudent]
    lessons: list[Lesson]
    cells: list[journal.JournalCell]


@strawberry.type
class Query:
    journal = query(journal.find_journal)
