"""Setting and clearing marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind, MarkRevision
from models.people.students import Student
from models.problems import EmptyList, Limit, NamedTwice, Problem
from resolvers.core.command import Undone, command
from resolvers.core.context import Ctx
from resolvers.core.news import Fact
from resolvers.core.parameters import Logged
from resolvers.journal.at_once import put_mark
from resolvers.journal.cells import cells_of
from resolvers.journal.writing import (
    MarkItem,
    NotHeldYet,
    NotOfKind,
    NotOfScale,
    StudentAway,
    refusal_of,
    revision,
    write,
)
from resolvers.timetable.lessons import NOT_OPEN

MOST = 500
PROBLEMS = (*NOT_OPEN, NotHeldYet, StudentAway, NotOfScale, NotOfKind)


@command(Right.MARKS_WRITE, *PROBLEMS, at_once=put_mark, writes=(MarkRevision,))
async def set_mark(
    ctx: Ctx,
    *,
    assignment_id: Logged[Id[Assignment]],
    student_id: Logged[Id[Student]],
    value: int | None = None,
    kind: MarkKind = MarkKind.NUMERIC,
    comment: str | None = None,
    reason: str | None = None,
    expected_version: int | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Mark]:
    """Put a mark into a cell of the journal, or change the one that is there (отметка). Of two who
    write at once the first wins; the second gets `CONFLICT` with the mark as it is now.

    assignment_id: What it is for.
    student_id: Who gets it; they must have been in the section on the day of the lesson.
    value: 1..5; 1 for зачёт and 0 for незачёт; null for a debt.
    kind: What sort of mark it is.
    comment: A note the family will read, at most 1000 characters.
    reason: Why a mark that was there changes; goes into its history.
    expected_version: The version of the mark that is there; null for an empty cell.
    """
    item = MarkItem(assignment_id, student_id, value, kind, comment, reason, expected_version)
    cells = await cells_of(ctx, [(assignment_id, student_id)])
    if problem := refusal_of(ctx, item, cells):
        raise problem
    [mark] = await write(ctx, [item], cells)
    if isinstance(mark, Problem):
        raise mark
    return mark


class ErrorPolicy(Enum):
    """What becomes of a batch of which some rows are refused.

    REJECT_EVERYTHING: Nothing is written.
    REJECT_FAILED_ROWS: The others are written.
    """

    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


@dataclass
class MarkResult:
    """What came of one row of a batch.

    mark: The mark as it is now; null when the cell is empty or not the viewer's to see.
    """

    mark: Mark | None
    problems: list[Problem]


@dataclass
class MarkResults:
    """What came of a batch.

    results: One for each item, in their order.
    """

    results: list[MarkResult]


@command(Right.MARKS_WRITE, EmptyList, Limit, NamedTwice, *PROBLEMS, writes=(Mark, MarkRevision))
async def set_marks(
    ctx: Ctx,
    *,
    items: list[MarkItem],
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING,
    idempotency_key: UUID | None = None,
) -> MarkResults:
    """Set many marks at once, 1 to 500.

    items: The marks, each cell once.
    error_policy: What becomes of all when some are refused.
    """
    if not items:
        raise EmptyList(field="items")
    if len(items) > MOST:
        raise Limit(field="items", most=MOST)
    asked = [(item.assignment_id, item.student_id) for item in items]
    if len(set(asked)) < len(asked):
        raise NamedTwice(field="items")
    cells = await cells_of(ctx, asked)
    outcome: list[Any] = [refusal_of(ctx, item, cells) for item in items]
    good = [place for place, problem in enumerate(outcome) if problem is None]
    if len(good) < len(items) and error_policy is ErrorPolicy.REJECT_EVERYTHING:
        raise Undone(MarkResults(results_of(outcome)))
    for place, mark in zip(good, await write(ctx, [items[p] for p in good], cells), strict=True):
        outcome[place] = mark
    lost = any(isinstance(result, Problem) for result in outcome)
    if lost and error_policy is ErrorPolicy.REJECT_EVERYTHING:
        raise Undone(MarkResults(results_of(outcome)))
    return MarkResults(results_of(outcome))


def results_of(outcome: Sequence[Any]) -> list[MarkResult]:
    return [
        MarkResult(result.current, [result])
        if isinstance(result, Problem)
        else MarkResult(result, [])
        for result in outcome
    ]


@command(Right.MARKS_WRITE, *NOT_OPEN, writes=(MarkRevision,))
async def clear_mark(
    ctx: Ctx, *, mark_id: Logged[Id[Mark]], expected_version: int, reason: str | None = None
) -> Logged[Assignment]:
    """Empty a cell of the journal. What was in it stays in its history; it counts nowhere.

    mark_id: The mark.
    reason: Why, in your words; goes into its history.
    """
    mark = await ctx.get(mark_id)
    assignment_id = Id(Assignment, mark.school_id, mark.assignment_id)
    cells = await cells_of(ctx, [(assignment_id, Id(Student, mark.school_id, mark.student_id))])
    if mark.assignment_id not in cells.assignments:
        await ctx.get(assignment_id, to=Right.MARKS_WRITE)
    if problem := cells.closed.get(mark.assignment_id):
        problem.field = "mark_id"
        raise problem
    # The mark after its lesson, as in `cells_of`: the other way round two writers could deadlock.
    mark = await ctx.get(mark_id, version=expected_version)
    assignment, *_ = cells.assignments[mark.assignment_id]
    ctx.session.add(revision(ctx, mark, (mark.kind, mark.value), (None, None), reason))
    mark.withdrawn_at = mark.set_at = ctx.actor.now
    mark.author_id = ctx.actor.person_id
    ctx.announce(Fact(EventKind.MARK_WITHDRAWN, assignment, mark.student_id))
    return assignment
