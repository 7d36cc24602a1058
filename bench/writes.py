"""Writes: the rows that each request leaves behind, which are compared, and their removal, so that
every server finds the same database."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from bench import summer
from bench.asks import Ask, Connection
from bench.cluster import Cluster
from bench.loader import Failed
from bench.write_asks import SUBJECT
from models.access.audit import encode_entry

UNDO = {
    "M2": (*summer.UNDO, "DELETE FROM events WHERE kind = 'ATTENDANCE_SET'"),
    "M3": (
        "DELETE FROM mail_copies c USING mail_messages m WHERE m.school_id = c.school_id"
        f" AND m.id = c.message_id AND m.subject = '{SUBJECT}'",
        f"DELETE FROM mail_messages WHERE subject = '{SUBJECT}'",
        "DELETE FROM events WHERE kind = 'MAIL_RECEIVED'",
    ),
}
"""Statements that remove all that a write left behind, but for audit entries, which nobody removes.
Without them, diaries and mailboxes would grow with the number of answers."""
VACUUM = {
    "M2": "VACUUM attendance_records, lessons, events",
    "M3": "VACUUM mail_copies, mail_messages, events",
}

HEAD = "SELECT event_seq, audit_seq FROM school_heads WHERE school_id = $1"
ENTRIES = """
    SELECT e.at, e.actor_id, e.role, e.action, e.entity, e.details::text, e.request_id,
        e.previous_hash, e.hash, b.hash AS before
    FROM audit_events e JOIN audit_events b ON b.school_id = e.school_id AND b.seq = e.seq - 1
    WHERE e.school_id = $1 AND e.seq > $2
"""
EVENTS = """
    SELECT seq - $2 AS place, topic, kind, entity, student_id, persons, at FROM events
    WHERE school_id = $1 AND seq > $2 ORDER BY seq
"""
ROWS = {
    "M2": (
        "SELECT status, version FROM lessons WHERE school_id = $1 AND id = $2",
        "SELECT student_id, section_id, author_id, code, minutes_late, version, set_at AS at"
        " FROM attendance_records WHERE school_id = $1 AND lesson_id = $2 ORDER BY student_id",
    ),
    "M3": (
        "SELECT sender_id, thread_id, reply_to_id, subject, body, shows_recipients, version,"
        " sent_at AS at FROM mail_messages WHERE school_id = $1 AND id = $2",
        "SELECT person_id, role, folder, version, read_at = at AS was_read, at"
        " FROM mail_copies WHERE school_id = $1 AND message_id = $2 ORDER BY role, person_id",
    ),
}


async def undo(cluster: Cluster, query: str) -> None:
    """Remove the rows of a write. The checkpoint keeps them out of the next measurement."""
    connection = await cluster.session()
    try:
        for statement in (*UNDO[query], VACUUM[query], "CHECKPOINT"):
            await connection.execute(statement)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Written:
    """The place in a school's logs before a request, from which `read` tells what it wrote."""

    connection: Connection
    query: str
    ask: Ask
    event_seq: int
    audit_seq: int

    async def read(self, data: Any) -> Any:
        """Return the rows written, without the times and the key of a new row, by which servers
        differ. Raises Failed if they are of several times, or if the audit log is broken."""
        school_id, key = self.ask.school_id, key_of(self.query, self.ask, data)
        entries = await self.connection.fetch(ENTRIES, school_id, self.audit_seq)
        events = await self.connection.fetch(EVENTS, school_id, self.event_seq)
        tables = [await self.connection.fetch(sql, school_id, key) for sql in ROWS[self.query]]
        if len(entries) != 1 or not is_sealed(entries[0]):
            raise Failed(f"{self.query} breaks the audit log: {entries}")
        found = [dict(line) for lines in (entries, events, *tables) for line in lines]
        if len({line.pop("at", entries[0]["at"]) for line in found}) > 1:
            raise Failed(f"{self.query} writes rows of several times")
        for line in found:
            for name in ("request_id", "previous_hash", "hash", "before"):
                line.pop(name, None)
            if line.get("persons"):
                line["persons"] = sorted(line["persons"])  # their order means nothing
        if self.query == "M3":
            found = [anonymous(line, key) for line in found]
        return found


async def look_before(connection: Connection, query: str, ask: Ask) -> Written:
    head = await connection.fetchrow(HEAD, ask.school_id)
    assert head is not None  # each school has one
    return Written(connection, query, ask, head["event_seq"], head["audit_seq"])


def key_of(query: str, ask: Ask, data: Any) -> int:
    """Return the key of the row that a request is about; M3 makes a new one. Raises Failed if the
    answer does not name it."""
    letter = data["sendMail"]["mailMessage"] if query == "M3" else None
    if query == "M3" and letter is None:
        raise Failed("M3 gives no letter back")
    named = letter["id"] if letter else ask.variables["lesson"]
    return int(named.rpartition("-")[2])


def is_sealed(entry: Any) -> bool:
    """Whether an entry continues the hash chain."""
    names = ("at", "actor_id", "role", "action", "entity", "request_id")
    content = encode_entry(**{n: entry[n] for n in names}, details=json.loads(entry["details"]))
    sealed: bool = entry["hash"] == hashlib.sha256(entry["previous_hash"] + content).digest()
    return sealed and entry["previous_hash"] == entry["before"]


def anonymous(line: dict[str, Any], key: int) -> dict[str, Any]:
    """Return a line without the key of the new row, which its entity may end with."""
    entity = str(line.get("entity") or "")
    return line | {"entity": entity.removesuffix(f"-{key}")} if entity else line
