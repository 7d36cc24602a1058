"""Assignments: the work that marks are given for."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, case, func, literal, or_

from auth.actor import Viewer
from auth.policy import is_visible
from auth.rights import Right
from models.base import Id
from models.journal.assignment_types import AssignmentType
from models.journal.assignments import Assignment
from models.problems import NotFound, TooManyDecimals
from models.timetable.lessons import Lesson
from resolvers.core.changes import Change
from resolvers.core.guards import Lock
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import insert_rows
from resolvers.timetable.lessons import NOT_OPEN, DueBeforeLesson, target_of_open_lesson

MOST_WEIGHT = 100


@change(
    Right.MARKS_WRITE,
    *NOT_OPEN,
    DueBeforeLesson,
    TooManyDecimals,
    writes=(Assignment,),
    keeps_rights=True,
)
def create_assignment(
    viewer: Viewer,
    *,
    lesson_id: Logged[Arg[Id[Lesson]]],
    assignment_type_id: Arg[Id[AssignmentType]],
    title: Arg[str],
    weight: Arg[Decimal | None] = NULL,
    due_on: Arg[date | None] = NULL,
    publish_at: Arg[datetime | None] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Assignment]]:
    """Add an assignment to a lesson: a column of the journal, for which marks are given (задание).

    lesson_id: The lesson.
    assignment_type_id: The kind of work.
    title: The title, at most 300 characters.
    weight: Weight in the weighted average, 0..100, two decimals; null for that of its type.
    due_on: The day by which it is due; null if it is done in the lesson.
    publish_at: The time at which families may see its marks; null for at once.
    """
    kind = and_(
        AssignmentType.school_id == viewer.school_id, AssignmentType.id == assignment_type_id
    )
    field = "assignment_type_id"
    target = (
        target_of_open_lesson(viewer, lesson_id, to=Right.MARKS_WRITE)
        .join(AssignmentType, kind, missing=NotFound, field=field, lock=Lock.NONE)
        .needs(is_visible(viewer, AssignmentType), NotFound, field)
        .needs(or_(due_on.is_(None), due_on >= Lesson.date), DueBeforeLesson, "due_on")
        .needs(
            or_(weight.is_(None), weight == func.round(weight, 2)),
            TooManyDecimals, "weight", most=2,
        )
    )  # fmt: skip
    line = target.line(
        Lesson.id.label("lesson_id"), Lesson.section_id,
        AssignmentType.id.label(field), AssignmentType.default_weight,
    )  # fmt: skip
    new = {
        "lesson_id": line.c.lesson_id,
        "section_id": line.c.section_id,
        "assignment_type_id": line.c.assignment_type_id,
        "title": title,
        # A weight out of range must reach the CHECK, which names the field. One with more digits
        # than the column holds would already be an error of the planner, which names none.
        "weight": case(
            (weight.is_(None), line.c.default_weight),
            (weight.between(0, MOST_WEIGHT), weight),
            else_=literal(MOST_WEIGHT + 1),
        ),
        "due_on": due_on,
        "publish_at": publish_at,
    }
    return Change(Assignment, target, insert_rows(viewer, Assignment, line, new), is_whole=True)
