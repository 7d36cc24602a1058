"""The variables of requests that read, drawn from the schools, each with the token of a person who
may see the answer."""

import base64
import hashlib
import json
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from bench.loader import VERSION, Request

HERE = Path(__file__).parent
READS = ("Q1", "Q2", "Q3", "Q4", "Q5")
GROUP_WRITES = ("M2", "M3")
"""The writes about a whole class, which only some servers have."""
WRITES = ("M1", *GROUP_WRITES)
QUERIES = (*READS, *WRITES)
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class Ask:
    """The variables and sender of a document."""

    school_id: int
    person_id: int
    token: str
    variables: dict[str, Any]
    version: int | None = None

    def request(self, path: str, body: dict[str, Any], *, writes: bool) -> Request:
        written = json.dumps(body, ensure_ascii=False).encode().replace(b'"<version>"', VERSION)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(written)}\r\n\r\n"
        )
        return Request(head.encode() + written, writes, self.version)


def token_of(school_id: int, person_id: int, role: str) -> str:
    digest = hashlib.sha256(f"bench {school_id} {person_id} {role}".encode()).digest()
    return f"{school_id}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


SIGN_IN = """
    INSERT INTO sessions (school_id, account_id, role, role_grant_id, access_hash, refresh_hash,
        access_expires_at, refresh_expires_at, created_at, last_used_at)
    SELECT a.school_id, a.id, $3, g.id, sha256($4::bytea), sha256($4::bytea || 'r'),
        now() + interval '10 years', now() + interval '10 years', now(), now()
    FROM accounts a LEFT JOIN role_grants g
        ON g.school_id = a.school_id AND g.person_id = a.person_id AND g.role = $3
    WHERE a.school_id = $1 AND a.person_id = $2
    ON CONFLICT DO NOTHING
"""

FAMILIES = """
    SELECT g.person_id, array_agg(s.id ORDER BY s.id) AS children
    FROM guardians g
    JOIN guardian_links l ON l.school_id = g.school_id AND l.guardian_id = g.id
    JOIN students s ON s.school_id = l.school_id AND s.id = l.student_id
    JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
    WHERE g.school_id = $1 AND l.valid_to IS NULL AND l.may_receive_info
        AND l.legal_status = 'FULL' AND s.status = 'ENROLLED' AND p.adult_on > $2
    GROUP BY g.person_id HAVING count(*) = 2 ORDER BY md5(g.person_id::text)
"""
WEEKS = """
    SELECT date_trunc('week', date)::date AS monday FROM lessons
    WHERE school_id = $1 AND status = 'CONDUCTED' GROUP BY 1 HAVING count(*) > 500 ORDER BY 1
"""
JOURNALS = """
    SELECT w.person_id, t.section_id, q.starts_on, q.ends_on
    FROM teaching_assignments t
    JOIN staff w ON w.school_id = t.school_id AND w.id = t.staff_id
    JOIN sections s ON s.school_id = t.school_id AND s.id = t.section_id AND s.scale = 'FIVE_POINT'
    JOIN terms q ON q.school_id = s.school_id AND q.term_type_id = s.term_type_id AND q.ordinal = 1
    WHERE t.school_id = $1 AND t.valid_to IS NULL AND q.name LIKE '%четверть' AND (
        SELECT count(*) FROM section_memberships m
        WHERE m.school_id = $1 AND m.section_id = s.id AND m.valid_to IS NULL) BETWEEN 22 AND 28
        -- Whoever left is shown to no teacher, but to who asks without rights.
        AND NOT EXISTS (SELECT FROM section_memberships m
            WHERE m.school_id = $1 AND m.section_id = s.id AND m.valid_to IS NOT NULL)
    ORDER BY abs(30 - (SELECT count(*) FROM lessons l WHERE l.school_id = $1
        AND l.section_id = s.id AND l.date BETWEEN q.starts_on AND q.ends_on)), t.section_id
"""
OVERSEERS = """
    SELECT person_id, role FROM role_grants
    WHERE school_id = $1 AND role IN ('DIRECTOR', 'DEPUTY_DIRECTOR') ORDER BY 2
"""
CLASSES = """
    SELECT c.id, w.person_id, q.id AS term_id
    FROM school_classes c
    JOIN terms q ON q.school_id = c.school_id AND q.term_type_id = c.term_type_id AND q.ordinal = 1
    JOIN class_teachers t ON t.school_id = c.school_id AND t.school_class_id = c.id
        AND t.valid_to IS NULL AND NOT t.is_deputy
    JOIN staff w ON w.school_id = t.school_id AND w.id = t.staff_id
    WHERE c.school_id = $1 AND c.grade_level BETWEEN 6 AND 9 ORDER BY c.id
"""


