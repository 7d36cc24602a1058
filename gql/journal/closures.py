"""Closing terms."""

import datetime

import strawberry

from gql.answers import Node
from gql.bridge import mutation, node, one, via
from models.journal import closures as rows
from models.people.persons import Person
from resolvers.journal import closures


@node(rows.JournalClosure)
class JournalClosure(Node):
    closed_at: datetime.datetime
    reopened_at: datetime.datetime | None
    reason: str | None
    term = one(rows.JournalClosure.term_id)
    closed_by_name = via(rows.JournalClosure.closed_by_id, Person.short_name)
    reopened_by_name = via(rows.JournalClosure.reopened_by_id, Person.short_name)


@strawberry.type
class Mutation:
    close_term = mutation(closures.close_term)
    reopen_term = mutation(closures.reopen_term)
