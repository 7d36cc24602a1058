"""What subscribers are to hear of a command, and the writing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    FromClause,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.audit import AuditEvent, sealed
from models.base import OfSchool
from models.events import Event, EventKind, ScheduledEvent, SchoolHead, Topic

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
        return topic_of(self.kind)


def topic_of(kind: EventKind) -> Topic:
    """The stream in which it is told."""
    return TOPICS.get(kind.name.partition("_")[0], Topic.JOURNAL)


OF_DEED = ("at", "actor_id", "role", "action", "details", "request_id")
"""What an audit entry says besides what it is about and where it stands, by its columns."""


def recording(
    school_id: Any, entity: Any, content: Any, news: FromClause, n: Any, after: Any = None
) -> tuple[CTE, CTE]:
    """The audit entry and the events of a command, written in CTEs: their parameters are
    `of_deed`. Whoever writes so last holds the lock on the school's head for no longer
    than a commit takes; it makes the numbers free of gaps and ordered by commit, and the hash chain
    whole.

    entity: What the entry is about. content: What its hash is taken over.
    news: The `n` events, a line each: topic, kind, entity, student_id, persons, and `place` from 1.
    after: A CTE; where it has no line nothing is recorded.
    """
    heads = table_of(SchoolHead)
    head, of_school = heads.c, heads.c.school_id == school_id
    before = select(head.school_id, head.audit_hash).where(of_school).with_for_update(of=heads)
    if after is not None:
        before = before.select_from(heads.join(after, true()))
    previous = before.cte("before")
    numbered = (
        update(heads)
        .where(of_school, head.school_id == previous.c.school_id)
        .values(
            event_seq=head.event_seq + n,
            audit_seq=head.audit_seq + 1,
            audit_hash=func.sha256(previous.c.audit_hash.op("||")(content)),
        )
        .returning(
            head.event_seq, head.audit_seq, head.audit_hash, previous.c.audit_hash.label("previous")
        )
        .cte("head")
    )
    now = numbered.c
    deed: dict[str, Any] = {name: of_deed(name) for name in OF_DEED}
    deed |= {"school_id": school_id, "version": literal_column("1"), "seq": now.audit_seq}
    deed |= {"entity": entity, "previous_hash": now.previous, "hash": now.audit_hash}
    entry = select(*deed.values())
    entry = entry.select_from(numbered if after is None else numbered.join(after, true()))
    told = {
        "school_id": school_id,
        "seq": now.event_seq - n + news.c.place,
        "at": deed["at"],
        **{name: news.c[name] for name in ("topic", "kind", "entity", "student_id", "persons")},
    }
    events = select(*told.values()).select_from(numbered.join(news, true()))
    return (
        insert(table_of(AuditEvent)).from_select([*deed], entry).cte("deed"),
        insert(table_of(Event)).from_select([*told], events).cte("told"),
    )


def table_of(row: Any) -> Any:
    """The ORM has no way to say what is written in a CTE."""
    return row.__table__


def of_deed(name: str) -> BindParameter[Any]:
    """A parameter for a column of the entry. SQLAlchemy would set a column that is updated to a
    parameter of its own name."""
    return bindparam(f"deed_{name}", type_=table_of(AuditEvent).c[name].type)


def given_news() -> FromClause:
    """The events of a command as parameters: arrays, a member for each."""
    texts, numbers = ARRAY(Text), ARRAY(BigInteger)
    arrays = {
        "topic": bindparam("topics", type_=texts),
        "kind": bindparam("kinds", type_=texts),
        "entity": bindparam("entities", type_=texts),
        "student_id": bindparam("students", type_=numbers),
        "persons": bindparam("audiences", type_=texts),
    }
    lines = func.unnest(*arrays.values()).table_valued(*arrays, with_ordinality="place")
    lines = lines.render_derived(name="given")
    people = cast(func.string_to_array(lines.c.persons, ","), numbers)
    columns = (lines.c.topic, lines.c.kind, lines.c.entity, lines.c.place)
    concerned = func.nullif(lines.c.student_id, 0).label("student_id")
    return select(*columns, concerned, people.label("persons")).subquery("news")


def record_of_rows() -> Select[Any]:
    written = recording(
        of_deed("school_id"),
        of_deed("entity"),
        bindparam("content", type_=LargeBinary),
        given_news(),
        bindparam("n", type_=BigInteger),
    )
    return select(literal_column("1")).add_cte(*written)


RECORD = record_of_rows()


async def record(
    session: AsyncSession, school_id: int, at: datetime, facts: Sequence[Fact], deed: dict[str, Any]
) -> None:
    """Write the audit entry and the events of a command: its last statement."""
    later, facts = [f for f in facts if f.due_at], [f for f in facts if not f.due_at]
    if later:
        await schedule(session, school_id, later)
    given = {
        "content": sealed(at=at, **deed),
        "n": len(facts),
        "topics": [fact.topic.name for fact in facts],
        "kinds": [fact.kind.name for fact in facts],
        "entities": [str(fact.row.global_id) for fact in facts],
        "students": [fact.student_id or 0 for fact in facts],
        "audiences": [",".join(map(str, f.persons)) if f.persons else None for f in facts],
    }
    told = {**deed, "school_id": school_id, "at": at}
    await session.execute(RECORD, given | {f"deed_{name}": value for name, value in told.items()})


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
