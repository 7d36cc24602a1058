"""What subscribers are to hear of a command, and the writing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import OfSchool
from models.events import EventKind, ScheduledEvent, Topic

TOPICS = {"NOTICE": Topic.NOTICES, "MAIL": Topic.MAIL}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a row.

    student_id: Whose journal it concerns.
    persons: Whom it is for, where that is fixed now and not when it is heard.
    due_at: When it is to be heard, in place of whatever is scheduled of that kind for the row;
        None for at once, as always with letters.
    """

    kind: EventKind
    row: OfSchool
    student_id: int | None = None
    persons: tuple[int, ...] | None = None
    due_at: datetime | None = None

    @property
    def topic(self) -> Topic:
        return TOPICS.get(self.kind.name.partition("_")[0], Topic.JOURNAL)


RECORD = text("""
    WITH before AS (
        SELECT audit_hash FROM school_heads WHERE school_id = :school_id FOR UPDATE
    ), head AS (
        UPDATE school_heads SET event_seq = event_seq + :n, audit_seq = audit_seq + 1,
            audit_hash = sha256(before.audit_hash || :content)
        FROM before WHERE school_id = :school_id
        RETURNING event_seq, audit_seq, school_heads.audit_hash, before.audit_hash AS previous
    ), deed AS (
        INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity,
            details, request_id, previous_hash, hash)
        SELECT :school_id, 1, audit_seq, :at, :actor_id, :role, :action, :entity, :details,
            :request_id, previous, audit_hash FROM head
    )
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id, persons)
    SELECT :school_id, head.event_seq - :n + news.place, topic, kind, news.entity, :at,
        nullif(student_id, 0), string_to_array(persons, ',')::bigint[]
    FROM head, unnest(:topics, :kinds, :entities, :students, :audiences)
        WITH ORDINALITY AS news (topic, kind, entity, student_id, persons, place)
""")


async def record(
    session: AsyncSession, school_id: int, at: datetime, facts: Sequence[Fact], deed: dict[str, Any]
) -> None:
    """Write the audit entry and the events of a command. Its last statement: the lock on the
    school's head makes their numbers free of gaps and ordered by commit, and the hash chain whole,
    and makes the school's writers queue behind it no longer than a commit takes."""
    later, facts = [f for f in facts if f.due_at], [f for f in facts if not f.due_at]
    if later:
        await schedule(session, school_id, later)
    people = [",".join(map(str, fact.persons)) if fact.persons else None for fact in facts]
    texts, numbers = ARRAY(Text), ARRAY(BigInteger)
    statement = RECORD.bindparams(
        bindparam("n", type_=BigInteger),
        bindparam("topics", [fact.topic.name for fact in facts], type_=texts),
        bindparam("kinds", [fact.kind.name for fact in facts], type_=texts),
        bindparam("entities", [str(fact.row.global_id) for fact in facts], type_=texts),
        bindparam("students", [fact.student_id or 0 for fact in facts], type_=numbers),
        bindparam("audiences", people, type_=texts),
    )
    given = {"school_id": school_id, "n": len(facts), "at": at, **deed}
    await session.execute(statement, given)


async def schedule(session: AsyncSession, school_id: int, facts: Sequence[Fact]) -> None:
    """Write down what is to become an event when its time comes; `events.schedule` sees to it."""
    rows = {
        (str(fact.row.global_id), fact.kind): {
            "school_id": school_id,
            "entity": str(fact.row.global_id),
            "kind": fact.kind,
            "topic": fact.topic,
            "student_id": fact.student_id,
            "due_at": fact.due_at,
        }
        for fact in facts
    }
    statement = insert(ScheduledEvent).values(list(rows.values()))
    anew = statement.on_conflict_do_update(
        index_elements=["school_id", "entity", "kind"], set_={"due_at": statement.excluded.due_at}
    )
    await session.execute(anew)
