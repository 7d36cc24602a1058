"""Logins of made-up people: finding open ones, and closing them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from sqlalchemy import update

from models.access.accounts import Account, AccountStatus, Credential
from models.database.address import open_session
from models.walls import APP
from resolvers.access.devices import forget_devices
from resolvers.access.ending import end_sessions, end_sessions_everywhere
from resolvers.access.operators import open_as_owner, record_deed
from resolvers.access.passwords import DEMO_PASSWORD, LOCKED, matches
from resolvers.core.context import set_school, utc_now
from resolvers.demo.plan import MARKED

LOCK = "demo lock"
HOLDERS = """
    SELECT a.id AS account, a.status = 'ACTIVE' AS active, c.id AS credential, c.password_hash,
        c.password_changed_at > (
            SELECT max(at) FROM audit_events WHERE school_id = $1 AND action = $2
        ) AS reopened
    FROM accounts a JOIN credentials c ON c.id = a.credential_id
    WHERE a.school_id = $1 AND c.password_hash <> $3
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account of a made-up school, and its login.

    shared: Whether the login opens a real school, too.
    known: Whether the login has the password of the documentation.
    reopened: Whether the login got its password after `gorod demo lock` had closed the school.
    """

    school_id: int
    account: int
    credential: int
    shared: bool
    known: bool
    reopened: bool

    @property
    def loses_login(self) -> bool:
        """Whether closing it closes the login. A login of a real school stays open there, unless it
        has the public password, by which anybody could read that school."""
        return self.known or not self.shared


async def open_logins(url: str) -> int:
    """Count the logins that open a made-up school. Those that the operator opened again after
    `gorod demo lock`, with a new password, do not count."""
    return len({one.credential for one in await _open(url) if one.known or not one.reopened})


async def lock(url: str, *, now: datetime | None = None) -> int:
    """Close all made-up schools and end their sessions; return the number of logins. Only
    `gorod user reset-password` opens a login again. Of a login that opens a real school, too, only
    the account in the made-up school is locked."""
    found, now = await _open(url), now or utc_now()
    if not found:
        return 0
    of_school: dict[int, list[Holder]] = defaultdict(list)
    for holder in found:
        of_school[holder.school_id].append(holder)
    lost = {one.credential for one in found if one.loses_login}
    async with open_as_owner(url) as session:
        closed = update(Credential).where(Credential.id.in_(lost))
        await session.execute(closed.values(password_hash=LOCKED, password_changed_at=now))
        for credential in lost:
            await forget_devices(session, credential)
        for school_id, holders in of_school.items():
            await set_school(session, school_id)
            kept = [one.account for one in holders if not one.loses_login]
            await session.execute(
                update(Account)
                .where(Account.school_id == school_id, Account.id.in_(kept))
                .values(
                    status=AccountStatus.LOCKED,
                    status_reason=f"gorod {LOCK}",
                    version=Account.version + 1,
                )
                .execution_options(synchronize_session=False)
            )
            await end_sessions(session, school_id, now)
            logins = [{"name": "logins", "values": [str(len(holders))]}]
            await record_deed(session, school_id, now, LOCK, None, logins)
        for one in found:
            if one.shared and one.loses_login:
                await end_sessions_everywhere(session, one.credential, one.school_id, now)
    return len({one.credential for one in found})


async def known_hashes(hashes: Iterable[str]) -> set[str]:
    """Return the hashes of the password in the documentation. The logins of one load share a hash,
    so there are few to check unless many people chose a password."""
    return {one for one in set(hashes) if await matches(one, DEMO_PASSWORD)}


async def _open(url: str) -> list[Holder]:
    """Return the accounts of made-up schools that somebody can sign in to."""
    connection = await open_session(url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL ROLE {APP}")
            holders, real = await _holders(connection)
    finally:
        await connection.close()
    known = await known_hashes(row["password_hash"] for _, row in holders)
    return [
        Holder(
            school_id,
            row["account"],
            row["credential"],
            shared=row["credential"] in real,
            known=row["password_hash"] in known,
            reopened=bool(row["reopened"]),
        )
        for school_id, row in holders
        if row["active"] or row["password_hash"] in known or row["credential"] not in real
    ]


async def _holders(
    connection: asyncpg.Connection,
) -> tuple[list[tuple[int, asyncpg.Record]], set[int]]:
    """Return every account with a password in a made-up school, and the logins of real schools.
    Row-level security shows one school at a time, so each school is read by itself."""
    found: list[tuple[int, asyncpg.Record]] = []
    real: set[int] = set()
    opens: dict[int, set[int]] = defaultdict(set)
    for row in await connection.fetch("SELECT school_id, credential_id FROM credential_schools"):
        opens[row["school_id"]].add(row["credential_id"])
    for school_id, credentials in sorted(opens.items()):
        await connection.execute(f"SET LOCAL app.school_id = '{school_id:d}'")
        mark = await connection.fetchval("SELECT sourced_id FROM schools WHERE id = $1", school_id)
        if (mark or "").startswith(MARKED):
            rows = await connection.fetch(HOLDERS, school_id, f"gorod {LOCK}", LOCKED)
            found += [(school_id, row) for row in rows]
        else:
            real |= credentials
    return found, real
