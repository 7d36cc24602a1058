"""A school under attack: everything that is done to it is rolled back at once.

The whole attack is one transaction of PostgreSQL. The product's own transactions are savepoints in
it, so that going back to an earlier state costs one statement.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import StaticPool

from auth.policy import reach, reading
from auth.rights import Right
from models.communication.mail import MailCopy
from models.database.address import dsn, make_engine_url
from models.journal.marks import Mark
from models.people.guardians import GuardianLink
from models.people.private import StaffIdentity, StudentHealth, StudentIdentity
from models.problems import Unauthenticated
from models.secrets import Secrets
from resolvers.core.context import Caller, Services, set_school
from resolvers.core.identify import identify
from resolvers.demo.cast import LOGINS
from resolvers.services.sessions import Sessions
from resolvers.services.storage import Storage
from tests.access.requesting import ASK_RIGHTS, ASK_ROLE, ASK_UNLOCK
from tests.conftest import KEY, NOON, Api
from tests.postgres import Server
from tests.signed_in import token_of

SCHOOL = 1
ROLES = "{ roles { role revision rights { permission scope } } }"
Reached = dict[str, frozenset[Any]]

WATCHED: dict[str, tuple[Any, Any, Right]] = {
    "marks": (Mark, Mark.student_id, Right.MARKS_READ),
    "health": (StudentHealth, StudentHealth.student_id, Right.HEALTH_READ),
    "documents": (StudentIdentity, StudentIdentity.student_id, Right.IDENTITY_READ_FULL),
    "court papers": (GuardianLink, GuardianLink.id, Right.GUARDIANS_READ_LEGAL_STATUS),
    "staff documents": (StaffIdentity, StaffIdentity.id, Right.STAFF_READ_IDENTITY),
    "mail": (MailCopy, MailCopy.id, Right.MAIL_USE),
}
"""Protected rows by their name here: the table, the key column, the right."""

SPECIAL = (
    "marks:read", "health:read", "identity:read-full", "staff:read-identity", "passwords:reset",
    "roles:grant-protected", "access:decide", "rights:write", "accounts:write",
)  # fmt: skip
"""Rights that take two persons, written down here instead of taken from the product."""
TWO_PERSONS = (
    "DIRECTOR", "SCHOOL_ADMINISTRATOR", "DEPUTY_DIRECTOR", "PSYCHOLOGIST", "SOCIAL_PEDAGOGUE",
    "SECRETARY", "HR_SPECIALIST",
)  # fmt: skip
"""Roles that take two persons, written down here instead of taken from the product."""

GRANTED = ("director", "zavuch", "admin", "municipal")
"""People whose roles an attacker may try to end."""
LOCKABLE = ("director", "zavuch", "admin", "LOCKED", "student.sokolov", "parent.sokolova")
"""People whose accounts an attacker may try to lock, to unlock, or to reset the password of."""

PREPARE = """
WITH newcomer AS (
    INSERT INTO persons (school_id, version, family_name, given_name)
    VALUES (1, 1, 'Щукина', 'Юлия') RETURNING id
), hired AS (
    INSERT INTO staff (school_id, version, person_id, position, hired_on)
    SELECT 1, 1, id, 'Психолог', '2026-11-01' FROM newcomer
), locked AS (
    UPDATE accounts SET status = 'LOCKED' WHERE id =
        (SELECT a.id FROM accounts a JOIN staff s ON s.person_id = a.person_id
         WHERE a.school_id = 1 AND s.school_id = 1 AND s.position LIKE 'Учитель%'
             AND NOT EXISTS (SELECT FROM credentials c WHERE c.id = a.credential_id
                 AND c.login IN ('teacher.gusev', 'teacher.belova'))
         ORDER BY a.id DESC LIMIT 1)
    RETURNING person_id
), own AS (
    SELECT person_id, login FROM accounts a JOIN credentials c ON c.id = a.credential_id
    WHERE a.school_id = 1
), given AS (
    SELECT id AS person_id, 'PSYCHOLOGIST' AS role FROM newcomer
    UNION ALL SELECT person_id, 'PSYCHOLOGIST' FROM locked
    UNION ALL SELECT person_id, 'SUBJECT_TEACHER' FROM own WHERE login = 'admin'
    UNION ALL SELECT person_id, 'SOCIAL_PEDAGOGUE' FROM own WHERE login = 'parent.sokolova'
    UNION ALL SELECT person_id, 'MUNICIPAL_OFFICER' FROM own WHERE login = 'parent.ivanova'
)
INSERT INTO role_grants (school_id, version, person_id, role, scope, valid_from, granted_at)
SELECT 1, 1, person_id, role, 'SCHOOL', '2026-11-01', now() FROM given
"""
"""Adds rows that make attacks possible: a psychologist without an account and one whose account is
locked, an administrator who also teaches, and a mother of 7А who also works here."""

PEOPLE = """
SELECT p.id, a.id AS account, CASE WHEN a.id IS NULL THEN 'newcomer'
    WHEN a.status = 'LOCKED' THEN 'LOCKED' ELSE c.login END AS name
