"""The plan of one school: its rows as the set changes them, with findings.

    plan = plan_school(roster, key, book, today, findings, alone=True, free_days={})

It sends no statement: `book` was read before, and is written afterwards, unless there are errors.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import Column

from models.base import row_of
from resolvers.exchange.oneroster.adults import plan_people
from resolvers.exchange.oneroster.aftermath import plan_endings, plan_homes
from resolvers.exchange.oneroster.book import KINDS, Book, Entry, Shelf
from resolvers.exchange.oneroster.calendar import plan_calendar
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.families import plan_families
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.homerooms import plan_classes
from resolvers.exchange.oneroster.leaders import plan_teachers
from resolvers.exchange.oneroster.lists import plan_members
from resolvers.exchange.oneroster.planning import Planning
from resolvers.exchange.oneroster.report import Change, Counts
from resolvers.exchange.oneroster.roster import RosterSet
from resolvers.exchange.oneroster.teaching import plan_sections


def plan_school(
    roster: RosterSet,
    key: str,
    book: Book,
    today: date,
    findings: Findings,
    *,
    alone: bool,
    free_days: Mapping[tuple[int, int], date],
) -> Planning:
    """Plan the school with this `key` in the set. Each step uses rows of the steps before it.

    alone: Whether it is the only school of the set, so that records without a school are in it.
    """
    plan = Planning(
        roster=roster, key=key, alone=alone, book=book, today=today, findings=findings,
        free_days=free_days,
    )  # fmt: skip
    for step in (
        plan_calendar,
        plan_people,
        plan_classes,
        plan_sections,
        plan_families,
        plan_members,
        plan_teachers,
        plan_homes,
        plan_endings,
        check_lengths,
    ):
        step(plan)
    return plan


def check_lengths(plan: Planning) -> None:
    """Find names that are too long. The sender must shorten them; we do not cut names."""
    for shelf in plan.book.shelves():
        limits = {column.name: column.info["most"] for column in shelf.columns
                  if "most" in column.info}  # fmt: skip
        for entry in shelf if limits else ():
            for name, most in limits.items() if entry.changes else ():
                if entry[name] is not None and len(entry[name]) > most:
                    plan.tell(Code.VALUE_TOO_LONG, entry.place, value=entry[name], taken=most)


# -- summary --------------------------------------------------------------------------


def count_rows(book: Book) -> dict[str, Counts]:
    """Return {kind of row: counts} of the kinds in the set."""
    found = {}
    for shelf in book.shelves():
        deeds = [name_deed(entry) for entry in shelf]
        tally = Counts(*(deeds.count(name) for name in Counts.__slots__))
        if tally != Counts():
            found[shelf.kind.__name__] = tally
    return found


def list_changes(book: Book) -> tuple[Change, ...]:
    """Return every row that changes, parents before children."""
    return tuple(it for shelf in book.shelves() for it in changes_of(book, shelf))


def changes_of(book: Book, shelf: Shelf) -> Iterator[Change]:
    return (
        Change(shelf.kind.__name__, name_deed(entry), name_of(entry), columns(book, shelf, entry))
        for entry in shelf
        if entry.changes
    )


def name_of(entry: Entry) -> str:
    """Return a name for people: that of the set, or our own."""
    known = entry.label or entry.values.get("name") or entry.values.get("family_name")
    return str(known or f"№ {entry.id}")


def columns(book: Book, shelf: Shelf, entry: Entry) -> tuple[tuple[str, object, object], ...]:
    before = entry.before or dict.fromkeys(entry.values)
    return tuple(
        (
            column.name,
            show_value(book, column, before[column.name]),
            show_value(book, column, entry[column.name]),
        )
        for column in shelf.columns
        if before[column.name] != entry[column.name]
    )


def show_value(book: Book, column: Column[Any], value: object) -> object:
    """Return a value for people; of a reference the name of its row."""
    if isinstance(value, Enum):
        return value.name
    target = column.info.get("refers")
    if isinstance(value, int) and target and row_of(target) in KINDS:
        return name_of(book[row_of(target)][value])
    return value if isinstance(value, bool | int | float | None) else str(value)


def name_deed(entry: Entry) -> str:
    """Return the word of `Counts` for a row; empty if the set does not contain it."""
    if entry.before is None:
        return "created"
    if entry.changes:
        return "ended" if entry.ended else "updated"
    return "unchanged" if entry.place else ""
