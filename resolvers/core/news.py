"""Facts that commands announce, and the statement that writes them as events of the school's log,
together with the audit entry."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

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

from auth.policy import audited
from models.access.audit import AuditEvent, SensitiveRead, encode_entry
from models.base import OfSchool
from models.events import Event, EventKind, ScheduledEvent, SchoolHead, Topic

TOPICS = {"NOTICE": Topic.NOTICES, "MAIL": Topic.MAIL}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a row.

    student_id: The student whose journal it concerns.
    persons: The recipients, if they are fixed now; None if rules decide when it is delivered.
    due_at: The moment at which subscribers hear of it, in place of the one that is scheduled for
        this kind and row; None for at once, as always with letters.
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
    """Return the topic of the events of a kind."""
    return TOPICS.get(kind.name.partition("_")[0], Topic.JOURNAL)


OF_DEED = ("at", "actor_id", "role", "action", "details", "request_id")
"""The columns of an audit entry that are parameters: its entity and its place in the hash chain are
SQL."""


def entry_ctes(
    school_id: Any,
    entity: Any,
    content: Any,
    news: FromClause | None,
    n: Any,
    after: Any = None,
    read: FromClause | None = None,
) -> tuple[CTE, ...]:
    """Return CTEs that write the audit entry and the events of a command; their parameters are made
    by `entry_parameter`.

    The lock on the school's head keeps the numbers without gaps and in the order of commits, and
    the hash chain unbroken. Every command of the school waits for it, so it is taken last: then it
    is held only while the commit takes.

    entity: The id of the row that the entry is about.
    content: The bytes that its hash covers.
    news: The `n` events, a line each: topic, kind, entity, student_id, persons, and `place` from 1;
        None if there are none.
    after: A CTE; if it has no line, nothing is recorded.
    read: The records that were read, a line each: record_type, student_id, staff_id.
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
    deed: dict[str, Any] = {name: entry_parameter(name) for name in OF_DEED}
    deed |= {"school_id": school_id, "version": literal_column("1"), "seq": now.audit_seq}
    deed |= {"entity": entity, "previous_hash": now.previous, "hash": now.audit_hash}
    entry = select(*deed.values())
    entry = entry.select_from(numbered if after is None else numbered.join(after, true()))
    written = insert(table_of(AuditEvent)).from_select([*deed], entry)
    happened = () if news is None else (insert_events(numbered, school_id, news, n),)
    if read is None:
        return written.cte("deed"), *happened
    named = written.returning(table_of(AuditEvent).c.id).cte("deed")
    return named, *happened, insert_reads(named, school_id, read)


def insert_events(head: CTE, school_id: Any, news: FromClause, n: Any) -> CTE:
    """Insert the events of a command, with the numbers that the school's head gives them."""
    columns = {
        "school_id": school_id,
        "seq": head.c.event_seq - n + news.c.place,
        "at": entry_parameter("at"),
        **{name: news.c[name] for name in ("topic", "kind", "entity", "student_id", "persons")},
    }
    events = select(*columns.values()).select_from(head.join(news, true()))
    return insert(table_of(Event)).from_select([*columns], events).cte("told")


def insert_reads(deed: CTE, school_id: Any, read: FromClause) -> CTE:
    """Insert a line for each record that was read, under the audit entry `deed`."""
    values = {
        "school_id": school_id,
        "version": literal_column("1"),
        "audit_event_id": deed.c.id,
        **{name: read.c[name] for name in ("record_type", "student_id", "staff_id")},
        "reader_id": entry_parameter("actor_id"),
        "role": entry_parameter("role"),
        "at": entry_parameter("at"),
    }
    lines = select(*values.values()).select_from(deed.join(read, true()))
    return insert(table_of(SensitiveRead)).from_select([*values], lines).cte("read")


def table_of(row: Any) -> Any:
    """Return the table of a row type: the ORM cannot write in a CTE."""
    return row.__table__


def entry_parameter(name: str) -> BindParameter[Any]:
    """Return the parameter for a column of the entry. Its name has a prefix: SQLAlchemy would take
    a parameter named like a column as the value to write into that column."""
    return bindparam(f"deed_{name}", type_=table_of(AuditEvent).c[name].type)


def unnest_events() -> FromClause:
    """SELECT the events of a command from parameters, which are arrays with a member for each."""
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


def unnest_reads() -> FromClause:
    """SELECT the records that were read from parameters, which are arrays with a member for each.
    Of the keys of the student and of the member of staff, one is 0."""
    arrays = {
        "record_type": bindparam("record_types", type_=ARRAY(Text)),
        "student_id": bindparam("read_students", type_=ARRAY(BigInteger)),
        "staff_id": bindparam("read_staff", type_=ARRAY(BigInteger)),
    }
    lines = func.unnest(*arrays.values()).table_valued(*arrays).render_derived(name="given_reads")
    keys = (func.nullif(lines.c[name], 0).label(name) for name in ("student_id", "staff_id"))
    return select(lines.c.record_type, *keys).subquery("reads")


def select_recording(read: FromClause | None = None) -> Select[Any]:
    written = entry_ctes(
        entry_parameter("school_id"),
        entry_parameter("entity"),
        bindparam("content", type_=LargeBinary),
        unnest_events(),
        bindparam("n", type_=BigInteger),
        read=read,
    )
    return select(literal_column("1")).add_cte(*written)


RECORD = select_recording()
RECORD_READS = select_recording(unnest_reads())


SpecialReads: TypeAlias = Mapping[type[OfSchool], Collection[int]]
"""The keys of the persons whose records of special categories were read, by the type of record."""


async def record(
    session: AsyncSession,
    school_id: int,
    at: datetime,
    facts: Sequence[Fact],
    deed: dict[str, Any],
    read: SpecialReads | None = None,
) -> None:
    """Write the audit entry and the events of a command, or of a special read. It must be the last
    statement of the transaction: it locks the school's head."""
    later, facts = [f for f in facts if f.due_at], [f for f in facts if not f.due_at]
    if later:
        await schedule(session, school_id, later)
    given = {
        "content": encode_entry(at=at, **deed),
        "n": len(facts),
        "topics": [fact.topic.name for fact in facts],
        "kinds": [fact.kind.name for fact in facts],
        "entities": [str(fact.row.global_id) for fact in facts],
        "students": [fact.student_id or 0 for fact in facts],
        "audiences": [",".join(map(str, f.persons)) if f.persons else None for f in facts],
    }
    columns = {**deed, "school_id": school_id, "at": at}
    given |= {f"deed_{name}": value for name, value in columns.items()}
    await session.execute(RECORD_READS if read else RECORD, given | read_values(read or {}))


def read_values(read: SpecialReads) -> dict[str, Any]:
    """Return the parameters of `unnest_reads`."""
    lines = [(row, audited[row].key, key) for row, keys in read.items() for key in sorted(keys)]
    return {
        "record_types": [row.api_name() for row, _, _ in lines],
        "read_students": [key if owner == "student_id" else 0 for _, owner, key in lines],
        "read_staff": [key if owner == "staff_id" else 0 for _, owner, key in lines],
    }


async def schedule(session: AsyncSession, school_id: int, facts: Sequence[Fact]) -> None:
    """Write facts that become events when their time comes (`resolvers.events.schedule`)."""
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
