"""The streams: what is told of notices, of mail and of a student's journal."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, null, or_, select

from auth.communication.notices import saw_notice
from auth.journal.marks import saw_mark
from auth.policy import is_visible
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
from resolvers.core.context import Ctx
from resolvers.events.hearing import OUT_OF_REACH, Crowd, Ear, Told
from resolvers.events.listening import Heard, Stream, listen
from resolvers.events.log import newest
from resolvers.services.events.entries import Entry, Interest, cursor_at


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


def heard(entry: Entry) -> dict[str, Any]:
    return {"cursor": entry.cursor, "occurred_at": entry.at, "kind": entry.kind}


# -- notices --------------------------------------------------------------------------


def notice_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """What happens on the noticeboard (доска объявлений) to notices the viewer may read. One that
    is to be seen later is told of when its time comes.

    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """
    return listen(ctx, BOARD, after)


async def tell_notices(crowd: Crowd) -> Told:
    """That a notice was taken down is told to those who had it on their board, and after that
    nothing else is told of it."""
    if crowd.entry is None:
        return {}
    viewer, then, them = crowd.viewer, crowd.viewer_then, crowd.them()
    readable = is_visible(viewer, Notice)
    told = or_(readable, saw_notice(then, Notice))
    if not withdraws(crowd.entry):
        told = and_(readable, is_visible(then, Notice), Notice.withdrawn_at.is_(None))
    here = and_(Notice.school_id == viewer.school_id, Notice.id == them.c.key)
    query = select(them.c.place, Notice.id, readable).join(Notice, here).where(told)
    lines = await crowd.lines(query)
    rows = await crowd.rows(Notice, [key for _, key, may_read in lines if may_read])

    def event(entry: Entry, notice: Notice | None) -> NoticeEvent:
        return NoticeEvent(**heard(entry), notice_id=entry.entity, notice=notice)

    return {
        place: event(crowd.entry_of(place), rows[key] if may_read else None)
        for place, key, may_read in lines
    }


def withdraws(entry: Entry) -> bool:
    return entry.kind is EventKind.NOTICE_WITHDRAWN


BOARD = Ear(
    coordinate="Subscription.noticeEvents",
    right=Right.NOTICES_READ,
    interest=lambda actor, _: Interest(Topic.NOTICES),
    alike=withdraws,
    tell=tell_notices,
)


# -- mail -----------------------------------------------------------------------------


def mail_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """Letters as they come to the viewer (входящие письма).

    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """
    return listen(ctx, MAILBOX, after)


async def tell_letters(crowd: Crowd) -> Told:
    """To whom it came, as long as they keep it."""
    if crowd.entry is None:
        return {}
    viewer, them = crowd.viewer, crowd.them()
    here = and_(is_visible(viewer, MailMessage), MailMessage.id == them.c.key)
    lines = await crowd.lines(select(them.c.place, MailMessage.id).join(MailMessage, here))
    rows = await crowd.rows(MailMessage, [key for _, key in lines])

    def event(entry: Entry, message: MailMessage) -> MailEvent:
        return MailEvent(**heard(entry), message_id=entry.entity, message=message)

    return {place: event(crowd.entry_of(place), rows[key]) for place, key in lines}


MAILBOX = Ear(
    coordinate="Subscription.mailEvents",
    right=Right.MAIL_USE,
    interest=lambda actor, _: Interest(Topic.MAIL, actor.person_id),
    alike=lambda _: None,
    tell=tell_letters,
)


# -- the journal ----------------------------------------------------------------------


def journal_events(ctx: Ctx, *, student_id: Id[Student], after: str | None = None) -> Stream:
    """What happens in a student's journal (журнал): marks, attendance, homework and term marks,
    each as far as the viewer may read it. A mark that is published later is told of then.

    student_id: Whose journal.
    after: The `cursor` of the last event heard, to go on from there; null: from now on.
    """
    return listen(ctx, JOURNAL, after, student_id)


async def tell_journal(crowd: Crowd) -> Told:
    """Whether the student is in reach is asked by the same statement."""
    viewer, them = crowd.viewer, crowd.them()
    in_reach = and_(is_visible(viewer, Student), Student.id == them.c.whose)
    query: Any = select(them.c.place, null()).join(Student, in_reach)
    if crowd.entry is None:
        return dict(await crowd.lines(query))
    target, which = changed(crowd, them, crowd.entry)
    query = select(them.c.place, target.id).select_from(them).join(Student, in_reach)
    lines = await crowd.lines(query.outerjoin(target, and_(is_visible(viewer, target), which)))
    rows = await crowd.rows(target, [key for _, key in lines if key is not None])

    def event(place: int, row: OfSchool) -> JournalEvent:
        student_id, entity_id = crowd.asked[place - 1].whose, row.global_id
        return JournalEvent(
            **heard(crowd.entry_of(place)),
            student_id=str(Id(Student, row.school_id, student_id)),
            entity_id=str(entity_id),
            node=row,
        )

    return {place: event(place, rows[key]) if key is not None else None for place, key in lines}


def changed(crowd: Crowd, them: Any, entry: Entry) -> tuple[Any, ColumnElement[bool]]:
    """Which row an event is about, for the student each of them listens to."""
    then, named = crowd.viewer_then, entry.subject.row
    if entry.kind is EventKind.MARK_WITHDRAWN:
        mark = select(Mark.id).where(
            Mark.school_id == then.school_id,
            Mark.assignment_id == Assignment.id,
            Mark.student_id == them.c.whose,
            saw_mark(then, Mark),
        )
        marked = exists(mark.correlate(Assignment, them))
        return Assignment, and_(Assignment.id == them.c.key, marked)
    if named is Lesson:  # all who were in it and not recorded yet
        record = AttendanceRecord
        return record, and_(record.lesson_id == them.c.key, record.student_id == them.c.whose)
    if named is Mark:
        return named, and_(named.id == them.c.key, is_visible(then, named))
    return named, named.id == them.c.key


JOURNAL = Ear(
    coordinate="Subscription.journalEvents",
    right=Right.STUDENTS_READ,
    interest=lambda _, student: Interest(Topic.JOURNAL, student),
    alike=lambda entry: (entry.kind, entry.subject.row),
    tell=tell_journal,
    otherwise=OUT_OF_REACH,
)
