"""Assignments: the work that marks are given for."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.journal.assignments import Assignment, AssignmentType
from models.problems import TooManyDecimals
from models.timetable.lessons import Lesson
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged
from resolvers.core.reads import Rows
from resolvers.timetable.lessons import NOT_OPEN, DueBeforeLesson, open_lesson


def find_assignment_types(viewer: Viewer) -> Rows[AssignmentType]:
    """Kinds of work, in the school's own order (типы заданий)."""
    return Rows(AssignmentType, order=(AssignmentType.position,))


@command(Right.MARKS_WRITE, *NOT_OPEN, DueBeforeLesson, TooManyDecimals)
async def create_assignment(
    ctx: Ctx,
    *,
    lesson_id: Logged[Id[Lesson]],
    assignment_type_id: Id[AssignmentType],
    title: str,
    weight: Decimal | None = None,
    due_on: date | None = None,
    publish_at: datetime | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Assignment]:
    """Add something to a lesson that marks are given for: a column of the journal (задание).

    lesson_id: The lesson.
    assignment_type_id: What kind of work it is.
    title: For people, at most 300 characters.
    weight: Share in the weighted average, 0..100, two decimals; null for the usual of its type.
    due_on: By which day; null when it is done in the lesson.
    publish_at: When families may see its marks; null for at once.
    """
    lesson = await ctx.get(lesson_id, to=Right.MARKS_WRITE)
    await open_lesson(ctx, lesson)
    kind = await ctx.get(assignment_type_id)
    if due_on is not None and due_on < lesson.date:
        raise DueBeforeLesson(field="due_on")
    if weight is not None and weight != round(weight, 2):
        raise TooManyDecimals(field="weight", most=2)
    assignment = Assignment(
        lesson_id=lesson.id,
        section_id=lesson.section_id,
        assignment_type_id=kind.id,
        title=title,
        weight=kind.default_weight if weight is None else weight,
        due_on=due_on,
        publish_at=publish_at,
    )
    ctx.session.add(assignment)
    return assignment
