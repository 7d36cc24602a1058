"""The streams: what is told of notices, of mail and of a student's journal."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from auth.communication import was_addressed
from auth.journal import was_marked
from auth.policy import seen
from auth.rights import Right
from models.base import Id, OfSchool
from models.communication.mail import MailMessage
from models.communication.notices import Notice
from models.events import EventKind, Topic
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.people.students import Student
from models.timetable.lessons import Lesson
from resolvers.context import Ctx
from resolvers.events.entries import Entry, Interest, cursor_at
from resolvers.events.listening import Ear, Heard, Stream, listen
from resolvers.events.log import newest
from resolvers.events.problems import AccessRevoked


@dataclass(frozen=True, slots=True)
class NoticeEvent(Heard):
    """Something happened to a notice that is or was on the viewer's board.

    notice_id: Which notice.
    notice: The notice as it is now; null once it is taken down, for all but its author and those
        who oversee the noticeboard.
    """

    notice_id: str
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class MailEvent(Heard):
    """A letter came.

    message_id: Which letter.
    message: The letter.
    """

    message_id: str
    message: MailMessage | None


@dataclass(frozen=True, slots=True)
class JournalEvent(Heard):
    """Something happened in a student's journal.

    student_id: Whose journal it is.
    entity_id: Id of the `node`.
    node: What changed, as it is now. Its type goes by `kind`: MARK_SET gives a `Mark`,
        MARK_WITHDRAWN the `Assignment` there is no mark for any more, ATTENDANCE_SET an
        `AttendanceRecord`, HOMEWORK_SET a `Homework`, TERM_MARK_SET a `TermMark`. A client may
        switch by `__typename` instead.
    """

    student_id: str
    entity_id: str
    node: OfSchool | None


async def events_cursor(ctx: Ctx) -> str | None:
    """Where the log of events stands, for `after` of any stream. Ask for it in the same query as
    what you show, then listen from it: nothing that happens in between is lost."""
    found = await ctx.lines(newest(ctx.viewer.school_id))
    last = Entry.of(found[0][0]) if found else None
    return str(cursor_at(ctx.actor.school_id, last))


async def always(ctx: Ctx) -> bool:
    """For streams that need no more than their right."""
    return True


def heard(entry: Entry) -> dict[str, Any]:
    return {"cursor": entry.cursor, "occurred_at": entry.at, "kind": entry.kind}


# -- notices --------------------------------------------------------------------------


def notice_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """What happens on the noticeboard (доска объявлений) to notices the viewer may read.

    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """
    board = Ear(Right.NOTICES_READ, lambda _: Interest(Topic.NOTICES), always, notice_event)
    return listen(ctx, board, after, "Subscription.noticeEvents")


async def notice_event(ctx: Ctx, entry: Entry) -> NoticeEvent | None:
    """A notice that was taken down is told of to those who had it on their board."""
    key, viewer = Id.parse(entry.entity).key, ctx.viewer
    gone = entry.kind is EventKind.NOTICE_WITHDRAWN
    told = was_addressed(viewer, Notice) if gone else false()
    here, readable = (Notice.school_id == viewer.school_id, seen(viewer, Notice))
    query: Any = select(Notice, readable).where(here, Notice.id == key, or_(readable, told))
    for notice, is_readable in await ctx.lines(query):
        return NoticeEvent(
            **heard(entry), notice_id=entry.entity, notice=notice if is_readable else None
        )
    return None


# -- mail -----------------------------------------------------------------------------


def mail_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """Letters as they come to the viewer (входящие письма).

    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """

    def mine(ctx: Ctx) -> Interest:
        return Interest(Topic.MAIL, ctx.actor.person_id)

    return listen(ctx, Ear(Right.MAIL_USE, mine, always, mail_event), after,
                  "Subscription.mailEvents")  # fmt: skip


async def mail_event(ctx: Ctx, entry: Entry) -> MailEvent | None:
    message = await ctx.find(Id(MailMessage, entry.school_id, Id.parse(entry.entity).key))
    if message is None:
        return None
    return MailEvent(**heard(entry), message_id=entry.entity, message=message)


# -- the journal ----------------------------------------------------------------------


def journal_events(ctx: Ctx, *, student_id: Id[Student], after: str | None = None) -> Stream:
    """What happens in a student's journal (журнал): marks, attendance, homework and term marks,
    each as far as the viewer may read it. A mark that is published later is not told of before,
    nor when that time comes.

    student_id: Whose journal.
    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """
    about = Interest(Topic.JOURNAL, student_id.key)

    async def reaches(ctx: Ctx) -> bool:
        return await ctx.find(student_id) is not None

    async def told(ctx: Ctx, entry: Entry) -> JournalEvent | None:
        return await journal_event(ctx, entry, student_id)

    ear = Ear(Right.STUDENTS_READ, lambda _: about, reaches, told)
    return listen(ctx, ear, after, "Subscription.journalEvents")


async def journal_event(ctx: Ctx, entry: Entry, student_id: Id[Student]) -> JournalEvent | None:
    """Raises AccessRevoked when the student is out of reach: the same statement looks."""
    viewer, student = ctx.viewer, student_id.key
    target, which = changed(ctx, entry, student)
    query: Any = (
        select(Student.id, target)
        .outerjoin_from(Student, target, and_(seen(viewer, target), which))
        .where(seen(viewer, Student), Student.id == student)
    )
    lines = await ctx.lines(query)
    if not lines:
        raise AccessRevoked
    row: OfSchool | None = lines[0][1]
    if row is None:
        return None
    return JournalEvent(
        **heard(entry), student_id=str(student_id), entity_id=str(row.global_id), node=row
    )


def changed(ctx: Ctx, entry: Entry, student: int) -> tuple[Any, ColumnElement[bool]]:
    """Which row an event is about, for one student."""
    named = Id.parse(entry.entity)
    if entry.kind is EventKind.MARK_WITHDRAWN:
        mark = select(Mark.id).where(
            Mark.school_id == ctx.viewer.school_id,
            Mark.assignment_id == Assignment.id,
            Mark.student_id == student,
            was_marked(ctx.viewer, Mark),
        )
        return Assignment, and_(Assignment.id == named.key, exists(mark.correlate(Assignment)))
    if named.row is Lesson:  # all who were in it and not recorded yet
        record = AttendanceRecord
        return record, and_(record.lesson_id == named.key, record.student_id == student)
    return named.row, named.row.id == named.key
