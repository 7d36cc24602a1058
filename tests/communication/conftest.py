"""Ids of the demo school by the names people use."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass
class Ids:
    """Global ids of rows of the main demo school."""

    sql: AsyncConnection
    numbers: Any = field(default_factory=lambda: count(1))

    async def key(self, query: str, **given: Any) -> int:
        return int((await self.sql.execute(text(query), given)).scalar_one())

    async def person_key(self, login: str) -> int:
        return await self.key(
            "SELECT a.person_id FROM accounts a JOIN credentials c ON c.id = a.credential_id"
            " WHERE a.school_id = 1 AND c.login = :login",
            login=login,
        )

    async def person(self, login: str) -> str:
        return f"PublicPerson:1-{await self.person_key(login)}"

    async def people(self, *logins: str) -> list[str]:
        return [await self.person(login) for login in logins]

    async def school_class(self, name: str) -> str:
        query = (
            "SELECT id FROM school_classes WHERE school_id = 1 AND grade_level || letter = :name"
        )
        return f"SchoolClass:1-{await self.key(query, name=name)}"

    async def section(self, name: str) -> str:
        query = "SELECT id FROM sections WHERE school_id = 1 AND name = :name"
        return f"Section:1-{await self.key(query, name=name)}"

    async def notice(self, title: str) -> str:
        query = "SELECT id FROM notices WHERE school_id = 1 AND title = :title"
        return f"Notice:1-{await self.key(query, title=title)}"

    async def file(self, login: str, name: str = "план.pdf", status: str = "READY") -> str:
        """A file someone uploaded."""
        query = (
            "INSERT INTO files (school_id, version, owner_id, name, media_type, size, status,"
            " created_at) VALUES (1, 1, :owner, :name, 'application/pdf', 2048, :status, now())"
            " RETURNING id"
        )
        owner = await self.person_key(login)
        return f"File:1-{await self.key(query, owner=owner, name=name, status=status)}"

    async def files(self, login: str, number: int) -> list[str]:
        return [await self.file(login, f"{next(self.numbers)}.pdf") for _ in range(number)]


@pytest.fixture
async def ids(sql: AsyncConnection) -> Ids:
    return Ids(sql)
