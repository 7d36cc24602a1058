"""Putting one mark in one statement: `set_mark` where nothing speaks against it."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from auth.actor import Viewer
from models.base import Id
from models.events import EventKind
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark, MarkKind, MarkRevision, RevisionSource
from models.people.students import Student
from models.school.calendar import AcademicYear, Term, TermStatus, YearStatus
from models.structure.sections import Section, SectionMembership
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.at_once import AtOnce
from resolvers.core.news import table_of
from resolvers.core.parameters import Arg
from resolvers.journal.cells import AWAY, WAS_A_MEMBER, WAS_RECORDED, open_to_marks
from resolvers.journal.writing import IN_SCALE
from resolvers.school.calendar import OF_YEAR, in_term


def put_mark(
    viewer: Viewer,
    *,
    assignment_id: Arg[Id[Assignment]],
    student_id: Arg[Id[Student]],
    kind: Arg[MarkKind],
    value: Arg[int] | None = None,
    comment: Arg[str] | None = None,
    reason: Arg[str] | None = None,
    expected_version: Arg[int] | None = None,
) -> AtOnce:
    """Into a cell in which there never was a mark, or in place of the one that families see
    already; in a lesson that counts as held. What the value may be the table itself says."""
    cell = cell_of(viewer, assignment_id, student_id, kind)
    new: dict[str, Any] = {"kind": kind, "value": value, "comment": comment}
    new |= {"author_id": viewer.person_id, "set_at": viewer.now}
    if expected_version is None:
        put, old = first_mark(viewer, cell, student_id, new), None
    else:
        old = old_mark(viewer, cell, student_id, expected_version)
        put = changed_mark(viewer, old, new)
    return AtOnce(Mark, revised(viewer, put, old, reason), EventKind.MARK_SET)


def cell_of(viewer: Viewer, assignment_id: Any, student_id: Any, kind: Any) -> CTE:
    """The cell, if a mark of that kind may be put into it now. Until the command is through nobody
    closes its term, cancels or moves its lesson, or takes the student out of its section."""
    found: Select[Any] = (
        open_to_marks(viewer)
        .join(SectionMembership, WAS_A_MEMBER)
        .outerjoin(AttendanceRecord, WAS_RECORDED)
        .join(Term, and_(Term.school_id == Section.school_id, in_term(Section, Lesson.date)))
        .join(AcademicYear, OF_YEAR)
        .where(
            Assignment.id == assignment_id,
            SectionMembership.student_id == student_id,
            Lesson.date <= viewer.today,
            Lesson.status == LessonStatus.CONDUCTED,
            Term.status != TermStatus.CLOSED,
            AcademicYear.status != YearStatus.ARCHIVED,
            or_(
                AttendanceRecord.code.is_(None),
                AttendanceRecord.code.not_in(AWAY),
                Assignment.due_on > Lesson.date,
            ),
            or_(Assignment.publish_at.is_(None), Assignment.publish_at <= viewer.now),
            in_scale(kind),
        )
        .with_for_update(read=True, of=[Lesson, SectionMembership, Term, AcademicYear])
    )
    columns = (Assignment.id, Assignment.section_id, Assignment.lesson_id)
    return found.with_only_columns(*columns).cte("cell")


def in_scale(kind: Any) -> ColumnElement[bool]:
    return or_(
        *(
            and_(Section.scale == scale, kind.in_(sorted(kinds, key=lambda one: one.name)))
            for scale, kinds in IN_SCALE.items()
            if kinds
        )
    )


def first_mark(viewer: Viewer, cell: CTE, student_id: Any, new: dict[str, Any]) -> CTE:
    """Put into an empty cell; of two who do so at once the database judges who was first."""
    values = {
        "school_id": viewer.school_id,
        "version": literal_column("1"),
        "assignment_id": cell.c.id,
        "student_id": student_id,
        "section_id": cell.c.section_id,
        "lesson_id": cell.c.lesson_id,
        "published_at": viewer.now,
        **{name: null() if value is None else value for name, value in new.items()},
    }
    marks = table_of(Mark)
    statement = postgresql.insert(marks).from_select(
        [*values], select(*values.values()).select_from(cell)
    )
    done = statement.on_conflict_do_nothing()
    return done.returning(*marks.c).cte("put")


def old_mark(viewer: Viewer, cell: CTE, student_id: Any, version: Any) -> CTE:
    """The mark that is there, held, if it is the one the client has seen."""
    # Not through `visible`: who may write in a cell may know what it holds, as in `marks_in`.
    query = select(Mark.id, Mark.kind, Mark.value).join(cell, Mark.assignment_id == cell.c.id)
    return (
        query.where(
            Mark.school_id == viewer.school_id,
            Mark.student_id == student_id,
            Mark.version == version,
            Mark.withdrawn_at.is_(None),
            Mark.published_at <= viewer.now,
        )
        .with_for_update(of=Mark)
        .cte("old")
    )


def changed_mark(viewer: Viewer, old: CTE, new: dict[str, Any]) -> CTE:
    marks = table_of(Mark)
    return (
        update(marks)
        .where(marks.c.school_id == viewer.school_id, marks.c.id == old.c.id)
        .values(version=marks.c.version + 1, **new)
        .returning(*marks.c)
        .cte("put")
    )


def revised(viewer: Viewer, put: CTE, old: CTE | None, reason: Any) -> CTE:
    """The mark with its history written: what every change of a mark leaves behind."""
    values = {
        "school_id": viewer.school_id,
        "version": literal_column("1"),
        "mark_id": put.c.id,
        "author_id": viewer.person_id,
        "old_kind": null() if old is None else old.c.kind,
        "old_value": null() if old is None else old.c.value,
        "new_kind": put.c.kind,
        "new_value": put.c.value,
        "reason": null() if reason is None else reason,
        "source": literal_column(f"'{RevisionSource.JOURNAL.name}'"),
        "at": viewer.now,
    }
    source = put if old is None else put.join(old, old.c.id == put.c.id)
    written = insert(table_of(MarkRevision)).from_select(
        [*values], select(*values.values()).select_from(source)
    )
    return select(put).add_cte(written.cte("revised")).cte("written")
