"""Setting and clearing marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind, MarkRevision, RevisionSource
from models.people.students import Student
from models.problems import (
    Conflict,
    Limit,
    NotFound,
    PeriodClosed,
    Problem,
    Validation,
    YearArchived,
)
from models.structure.sections import MarkScale
from resolvers.command import Undone, command
from resolvers.context import Ctx
from resolvers.journal.cells import Cell, Cells, cells_of, marks_in
from resolvers.news import Fact
from resolvers.timetable.lessons import hold

MOST = 500
IN_SCALE = {
    MarkScale.FIVE_POINT: {MarkKind.NUMERIC, MarkKind.DEBT_POINT},
    MarkScale.PASS_FAIL: {MarkKind.PASS_FAIL, MarkKind.DEBT_POINT},
    MarkScale.UNGRADED: set[MarkKind](),
}
RANGES = {
    MarkKind.NUMERIC: range(1, 6),
    MarkKind.PASS_FAIL: range(2),
    MarkKind.DEBT_POINT: (None,),
}


class NotHeldYet(Problem):
    """The lesson is still to come; marks can be put from its day on."""

    russian = "Урок ещё не наступил; отметки ставят со дня урока."


class StudentAway(Problem):
    """The student was absent from this lesson; put the mark for work that is due later."""

    russian = "Ученика не было на уроке; поставьте отметку за работу, которую сдают позже."


PROBLEMS = (PeriodClosed, YearArchived, NotHeldYet, StudentAway)


@dataclass(frozen=True)
class MarkItem:
    """One mark to set.

    assignment_id: What it is for.
    student_id: Who gets it.
    value: 1..5; 1 for зачёт and 0 for незачёт; null for a debt.
    kind: What sort of mark it is.
    comment: A note the family will read, at most 1000 characters.
    reason: Why a mark that was there changes; goes into its history.
    expected_version: The version of the mark that is there; null for an empty cell.
    """

    assignment_id: Id[Assignment]
    student_id: Id[Student]
    value: int | None = None
    kind: MarkKind = MarkKind.NUMERIC
    comment: str | None = None
    reason: str | None = None
    expected_version: int | None = None


@command(Right.MARKS_WRITE, *PROBLEMS)
async def set_mark(
    ctx: Ctx,
    *,
    assignment_id: Id[Assignment],
    student_id: Id[Student],
    value: int | None = None,
    kind: MarkKind = MarkKind.NUMERIC,
    comment: str | None = None,
    reason: str | None = None,
    expected_version: int | None = None,
    idempotency_key: UUID | None = None,
) -> Mark:
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


@command(Right.MARKS_WRITE, Limit, *PROBLEMS)
async def set_marks(
    ctx: Ctx,
    *,
    items: list[MarkItem],
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING,
    idempotency_key: UUID | None = None,
) -> MarkResults:
    """Set many marks at once, at most 500.

    items: The marks, each cell once.
    error_policy: What becomes of all when some are refused.
    """
    if not 0 < len(items) <= MOST:
        raise Limit(field="items", most=MOST)
    asked = [(item.assignment_id, item.student_id) for item in items]
    if len(set(asked)) < len(asked):
        raise Validation(field="items")
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


@command(Right.MARKS_WRITE, PeriodClosed, YearArchived)
async def clear_mark(
    ctx: Ctx, *, mark_id: Id[Mark], expected_version: int, reason: str | None = None
) -> Assignment:
    """Empty a cell of the journal. What was in it stays in its history; it counts nowhere.

    mark_id: The mark.
    reason: Why, in your words; goes into its history.
    """
    mark = await ctx.get(mark_id, version=expected_version)
    assignment_id = Id(Assignment, mark.school_id, mark.assignment_id)
    cells = await cells_of(ctx, [(assignment_id, Id(Student, mark.school_id, mark.student_id))])
    if mark.assignment_id not in cells.assignments:
        await ctx.get(assignment_id, to=Right.MARKS_WRITE)
    if problem := cells.closed.get(mark.assignment_id):
        raise problem
    assignment, *_ = cells.assignments[mark.assignment_id]
    ctx.session.add(revision(ctx, mark, (mark.kind, mark.value), (None, None), reason))
    mark.withdrawn_at = mark.set_at = ctx.actor.now
    mark.author_id = ctx.actor.person_id
    ctx.announce(Fact(EventKind.MARK_WITHDRAWN, assignment, mark.student_id))
    return assignment


# -- the rules ------------------------------------------------------------------------


def refusal_of(ctx: Ctx, item: MarkItem, cells: Cells) -> Problem | None:
    """Why a mark cannot be set; None if nothing speaks against it."""
    known = cells.assignments.get(item.assignment_id.key)
    if known is None or item.assignment_id.school_id != ctx.actor.school_id:
        return NotFound(field="assignment_id")
    cell = (item.assignment_id.key, item.student_id.key)
    if cell not in cells.members or item.student_id.school_id != ctx.actor.school_id:
        return NotFound(field="student_id")
    assignment, lesson, section = known
    if problem := cells.closed.get(assignment.id):
        return problem
    if lesson.date > ctx.actor.today:
        return NotHeldYet(field="assignment_id")
    if item.kind not in IN_SCALE[section.scale]:
        return Validation(field="kind", scale=section.scale.name)
    if item.value not in RANGES[item.kind]:
        return Validation(field="value")
    if cell in cells.away and not (assignment.due_on and assignment.due_on > lesson.date):
        return StudentAway(field="student_id")
    return stale(item, cells.marks.get(cell))


def stale(item: MarkItem, mark: Mark | None) -> Problem | None:
    """Whether the client knew what the cell holds."""
    if mark is None or mark.withdrawn_at is not None:
        return Conflict(field="expected_version") if item.expected_version else None
    if item.expected_version is None:
        return Validation(field="expected_version", current=mark)
    if item.expected_version != mark.version:
        return Conflict(field="expected_version", current=mark)
    return None


# -- the writing ----------------------------------------------------------------------


async def write(ctx: Ctx, items: Sequence[MarkItem], cells: Cells) -> list[Mark | Problem]:
    """The marks, in the order of the items; a `Conflict` where someone else was quicker."""
    new = [item for item in items if cell_of(item) not in cells.marks]
    for item in items:
        if (mark := cells.marks.get(cell_of(item))) is not None:
            change(ctx, mark, item, cells)
    made = await insert_marks(ctx, new, cells)
    taken = {cell_of(item) for item in new} - made
    await ctx.session.flush()
    fresh = await marks_in(ctx, [cell_of(item) for item in new]) if new else {}
    written: list[Mark | Problem] = []
    for item in items:
        cell = cell_of(item)
        mark = cells.marks.get(cell) or fresh[cell]
        if cell in made:
            after = (item.kind, item.value)
            ctx.session.add(revision(ctx, mark, (None, None), after, item.reason))
        if cell not in taken:
            ctx.announce(Fact(EventKind.MARK_SET, mark, mark.student_id))
        written.append(Conflict(field="student_id", current=mark) if cell in taken else mark)
    for _, lesson, _ in cells.assignments.values():
        hold(lesson, ctx.actor.today)
    return written


def cell_of(item: MarkItem) -> Cell:
    return item.assignment_id.key, item.student_id.key


def published_at(ctx: Ctx, assignment: Assignment) -> datetime:
    """Delayed publication: not before the assignment's own time (domain.md e14)."""
    return max(ctx.actor.now, assignment.publish_at or ctx.actor.now)


