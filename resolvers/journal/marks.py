"""Setting and clearing marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from auth.actor import Viewer
from auth.policy import reach
from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind, MarkRevision
from models.people.students import Student
from models.problems import (
    Conflict,
    EmptyList,
    Forbidden,
    Limit,
    NamedTwice,
    NotFound,
    Problem,
)
from models.timetable.lessons import Lesson
from resolvers.core.changes import Change, News
from resolvers.core.command import NothingToWrite, command
from resolvers.core.context import Ctx
from resolvers.core.guards import Lock, target_by_id
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import update_rows
from resolvers.journal.batches import find_refusals, put_batch
from resolvers.journal.cells import OF_ASSIGNMENT, cell_of
from resolvers.journal.writing import (
    IN_FORCE,
    OF_CELL,
    OF_MARK,
    MarkItem,
    NotHeldYet,
    NotOfKind,
    NotOfScale,
    StudentAway,
    insert_revision,
    put_marks,
    require_mark_fits,
)
from resolvers.timetable.lessons import NOT_OPEN, mark_held, require_open

MOST = 500
NUMERIC: Any = MarkKind.NUMERIC
PROBLEMS = (*NOT_OPEN, NotHeldYet, StudentAway, NotOfScale, NotOfKind)


@change(Right.MARKS_WRITE, *PROBLEMS, writes=(Mark, MarkRevision), keeps_rights=True)
def set_mark(
    viewer: Viewer,
    *,
    assignment_id: Logged[Arg[Id[Assignment]]],
    student_id: Logged[Arg[Id[Student]]],
    value: Arg[int | None] = NULL,
    kind: Arg[MarkKind] = NUMERIC,
    comment: Arg[str | None] = NULL,
    reason: Arg[str | None] = NULL,
    expected_version: Arg[int | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Mark]]:
    """Put a mark into a cell of the journal, or change the one that is there (отметка). Of two who
    write at once the first wins; the second gets `CONFLICT` with the mark as it is now.

    assignment_id: The assignment.
    student_id: The student; they must have been in the section on the day of the lesson.
    value: 1..5; 1 for зачёт and 0 for незачёт; null for a debt.
    kind: The kind of mark.
    comment: A note for the family, at most 1000 characters.
    reason: The reason for changing a mark; it is kept in the mark's history.
    expected_version: The version of the mark that is there; null for an empty cell.
    """
    target = cell_of(viewer, assignment_id, student_id)
    target = require_mark_fits(viewer, target, kind, value, comment, reason)
    target = target.expects(Mark, expected_version, IN_FORCE)
    line = target.line(*OF_CELL)
    new = {"kind": kind, "value": value, "comment": comment}
    done = put_marks(viewer, line, new, expected_version)
    revision = insert_revision(viewer, done, line, reason)
    news = News(
        EventKind.MARK_SET, done, Mark, done.c.id, done.c.student_id, due_at=done.c.published_at
    )
    held = mark_held(viewer, done.c.lesson_id)
    return Change(Mark, target, done, [news], [revision, held], is_whole=True)


class ErrorPolicy(Enum):
    """How a batch is handled if some of its rows are refused.

    REJECT_EVERYTHING: Nothing is written.
    REJECT_FAILED_ROWS: The others are written.
    """

    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


@dataclass
class MarkResult:
    """The result of one row of a batch.

    mark: The mark as it is now; null if the cell is empty or the viewer may not see it.
    """

    mark: Mark | None
    problems: list[Problem]


@dataclass
class MarkResults:
    """The result of a batch.

    results: A result for each item, in their order.
    """

    results: list[MarkResult]


@command(
    Right.MARKS_WRITE,
    EmptyList,
    Limit,
    NamedTwice,
    *PROBLEMS,
    writes=(Mark, MarkRevision),
    keeps_rights=True,
)
async def set_marks(
    ctx: Ctx,
    *,
    items: list[MarkItem],
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING,
    idempotency_key: UUID | None = None,
) -> MarkResults:
    """Set many marks at once, 1 to 500.

    items: The marks, each cell once.
    error_policy: How the batch is handled if some items are refused.
    """
    if not items:
        raise EmptyList(field="items")
    if len(items) > MOST:
        raise Limit(field="items", most=MOST)
    asked = [(item.assignment_id, item.student_id) for item in items]
    if len(set(asked)) < len(asked):
        raise NamedTwice(field="items")
    outcome = await find_refusals(ctx, items)
    rejects = error_policy is ErrorPolicy.REJECT_EVERYTHING
    if rejects and outcome:
        raise NothingToWrite(MarkResults(results_of(items, outcome)))
    good = [place for place in range(len(items)) if place not in outcome]
    outcome |= await put_batch(ctx, items, good)
    if rejects and any(isinstance(one, Problem) for one in outcome.values()):
        raise NothingToWrite(MarkResults(results_of(items, outcome)))
    return MarkResults(results_of(items, outcome))


def results_of(
    items: Sequence[MarkItem], outcome: Mapping[int, Mark | Problem]
) -> list[MarkResult]:
    """Return the results of all items. An item that was not written because others were refused has
    an empty one."""
    return [result_of(outcome.get(place)) for place in range(len(items))]


def result_of(outcome: Mark | Problem | None) -> MarkResult:
    if isinstance(outcome, Problem):
        return MarkResult(outcome.current, [outcome])
    return MarkResult(outcome, [])


@change(Right.MARKS_WRITE, *NOT_OPEN, writes=(MarkRevision,), keeps_rights=True)
def clear_mark(
    viewer: Viewer,
    *,
    mark_id: Logged[Arg[Id[Mark]]],
    expected_version: Arg[int],
    reason: Arg[str | None] = NULL,
) -> Change[Logged[Assignment]]:
    """Empty a cell of the journal. The mark stays in the history, and counts nowhere.

    mark_id: The mark.
    reason: The reason; it is kept in the mark's history.
    """
    of_mark = and_(Assignment.school_id == Mark.school_id, Assignment.id == Mark.assignment_id)
    field = "mark_id"
    target = (
        target_by_id(viewer, Mark, mark_id, field, lock=Lock.NONE)
        .join(Assignment, of_mark, missing=NotFound, field=field, lock=Lock.NONE)
        .needs(reach(viewer, Assignment, Right.MARKS_WRITE), Forbidden, field,
               requires=Right.MARKS_WRITE)
        .join(Lesson, OF_ASSIGNMENT, missing=NotFound, field=field, lock=Lock.WRITE)
    )  # fmt: skip
    target = require_open(target, field).needs(
        Mark.version == expected_version, Conflict, field, current=Assignment.id
    )
    line = target.line(*OF_MARK, Mark.id.label("mark_id"))
    new = {"withdrawn_at": viewer.now, "set_at": viewer.now, "author_id": viewer.person_id}
    emptied = update_rows(viewer, Mark, line.c.mark_id, new, version=expected_version)
    done = select(emptied.c.assignment_id.label("id"), emptied.c.student_id).cte("emptied")
    news = News(EventKind.MARK_WITHDRAWN, done, Assignment, done.c.id, done.c.student_id)
    return Change(
        Assignment, target, done, [news], [insert_revision(viewer, emptied, line, reason)]
    )
