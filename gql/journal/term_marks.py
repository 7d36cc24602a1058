"""Term marks."""

import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import guarded, many, mutation, node, one, via
from models.journal import term_marks as rows
from models.people.persons import Person
from resolvers.journal import term_marks


@node(rows.TermMark)
class TermMark(Node):
    kind: rows.TermMarkKind
    value: rows.TermMarkValue
    comment: str | None
    set_at: datetime.datetime
    version: int
    student = one(rows.TermMark.student_id)
    subject = one(rows.TermMark.subject_id)
    term = one(rows.TermMark.term_id, description="The term; null for any other kind.")
    section = one(rows.TermMark.section_id, description="The section in which it is given.")
    author_name = guarded(Right.MARKS_READ_AUTHORS, via(rows.TermMark.author_id, Person.short_name))
    revisions = many(
        rows.TermMarkRevision.term_mark_id,
        order=(rows.TermMarkRevision.id,),
        description="Its history, oldest first.",
    )


@node(rows.TermMarkRevision)
class TermMarkRevision(Node):
    old_value: rows.TermMarkValue | None
    new_value: rows.TermMarkValue
    reason: str | None
    at: datetime.datetime
    author_name = guarded(
        Right.MARKS_READ_AUTHORS, via(rows.TermMarkRevision.author_id, Person.short_name)
    )


@strawberry.type
class Mutation:
    set_term_mark = mutation(term_marks.set_term_mark)
