"""The schools of the benchmark, made once and kept for the next run."""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import summer
from bench.asks import Connection
from bench.cluster import Cluster
from gql.cli import backend
from gql.cli.console import say
from resolvers import demo

HERE = Path(__file__).parent
KEPT = HERE / ".data"
SECRET = "0123456789abcdef" * 2
"""The key of the sensitive columns, which the benchmark does not read."""
SIZES = {1: "school", 20: "city"}
"""The demo size by the number of schools."""
SOURCES = (
    "models/database/migrations/versions",
    "resolvers/demo",
    "auth/matrix.py",
    "bench/data.py",
    "bench/summer.py",
)

FURNISH = {
    "notices": """
        INSERT INTO notices (school_id, author_id, title, body, visible_from, is_pinned,
            requires_acknowledgement)
        SELECT g.school_id, g.person_id, 'Объявление № ' || n || ' «Новости школы»',
            repeat('Уважаемые родители и ученики! Напоминаем о порядке "посещения" школы. ',
                1 + n % 5),
            date_trunc('minute', now()) - n * interval '7 hours', n % 16 = 0, n % 4 = 0
        FROM role_grants g, generate_series(1, 40) n
        WHERE g.school_id = $1 AND g.role = 'DIRECTOR'
    """,
    "targets": """
        INSERT INTO notice_targets (school_id, notice_id, kind, to_students, to_guardians, to_staff)
        SELECT school_id, id, 'SCHOOL', true, true, true FROM notices
        WHERE school_id = $1 AND title LIKE 'Объявление №%'
    """,
    "files": """
        INSERT INTO files (school_id, owner_id, name, media_type, size, status, created_at)
        SELECT n.school_id, n.author_id, 'Приложение ' || k || ' к объявлению.pdf',
            'application/pdf', 1000 * k + n.id % 1000, 'READY', now()
        FROM notices n, generate_series(1, 2) k
        WHERE n.school_id = $1 AND n.title LIKE 'Объявление №%'
    """,
    "attachments": """
        INSERT INTO notice_attachments (school_id, notice_id, file_id, position)
        SELECT $1, n.id, f.id, (f.place - 1) % 2
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM notices
            WHERE school_id = $1 AND title LIKE 'Объявление №%') n
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM files WHERE school_id = $1) f
            ON (f.place + 1) / 2 = n.place
    """,
    "receipts": """
        INSERT INTO notice_receipts (school_id, notice_id, person_id, read_at)
        SELECT n.school_id, n.id, p.id, now() FROM notices n JOIN persons p
            ON p.school_id = n.school_id AND (p.id + n.id) % 12 = 0
        WHERE n.school_id = $1 AND n.title LIKE 'Объявление №%'
    """,
    "letters": """
        INSERT INTO mail_messages (school_id, sender_id, subject, body, sent_at, shows_recipients)
        SELECT g.school_id, g.person_id, 'Письмо № ' || n || ' родителям',
            'Сообщите, пожалуйста, об изменениях.',
            date_trunc('minute', now()) - n * interval '9 hours', false
        FROM role_grants g, generate_series(1, 8) n
        WHERE g.school_id = $1 AND g.role = 'DEPUTY_DIRECTOR'
    """,
    "copies": """
        INSERT INTO mail_copies (school_id, message_id, person_id, role, folder, at, read_at)
        SELECT m.school_id, m.id, m.sender_id, 'FROM', 'SENT', m.sent_at, m.sent_at
        FROM mail_messages m WHERE m.school_id = $1 AND m.subject LIKE 'Письмо №%'
        UNION ALL
        SELECT m.school_id, m.id, g.person_id, 'TO', 'INBOX', m.sent_at,
            CASE WHEN (m.id + g.id) % 3 = 0 THEN m.sent_at END
        FROM mail_messages m JOIN guardians g ON g.school_id = m.school_id
        WHERE m.school_id = $1 AND m.subject LIKE 'Письмо №%'
    """,
}
"""Statements that add notices and letters, up to twenty and five, of which the demo has fewer."""


@dataclass
class Made:
    """The content of a data directory, and the time that it took to make."""

    schools: int
    day: str
    seconds: float
    stamp: str
    rows: int = 0


def stamp() -> str:
    """Return a hash of all that determines the data."""
    return digest_sources(HERE.parent, SOURCES)


def digest_schema(checkout: Path) -> str:
    """Return a hash of the database schema of a checkout."""
    return digest_sources(checkout, SOURCES[:1])


def digest_sources(checkout: Path, names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        place = checkout / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def schools(number: int) -> Iterator[tuple[Cluster, Made]]:
    """Run a database with so many schools; make it if it is missing."""
    folder = KEPT / SIZES[number]
    cluster, card = Cluster(folder), folder / "made.json"
    cluster.start()
    try:
        made = Made(**json.loads(card.read_text())) if card.exists() else None
        if made is None or made.stamp != stamp():
            card.unlink(missing_ok=True)
            say(f"Making {number} school(s), which are kept for the next time …")
            made = asyncio.run(make(cluster, number))
            card.write_text(json.dumps(asdict(made)) + "\n")
        yield cluster, made
    finally:
        cluster.stop()


async def make(cluster: Cluster, number: int) -> Made:
    await empty_schema(cluster)
    began, today = time.monotonic(), datetime.now(UTC).date()
    await backend.make_ready(backend.embedded_database(cluster.url(), cluster.url("postgres")))
    owner = cluster.url("postgres")
    await demo.load(owner, SIZES[number], 1, SECRET.encode(), lambda *_: None, today)
    connection = await cluster.session()
    try:
        for school in await connection.fetch("SELECT id FROM schools ORDER BY id"):
            await furnish(connection, school["id"])
        await connection.execute("VACUUM (ANALYZE)")
        rows = await connection.fetchval(
            "SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM attendance_records)"
        )
    finally:
        await connection.close()
    return Made(number, str(today), round(time.monotonic() - began, 1), stamp(), rows)


async def empty_schema(cluster: Cluster) -> None:
    """Delete the data of an older benchmark."""
    await backend.prepare(backend.embedded_database(cluster.url(), cluster.url("postgres")))
    connection = await cluster.session()
    try:
        await connection.execute(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION btree_gist;"
            "GRANT USAGE, CREATE ON SCHEMA public TO gorod_owner;"
            "GRANT USAGE ON SCHEMA public TO gorod_app"
        )
    finally:
        await connection.close()


async def furnish(connection: Connection, school_id: int) -> None:
    for statement in (*FURNISH.values(), *summer.FURNISH.values()):
        await connection.execute(statement, school_id)
