"""Staff."""

from datetime import date
from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, guarded, listing, mutation, node, one, only, via
from models.people import staff as rows
from models.people.persons import Person
from models.people.private import StaffIdentity
from resolvers.people import staff


@node(rows.Staff)
class Staff(Node):
    full_name = via(rows.Staff.person_id, Person.full_name)
    short_name = via(rows.Staff.person_id, Person.short_name)
    position: str
    work_email: str | None
    version: int
    room = one(
        rows.Staff.room_id, description="The room in which to find them; null if there is none."
    )
    person = one(rows.Staff.person_id)
    personnel_no: str | None = guarded(Right.STAFF_READ_FILE)
    hired_on: date | None = guarded(Right.STAFF_READ_FILE)
    dismissed_on: date | None = guarded(Right.STAFF_READ_FILE)
    load_rate: Decimal | None = guarded(Right.STAFF_READ_FILE)
    identity = only(StaffIdentity.staff_id)
    viewer_can = can(dismiss=Right.STAFF_WRITE)


@strawberry.type
class Query:
    staff = listing(staff.find_staff, staff.ORDERS)


@strawberry.type
class Mutation:
    hire_staff = mutation(staff.hire_staff)
    dismiss_staff = mutation(staff.dismiss_staff)
