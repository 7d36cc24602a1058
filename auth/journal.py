"""Rules for reading and writing the journal."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_, true

from auth.actor import Viewer
from auth.handover import former_sections, of_section, took_over
from auth.people import (
    classes_led,
    journal_of_sections,
    lists_of_sections,
    of_student,
    sections_written,
)
from auth.policy import (
    CHILD,
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    Reach,
    allowed,
    certain,
    readable,
    referred,
    through,
)
from auth.rights import Right
from auth.teaching import lessons_substituted, substitutes_now
from auth.timetable import read_lessons
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.closures import JournalClosure
from models.journal.diary import DiaryLesson
from models.journal.journal import JournalStudent
from models.journal.marks import Mark, MarkRevision
from models.journal.term_marks import TermMark, TermMarkRevision
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson


@readable(Assignment, Right.ASSIGNMENTS_READ)
def read_assignments(viewer: Viewer, assignment: Any) -> Reach:
    """As its lesson; and whoever sees a mark sees what it is for, even when the student has been
    taken out of the section of that day."""
    lesson = through(viewer, assignment, assignment.lesson_id, Lesson, read_lessons)
    marked = referred(viewer, assignment, Mark.assignment_id, read_marks)
    return {
        **lesson,
        SELF: or_(lesson[SELF], marked[SELF]),
        CHILD: or_(lesson[CHILD], marked[CHILD]),
        SECTION: or_(
            journal_of_sections(viewer, assignment.section_id)[SECTION],
            assignment.lesson_id.in_(lessons_substituted(viewer)),
            and_(assignment.section_id.in_(former_sections(viewer)), marked[SECTION]),
        ),
        CLASS: or_(lesson[CLASS], marked[CLASS]),
    }


@allowed(Assignment, Right.MARKS_WRITE)
def write_marks(viewer: Viewer, assignment: Any) -> Reach:
    """In the sections one teaches today, and in the lessons one substitutes in; with more, in
    those of one's class."""
    reach = sections_written(viewer, assignment.section_id)
    lent = viewer.keys(Lesson.id, substitutes_now(viewer, Lesson))
    return {**reach, SECTION: or_(reach[SECTION], assignment.lesson_id.in_(lent))}


def is_published(viewer: Viewer, mark: Any) -> ColumnElement[bool]:
    """Whether families see it by now."""
    found: ColumnElement[bool] = mark.published_at <= viewer.now
    return found


def shown_marks(viewer: Viewer, mark: Any, published: ColumnElement[bool]) -> Reach:
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
def read_marks(viewer: Viewer, mark: Any) -> Reach:
    """Whom they are shown to. An emptied cell is no mark."""
    reach = shown_marks(viewer, mark, is_published(viewer, mark))
    return {scope: and_(rule, mark.withdrawn_at.is_(None)) for scope, rule in reach.items()}


def was_marked(viewer: Viewer, mark: Any) -> ColumnElement[bool]:
    """The persons to tell that a mark was taken back: all to whom it was shown until then."""
    return counts(viewer, mark, is_published(viewer, mark))