async def insert_marks(ctx: Ctx, items: Sequence[MarkItem], cells: Cells) -> set[Cell]:
    """One statement for all; the cells that were empty until now, for the database judges who was
    first."""
    if not items:
        return set()
    rows = [
        {
            "version": 1,
            "assignment_id": item.assignment_id.key,
            "student_id": item.student_id.key,
            "section_id": section.id,
            "lesson_id": lesson.id,
            "author_id": ctx.actor.person_id,
            "kind": item.kind,
            "value": item.value,
            "comment": item.comment,
            "set_at": ctx.actor.now,
            "published_at": published_at(ctx, assignment),
        }
        for item in items
        for assignment, lesson, section in [cells.assignments[item.assignment_id.key]]
    ]
    statement = insert(Mark).values(rows).on_conflict_do_nothing()
    done = await ctx.session.execute(statement.returning(Mark.assignment_id, Mark.student_id))
    return {(line[0], line[1]) for line in done}


def change(ctx: Ctx, mark: Mark, item: MarkItem, cells: Cells) -> None:
    """A mark that is there, or was until the cell was emptied."""
    empty = mark.withdrawn_at is not None
    before = (None, None) if empty else (mark.kind, mark.value)
    assignment, *_ = cells.assignments[mark.assignment_id]
    ctx.session.add(revision(ctx, mark, before, (item.kind, item.value), item.reason))
    mark.kind, mark.value, mark.comment = item.kind, item.value, item.comment
    mark.author_id, mark.set_at, mark.withdrawn_at = ctx.actor.person_id, ctx.actor.now, None
    if empty:
        mark.published_at = published_at(ctx, assignment)


def revision(
    ctx: Ctx, mark: Mark, before: tuple[Any, Any], after: tuple[Any, Any], reason: str | None
) -> MarkRevision:
    """What every change of a mark leaves behind."""
    return MarkRevision(
        mark_id=mark.id,
        author_id=ctx.actor.person_id,
        old_kind=before[0],
        old_value=before[1],
        new_kind=after[0],
        new_value=after[1],
        reason=reason,
        source=RevisionSource.JOURNAL,
        at=ctx.actor.now,
    )
