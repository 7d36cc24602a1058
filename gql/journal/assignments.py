"""Assignments."""

import datetime
from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, many, mutation, node, one
from models.journal import assignments as rows
from models.journal.marks import Mark
from resolvers.journal import assignments


@node(rows.Assignment)
class Assignment(Node):
    title: str
    weight: Decimal
    due_on: datetime.date | None
    publish_at: datetime.datetime | None
    version: int
    assignment_type = one(rows.Assignment.assignment_type_id)
    lesson = one(rows.Assignment.lesson_id)
    section = one(rows.Assignment.section_id)
    marks = many(Mark.assignment_id, order=(Mark.student_id,), description="Marks given for it.")
    viewer_can = can(set_marks=Right.MARKS_WRITE)


@strawberry.type
class Mutation:
    create_assignment = mutation(assignments.create_assignment)
