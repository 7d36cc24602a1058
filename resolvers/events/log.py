"""Reading the table of events, behind the wall of its school."""

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
from resolvers.core.context import stand_in
from resolvers.core.loading import of_keys
from resolvers.events.clearing import clear
from resolvers.events.schedule import release
from resolvers.services.events.entries import Cursor, Entry, Interest
from resolvers.services.events.tail import MissedReason

# Not through `visible`: an event says nothing to anyone until its row has passed the policy.


def pulse(school_id: int) -> Select[int, datetime | None]:
    """How far the log of a school goes, and when it is to go on by itself."""
    mine = ScheduledEvent.school_id == school_id
    due = select(func.min(ScheduledEvent.due_at)).where(mine).scalar_subquery()
    return select(SchoolHead.event_seq, due).where(SchoolHead.school_id == school_id)


def newest(school_id: Any) -> Select[Event]:
    """The newest event of a school."""
    return select(Event).where(Event.school_id == school_id).order_by(Event.seq.desc()).limit(1)


def of_interest(interest: Interest) -> ColumnElement[bool]:
    """What an interest may cover, for WHERE: of homework the log does not say whose it is."""
    whose: dict[Topic, ColumnElement[bool]] = {
        Topic.MAIL: Event.persons.contains([interest.whose]),
        Topic.JOURNAL: or_(Event.student_id == interest.whose, Event.student_id.is_(None)),
    }
    narrow = whose[interest.topic] if interest.whose else true()
    return and_(Event.topic == interest.topic, narrow)


@dataclass(frozen=True, slots=True)
class Log:
    """The log of one school."""

    engine: AsyncEngine
    school_id: int

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await stand_in(session, self.school_id)
            yield session

    async def pulse(self, now: datetime) -> tuple[int, datetime | None]:
        async with self.opened() as session:
            head, due = (await session.execute(pulse(self.school_id))).one()
            if due is None or due > now:
                return head, due
            try:
                await release(session, self.school_id, now)
                found, due = (await session.execute(pulse(self.school_id))).one()
                await session.commit()
            except NothingCanBeSaved:  # what is in the log already can be told all the same
                return head, None
            return found, due

    async def recent(self, most: int) -> list[Entry]:
        async with self.opened() as session:
            found = (await session.scalars(newest(self.school_id).limit(most))).all()
            return await self._with_students(session, [Entry.of(one) for one in reversed(found)])

    async def clear(self, oldest: datetime) -> bool:
        async with self.opened() as session:
            return await clear(session, self.school_id, oldest)

    async def since(self, seq: int, most: int) -> list[Entry]:
        async with self.opened() as session:
            return await self._entries(session, most, Event.seq >= seq)

    async def page(
        self, interest: Interest, after: int, upto: int, most: int
    ) -> tuple[list[Entry], int]:
        between = and_(Event.seq > after, Event.seq <= upto)
        async with self.opened() as session:
            found = await self._entries(session, most, of_interest(interest), between)
        reach = found[-1].seq if len(found) == most else upto
        return [entry for entry in found if interest.covers(entry)], reach

    async def doubt(self, cursor: Cursor) -> MissedReason | None:
        if cursor == Cursor(self.school_id, 0):
            return None
        async with self.opened() as session:
            mine = select(Event).where(Event.school_id == self.school_id)
            here = (await session.scalars(mine.where(Event.seq == cursor.seq))).one_or_none()
            later = mine.where(Event.seq > cursor.seq).limit(1)
            if here is None and (await session.scalars(later)).one_or_none():
                return MissedReason.TOO_OLD  # it was cleared away
        known = here is not None and Entry.of(here).fingerprint == cursor.fingerprint
        return None if known else MissedReason.UNKNOWN_CURSOR

    async def lack(
        self, interest: Interest, after: int, upto: int, oldest: datetime, most: int
    ) -> MissedReason | None:
        later = (Event.school_id == self.school_id, Event.seq > after)
        following = select(Event).where(*later).order_by(Event.seq).limit(1)
        told = select(Event.seq).where(*later, of_interest(interest)).limit(most + 1).subquery()
        async with self.opened() as session:
            first = (await session.scalars(following)).one_or_none()
            if first is not None and (first.at < oldest or first.seq > after + 1):  # cleared away
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
        entries = [Entry.of(event) for event in found]
        return await self._with_students(session, entries)

    async def _with_students(self, session: AsyncSession, entries: Sequence[Entry]) -> list[Entry]:
        """Entries with the students whose homework it is: looked up once for all who listen, so
        that only the families of a section are woken by its homework."""
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
