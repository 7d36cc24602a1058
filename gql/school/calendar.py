"""When a school works."""

from datetime import date, time

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, many, node, one, query
from models.school import calendar as rows
from resolvers.school import calendar


@node(rows.AcademicYear)
class AcademicYear(Node):
    name: str
    starts_on: date
    ends_on: date
    status: rows.YearStatus
    terms = many(
        rows.Term.academic_year_id,
        order=(rows.Term.term_type_id, rows.Term.ordinal),
        description="Its quarters, trimesters and half-years, by type and number.",
    )


@node(rows.TermType)
class TermType(Node):
    code: str
    name: str


@node(rows.Term)
class Term(Node):
    ordinal: int
    name: str
    starts_on: date
    ends_on: date
    status: rows.TermStatus
    version: int
    academic_year = one(rows.Term.academic_year_id)
    term_type = one(rows.Term.term_type_id)
    viewer_can = can(close=Right.JOURNAL_CLOSE)


@node(rows.BellSchedule)
class BellSchedule(Node):
    name: str
    shift: int
    periods = many(
        rows.Period.bell_schedule_id,
        order=(rows.Period.ordinal,),
        description="Its lessons, in order.",
    )


@node(rows.Period)
class Period(Node):
    ordinal: int
    starts_at: time
    ends_at: time
    bell_schedule = one(rows.Period.bell_schedule_id)


@strawberry.type
class Query:
    academic_years = query(calendar.find_academic_years)
    terms = query(calendar.find_terms)
    bell_schedules = query(calendar.find_bell_schedules)
