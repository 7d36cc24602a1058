"""Founding a school, for the operator of the server and for imports."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.audit import BEGINNING
from models.base import OfSchool, Record, max_length_of
from models.events import SchoolHead
from models.problems import Blank, NoSuchTimeZone, TooLong
from models.school.schools import School
from models.texts import trim
from resolvers.core.context import set_school
from resolvers.school.defaults import Put, SchoolCalendar, WorkingRules
from resolvers.school.school_year import SchoolYear


@dataclass(frozen=True)
class NewSchool:
    """A school to be made. time_zone: IANA name, e.g. `Asia/Barnaul`."""

    name: str
    time_zone: str


async def found_school(
    session: AsyncSession, new: NewSchool, now: datetime, *, calendar: bool = True
) -> School:
    """Make a school with the rows of `resolvers.school.defaults`; the transaction is set to it from
    here on. Raises Blank, TooLong or NoSuchTimeZone.

    calendar: Whether it gets the federal calendar and subjects; an import brings its own.
    """
    name, most = trim(new.name), max_length_of(School.short_name)
    if not 0 < len(name) <= most:
        told = f"a name of 1 to {most} characters"
        raise (TooLong if name else Blank)(field="new_school", most=most, expected=told)
    if new.time_zone not in available_timezones():
        raise NoSuchTimeZone(field="time_zone", expected="an IANA name, e.g. Asia/Barnaul")
    school = School(short_name=name, full_name=name, time_zone=new.time_zone)
    session.add(school)
    await session.flush()
    await set_school(session, school.id)
    session.add(SchoolHead(school_id=school.id, event_seq=0, audit_seq=0, audit_hash=BEGINNING))
    await session.flush()
    today = now.astimezone(ZoneInfo(new.time_zone)).date()

    def make(put: Put) -> None:
        WorkingRules(put)
        if calendar:
            SchoolCalendar(put, SchoolYear.of_day(today))

    await store_rows(session, make)
    return school


async def store_rows(session: AsyncSession, make: Callable[[Put], None]) -> None:
    """Insert the rows that `make` puts, a statement for each table. It runs twice: first to count
    the rows, so that their ids can be taken from the sequences together, then with those ids."""
    counted: Counter[type[OfSchool]] = Counter()

    def count(row: type[OfSchool], values: dict[str, object]) -> int:
        counted[row] += 1
        return counted[row]

    make(count)
    ids = {row: iter(await take_ids(session, row, number)) for row, number in counted.items()}
    rows: dict[type[OfSchool], list[dict[str, object]]] = {row: [] for row in counted}

    def put(row: type[OfSchool], values: dict[str, object]) -> int:
        number = next(ids[row])
        rows[row].append({"id": number, **values})
        return number

    make(put)
    for table in Record.metadata.sorted_tables:  # parents before children
        for row in rows:
            if row.__table__ is table:
                await session.execute(insert(row), rows[row])


async def take_ids(session: AsyncSession, row: type[OfSchool], number: int) -> list[int]:
    sequence = func.pg_get_serial_sequence(row.__tablename__, "id")
    query = select(func.nextval(sequence)).select_from(func.generate_series(1, number))
    return list(await session.scalars(query))
