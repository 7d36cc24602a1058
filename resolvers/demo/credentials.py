"""Logins of the demo: one known password, one hash of it, one login per person on the server."""

from collections import Counter

import asyncpg

from resolvers.access.passwords import DEMO_PASSWORD, hash_password
from resolvers.demo.ground import Site
from resolvers.demo.names import Human, latin


class Credentials:
    """The logins of one load; the same login in two schools is one person."""

    def __init__(
        self, connection: "asyncpg.Connection[asyncpg.Record]", password_hash: str
    ) -> None:
        self._connection, self._hash = connection, password_hash
        self._shared: dict[str, int] = {}

    @classmethod
    async def open(cls, connection: "asyncpg.Connection[asyncpg.Record]") -> "Credentials":
        """Open it with one hash for all. A hash per account would take minutes for a city and
        protect nothing, as the password is in the documentation."""
        return cls(connection, await hash_password(DEMO_PASSWORD))

    async def issue(self, site: Site, people: list[Human]) -> dict[Human, int]:
        """Return a credential's id for each person; a new person gets a login made of the name."""
        told: Counter[str] = Counter()
        known = {
            human: self._shared[human.login] for human in people if human.login in self._shared
        }
        wanted = {self._login(site, human, told): human for human in people if human not in known}
        await self._evade(wanted)
        created_at = site.days_before(30, 9)
        rows = await self._connection.fetch(
            "INSERT INTO credentials (login, password_hash, must_change_password,"
            " password_changed_at) SELECT login, $2, false, $3 FROM unnest($1::text[]) AS login"
            " RETURNING id, login",
            [human.login for human in wanted.values()],
            self._hash,
            created_at,
        )
        by_login = {row["login"]: row["id"] for row in rows}
        self._shared |= {asked: by_login[human.login] for asked, human in wanted.items()}
        issued = known | {human: by_login[human.login] for human in wanted.values()}
        await self._connection.execute(
            "INSERT INTO credential_schools (credential_id, school_id)"
            " SELECT id, $2 FROM unnest($1::bigint[]) AS id",
            list(issued.values()),
            site.school_id,
        )
        return issued

    @staticmethod
    def _login(site: Site, human: Human, told: Counter[str]) -> str:
        """Make a login: `ivanova.m`, then `ivanova.m2`; in other schools, `ivanova.m.s3`."""
        if not human.login:
            name = f"{latin(human.family)}.{latin(human.given)[0]}"
            told[name] += 1
            number = str(told[name]) if told[name] > 1 else ""
            human.login = f"{name}{number}" + (f".s{site.plan.number}" if site.plan.number else "")
        return human.login

    async def _evade(self, wanted: dict[str, Human]) -> None:
        """Append a number to logins that are already taken in this database."""
        left, number = list(wanted.values()), 1
        while left:
            logins = [human.login for human in left]
            rows = await self._connection.fetch(
                "SELECT login FROM credentials WHERE login = ANY($1::text[])", logins
            )
            taken, number = {row["login"] for row in rows}, number + 1
            left = [human for human in left if human.login in taken]
            for human in left:
                human.login = f"{human.login.removesuffix(f'-{number - 1}')}-{number}"
