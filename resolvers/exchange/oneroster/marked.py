"""Marks in the way: a student cannot leave a section before a day with a mark in it.

The mark would count in averages and be missing from the diary (see
`resolvers.structure.marks_in_the_way`). A day of the set is refused. A day that the set does not
name is moved behind the marks of today.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Select,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    exists,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import holds_on
from models.journal.marks import Mark
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson
from resolvers.exchange.oneroster.book import Book, Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings

Pair: TypeAlias = tuple[int, int]
"""The numbers of a student and of a section."""


async def read_free_days(
    session: AsyncSession, school_id: int | None, today: date
) -> Mapping[Pair, date]:
    """Return by student and section the day after the last mark, of marks of today and later."""
    query = marks_of(school_id).where(Lesson.date >= today)
    found = (await session.execute(query)).all() if school_id else ()
    return {(student, section): last + timedelta(days=1) for student, section, _, last in found}


async def find_marks_in_the_way(
    session: AsyncSession, school_id: int, book: Book, findings: Findings
) -> None:
    """Find each shortened stay with marks after its end. Call it again after the stays are written:
    a command that puts a mark locks the stay, so the mark is visible by then, or refused."""
    shelf = book[SectionMembership]
    cut = {pair_of(entry): entry for entry in shelf if entry.before and is_shorter(entry)}
    if not cut:
        return
    stays = [entry for entry in shelf if pair_of(entry) in cut]
    planned = spans_of(stays)
    pair = and_(planned.c.student_id == Mark.student_id, planned.c.section_id == Mark.section_id)
    query = marks_of(school_id).where(
        exists().where(pair), ~exists().where(pair, holds_on(planned.c, Lesson.date))
    )
    for student, section, number, last in (await session.execute(query)).all():
        entry = cut[student, section]
        place, told = entry.place, {"value": entry.label or f"№ {student}", "taken": last}
        file, row = (place.file, place.row) if place else ("", None)
        findings.add(Code.MARKS_IN_THE_WAY, file, row, None, count=number, **told)


def marks_of(school_id: int | None) -> Select[int, int, int, date]:
    """Return the query of student, section, number of marks, and day of the last one."""
    return (
        select(Mark.student_id, Mark.section_id, func.count(), func.max(Lesson.date))
        .join(Lesson, and_(Lesson.school_id == Mark.school_id, Lesson.id == Mark.lesson_id))
        .where(Mark.school_id == school_id, Mark.withdrawn_at.is_(None))
        .group_by(Mark.student_id, Mark.section_id)
        .order_by(Mark.student_id, Mark.section_id)
    )


def pair_of(entry: Entry) -> Pair:
    return entry["student_id"], entry["section_id"]


def is_shorter(entry: Entry) -> bool:
    before = entry.before or {}
    earlier = (entry["valid_to"] or date.max) < (before["valid_to"] or date.max)
    return earlier or entry["valid_from"] > before["valid_from"]


def spans_of(stays: Sequence[Entry]) -> TableValuedAlias:
    """Return the planned stays as a table."""
    names: dict[str, Any] = {"student_id": BigInteger, "section_id": BigInteger, "valid_from": Date,
             "valid_to": Date}  # fmt: skip
    arrays: Any = (
        bindparam(None, [entry[name] for entry in stays], type_=ARRAY(type_))
        for name, type_ in names.items()
    )
    columns: Any = (column(name, type_) for name, type_ in names.items())
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="planned")
