"""Holidays."""

from datetime import date

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, many, mutation, node, one, query
from models.school import holidays as rows
from resolvers.school import holidays


@node(rows.HolidaySet)
class HolidaySet(Node):
    name: str
    version: int
    holidays = many(
        rows.Holiday.holiday_set_id,
        order=(rows.Holiday.starts_on,),
        description="Its days off, in order.",
    )
    viewer_can = can(edit=Right.SCHOOL_WRITE)


@node(rows.Holiday)
class Holiday(Node):
    name: str
    starts_on: date
    ends_on: date
    version: int
    holiday_set = one(rows.Holiday.holiday_set_id)
    viewer_can = can(edit=Right.SCHOOL_WRITE)


@strawberry.type
class Query:
    holiday_sets = query(holidays.find_holiday_sets)


@strawberry.type
class Mutation:
    create_holiday_set = mutation(holidays.create_holiday_set)
    update_holiday_set = mutation(holidays.update_holiday_set)
    remove_holiday_set = mutation(holidays.remove_holiday_set)
    create_holiday = mutation(holidays.create_holiday)
    update_holiday = mutation(holidays.update_holiday)
    remove_holiday = mutation(holidays.remove_holiday)
