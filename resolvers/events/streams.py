"""The subscriptions: events of notices, of mail and of a student's journal."""

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
from resolvers.events.hearing import OUT_OF_REACH, EventsByPlace, StreamSpec, SubscriberGroup
from resolvers.events.listening import EventFields, Stream, listen
from resolvers.events.log import select_newest
from resolvers.services.events.entries import Entry, Interest, cursor_at


@dataclass(frozen=True, slots=True)
class NoticeEvent(EventFields):
    """Something happened to a notice that is or was on the viewer's board.

    notice_id: Id of the notice.
    notice: The notice as it is now; null once it is taken down, for all but its author and those
        who oversee the noticeboard.
    """

    notice_id: str
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class MailEvent(EventFields):
    """A letter came.

    message_id: Id of the letter.
    message: The letter.
    """

    message_id: str
    message: MailMessage | None


@dataclass(frozen=True, slots=True)
class JournalEvent(EventFields):
    """Something happened in a student's journal.

    student_id: Id of the student whose journal it is.
    entity_id: Id of the `node`.
    node: The changed row, as it is now. Its type depends on `kind`: MARK_SET gives a `Mark`,
        MARK_WITHDRAWN the `Assignment` that has no mark any more, ATTENDANCE_SET an
        `AttendanceRecord`, HOMEWORK_SET a `Homework`, TERM_MARK_SET a `TermMark`. A client may
        switch by `__typename` instead.
    """

    student_id: str
    entity_id: str
    node: OfSchool | None


async def events_cursor(ctx: Ctx) -> str | None:
    """The end of the event log, for `after` of any stream. Select it in the same query as the data
    that you show, then listen from it: no event in between is lost."""
    found = await ctx.lines(select_newest(ctx.viewer.school_id))
    last = Entry.from_event(found[0][0]) if found else None
    return str(cursor_at(ctx.actor.school_id, last))


def make_event_fields(entry: Entry) -> dict[str, Any]:
    return {"cursor": entry.cursor, "occurred_at": entry.at, "kind": entry.kind}


# -- notices --------------------------------------------------------------------------


def notice_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """Events of the noticeboard (доска объявлений), of notices that the viewer may read. A notice
    that is scheduled for later has its event at that time.

    after: The `cursor` of the last event, to go on from there; null: from now on.
    """
    return listen(ctx, BOARD, after)


async def tell_notices(crowd: SubscriberGroup) -> EventsByPlace:
    """Return the events of a notice. Its withdrawal goes to all who had it on their board, and no
    event follows it."""
    if crowd.entry is None:
        return {}
    viewer, then, them = crowd.viewer, crowd.viewer_then, crowd.subscribers()
    readable = is_visible(viewer, Notice)
    told = or_(readable, saw_notice(then, Notice))
    if not withdraws(crowd.entry):
        told = and_(readable, is_visible(then, Notice), Notice.withdrawn_at.is_(None))
    here = and_(Notice.school_id == viewer.school_id, Notice.id == them.c.key)
    query = select(them.c.place, Notice.id, readable).join(Notice, here).where(told)
    lines = await crowd.lines(query)
    rows = await crowd.rows(Notice, [key for _, key, may_read in lines if may_read])

    def event(entry: Entry, notice: Notice | None) -> NoticeEvent:
        return NoticeEvent(**make_event_fields(entry), notice_id=entry.entity, notice=notice)

    return {
        place: event(crowd.entry_of(place), rows[key] if may_read else None)
        for place, key, may_read in lines
    }


def withdraws(entry: Entry) -> bool:
    return entry.kind is EventKind.NOTICE_WITHDRAWN


BOARD = StreamSpec(
    coordinate="Subscription.noticeEvents",
    right=Right.NOTICES_READ,
    interest=lambda actor, _: Interest(Topic.NOTICES),
    batch_by=withdraws,
    tell=tell_notices,
)


