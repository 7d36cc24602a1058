"""Writing marks into cells: the guards of a mark, the mark, and its revision."""

from collections.abc import Mapping
from dataclasses import dataclass
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

from auth.actor import Viewer
from models.base import Id
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark, MarkKind, MarkRevision, RevisionSource
from models.people.students import Student
from models.problems import Problem
from models.structure.sections import Section, SectionMembership
from models.structure.subjects import MarkScale
from models.timetable.lessons import Lesson
from resolvers.core.guards import Target
from resolvers.core.parameters import Logged
from resolvers.core.row_writes import insert_rows, upsert_row
from resolvers.journal.cells import AWAY

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

    assignment_id: The assignment.
    student_id: The student.
    value: 1..5; 1 for зачёт and 0 for незачёт; null for a debt.
    kind: The kind of mark.
    comment: A note for the family, at most 1000 characters.
    reason: The reason for changing a mark; it is kept in the mark's history.
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
"""The condition that a cell holds a mark. One that was emptied does not."""
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
"""The columns of a cell from which a mark is written."""
OF_MARK = (Mark.assignment_id, Mark.student_id, *WAS)
"""The columns of a mark from which its withdrawal is written."""


def require_mark_fits(
    viewer: Viewer, target: Target, kind: Any, value: Any, comment: Any, reason: Any
) -> Target:
    """Add to the target of a cell the guards that such a mark can be set in it."""
    away = and_(AttendanceRecord.code.is_not(None), AttendanceRecord.code.in_(AWAY))
    due_later = and_(Assignment.due_on.is_not(None), Assignment.due_on > Lesson.date)
    return (
        target.needs(Lesson.date <= viewer.today, NotHeldYet, "assignment_id")
        .needs(in_scale(kind), NotOfScale, "kind", scale=Section.scale)
        .needs(in_range(kind, value), NotOfKind, "value")
        .fits(comment, Mark.comment, "comment")
        .fits(reason, MarkRevision.reason, "reason")
        .needs(or_(~away, due_later), StudentAway, "student_id")
    )


def in_scale(kind: Any) -> ColumnElement[bool]:
    """Return the condition that the section takes marks of a kind."""
    return or_(
        *(
            and_(Section.scale == scale, kind.in_(sorted(kinds, key=lambda one: one.name)))
            for scale, kinds in IN_SCALE.items()
            if kinds
        )
    )


def in_range(kind: Any, value: Any) -> ColumnElement[bool]:
    """Return the condition that a kind of mark has a value."""
    return or_(
        *(
            and_(kind == one, value.is_(None) if None in values else value.in_([*values]))
            for one, values in RANGES.items()
        )
    )


def put_marks(viewer: Viewer, line: Any, new: Mapping[str, Any], version: Any) -> CTE:
    """Write marks into cells. An emptied cell takes a mark like an empty one, and keeps its
    history. Families see a mark from the time it is set, but not before the assignment's
    `publish_at` (domain.md e14)."""
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

    return upsert_row(viewer, Mark, line, key, values, version, fits=fits, on_change=on_change)


def insert_revision(viewer: Viewer, written: CTE, line: CTE, reason: Any) -> CTE:
    """Insert the revision of a change of a mark."""
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
    return insert_rows(viewer, MarkRevision, written.join(line, of_cell), values, name="revised")
