"""Reading the event log of a school under its row-level security."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models.base import holds_on
from models.events import Event, ScheduledEvent, SchoolHead, Topic
from models.problems import NothingCanBeSaved
from models.structure.sections import SectionMembership
from models.timetable.homework import Homework
from models.timetable.lessons import Lesson
from resolvers.core.context import set_school
from resolvers.core.loading import of_keys
from resolvers.events.clearing import clear
from resolvers.events.schedule import release
from resolvers.services.events.entries import Cursor, Entry, Interest
from resolvers.services.events.tail import MissedReason

# Not through `visible`: an event is sent only after the policy of its row was checked.


def select_pulse(school_id: int) -> Select[int, datetime | None]:
    """Return the query of a log's head and of the time of its next scheduled event."""
    mine = ScheduledEvent.school_id == school_id
    due = select(func.min(ScheduledEvent.due_at)).where(mine).scalar_subquery()
    return select(SchoolHead.event_seq, due).where(SchoolHead.school_id == school_id)


def select_newest(school_id: Any) -> Select[Event]:
    """Return the query of the newest event of a school."""
    return select(Event).where(Event.school_id == school_id).order_by(Event.seq.desc()).limit(1)


def match_interest(interest: Interest) -> ColumnElement[bool]:
    """Return the condition of an interest. It includes all homework, whose students the log does
    not name."""
    whose: dict[Topic, ColumnElement[bool]] = {
        Topic.MAIL: Event.persons.contains([interest.whose]),
        Topic.JOURNAL: or_(Event.student_id == interest.whose, Event.student_id.is_(None)),
    }
    narrow = whose[interest.topic] if interest.whose else true()
    return and_(Event.topic == interest.topic, narrow)


@dataclass(frozen=True, slots=True)
class EventLog:
    """The log of one school."""

    engine: AsyncEngine
    school_id: int

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await set_school(session, self.school_id)
            yield session

    async def read_pulse(self, now: datetime) -> tuple[int, datetime | None]:
        async with self.open_session() as session:
            head, due = (await session.execute(select_pulse(self.school_id))).one()
            if due is None or due > now:
                return head, due
            try:
                await release(session, self.school_id, now)
                found, due = (await session.execute(select_pulse(self.school_id))).one()
                await session.commit()
            except NothingCanBeSaved:  # events that are in the log already can still be sent
                return head, None
            return found, due

    async def read_recent(self, most: int) -> list[Entry]:
        async with self.open_session() as session:
            found = (await session.scalars(select_newest(self.school_id).limit(most))).all()
            return await self._with_students(
                session, [Entry.from_event(one) for one in reversed(found)]
            )

    async def clear(self, oldest: datetime) -> bool:
        async with self.open_session() as session:
            return await clear(session, self.school_id, oldest)

    async def read_since(self, seq: int, most: int) -> list[Entry]:
        async with self.open_session() as session:
            return await self._entries(session, most, Event.seq >= seq)

    async def read_page(
        self, interest: Interest, after: int, upto: int, most: int
    ) -> tuple[list[Entry], int]:
        between = and_(Event.seq > after, Event.seq <= upto)
        async with self.open_session() as session:
            found = await self._entries(session, most, match_interest(interest), between)
        reach = found[-1].seq if len(found) == most else upto
        return [entry for entry in found if interest.covers(entry)], reach

    async def check_cursor(self, cursor: Cursor) -> MissedReason | None:
        if cursor == Cursor(self.school_id, 0):
            return None
        async with self.open_session() as session:
            mine = select(Event).where(Event.school_id == self.school_id)
            here = (await session.scalars(mine.where(Event.seq == cursor.seq))).one_or_none()
            later = mine.where(Event.seq > cursor.seq).limit(1)
            if here is None and (await session.scalars(later)).one_or_none():
                return MissedReason.TOO_OLD  # it was deleted
        known = here is not None and Entry.from_event(here).fingerprint == cursor.fingerprint
        return None if known else MissedReason.UNKNOWN_CURSOR

    async def find_gap(
        self, interest: Interest, after: int, upto: int, oldest: datetime, most: int
    ) -> MissedReason | None:
        later = (Event.school_id == self.school_id, Event.seq > after)
        following = select(Event).where(*later).order_by(Event.seq).limit(1)
        told = select(Event.seq).where(*later, match_interest(interest)).limit(most + 1).subquery()
        async with self.open_session() as session:
            first = (await session.scalars(following)).one_or_none()
            if first is not None and (first.at < oldest or first.seq > after + 1):  # deleted
                return MissedReason.TOO_OLD
            if upto - after <= most:
                return None
            number = await session.scalar(select(func.count()).select_from(told)) or 0
        return MissedReason.TOO_MANY if number > most else None

    async def _entries(
        self, session: AsyncSession, most: int, *which: ColumnElement[bool]
    ) -> list[Entry]:
        query = select(Event).where(Event.school_id == self.school_id, *which)
        found = await session.scalars(query.order_by(Event.seq).limit(most))
        entries = [Entry.from_event(event) for event in found]
        return await self._with_students(session, entries)

    async def _with_students(self, session: AsyncSession, entries: Sequence[Entry]) -> list[Entry]:
        """Add the students of homework to entries, once for all subscribers, so that homework wakes
        the families of its section only."""
        homework = [e.subject.key for e in entries if e.is_for_a_section]
        if not homework:
            return list(entries)
        member = SectionMembership
        query = (
            select(Homework.id, func.array_agg(member.student_id))
            .join(Lesson, and_(Lesson.school_id == Homework.school_id,
                               Lesson.id == Homework.lesson_id))
            .join(member, and_(member.school_id == Lesson.school_id,
                               member.section_id == Lesson.section_id,
                               holds_on(member, Lesson.date)))
            .where(Homework.school_id == self.school_id, of_keys(Homework.id, homework))
            .group_by(Homework.id)
        )  # fmt: skip
        found = (await session.execute(query)).all()
        students = {key: frozenset(keys) for key, keys in found}
        return [
            replace(e, concerns=students.get(e.subject.key, frozenset()))
            if e.is_for_a_section
            else e
            for e in entries
        ]
