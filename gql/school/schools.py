"""The school's card."""

import datetime
from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, mutation, node, query
from models.school import schools as rows
from resolvers.school import schools


@node(rows.School)
class School(Node):
    short_name: str
    full_name: str
    legal_address: str | None
    postal_address: str | None
    phone: str | None
    email: str | None
    site: str | None
    time_zone: str
    term_mark_deviation: Decimal
    enough_marks: int
    missed_share: Decimal
    mail_recipients: int
    upload_bytes: int
    substitute_days: int
    earliest_lesson: datetime.time
    latest_lesson: datetime.time
    daily_lessons: list[int]
    first_shift_grades: list[int]
    version: int
    viewer_can = can(update=Right.SCHOOL_WRITE, publish_notices=Right.NOTICES_PUBLISH)


@strawberry.type
class Query:
    school = query(schools.find_school)


@strawberry.type
class Mutation:
    update_school = mutation(schools.update_school)