# -- mail -----------------------------------------------------------------------------


def mail_events(ctx: Ctx, *, after: str | None = None) -> Stream:
    """Letters to the viewer (входящие письма), as they come.

    after: The `cursor` of the last event, to go on from there; null: from now on.
    """
    return listen(ctx, MAILBOX, after)


async def tell_letters(crowd: SubscriberGroup) -> EventsByPlace:
    """Return the events of a letter for its recipients, unless they have deleted it."""
    if crowd.entry is None:
        return {}
    viewer, them = crowd.viewer, crowd.subscribers()
    here = and_(is_visible(viewer, MailMessage), MailMessage.id == them.c.key)
    lines = await crowd.lines(select(them.c.place, MailMessage.id).join(MailMessage, here))
    rows = await crowd.rows(MailMessage, [key for _, key in lines])

    def event(entry: Entry, message: MailMessage) -> MailEvent:
        return MailEvent(**make_event_fields(entry), message_id=entry.entity, message=message)

    return {place: event(crowd.entry_of(place), rows[key]) for place, key in lines}


MAILBOX = StreamSpec(
    coordinate="Subscription.mailEvents",
    right=Right.MAIL_USE,
    interest=lambda actor, _: Interest(Topic.MAIL, actor.person_id),
    batch_by=lambda _: None,
    tell=tell_letters,
)


# -- the journal ----------------------------------------------------------------------


def journal_events(ctx: Ctx, *, student_id: Id[Student], after: str | None = None) -> Stream:
    """Events of a student's journal (журнал): marks, attendance, homework and term marks, each if
    the viewer may read it. A mark that is published later has its event at that time.

    student_id: The student whose journal it is.
    after: The `cursor` of the last event, to go on from there; null: from now on.
    """
    return listen(ctx, JOURNAL, after, student_id)


async def tell_journal(crowd: SubscriberGroup) -> EventsByPlace:
    """Return the events of a journal. The same statement checks whether the viewer may read the
    student."""
    viewer, them = crowd.viewer, crowd.subscribers()
    in_reach = and_(is_visible(viewer, Student), Student.id == them.c.whose)
    query: Any = select(them.c.place, null()).join(Student, in_reach)
    if crowd.entry is None:
        return dict(await crowd.lines(query))
    target, which = find_changed_row(crowd, them, crowd.entry)
    query = select(them.c.place, target.id).select_from(them).join(Student, in_reach)
    lines = await crowd.lines(query.outerjoin(target, and_(is_visible(viewer, target), which)))
    rows = await crowd.rows(target, [key for _, key in lines if key is not None])

    def event(place: int, row: OfSchool) -> JournalEvent:
        student_id, entity_id = crowd.asked[place - 1].whose, row.global_id
        return JournalEvent(
            **make_event_fields(crowd.entry_of(place)),
            student_id=str(Id(Student, row.school_id, student_id)),
            entity_id=str(entity_id),
            node=row,
        )

    return {place: event(place, rows[key]) if key is not None else None for place, key in lines}


def find_changed_row(
    crowd: SubscriberGroup, them: Any, entry: Entry
) -> tuple[Any, ColumnElement[bool]]:
    """Return the type and condition of the row of an event, for each subscriber's student."""
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
    if named is Lesson:  # attendance of the whole class, confirmed by one command
        record = AttendanceRecord
        return record, and_(record.lesson_id == them.c.key, record.student_id == them.c.whose)
    if named is Mark:
        return named, and_(named.id == them.c.key, is_visible(then, named))
    return named, named.id == them.c.key


JOURNAL = StreamSpec(
    coordinate="Subscription.journalEvents",
    right=Right.STUDENTS_READ,
    interest=lambda _, student: Interest(Topic.JOURNAL, student),
    batch_by=lambda entry: (entry.kind, entry.subject.row),
    tell=tell_journal,
    otherwise=OUT_OF_REACH,
)
