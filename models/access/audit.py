"""Who did what: append-only, each entry bound to the one before it by a hash."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.access.roles import Role
from models.base import OfSchool, exact, refers, unlisted
from models.limits import ours, unique, unique_ours
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.problems import Conflict

BEGINNING = bytes(32)
"""What stands for the hash of the entry before the first."""


@dataclass
class AuditDetail:
    """An argument that a command was given, or a kind of records that were read.

    name: Name of the argument as in the schema, of a field of an input object with the argument
        before it: `items.studentId`. Of a reading, the type of the records, e.g. `StudentHealth`.
    values: The values as a client writes them; of a reading, the ids of the persons whose records
        were read. Empty where the argument emptied something. Null where the value is not for
        every reader of the log: `entity` leads to the row, for those who may read it.
    """

    name: str
    values: list[str] | None


class AuditEvent(OfSchool):
    """One accepted command, or one reading of specially protected data (запись аудита).

    seq: Its number in the school, from 1, without gaps.
    at: When.
    role: In what role they acted; null for the operator of the server.
    action: Name of the mutation, e.g. `setMark`; `read` for a reading of specially protected data;
        of the operator of the server, the command as typed, e.g. `gorod user create-admin`.
    entity: Id of what it was about, for `node`; null of letters and of what was done to no row.
    details: What was given, as far as every reader of the log may know it.
    request_id: Which request it was.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        unique_ours("seq"),
        Index("by_action", "school_id", "action", "seq"),
        Index("by_actor", "school_id", "actor_id", "seq"),
        Index("by_entity", "school_id", "entity", "seq"),
        Index("by_role", "school_id", "role", "seq"),
        Index("by_time", "school_id", "at", "seq"),
        {"info": {"grants": "SELECT, INSERT"}},
    )

    seq: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = refers(Person, covered=True)
    role: Mapped[Role | None]
    action: Mapped[str] = exact()
    entity: Mapped[str | None] = exact()
    details: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    request_id: Mapped[str] = unlisted()
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class SensitiveRead(OfSchool):
    """That someone read a specially protected record of a student or a member of staff (обращение
    к особо защищаемым данным). The entry of the audit log says the same, sealed.

    at: When.
    record_type: The type of what was read: `StudentHealth`, `StudentIdentity` or `StaffIdentity`.
    role: In what role they read it.
    """

    __tablename__ = "sensitive_reads"
    __table_args__ = (
        ours(CheckConstraint("num_nonnulls(student_id, staff_id) = 1", "whose")),
        Index("by_entry", "school_id", "audit_event_id"),
        Index("by_reader", "school_id", "reader_id", "at", "id"),
        Index("by_staff", "school_id", "staff_id", "at", "id"),
        Index("by_student", "school_id", "student_id", "at", "id"),
        Index("by_time", "school_id", "at", "id"),
        {"info": {"grants": "SELECT, INSERT"}},
    )

    audit_event_id: Mapped[int] = refers(AuditEvent, covered=True)
    student_id: Mapped[int | None] = refers(Student, covered=True)
    staff_id: Mapped[int | None] = refers(Staff, covered=True)
    record_type: Mapped[str] = unlisted()
    reader_id: Mapped[int] = refers(Person, covered=True)
    role: Mapped[Role] = unlisted()
    at: Mapped[datetime]


def sealed(**contents: Any) -> bytes:
    """What the hash of an entry is taken over, after the hash of the entry before it: its fields
    as JSON, in the order of their names, times in UTC. Details hold nothing but texts and null, so
    that they are the same JSON when they are read back."""
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
