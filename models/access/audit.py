"""Who did what: append-only, each entry bound to the one before it by a hash."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.access.roles import Role
from models.base import OfSchool, refers
from models.limits import unique, unique_ours
from models.people.persons import Person
from models.problems import Conflict

BEGINNING = bytes(32)
"""What stands for the hash of the entry before the first."""


class AuditEvent(OfSchool):
    """One accepted command, or one reading of specially protected data (запись аудита).

    seq: Its number in the school, from 1, without gaps.
    at: When.
    role: In what role they acted; null for the operator of the server.
    action: Name of the command, e.g. `journal.marks.set_mark`, or `read` and what was read.
    entity: Id of what it was about.
    details: What was given, as `name: value` lines; secrets are left out.
    request_id: Which request it was.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        unique_ours("seq"),
        Index("by_entity", "school_id", "entity"),
        {"info": {"grants": "SELECT, INSERT"}},
    )

    seq: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = refers(Person)
    role: Mapped[Role | None]
    action: Mapped[str]
    entity: Mapped[str | None]
    details: Mapped[str]
    request_id: Mapped[str]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


def sealed(**contents: Any) -> bytes:
    """What the hash of an entry is taken over, after the hash of the entry before it: its fields
    as JSON, in the order of their names, times in UTC."""
    at = contents.pop("at")
    plain = {**contents, "at": at.astimezone(UTC).isoformat()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()


class Attempt(OfSchool):
    """A command's result under the name its client gave the attempt, for a repetition to get."""

    __tablename__ = "attempts"
    __table_args__ = (unique("person_id", "key", says=Conflict, blamed="idempotency_key"),)

    person_id: Mapped[int] = refers(Person, covered=True)
    key: Mapped[UUID]
    action: Mapped[str]
    arguments_hash: Mapped[bytes | None]
    """Keyed hash of the arguments; null in rows of a version that did not keep it."""
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
