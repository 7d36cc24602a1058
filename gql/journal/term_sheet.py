"""The term sheet."""

from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.bridge import computed, ident, many, node, only, query, same, via
from models.journal.marks import Mark
from models.journal.term_marks import TermMark, TermMarkValue
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.structure.sections import Section
from resolvers.journal import term_sheet


@node(term_sheet.TermMarkRow)
class TermMarkRow:
    student_id = ident(Student, "id")
    full_name = via(Student.person_id, Person.full_name)
    weighted_average: Decimal | None = computed(term_sheet.average, right=Right.MARKS_READ)
    mark_count: int | None = computed(term_sheet.count, right=Right.MARKS_READ)
    debt_count: int | None = computed(term_sheet.debts, right=Right.MARKS_READ)
    suggested_value: TermMarkValue | None = computed(term_sheet.suggestion, right=Right.MARKS_READ)
    warnings: list[term_sheet.TermMarkWarning] | None = computed(
        term_sheet.warnings, right=Right.MARKS_READ
    )
    marks = many(
        Mark.student_id,
        where=term_sheet.is_counted,
        order=(Mark.lesson_id,),
        description="Marks in the subject in the term, in order of time.",
    )
    term_mark = only(
        TermMark.student_id,
        where=term_sheet.is_of_term,
        description="The term mark that is set; null if there is none.",
    )
    student = same(Student, description="The student's card.")


@node(term_sheet.TermMarkSheet)
class TermMarkSheet:
    section: Section
    term: Term
    rows: list[term_sheet.TermMarkRow]


@strawberry.type
class Query:
    term_mark_sheet = query(term_sheet.find_term_mark_sheet)
