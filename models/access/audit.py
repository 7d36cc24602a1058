"""The audit log: append-only, each entry bound to the one before it by a hash."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.access.roles import Role
from models.base import OfSchool, exact, refers, without_filter
from models.limits import mark_internal, unique, unique_internal
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.problems import Conflict

BEGINNING = bytes(32)
"""The previous hash of the first entry."""


@dataclass
class AuditDetail:
    """An argument that a command was given, or a kind of records that were read.

    name: Name of the argument as in the schema; a field of an input object follows its argument:
        `items.studentId`. For a reading, the type of the records, e.g. `StudentHealth`.
    values: The values as a client writes them; for a reading, the ids of the persons whose
        records were read. Empty where the argument emptied something. Null where not every reader
        of the log may see the value: those who may read the row find it by `entity`.
    """

    name: str
    values: list[str] | None


class AuditEvent(OfSchool):
    """One accepted command, or one reading of specially protected data (запись аудита).

    seq: Its number in the school, from 1, without gaps.
    at: When it was done.
    role: The role they acted in; null for the operator of the server.
    action: Name of the mutation, e.g. `setMark`; `read` for a reading of specially protected data;
        for the operator of the server, the command as typed, e.g. `gorod user create-admin`.
    entity: Id of the row it was about, for `node`; null for letters and where there is no row.
    details: The arguments, as far as every reader of the log may know them.
    request_id: Id of the request.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        unique_internal("seq"),
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
    request_id: Mapped[str] = without_filter()
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class SensitiveRead(OfSchool):
    """One reading of a specially protected record of a student or a member of staff (обращение к
    особо защищаемым данным). The entry of the audit log says the same, under its hash.

    at: When it was read.
    record_type: The type of the record: `StudentHealth`, `StudentIdentity` or `StaffIdentity`.
    role: The role they read it in.
    """

    __tablename__ = "sensitive_reads"
    __table_args__ = (
        mark_internal(CheckConstraint("num_nonnulls(student_id, staff_id) = 1", "whose")),
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
    record_type: Mapped[str] = without_filter()
    reader_id: Mapped[int] = refers(Person, covered=True)
    role: Mapped[Role] = without_filter()
    at: Mapped[datetime]


def encode_entry(**contents: Any) -> bytes:
    """Return the bytes that the hash of an entry covers after the hash of the entry before it: its
    fields as JSON, in the order of their names, times in UTC. Details hold texts and null only,
    so they are the same JSON when they are read back."""
    at = contents.pop("at")
    plain = {**contents, "at": at.astimezone(UTC).isoformat()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()


class Attempt(OfSchool):
    """A command's result under its idempotency key; a repetition of the command gets it again."""

    __tablename__ = "attempts"
    __table_args__ = (unique("person_id", "key", says=Conflict, blamed="idempotency_key"),)

    person_id: Mapped[int] = refers(Person, covered=True)
    key: Mapped[UUID]
    action: Mapped[str]
    arguments_hash: Mapped[bytes | None]
    """Keyed hash of the arguments; null in rows of a version that did not keep it."""
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