def counts(viewer: Viewer, marks: Any, published: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether marks in force are shown, of several that are alike in all that is asked of one:
    whose they are, in which section, and whether they are published."""
    held = viewer.scopes(Right.MARKS_READ)
    rules = (rule for scope, rule in shown_marks(viewer, marks, published).items() if scope in held)
    return or_(false(), *rules)


def reads_marks(viewer: Viewer, student_id: Any, section_id: Any) -> ColumnElement[bool]:
    """Whether the viewer may read the marks that a student has in a section, if there are any.

    section_id: SQL, or a plain key.
    """
    place = SimpleNamespace(student_id=student_id, section_id=in_sql(section_id))
    return counts(viewer, place, true())


def in_sql(key: Any) -> ColumnElement[Any]:
    return key if isinstance(key, ColumnElement) else literal(key)


def minds_publication(viewer: Viewer) -> bool:
    """Whether it matters for who asks that a mark is published: for a family."""
    return not viewer.scopes(Right.MARKS_READ).isdisjoint({SELF, CHILD})


@readable(MarkRevision, Right.MARKS_READ_HISTORY)
@allowed(MarkRevision, Right.MARKS_READ_AUTHORS)
def read_mark_history(viewer: Viewer, revision: Any) -> Reach:
    """As the mark."""
    return through(viewer, revision, revision.mark_id, Mark, read_marks)


@allowed(SectionMembership, Right.MARKS_READ)
def read_averages(viewer: Viewer, membership: Any) -> Reach:
    """What a student has in a subject is read as the marks are; who else is in the section is a
    matter of another right."""
    return of_section(viewer, membership)


def is_family(viewer: Viewer, student_id: Any) -> ColumnElement[bool]:
    """Whether the viewer reads marks of a student as that student or as a parent."""
    held = viewer.scopes(Right.MARKS_READ) & {SELF, CHILD}
    rules = of_student(viewer, student_id)
    return or_(false(), *(rules[scope] for scope in (SELF, CHILD) if scope in held))


def leads(viewer: Viewer, class_id: Any) -> ColumnElement[bool]:
    """Whether the viewer reads the marks of a class because they lead it.

    class_id: SQL, or a plain key.
    """
    held = CLASS in viewer.scopes(Right.MARKS_READ)
    return in_sql(class_id).in_(classes_led(viewer)) if held else false()


@readable(DiaryLesson, Right.LESSONS_READ)
def read_diaries(viewer: Viewer, lesson: Any) -> Reach:
    """Of the student; teachers: the lessons of their sections, and all of their class."""
    known = journal_of_sections(viewer, lesson.section_id)[SECTION]
    return {**of_student(viewer, lesson.student_id), SECTION: known}


@readable(JournalStudent, Right.STUDENTS_READ)
def read_journal_students(viewer: Viewer, student: Any) -> Reach:
    """Whoever may read what stands in a journal may read whose it is, as of that time
    (domain.md c.3.1). Their card is a matter of another rule."""
    return of_section(viewer, student)


def is_listed(viewer: Viewer, record: Any) -> ColumnElement[bool]:
    """Whether the student of what stands in a journal is among the students that the journal shows
    to the viewer. A school may have given the right to students a narrower reach than others."""
    held = viewer.scopes(Right.STUDENTS_READ)
    shown = viewer.scopes(Right.MARKS_READ) | viewer.scopes(Right.ATTENDANCE_READ)
    if not held or shown <= held:  # without the right the whole list is refused
        return true()
    rules = read_journal_students(viewer, record).items()
    return or_(false(), *(rule for scope, rule in rules if scope in held))


@readable(AttendanceRecord, Right.ATTENDANCE_READ)
@allowed(AttendanceRecord, Right.MARKS_READ_AUTHORS)
def read_attendance(viewer: Viewer, record: Any) -> Reach:
    """As `of_section`."""
    return of_section(viewer, record)


@readable(TermMark, Right.TERM_MARKS_READ)
@allowed(TermMark, Right.MARKS_READ_AUTHORS)
def read_term_marks(viewer: Viewer, mark: Any) -> Reach:
    """Of the student; teachers: of their sections, of students they have taken over, and of their
    class."""
    return {
        **of_student(viewer, mark.student_id),
        SECTION: or_(
            lists_of_sections(viewer, mark.section_id)[SECTION],
            took_over(viewer, mark.student_id, mark.section_id),
        ),
    }


@readable(TermMarkRevision, Right.MARKS_READ_HISTORY)
@allowed(TermMarkRevision, Right.MARKS_READ_AUTHORS)
def read_term_mark_history(viewer: Viewer, revision: Any) -> Reach:
    """As the term mark."""
    return through(viewer, revision, revision.term_mark_id, TermMark, read_term_marks)


@readable(JournalClosure, Right.JOURNAL_CLOSE)
def read_closures(viewer: Viewer, closure: Any) -> Reach:
    """The whole school."""
    return {SCHOOL: true()}


certain(Assignment.lesson_id, Lesson, Assignment)
certain(Mark.assignment_id, Mark)
certain(MarkRevision.mark_id, Mark)
certain(TermMarkRevision.term_mark_id, TermMark)
