"""Spans of facts of which one holds at a time: those of the set against those in the database.

A *lane* has one fact at a time: a student's classes, a section's main teachers. Its rules make a
second import of the same set change nothing:

* Days that the set names change a fact; days that it does not name do not.
* The set does not revive a fact that has ended; a later beginning makes a new fact.
* A new fact ends the one before on its first day, or today if the set names no later day, so that
  the past stays.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.records import Place

Tell = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A fact of the set.

    target: A class, a section or a teacher.
    begins, ends: Whether the set names the day; otherwise it follows from the session.
    withdrawn: Whether the set withdraws it.
    values: Further values of a new row.
    """

    target: int
    begin: date
    end: date | None
    begins: bool
    ends: bool
    withdrawn: bool
    place: Place
    label: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """A new fact, with its remaining days."""

    wanted: Wanted
    begin: date
    end: date | None


@dataclass(slots=True)
class Span:
    """A planned fact of the lane; `wanted` is None if the set does not contain it."""

    entry: Entry | None
    wanted: Wanted | None
    begin: date
    end: date | None
    dropped: bool = False

    @property
    def reach(self) -> date:
        return self.end or date.max


def settle(
    here: Sequence[Entry], wanted: Sequence[Wanted], column: str, today: date, tell: Tell
) -> list[New]:
    """Plan the lane: change its entries in place, and return the new facts.

    column: The column of the target.
    """
    spans = {entry.id: Span(entry, None, entry["valid_from"], entry["valid_to"]) for entry in here}
    made: list[Span] = []
    taken: set[int] = set()
    for one in sorted(wanted, key=lambda it: it.withdrawn):
        entry = match(one, here, column, taken)
        if entry is None:
            if not one.withdrawn:
                made.append(Span(None, one, one.begin, one.end))
            continue
        span = spans[entry.id]
        span.wanted = one
        taken.add(entry.id)
        entry.place, entry.label = one.place, one.label
        follow(span, one, today, tell)
    lane = [*spans.values(), *made]
    make_room(lane, today, tell)
    for span in lane:
        if span.entry is not None:
            keep(span.entry, span)
    return [New(it.wanted, it.begin, it.end) for it in made if it.wanted and not it.dropped]


def match(one: Wanted, here: Sequence[Entry], column: str, taken: Set[int]) -> Entry | None:
    """Return the row of the fact: one with the same first day, or at the same time. A fact at
    another time is new, unless the set names no day, or only ends it."""
    alike = [it for it in here if it[column] == one.target and it.id not in taken]
    if not alike:
        return None
    alike.sort(key=lambda it: (it["valid_from"], it.id), reverse=True)
    end = one.end or date.max
    near = [
        *(it for it in alike if it["valid_from"] == one.begin),
        *(it for it in alike
          if it["valid_from"] < end and one.begin < (it["valid_to"] or date.max)),
        *(it for it in alike if one.withdrawn or not one.begins),
    ]  # fmt: skip
    return near[0] if near else None


def follow(span: Span, one: Wanted, today: date, tell: Tell) -> None:
    """Change an existing fact as the set says."""
    over = span.end is not None and span.end <= today
    if one.withdrawn:
        if not over:
            day = one.end if one.ends and one.end and one.end <= today else today
            span.end = max(day, span.begin)
        return
    lasting = one.end is None or one.end > today
    if over and lasting:
        tell(Code.ENDED_HERE, one.place, value=one.label, taken=span.end)
        return
    if one.begins:
        span.begin = one.begin
    if one.ends or (span.end is not None and one.end is not None and one.end > span.end):
        span.end = one.end


def make_room(lane: list[Span], today: date, tell: Tell) -> None:
    """Shorten spans until none overlap. A fact that is not in the set gives way, and keeps its
    past."""
    silent = [span for span in lane if span.wanted is None]
    spoken = sorted((s for s in lane if s.wanted), key=lambda s: (s.begin, s.entry is None))
    for span in spoken:
        for other in silent:
            if is_overlapping(span, other):
                give_way(other, span, today)
    last: Span | None = None
    for span in sorted(spoken, key=lambda s: (s.begin, s.entry is None)):
        if span.begin >= span.reach and span.entry is None:
            drop(span, tell)
        if span.dropped or (last is None or not is_overlapping(last, span)):
            last = last if span.dropped else span
        elif last.begin < span.begin:
            last.end = span.begin
            last = span
        elif span.entry is None:
            drop(span, tell)


def give_way(other: Span, span: Span, today: date) -> None:
    """Shorten one of two overlapping facts. An existing fact keeps its days beside one that is not
    in the set. A new fact takes over from its first day, from today, or until a day that is set."""
    if span.entry is not None:
        if other.begin >= (span.entry["valid_to"] or date.max):
            span.end = other.begin
        else:
            span.begin = other.reach
    elif other.end is not None and other.end <= today:
        span.begin = max(span.begin, other.end)
    elif other.begin > max(span.begin, today):
        span.end = other.begin
    elif span.begin > other.begin:
        other.end = span.begin
    else:
        other.end = max(today, other.begin)
        span.begin = max(span.begin, other.end)


def drop(span: Span, tell: Tell) -> None:
    span.dropped = True
    if span.wanted:
        tell(Code.OVERLAP_LEFT_OUT, span.wanted.place, value=span.wanted.label)


def is_overlapping(one: Span, other: Span) -> bool:
    """Whether two spans overlap, half-open as in the database: an empty span overlaps nothing."""
    lasting = one.begin < one.reach and other.begin < other.reach
    return lasting and one.begin < other.reach and other.begin < one.reach


def keep(entry: Entry, span: Span) -> None:
    """Write the span into its row. A shorter one is written first, as it makes room for others."""
    if span.reach < (entry["valid_to"] or date.max):
        entry.end("valid_to", span.reach, span.begin)
    entry.values["valid_from"], entry.values["valid_to"] = span.begin, span.end
    if span.end is not None and span.end < span.begin:
        entry.values["valid_to"] = span.begin
