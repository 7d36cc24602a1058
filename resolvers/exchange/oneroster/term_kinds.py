"""The kinds of a set's terms: quarters, trimesters or half-years."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from resolvers.exchange.oneroster.records import Session
from resolvers.exchange.oneroster.vocabulary import SessionKind

WORDS: Final = (
    (re.compile(r"четверт|quarter", re.IGNORECASE), "QUARTER"),
    (re.compile(r"триместр|trimester", re.IGNORECASE), "TRIMESTER"),
    (re.compile(r"полугоди|half|semester", re.IGNORECASE), "HALF_YEAR"),
)
LENGTHS: Final = ((85, "QUARTER"), (110, "TRIMESTER"), (215, "HALF_YEAR"))
"""The longest terms of each kind, in days; the third quarter is the longest one."""
SUMMER: Final = 7
"""The first month of a school year that is named after its calendar year and the next."""
IN_A_YEAR: Final = {2: "HALF_YEAR", 3: "TRIMESTER", 4: "QUARTER"}
WHOLE_YEAR: Final = 240
"""The least number of days from which terms make up a school year."""


def term_kinds(sessions: Iterable[Session], all_sessions: Mapping[str, Session]) -> dict[str, str]:
    """Return {session: code of its term type}. Sessions of one type at one depth below the same
    year are of one kind, unless their titles name another.

    all_sessions: By `sourced_id`; the parents are among them.
    """
    groups: dict[object, list[Session]] = defaultdict(list)
    kinds = {}
    for session in sessions:
        if code := named_kind(session):
            kinds[session.sourced_id] = code
        else:
            year = school_year(session, all_sessions)
            depth = len(find_whole_terms(session, all_sessions))
            groups[year, depth, session.kind].append(session)
    for siblings in groups.values():
        siblings.sort(key=lambda it: (it.start, it.end))
        shared = None if is_overlapping(siblings) else kind_of_siblings(siblings)
        kinds |= {it.sourced_id: shared or kind_of_length([it]) for it in siblings}
    return kinds


def find_ancestors(session: Session, all_sessions: Mapping[str, Session]) -> list[Session]:
    """Return its ancestors in the set, the parent first."""
    line: list[Session] = []
    at = all_sessions.get(session.parent_id or "")
    while at is not None and at is not session and at not in line:
        line.append(at)
        at = all_sessions.get(at.parent_id or "")
    return line


def find_whole_terms(session: Session, all_sessions: Mapping[str, Session]) -> list[Session]:
    """Return the terms of which it is a part, the nearest first, without the school year."""
    line = find_ancestors(session, all_sessions)
    return [it for it in line if it.kind is not SessionKind.SCHOOL_YEAR]


def school_year(session: Session, all_sessions: Mapping[str, Session]) -> int:
    """Return the calendar year in which its school year begins; parents may be missing."""
    start = [session, *find_ancestors(session, all_sessions)][-1].start
    return start.year if start.month >= SUMMER else start.year - 1


def named_kind(session: Session) -> str | None:
    """Return the kind in its title or type."""
    for word, code in WORDS:
        if word.search(session.title):
            return code
    return "HALF_YEAR" if session.kind is SessionKind.SEMESTER else None


def is_overlapping(siblings: Sequence[Session]) -> bool:
    return any(later.start <= earlier.end for earlier, later in pairwise(siblings))


def kind_of_siblings(siblings: Sequence[Session]) -> str:
    """Return the kind by their number if they make up a year, else by the longest of them."""
    days = (siblings[-1].end - siblings[0].start).days + 1
    counted = IN_A_YEAR.get(len(siblings)) if days >= WHOLE_YEAR else None
    return counted or kind_of_length(siblings)


def kind_of_length(siblings: Sequence[Session]) -> str:
    longest = max((it.end - it.start).days + 1 for it in siblings)
    return next((code for most, code in LENGTHS if longest <= most), "YEAR")
