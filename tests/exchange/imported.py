"""Importing sets, and asking for the imported rows as the director of the new school does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from models.base import Record
from resolvers.access import operators
from resolvers.core.context import Caller, Services
from resolvers.core.identify import hash_token
from resolvers.exchange.oneroster import RosterSet
from resolvers.exchange.oneroster.apply import import_roster
from resolvers.exchange.oneroster.report import Counts, ImportReport
from tests.conftest import Api, Clock
from tests.signed_in import token_of

AUTUMN = date(2025, 10, 1)
"""A day in the year of our own sets."""
SESSION = text(
    "INSERT INTO sessions (school_id, version, account_id, role, role_grant_id, access_hash,"
    " access_expires_at, refresh_hash, refresh_expires_at, created_at, last_used_at)"
    " SELECT a.school_id, 1, a.id, 'DIRECTOR', g.id, :hash, :later, :refresh, :later, :now, :now"
    " FROM accounts a JOIN role_grants g ON g.school_id = a.school_id AND g.person_id = a.person_id"
    " WHERE a.school_id = :school AND g.role = 'DIRECTOR'"
)


@dataclass
class Import:
    """The import as an operator runs it, on a database of its own."""

    url: str
    sql: AsyncConnection
    services: Services
    clock: Clock
    today: date = AUTUMN
    zone: dict[str, Any] = field(default_factory=lambda: {"time_zone": "Asia/Krasnoyarsk"})

    def move_to(self, day: date) -> "Import":
        """Return the import as of another day, and set the product's clock to it."""
        self.clock.now = datetime.combine(day, time(5), UTC)
        return replace(self, today=day)

    async def dry_run(self, roster: RosterSet, **options: Any) -> ImportReport:
        return await self._run(roster, apply=False, **options)

    async def apply(self, roster: RosterSet, **options: Any) -> ImportReport:
        return await self._run(roster, apply=True, **options)

    async def _run(self, roster: RosterSet, **options: Any) -> ImportReport:
        given = {"today": self.today, **self.zone, **options}
        return await import_roster(self.url, roster, **given)

    async def sign_in_director(self, school: int) -> Api:
        """Make a director of the school, and sign in."""
        login, now = f"director.of.{school}", self.clock.now
        await operators.create_admin(
            self.url, school=school, login=login, full_name="Орлова Анна Ильинична", now=now
        )
        await self.sql.execute(text("UPDATE credentials SET must_change_password = false"))
        await self.sql.execute(
            text("UPDATE role_grants SET role = 'DIRECTOR' WHERE school_id = :school"),
            {"school": school},
        )
        token = token_of(login, Role.DIRECTOR, school)
        given = {"hash": hash_token(token), "refresh": hash_token(token + "r"), "school": school}
        await self.sql.execute(SESSION, {**given, "now": now, "later": now + timedelta(days=36500)})
        return Api(Caller(services=self.services, token=token, language="en"))

    async def sum_tables(self) -> dict[str, int]:
        """Return {table: rows and the sum of their versions}, which any change would change."""
        found = {}
        for table in Record.metadata.sorted_tables:
            versions = "sum(version)" if "version" in table.columns else "0"
            count = text(f"SELECT count(*) + 1000000 * coalesce({versions}, 0) FROM {table.name}")
            found[table.name] = int(await self.sql.scalar(count) or 0)
        return found

    async def fetch_rows(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.sql.execute(text(query), given)]


Taking = Callable[[], Import]


def get_school(report: ImportReport) -> int:
    """Return the number of the only school that was imported."""
    [school] = report.schools
    assert school.school_id is not None
    return school.school_id


def sum_counts(report: ImportReport) -> Counts:
    every = [counts for *_, counts in report.lines()]
    return Counts(*(sum(getattr(it, name) for it in every) for name in Counts.__slots__))


def codes_of(report: ImportReport) -> set[str]:
    return {finding.code.value for finding in report.findings}