class Drawing:
    """The asks of one school, which are the same for the same seed."""

    def __init__(self, connection: Connection, school_id: int, today: date, many: int) -> None:
        self.connection, self.school_id, self.today, self.many = connection, school_id, today, many
        self.rng = random.Random(school_id)
        self.signed_in: set[str] = set()

    @property
    def makers(self) -> dict[str, Callable[[], Awaitable[list[Ask]]]]:
        """Return the functions that draw the asks of a query."""
        return {
            "Q1": self.diaries,
            "Q2": self.journals,
            "Q3": self.boards,
            "Q4": self.averages,
            "Q5": self.homes,
        }

    async def draw_all(self, queries: Collection[str]) -> dict[str, list[Ask]]:
        return {query: await make() for query, make in self.makers.items() if query in queries}

    async def rows(self, query: str, *given: Any) -> list[Any]:
        return await self.connection.fetch(query, self.school_id, *given)

    async def ask(
        self,
        person_id: int,
        role: str,
        variables: dict[str, Any] | None = None,
        version: int | None = None,
    ) -> Ask:
        token = token_of(self.school_id, person_id, role)
        if token not in self.signed_in:
            self.signed_in.add(token)
            await self.connection.execute(SIGN_IN, self.school_id, person_id, role, token.encode())
        return Ask(self.school_id, person_id, token, variables or {}, version)

    def id(self, type_: str, key: int) -> str:
        return f"{type_}:{self.school_id}-{key}"

    async def families(self) -> Sequence[Any]:
        return (await self.rows(FAMILIES, self.today))[: self.many]

    async def boards(self) -> list[Ask]:
        return [await self.ask(r["person_id"], r["role"]) for r in await self.rows(OVERSEERS)]

    async def diaries(self) -> list[Ask]:
        weeks = [row["monday"] for row in await self.rows(WEEKS)]
        asks = []
        for family in await self.families():
            monday = self.rng.choice(weeks)
            told = {
                "student": self.id("Student", self.rng.choice(family["children"])),
                "from": str(monday),
                "to": str(monday + timedelta(days=6)),
            }
            asks.append(await self.ask(family["person_id"], "PARENT", told))
        return asks

    async def homes(self) -> list[Ask]:
        weeks = [row["monday"] for row in await self.rows(WEEKS)]
        asks = []
        for family in await self.families():
            elder, younger = (self.id("Student", child) for child in family["children"])
            day = str(self.rng.choice(weeks) + timedelta(days=self.rng.randrange(5)))
            told = {"elder": elder, "younger": younger, "day": day}
            asks.append(await self.ask(family["person_id"], "PARENT", told))
        return asks

    async def journals(self) -> list[Ask]:
        return [
            await self.ask(
                row["person_id"],
                "SUBJECT_TEACHER",
                {
                    "section": self.id("Section", row["section_id"]),
                    "from": str(row["starts_on"]),
                    "to": str(row["ends_on"]),
                },
            )
            for row in (await self.rows(JOURNALS))[: self.many]
        ]

    async def averages(self) -> list[Ask]:
        return [
            await self.ask(
                row["person_id"],
                "CLASS_TEACHER",
                {
                    "class": self.id("SchoolClass", row["id"]),
                    "term": self.id("Term", row["term_id"]),
                },
            )
            for row in (await self.rows(CLASSES))[: self.many]
        ]
