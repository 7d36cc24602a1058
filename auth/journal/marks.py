"""Rules for marks and for what is computed of them."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_, true

from auth.actor import Column, Viewer
from auth.policy import (
    CHILD,
    CLASS,
    SELF,
    Reach,
    allowed,
    certain,
    readable,
    through,
)
from auth.relationships.classes import classes_led
from auth.relationships.handover import of_section
from auth.relationships.students import of_student
from auth.rights import Right
from models.journal.marks import Mark, MarkRevision
from models.structure.sections import SectionMembership


def is_published(viewer: Viewer, mark: type[Mark]) -> ColumnElement[bool]:
    """Whether families see it by now."""
    found: ColumnElement[bool] = mark.published_at <= viewer.now
    return found


def shown_marks(viewer: Viewer, mark: type[Mark], published: ColumnElement[bool]) -> Reach:
    """Families: of their own child, once published (domain.md e14). Teachers: of their sections,
    of students they have taken over, and of their class."""
    reach = of_section(viewer, mark)
    return {
        **reach,
        SELF: and_(reach[SELF], published),
        CHILD: and_(reach[CHILD], published),
    }


@readable(Mark, Right.MARKS_READ)
@allowed(Mark, Right.MARKS_READ_HISTORY)
@allowed(Mark, Right.MARKS_READ_AUTHORS)
def read_marks(viewer: Viewer, mark: type[Mark]) -> Reach:
    """Whom they are shown to. An emptied cell is no mark."""
    reach = shown_marks(viewer, mark, is_published(viewer, mark))
    return {scope: and_(rule, mark.withdrawn_at.is_(None)) for scope, rule in reach.items()}


def was_marked(viewer: Viewer, mark: type[Mark]) -> ColumnElement[bool]:
    """The persons to tell that a mark was taken back: all to whom it was shown until then."""
    return counts(viewer, mark, is_published(viewer, mark))


def counts(viewer: Viewer, marks: Any, published: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether marks in force are shown, of several that are alike in all that is asked of one:
    whose they are, in which section, and whether they are published."""
    held = viewer.scopes(Right.MARKS_READ)
    rules = (rule for scope, rule in shown_marks(viewer, marks, published).items() if scope in held)
    return or_(false(), *rules)


def reads_marks(viewer: Viewer, student_id: Column, section_id: Column) -> ColumnElement[bool]:
    """Whether the viewer may read the marks that a student has in a section, if there are any.

    section_id: SQL, or a plain key.
    """
    place = SimpleNamespace(student_id=student_id, section_id=in_sql(section_id))
    return counts(viewer, place, true())


def in_sql(key: Column) -> ColumnElement[Any]:
    return key if isinstance(key, ColumnElement) else literal(key)


def minds_publication(viewer: Viewer) -> bool:
    """Whether it matters for who asks that a mark is published: for a family."""
    return not viewer.scopes(Right.MARKS_READ).isdisjoint({SELF, CHILD})


@readable(MarkRevision, Right.MARKS_READ_HISTORY)
@allowed(MarkRevision, Right.MARKS_READ_AUTHORS)
def read_mark_history(viewer: Viewer, revision: type[MarkRevision]) -> Reach:
    """As the mark."""
    return through(viewer, revision, revision.mark_id, Mark, read_marks)


@allowed(SectionMembership, Right.MARKS_READ)
def read_averages(viewer: Viewer, membership: type[SectionMembership]) -> Reach:
    """What a student has in a subject is read as the marks are; who else is in the section is a
    matter of another right."""
    return of_section(viewer, membership)


def is_family(viewer: Viewer, student_id: Column) -> ColumnElement[bool]:
    """Whether the viewer reads marks of a student as that student or as a parent."""
    held = viewer.scopes(Right.MARKS_READ) & {SELF, CHILD}
    rules = of_student(viewer, student_id)
    return or_(false(), *(rules[scope] for scope in (SELF, CHILD) if scope in held))


def leads(viewer: Viewer, class_id: Column) -> ColumnElement[bool]:
    """Whether the viewer reads the marks of a class because they lead it.

    class_id: SQL, or a plain key.
    """
    held = CLASS in viewer.scopes(Right.MARKS_READ)
    return in_sql(class_id).in_(classes_led(viewer)) if held else false()


certain(Mark.assignment_id, Mark)
certain(MarkRevision.mark_id, Mark)
