"""Subjects."""

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, listing, mutation, node
from models.structure import subjects as rows
from resolvers.structure import subjects


@node(rows.Subject)
class Subject(Node):
    name: str
    short_name: str
    area: str | None
    scale: rows.MarkScale
    position: int
    version: int
    viewer_can = can(edit=Right.SCHOOL_WRITE)


@strawberry.type
class Query:
    subjects = listing(subjects.find_subjects, subjects.ORDERS)


@strawberry.type
class Mutation:
    create_subject = mutation(subjects.create_subject)
    update_subject = mutation(subjects.update_subject)
    remove_subject = mutation(subjects.remove_subject)
