"""Rules for marks and for averages of them."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_, true

from auth.actor import Column, Viewer
from auth.policy import (
    CHILD,
    CLASS,
    SELF,
    Reach,
    declare_certain,
    permits,
    reach_through,
    readable,
)
from auth.relationships.classes import classes_led
from auth.relationships.handover import reach_in_section
from auth.relationships.students import reach_student
from auth.rights import Right
from models.journal.marks import Mark, MarkRevision
from models.structure.sections import SectionMembership


def is_published(viewer: Viewer, mark: type[Mark]) -> ColumnElement[bool]:
    """Whether families may see the mark by now."""
    found: ColumnElement[bool] = mark.published_at <= viewer.now
    return found


def shown_marks(viewer: Viewer, mark: type[Mark], published: ColumnElement[bool]) -> Reach:
    """Families see marks of their child once they are published (domain.md e14). Teachers see those
    of their sections, of students they have taken over, and of their class."""
    reach = reach_in_section(viewer, mark)
    return {
        **reach,
        SELF: and_(reach[SELF], published),
        CHILD: and_(reach[CHILD], published),
    }


@readable(Mark, Right.MARKS_READ)
@permits(Mark, Right.MARKS_READ_HISTORY)
@permits(Mark, Right.MARKS_READ_AUTHORS)
def read_marks(viewer: Viewer, mark: type[Mark]) -> Reach:
    """A mark is read by those it is shown to. An emptied cell is no mark."""
    reach = shown_marks(viewer, mark, is_published(viewer, mark))
    return {scope: and_(rule, mark.withdrawn_at.is_(None)) for scope, rule in reach.items()}


def saw_mark(viewer: Viewer, mark: type[Mark]) -> ColumnElement[bool]:
    """Whether the viewer saw a mark until it was taken back, and so must hear of that."""
    return is_mark_shown(viewer, mark, is_published(viewer, mark))


def is_mark_shown(
    viewer: Viewer, marks: Any, published: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether marks in force are shown to the viewer. `marks` may stand for several that are alike
    in student and section; `published` says whether they are published."""
    held = viewer.scopes(Right.MARKS_READ)
    rules = (rule for scope, rule in shown_marks(viewer, marks, published).items() if scope in held)
    return or_(false(), *rules)


def reads_marks(viewer: Viewer, student_id: Column, section_id: Column) -> ColumnElement[bool]:
    """Whether the viewer may read the marks that a student has in a section, if there are any.

    section_id: SQL, or a plain key.
    """
    place = SimpleNamespace(student_id=student_id, section_id=to_sql(section_id))
    return is_mark_shown(viewer, place, true())


def to_sql(key: Column) -> ColumnElement[Any]:
    return key if isinstance(key, ColumnElement) else literal(key)


def sees_published_only(viewer: Viewer) -> bool:
    """Whether the viewer may see published marks only, as families do."""
    return not viewer.scopes(Right.MARKS_READ).isdisjoint({SELF, CHILD})


@readable(MarkRevision, Right.MARKS_READ_HISTORY)
@permits(MarkRevision, Right.MARKS_READ_AUTHORS)
def read_mark_history(viewer: Viewer, revision: type[MarkRevision]) -> Reach:
    """A revision is read like its mark."""
    return reach_through(viewer, revision, revision.mark_id, Mark, read_marks)


@permits(SectionMembership, Right.MARKS_READ)
def read_averages(viewer: Viewer, membership: type[SectionMembership]) -> Reach:
    """Averages are read like the marks. The membership itself, which tells who else is in the
    section, takes another right."""
    return reach_in_section(viewer, membership)


def is_family(viewer: Viewer, student_id: Column) -> ColumnElement[bool]:
    """Whether the viewer reads marks of a student as that student or as a parent."""
    held = viewer.scopes(Right.MARKS_READ) & {SELF, CHILD}
    rules = reach_student(viewer, student_id)
    return or_(false(), *(rules[scope] for scope in (SELF, CHILD) if scope in held))


def leads(viewer: Viewer, class_id: Column) -> ColumnElement[bool]:
    """Whether the viewer reads the marks of a class as its class teacher.

    class_id: SQL, or a plain key.
    """
    held = CLASS in viewer.scopes(Right.MARKS_READ)
    return to_sql(class_id).in_(classes_led(viewer)) if held else false()


declare_certain(Mark.assignment_id, Mark)
declare_certain(MarkRevision.mark_id, Mark)
