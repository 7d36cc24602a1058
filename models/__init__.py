"""Tables and the rules that need no database. Imports nothing else of ours."""

from models import documents, events, sealed
from models.access import accounts, audit, requests, roles, sessions
from models.communication import mail, notices
from models.files import files
from models.journal import assignments, attendance, closures, diary, marks, term_marks
from models.people import guardians, persons, private, staff, students
from models.school import calendar, rooms, schools
from models.structure import classes, sections
from models.timetable import homework, lessons

__all__ = [
    "accounts", "assignments", "attendance", "audit", "calendar", "classes", "closures", "diary",
    "documents", "events", "files", "guardians", "homework", "lessons", "mail", "marks", "notices",
    "persons", "private", "requests", "roles", "rooms", "schools", "sealed", "sections",
    "sessions", "staff", "students", "term_marks",
]  # fmt: skip
