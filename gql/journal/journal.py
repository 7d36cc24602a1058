"""The class journal."""

import strawberry

from gql.bridge import ident, node, query
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.lessons import Lesson
from resolvers.journal import journal


@node(journal.JournalCell)
class JournalCell:
    student_id = ident(Student, "student_id")
    lesson_id = ident(Lesson, "lesson_id")
    marks: list[Mark]
    attendance: AttendanceRecord | None


@node(journal.Journal)
class Journal:
    section: Section
    students: list[Student]
    lessons: list[Lesson]
    cells: list[journal.JournalCell]


@strawberry.type
class Query:
    journal = query(journal.find_journal)
