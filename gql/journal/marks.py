"""Marks."""

import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import guarded, many, mutation, node, one, problems, via
from models.journal import marks as rows
from models.people.persons import Person
from models.timetable.lessons import Lesson
from resolvers.journal import marks


@node(rows.Mark)
class Mark(Node):
    kind: rows.MarkKind
    value: int | None
    comment: str | None
    set_at: datetime.datetime
    published_at: datetime.datetime
    version: int
    student = one(rows.Mark.student_id)
    assignment = one(rows.Mark.assignment_id)
    lesson = one(rows.Mark.lesson_id)
    lesson_date = via(rows.Mark.lesson_id, Lesson.date)
    author_name = guarded(Right.MARKS_READ_AUTHORS, via(rows.Mark.author_id, Person.short_name))
    revisions = many(
        rows.MarkRevision.mark_id,
        order=(rows.MarkRevision.id,),
        description="Its history, oldest first.",
    )


@node(rows.MarkRevision)
class MarkRevision(Node):
    old_kind: rows.MarkKind | None
    old_value: int | None
    new_kind: rows.MarkKind | None
    new_value: int | None
    reason: str | None
    source: rows.RevisionSource
    at: datetime.datetime
    author_name = guarded(
        Right.MARKS_READ_AUTHORS, via(rows.MarkRevision.author_id, Person.short_name)
    )


@node(marks.MarkResult)
class MarkResult:
    mark: rows.Mark | None
    user_errors = problems(marks.set_marks)


@strawberry.type
class Mutation:
    set_mark = mutation(marks.set_mark)
    set_marks = mutation(marks.set_marks)
    clear_mark = mutation(marks.clear_mark)
