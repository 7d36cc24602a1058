"""The sheet by which term marks are set."""

from decimal import Decimal

import strawberry

from gql.bridge import field, node, query
from models.journal.marks import Mark
from models.journal.term_marks import TermMark, TermMarkValue
from models.people.students import Student
from models.school.calendar import Term
from models.structure.sections import Section
from resolvers.journal import term_sheet


@node(term_sheet.TermMarkRow)
class TermMarkRow:
    student_id = field(term_sheet.student_id)
    full_name: str
    weighted_average: Decimal | None
    mark_count: int
    suggested_value: TermMarkValue | None
    warnings: list[term_sheet.TermMarkWarning]
    marks: list[Mark]
    term_mark: TermMark | None
    student: Student | None


@node(term_sheet.TermMarkSheet)
class TermMarkSheet:
    section: Section
    term: Term
    rows: list[term_sheet.TermMarkRow]


@strawberry.type
class Query:
    term_mark_sheet = query(term_sheet.find_term_mark_sheet)
