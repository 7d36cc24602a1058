"""Facts that hold for a time, one at a time: what the set says against what is here.

A *lane* is what can hold one fact at a time: a student's classes, a section's main teachers. The
rules of a lane, which make the same set change nothing the second time:

* Days that the set does not name never move what is here; days that it names do.
* What has ended here is over: the set does not revive it, a later beginning makes a new fact.
* Who moves, moves: the fact before ends the day the next begins, which is today if the set gives
  no later day, so that what was, stays.
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

    target: To what it leads: a class, a section, a teacher.
    begins, ends: Whether the set itself names the day, or it follows from the session.
    withdrawn: The set takes it back.
    values: What else a new row says.
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
    """A fact to be put down, with the days that are left for it."""

    wanted: Wanted
    begin: date
    end: date | None


@dataclass(slots=True)
class Span:
    """A fact of the lane as it is to be; `wanted` is None of one the set does not speak of."""

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
    """The lane as it is to be: entries are changed in place, what is new is given back.

    column: Which column of the entries is the target.
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
    """The row that the fact is about: one of the same first day, or of the same time. A fact that
    is not of that time is a new one, unless the set names no day, or only wants it ended."""
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
    """What the set says of a fact that is here."""
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
    """Until nothing overlaps. What the set does not speak of gives way, but keeps its past."""
    silent = [span for span in lane if span.wanted is None]
    spoken = sorted((s for s in lane if s.wanted), key=lambda s: (s.begin, s.entry is None))
    for span in spoken:
        for other in silent:
            if overlap(span, other):
                give_way(other, span, today)
    last: Span | None = None
    for span in sorted(spoken, key=lambda s: (s.begin, s.entry is None)):
        if span.begin >= span.reach and span.entry is None:
            drop(span, tell)
        if span.dropped or (last is None or not overlap(last, span)):
            last = last if span.dropped else span
        elif last.begin < span.begin:
            last.end = span.begin
            last = span
        elif span.entry is None:
            drop(span, tell)


def give_way(other: Span, span: Span, today: date) -> None:
    """A fact that is here has had its place beside the silent one, and keeps to it; a new one
    takes the place from its first day on, or from today, or until a day that was already set."""
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


def overlap(one: Span, other: Span) -> bool:
    """Half-open, as the database sees it: what ends the day it begins overlaps nothing."""
    lasting = one.begin < one.reach and other.begin < other.reach
    return lasting and one.begin < other.reach and other.begin < one.reach


def keep(entry: Entry, span: Span) -> None:
    """Write the span into its row; a shorter one makes room for others."""
    if span.reach < (entry["valid_to"] or date.max):
        entry.end("valid_to", span.reach, span.begin)
    entry.values["valid_from"], entry.values["valid_to"] = span.begin, span.end
    if span.end is not None and span.end < span.begin:
        entry.values["valid_to"] = span.begin
