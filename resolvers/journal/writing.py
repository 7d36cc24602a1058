"""Putting marks into the cells of a journal: what speaks against it, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    case,
    func,
    literal_column,
    null,
    or_,
)
from sqlalchemy.dialects.postgresql import insert

from auth.actor import Viewer
from models.base import Id, longest
from models.events import EventKind
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark, MarkKind, MarkRevision, RevisionSource
from models.people.students import Student
from models.problems import Conflict, NotFound, Problem
from models.structure.sections import MarkScale, Section, SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.changes import added, put
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.keep import Taken, badly_written
from resolvers.core.news import Fact
from resolvers.core.parameters import Logged
from resolvers.journal.cells import AWAY, Cell, Cells, marks_in
from resolvers.timetable.lessons import hold

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


class NotOfScale(Problem):
    """The section takes no marks of this kind; its scale is {scale}."""

    russian = "В этой группе таких отметок не ставят; её шкала: {scale}."


class NotOfKind(Problem):
    """Not a value of this kind of mark: NUMERIC takes 1 to 5, PASS_FAIL 1 or 0, DEBT_POINT none."""

    russian = (
        "Такого значения у этого вида отметки нет: NUMERIC — от 1 до 5, PASS_FAIL — 1 или 0, "
        "DEBT_POINT — без значения."
    )


class StudentAway(Problem):
    """The student was absent from this lesson; put the mark for work that is due later."""

    russian = "Ученика не было на уроке; поставьте отметку за работу, которую сдают позже."


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

    assignment_id: Logged[Id[Assignment]]
    student_id: Logged[Id[Student]]
    value: int | None = None
    kind: MarkKind = MarkKind.NUMERIC
    comment: str | None = None
    reason: str | None = None
    expected_version: int | None = None


IN_FORCE = and_(Mark.id.is_not(None), Mark.withdrawn_at.is_(None))
"""Whether a cell holds a mark: one that was emptied does not."""
WAS = (
    case((Mark.withdrawn_at.is_(None), Mark.kind)).label("old_kind"),
    case((Mark.withdrawn_at.is_(None), Mark.value)).label("old_value"),
)
OF_CELL = (
    Assignment.id.label("assignment_id"),
    SectionMembership.student_id,
    Assignment.section_id,
    Assignment.lesson_id,
    Assignment.publish_at,
    *WAS,
)
"""What is needed of a cell to put a mark into it."""
OF_MARK = (Mark.assignment_id, Mark.student_id, *WAS)
"""What is needed of a mark to take it back."""


def takes_mark(viewer: Viewer, target: Target, kind: Any, value: Any) -> Target:
    """A target with a cell, and the guards that such a mark can be put into it."""
    away = and_(AttendanceRecord.code.is_not(None), AttendanceRecord.code.in_(AWAY))
    due_later = and_(Assignment.due_on.is_not(None), Assignment.due_on > Lesson.date)
    return (
        target.needs(Lesson.date <= viewer.today, NotHeldYet, "assignment_id")
        .needs(in_scale(kind), NotOfScale, "kind", scale=Section.scale)
        .needs(in_range(kind, value), NotOfKind, "value")
        .needs(or_(~away, due_later), StudentAway, "student_id")
    )


def in_scale(kind: Any) -> ColumnElement[bool]:
    """Whether a section takes marks of a kind."""
    return or_(
        *(
            and_(Section.scale == scale, kind.in_(sorted(kinds, key=lambda one: one.name)))
            for scale, kinds in IN_SCALE.items()
            if kinds
        )
    )


def in_range(kind: Any, value: Any) -> ColumnElement[bool]:
    """Whether a kind of mark has a value."""
    return or_(
        *(
            and_(kind == one, value.is_(None) if None in values else value.in_([*values]))
            for one, values in RANGES.items()
        )
    )


def put_marks(viewer: Viewer, line: Any, new: Mapping[str, Any], version: Any) -> CTE:
    """Marks put into cells. An emptied cell takes one as if there had been none; its history goes
    on. Families see a mark when it is put, but not before the time of its assignment
    (domain.md e14)."""
    key = {"assignment_id": line.c.assignment_id, "student_id": line.c.student_id}
    values = {
        "section_id": line.c.section_id,
        "lesson_id": line.c.lesson_id,
        **new,
        "author_id": viewer.person_id,
        "set_at": viewer.now,
        "published_at": func.greatest(viewer.now, line.c.publish_at),
    }

    def fits(old: Any, given: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = given.version == case(
            (old.withdrawn_at.is_not(None), literal_column("1")), else_=old.version + 1
        )
        return found

    def on_change(old: Any, given: Any) -> Mapping[str, Any]:
        seen_from = case(
            (old.withdrawn_at.is_not(None), given.published_at), else_=old.published_at
        )
        return {"withdrawn_at": null(), "published_at": seen_from}

    return put(viewer, Mark, line, key, values, version, fits=fits, on_change=on_change)


def revised(viewer: Viewer, written: CTE, line: CTE, reason: Any) -> CTE:
    """The revision that every change of a mark leaves behind."""
    is_gone = written.c.withdrawn_at.is_not(None)
    of_cell = and_(
        line.c.assignment_id == written.c.assignment_id,
        line.c.student_id == written.c.student_id,
    )
    values = {
        "mark_id": written.c.id,
        "author_id": viewer.person_id,
        "old_kind": line.c.old_kind,
        "old_value": line.c.old_value,
        "new_kind": case((is_gone, null()), else_=written.c.kind),
        "new_value": case((is_gone, null()), else_=written.c.value),
        "reason": reason,
        "source": RevisionSource.JOURNAL,
        "at": viewer.now,
    }
    return added(viewer, MarkRevision, written.join(line, of_cell), values, name="revised")


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
        return NotOfScale(field="kind", scale=section.scale.name)
    if item.value not in RANGES[item.kind]:
        return NotOfKind(field="value")
    texts = {"comment": (item.comment, Mark.comment), "reason": (item.reason, MarkRevision.reason)}
    for field, (text, column) in texts.items():
        if problem_found := badly_written(text, field, longest(column)):
            return problem_found
    if cell in cells.away and not (assignment.due_on and assignment.due_on > lesson.date):
        return StudentAway(field="student_id")
    return stale(item, cells.marks.get(cell))


def stale(item: MarkItem, mark: Mark | None) -> Problem | None:
    """Whether the client knew what the cell holds."""
    if mark is None or mark.withdrawn_at is not None:
        return Conflict(field="expected_version") if item.expected_version else None
    if item.expected_version is None:
        return Taken(current=mark)
    if item.expected_version != mark.version:
        return Conflict(field="expected_version", current=mark)
    return None


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
            tell(ctx, mark)
        quicker = Conflict(field="expected_version", current=mark)
        written.append(quicker if cell in taken else mark)
    for _, lesson, _ in cells.assignments.values():
        hold(lesson, ctx.actor.today)
    return written


def tell(ctx: Ctx, mark: Mark) -> None:
    """Let those hear of it who may see it now, and the family when it is published."""
    ctx.announce(Fact(EventKind.MARK_SET, mark, mark.student_id))
    if (due := mark.published_at) > ctx.actor.now:
        ctx.announce(Fact(EventKind.MARK_SET, mark, mark.student_id, due_at=due))


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
    """The revision that every change of a mark leaves behind."""
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
