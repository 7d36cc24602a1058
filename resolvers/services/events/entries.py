"""The entries of a school's event log, and cursors to them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from models.base import Id, OfSchool
from models.events import Event, EventKind, Topic
from models.problems import BadUserInput

CURSOR = re.compile(r"([1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.([A-Za-z0-9_-]{12})")
NOTHING_YET = "-" * 12
"""The fingerprint in a cursor before the first event."""


@dataclass(frozen=True, slots=True)
class Interest:
    """The entries that a subscriber wants.

    whose: The student whose journal it is, or the person whose mail; 0: all of the topic.
    """

    topic: Topic
    whose: int = 0

    def covers(self, entry: "Entry") -> bool:
        return entry.topic is self.topic and (not self.whose or self.whose in entry.concerns)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event.

    concerns: The students whose journals it concerns, or the recipients of a letter. It is looked
        up outside the log, so it does not count for equality.
    """

    school_id: int
    seq: int
    topic: Topic
    kind: EventKind
    entity: str
    at: datetime
    student_id: int | None
    persons: tuple[int, ...] | None
    concerns: frozenset[int] = field(default=frozenset(), compare=False)

    @classmethod
    def from_event(cls, event: Event) -> "Entry":
        persons = tuple(event.persons) if event.persons is not None else None
        one = frozenset({event.student_id} if event.student_id else persons or ())
        return cls(
            event.school_id, event.seq, event.topic, event.kind, event.entity, event.at,
            event.student_id, persons, one,
        )  # fmt: skip

    @property
    def subject(self) -> Id[OfSchool]:
        """The row that it is about."""
        return parse_entity(self.entity)

    @property
    def is_for_a_section(self) -> bool:
        """Whether it concerns all students of a lesson, whom the log does not name."""
        return self.kind is EventKind.HOMEWORK_SET and self.student_id is None

    def interests(self) -> Iterator[Interest]:
        """Yield the interests that cover it."""
        yield Interest(self.topic)
        for whose in self.concerns:
            yield Interest(self.topic, whose)

    @property
    def cursor(self) -> str:
        return str(Cursor(self.school_id, self.seq, self.fingerprint))

    @property
    def fingerprint(self) -> str:
        """A hash that differs from that of another event with the same number, which a log restored
        from a backup can have."""
        parts = (self.school_id, self.seq, self.kind.name, self.entity, self.at.timestamp(),
                 self.student_id, self.persons)  # fmt: skip
        digest = hashlib.blake2b(repr(parts).encode(), digest_size=9).digest()
        return base64.urlsafe_b64encode(digest).decode()


@lru_cache(maxsize=10_000)
def parse_entity(entity: str) -> Id[OfSchool]:
    """Parse an id. It is cached, as all subscribers of an event need it."""
    return Id.parse(entity)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a school's log: after the event of this number and fingerprint."""

    school_id: int
    seq: int
    fingerprint: str = NOTHING_YET

    def __str__(self) -> str:
        plain = f"{self.school_id}.{self.seq}.{self.fingerprint}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, value: str, school_id: int) -> "Cursor":
        """Parse a cursor. Raises BadUserInput unless it is one of this school."""
        try:
            padded = value.encode("ascii") + b"=" * (-len(value) % 4)
            plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        except (ValueError, binascii.Error):
            plain = ""
        found = CURSOR.fullmatch(plain)
        cursor = cls(int(found[1]), int(found[2]), found[3]) if found else None
        if cursor is None or cursor.school_id != school_id or str(cursor) != value:
            raise BadUserInput(field="after", expected="cursor of an event of this school")
        return cursor


def cursor_at(school_id: int, last: Entry | None) -> Cursor:
    """Return the cursor after the last event, or before the first."""
    return Cursor(school_id, last.seq, last.fingerprint) if last else Cursor(school_id, 0)
