"""Types of assignments."""

from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, mutation, node, query
from models.journal import assignment_types as rows
from resolvers.journal import assignment_types


@node(rows.AssignmentType)
class AssignmentType(Node):
    name: str
    short_name: str
    position: int
    default_weight: Decimal
    version: int
    viewer_can = can(edit=Right.SCHOOL_WRITE)


@strawberry.type
class Query:
    assignment_types = query(assignment_types.find_assignment_types)


@strawberry.type
class Mutation:
    create_assignment_type = mutation(assignment_types.create_assignment_type)
    update_assignment_type = mutation(assignment_types.update_assignment_type)
    remove_assignment_type = mutation(assignment_types.remove_assignment_type)