FROM persons p
LEFT JOIN accounts a ON a.school_id = p.school_id AND a.person_id = p.id
LEFT JOIN credentials c ON c.id = a.credential_id
WHERE p.school_id = 1
    AND (p.family_name = 'Щукина' OR a.status = 'LOCKED' OR c.login = ANY($1))
"""
"""The people an attacker can aim at, by login; those without one by their position."""

OFFICES = """
SELECT g.role, count(*) FROM role_grants g
JOIN accounts a ON a.school_id = g.school_id AND a.person_id = g.person_id AND a.status = 'ACTIVE'
WHERE g.school_id = 1 AND g.role IN ('DIRECTOR', 'SCHOOL_ADMINISTRATOR')
    AND (g.valid_to IS NULL OR g.valid_to > '2026-11-23') GROUP BY 1
"""
BY_TWO = """
SELECT kind, role, made_grant_id, revoked_grant_id, account_id FROM access_requests
WHERE school_id = 1 AND status = 'APPROVED' AND decided_by_id <> requested_by_id
    AND (kind = 'REVOKE_ROLE' OR person_id IS DISTINCT FROM decided_by_id)
"""
GRANTS = "SELECT id, valid_to FROM role_grants WHERE school_id = 1 AND role = ANY($1)"
RIGHTS = """SELECT role, permission, scope FROM role_rights WHERE school_id = 1
    AND (role = ANY($1) OR permission = ANY($2) AND scope IN ('SCHOOL', 'CLASS'))"""
LOCKED = """SELECT a.id FROM accounts a JOIN role_grants g ON g.person_id = a.person_id
    WHERE a.school_id = 1 AND g.school_id = 1 AND a.status = 'LOCKED' AND g.role = ANY($1)"""


class Nested(asyncpg.Connection):
    """A session whose transactions are savepoints of one outer transaction."""

    def transaction(self, **_: Any) -> Any:
        return super().transaction()


@dataclass
class School:
    """The demo school within one open transaction."""

    server: Server
    database: str
    files: Path
    engine: AsyncEngine = field(init=False)
    services: Services = field(init=False)

    async def open(self) -> None:
        self.raw: Any = await asyncpg.connect(
            dsn(self.server.url("postgres", self.database)),
            connection_class=Nested,
            server_settings={"timezone": "UTC", "jit": "off", "undo.undoing": "yes"},
        )
        await self.raw.transaction().start()
        url = self.server.url("postgres", self.database)
        self.engine = create_async_engine(
            make_engine_url(url), creator=self.adapt_connection, poolclass=StaticPool
        )
        storage = Storage(f"file://{self.files}/files")
        self.services = Services(self.engine, Secrets(KEY), storage, lambda: NOON, made_up=True)
        await self.as_operator(PREPARE)
        await self.find_targets()
        await self.file_requests()
        self.at_first = await self.fetch_protected()

    async def close(self) -> None:
        await self.engine.dispose()
        await self.raw.close()

    def adapt_connection(self) -> Any:
        async def get_connection() -> Any:
            return self.raw

        dialect: Any = self.engine.sync_engine.dialect
        return dialect.dbapi.connect(async_creator_fn=get_connection)

    async def as_operator(self, query: str, *given: Any) -> list[Any]:
        """Run a statement as the operator, outside of all walls; then go on as the product."""
        await self.raw.execute("SET ROLE postgres")
        found: list[Any] = await self.raw.fetch(query, *given)
        await self.raw.execute("SET ROLE gorod_app")
        return found

    async def find_targets(self) -> None:
        """Note the people an attacker can aim at."""
        lines = await self.as_operator(
            PEOPLE, [*LOGINS.values(), "parent.sokolova", "student.sokolov"]
        )
        self.persons = {line["name"]: line["id"] for line in lines}
        self.accounts = [line["account"] for line in lines if line["name"] in LOCKABLE]
        self.locked = next(line["account"] for line in lines if line["name"] == "LOCKED")
        granted = [self.persons[name] for name in GRANTED]
        grants = "SELECT id FROM role_grants WHERE school_id = 1 AND person_id = ANY($1)"
        self.grants = [line["id"] for line in await self.as_operator(grants, granted)]
        [place] = await self.as_operator(
            """SELECT (SELECT id FROM school_classes k WHERE k.school_id = 1 AND grade_level = 5
                       ORDER BY id LIMIT 1) AS class,
                      (SELECT e.id FROM sections e JOIN school_classes k
                       ON k.id = e.school_class_id WHERE e.school_id = 1 AND k.grade_level = 5
                       ORDER BY e.id LIMIT 1) AS section"""
        )
        self.place = dict(place)
        staff = await self.as_operator(
            "SELECT id, person_id FROM staff WHERE school_id = 1 AND person_id = ANY($1)",
            list(self.persons.values()),
        )
        self.staff = {line["person_id"]: line["id"] for line in staff}

    async def file_requests(self) -> None:
        """File requests that wait for people who may decide on them, and for people who may not."""
        director, deputy, newcomer = map(self.person, ("director", "zavuch", "newcomer"))
        filed = (
            ("admin", ASK_ROLE, {"person": director, "role": "SECRETARY"}),
            ("admin", ASK_ROLE, {"person": deputy, "role": "DIRECTOR"}),
            ("director", ASK_ROLE, {"person": deputy, "role": "SECRETARY"}),
            ("director", ASK_ROLE, {"person": newcomer, "role": "SECRETARY"}),
            ("zavuch", ASK_ROLE, {"person": newcomer, "role": "HR_SPECIALIST"}),
            ("admin", ASK_UNLOCK, {"id": f"Account:1-{self.locked}"}),
        )
        for login, document, given in filed:
            await self.api(self.token(login))(document, **given)
        for login, role, right in (
            ("director", "DEPUTY_DIRECTOR", "staff:read-identity"),
            ("admin", "DIRECTOR", "rights:write"),
        ):
            person = self.api(self.token(login))
            [held] = [one for one in (await person(ROLES))["roles"] if one["role"] == role]
            more = [*held["rights"], {"permission": right, "scope": "SCHOOL"}]
            await person(ASK_RIGHTS, role=role, rights=more, revision=held["revision"])

    async def fetch_versions(self, kind: str, keys: list[int]) -> list[tuple[str, int]]:
        table = {"Account": "accounts", "RoleGrant": "role_grants"}[kind]
        query = f"SELECT id, version FROM {table} WHERE school_id = 1 AND id = ANY($1) ORDER BY id"
        found = await self.as_operator(query, keys)
        return [(f"{kind}:1-{line[0]}", line[1]) for line in found]

    def person(self, name: str) -> str:
        return f"PublicPerson:1-{self.persons[name]}"

    def token(self, login: str) -> str:
        role = next(role for role, one in LOGINS.items() if one == login)
        return token_of(login, role, SCHOOL)

    def api(self, token: str | None) -> Api:
        return Api(Caller(services=self.services, token=token, language="en"))

    @asynccontextmanager
    async def rollback_after(self) -> AsyncIterator[None]:
        """Roll back what is done in the block."""
        point = self.raw.transaction()
        await point.start()
        try:
            yield
        finally:
            await point.rollback()
            self.forget()

    def forget(self) -> None:
        """Forget the holders of tokens, which the product caches for some seconds."""
        self.services = replace(self.services, sessions=Sessions())

    async def find_reached(self, token: str) -> Reached:
        """Return the keys of protected rows that the holder of a token reaches, and the rights they
        hold.

        Raises Unauthenticated if the session has ended.
        """
        async with AsyncSession(self.engine) as inside:
            await set_school(inside, SCHOOL)
            actor = await identify(inside, token, NOON)
            rows = [
                select(func.array_agg(key.distinct()))
                .where(
                    row.school_id == SCHOOL,
                    reach(actor.viewer, row, reading[row]),
                    reach(actor.viewer, row, right),
                )
                .scalar_subquery()
                for row, key, right in WATCHED.values()
            ]
            line = (await inside.execute(select(*rows), actor.values)).one()
            found = {name: frozenset(keys or ()) for name, keys in zip(WATCHED, line, strict=True)}
            found["rights"] = frozenset(f"{right} {scope.name}" for right, scope in actor.grants)
            return found

    async def find_all_reached(self, tokens: Sequence[str]) -> Reached:
        """Return everything that the holders of the tokens reach."""
        reached: list[Reached] = []
        for token in tokens:
            try:
                reached.append(await self.find_reached(token))
            except Unauthenticated:  # the session ended
                continue
        names = (*WATCHED, "rights")
        return {name: frozenset().union(*(one[name] for one in reached)) for name in names}

    async def fetch_protected(self) -> dict[str, Any]:
        """Return the state of what only two persons change together."""
        roles = list(TWO_PERSONS)
        return {
            "grants": {line[0]: line[1] for line in await self.as_operator(GRANTS, roles)},
            "rights": {
                tuple(line) for line in await self.as_operator(RIGHTS, roles, list(SPECIAL))
            },
            "locked": {line[0] for line in await self.as_operator(LOCKED, roles)},
        }

    async def find_changes_by_one(self) -> list[str]:
        """Return changes that one person made although they take two, and offices left empty."""
        now, before = await self.fetch_protected(), self.at_first
        approved = await self.as_operator(BY_TWO)
        by_two = {(one["kind"], one[of]) for one in approved
                  for of in ("made_grant_id", "revoked_grant_id", "account_id", "role")
                  if one[of]}  # fmt: skip
        changed = [f"grant {id_}" for id_, end in now["grants"].items()
                   if before["grants"].get(id_, "none") != end
                   and not {("GRANT_ROLE", id_), ("REVOKE_ROLE", id_)} & by_two]  # fmt: skip
        changed += [f"right {role} {right} {scope}"
                    for role, right, scope in now["rights"] ^ before["rights"]
                    if ("SET_ROLE_RIGHTS", role) not in by_two]  # fmt: skip
        changed += [f"unlocked {id_}" for id_ in before["locked"] - now["locked"]
                    if ("UNLOCK_ACCOUNT", id_) not in by_two]  # fmt: skip
        filled = {line[0] for line in await self.as_operator(OFFICES)}
        empty = {"DIRECTOR", "SCHOOL_ADMINISTRATOR"} - filled
        return changed + [f"nobody left as {role}" for role in sorted(empty)]
