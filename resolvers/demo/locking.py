"""Made-up accounts with the password that everybody knows: finding them, and closing them."""

from collections import defaultdict
from datetime import datetime

import asyncpg
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.accounts import Credential
from models.database.address import session
from models.walls import APP
from resolvers.access.devices import forget_devices
from resolvers.access.ending import end
from resolvers.access.operators import owning, told
from resolvers.access.passwords import DEMO_PASSWORD, LOCKED, matches
from resolvers.context import stand_in, utc_now
from resolvers.demo.plan import MARKED


async def open_logins(url: str) -> int:
    """How many logins of made-up schools the known password opens."""
    return sum(map(len, (await _open(url)).values()))


async def lock(url: str, *, now: datetime | None = None) -> int:
    """Close them: nothing opens them until `gorod user reset-password` gives one a new password.
    Their sessions end. How many."""
    found, now = await _open(url), now or utc_now()
    if not found:
        return 0
    known = {credential for credentials in found.values() for credential in credentials}
    async with owning(url) as session:
        closed = update(Credential).where(Credential.id.in_(known))
        await session.execute(closed.values(password_hash=LOCKED, password_changed_at=now))
        for credential in known:
            await forget_devices(session, credential)
        for school_id, credentials in found.items():
            await _end_sessions(session, school_id, now)
            closed_logins = [{"name": "logins", "values": [str(len(credentials))]}]
            await told(session, school_id, now, "demo lock", None, closed_logins)
    return len(known)


async def _end_sessions(session: AsyncSession, school_id: int, now: datetime) -> None:
    await stand_in(session, school_id)
    await end(session, school_id, now)


async def _open(url: str) -> dict[int, set[int]]:
    """By made-up school, the credentials that the known password opens."""
    connection = await session(url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL ROLE {APP}")
            holders = await _holders(connection)
    finally:
        await connection.close()
    # Those of one load share a hash, so there are few to try unless many chose passwords.
    hashes = {password_hash for _, _, password_hash in holders}
    known = {one for one in hashes if await matches(one, DEMO_PASSWORD)}
    found: dict[int, set[int]] = defaultdict(set)
    for school_id, credential, password_hash in holders:
        if password_hash in known:
            found[school_id].add(credential)
    return dict(found)


async def _holders(connection: asyncpg.Connection) -> list[tuple[int, int, str]]:
    """School, credential and hash of everyone in a made-up school. The product sees a school only
    from within, so each is asked what it is."""
    found: list[tuple[int, int, str]] = []
    schools = await connection.fetch("SELECT DISTINCT school_id FROM credential_schools ORDER BY 1")
    for [school_id] in schools:
        await connection.execute(f"SET LOCAL app.school_id = '{school_id:d}'")
        mark = await connection.fetchval("SELECT sourced_id FROM schools WHERE id = $1", school_id)
        if (mark or "").startswith(MARKED):
            rows = await connection.fetch(
                "SELECT c.id, c.password_hash FROM credentials c"
                " JOIN credential_schools s ON s.credential_id = c.id WHERE s.school_id = $1",
                school_id,
            )
            found += [(school_id, row["id"], row["password_hash"]) for row in rows]
    return found
