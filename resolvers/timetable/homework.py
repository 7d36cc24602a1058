"""Setting homework."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import CTE, and_, case, cast, exists, null, select, true
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.events import EventKind
from models.files.files import File
from models.problems import Caution, Limit
from models.school.calendar import AcademicYear
from models.structure.sections import Section
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.core.cautions import need_reason, overriding, warn
from resolvers.core.changes import Change, News
from resolvers.core.guards import Guard, Target
from resolvers.core.items import keys_of
from resolvers.core.keep import KEEP
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import compute_values, upsert_row
from resolvers.files.attachments import (
    NotUploaded,
    check_number,
    replace_attachments,
    with_ready_files,
)
from resolvers.school.calendar import OutsideYear
from resolvers.timetable.due import next_lesson, take_homework_lock
from resolvers.timetable.lessons import NOT_OPEN, DueBeforeLesson, target_of_open_lesson


class NoLessonThatDay(Caution):
    """The section has no lesson on the day it is due; choose a day of a lesson, or leave `dueOn`
    out for the next one."""

    russian = (
        "В день, к которому задано, у группы нет этого урока; выберите день урока или уберите "
        "`dueOn` — тогда задание будет к следующему."
    )


def check_homework(*, file_ids: Sequence[Id[File]] = KEEP, **_: Any) -> None:
    if file_ids is not KEEP:
        check_number(file_ids)


@change(
    Right.LESSONS_WRITE,
    *NOT_OPEN,
    DueBeforeLesson,
    OutsideYear,
    Limit,
    NotUploaded,
    warns=(NoLessonThatDay,),
    writes=(Homework,),
    check=check_homework,
    keeps_rights=True,
)
def set_homework(
    viewer: Viewer,
    *,
    lesson_id: Logged[Arg[Id[Lesson]]],
    text: Arg[str],
    due_on: Arg[date] | None = KEEP,
    file_ids: Arg[Sequence[Id[File]]] = KEEP,
    override_reason: Arg[str | None] = NULL,
    expected_version: Arg[int | None] = NULL,
) -> Change[Logged[Homework]]:
    """Set the homework of a lesson, or change it (домашнее задание).

    lesson_id: The lesson it is set in.
    text: The task, at most 4000 characters.
    due_on: The day by which it is due, not before the lesson and in its year; changes of the
        timetable do not move it. Left out keeps the day that was named before. Null, or left out if
        no day was named, means the section's next lesson on a later day, even if it is moved.
    file_ids: Files to attach, at most 20, all uploaded by you; left out keeps those it has.
    expected_version: The version of the homework you have seen; null if there was none.
    """
    is_named = due_on is not KEEP and due_on is not None
    target = target_of_open_lesson(viewer, lesson_id, to=Right.LESSONS_WRITE)
    cautions: Sequence[Guard] = ()
    if is_named:
        target, cautions = require_day(target, due_on)
    of_lesson = and_(Homework.school_id == Lesson.school_id, Homework.lesson_id == Lesson.id)
    target = target.outerjoin(Homework, of_lesson).expects(Homework, expected_version)
    if cautions:
        target = need_reason(target, cautions, override_reason)
    files = None if file_ids is KEEP else keys_of(file_ids, "files")
    if files is not None:
        target = with_ready_files(viewer, target, files)
    following = next_lesson(viewer.school_id, Lesson.section_id, Lesson.date).lateral("following")
    target = target.outerjoin(following, true())
    due: dict[str, Any] = {"due_lesson_id": following.c.id, "due_on": following.c.date}
    if is_named:
        due = {"due_lesson_id": cast(null(), Homework.due_lesson_id.type), "due_on": due_on}
    override: dict[str, Any] = overriding(cautions, override_reason)
    about = (Lesson.id.label("lesson_id"), Lesson.section_id)
    line, decided = compute_values(target, Homework, due | override, *about)
    new = {"section_id": line.c.section_id, "text": text, **decided}

    def keep_named_day(old: Any, new: Any) -> dict[str, Any]:
        """Return the columns of the day: one that was named keeps its reason, too."""
        has_named_day = and_(old.due_on.is_not(None), old.due_lesson_id.is_(None))
        return {name: case((has_named_day, old[name]), else_=new[name]) for name in decided}

    keeps = keep_named_day if due_on is KEEP else None
    key = {"lesson_id": line.c.lesson_id}
    done = upsert_row(viewer, Homework, line, key, new, expected_version, on_change=keeps)
    also: list[CTE] = []
    if files is not None:
        also += replace_attachments(viewer, HomeworkAttachment.homework_id, done, files)
    news = News(EventKind.HOMEWORK_SET, done, Homework, done.c.id)
    lock = lock_homework_of(viewer, lesson_id)
    return Change(Homework, target, done, [news], also, is_whole=True, lock=lock)


def require_day(target: Target, due_on: Any) -> tuple[Target, Sequence[Guard]]:
    """Add to a target with an open lesson the guards about the day that homework is due, and return
    the warnings about it."""
    target = target.needs(due_on >= Lesson.date, DueBeforeLesson, "due_on")
    in_year = due_on.between(AcademicYear.starts_on, AcademicYear.ends_on)
    # Not through `visible`: a teacher may know the days of the section's lessons.
    there = aliased(Lesson)
    that_day = select(there.id).where(
        there.school_id == Section.school_id,
        there.section_id == Section.id,
        there.date == due_on,
        there.status != LessonStatus.CANCELLED,
    )
    has_lesson = exists(that_day.correlate(Section))
    return target.needs(in_year, OutsideYear, "due_on"), [
        warn(has_lesson, NoLessonThatDay, "due_on")
    ]


def lock_homework_of(viewer: Viewer, lesson_id: Any) -> Any:
    """SELECT the lock of the homework of a lesson's section. A viewer who may not write in the
    lesson takes none."""
    named = visible(viewer, Lesson, Right.LESSONS_WRITE).where(Lesson.id == lesson_id)
    return named.with_only_columns(take_homework_lock(viewer.school_id, Lesson.section_id))
