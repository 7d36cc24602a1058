"""Sessions for tests: everyone of the demo is signed in beforehand, in each of their roles, with a
token that can be told from login, role and school. Signing in itself is tested where it belongs."""

import base64
import hashlib
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import NullPool

from models.access.roles import Role
from models.access.sessions import Session
from models.database.engine import connect
from resolvers.access.contexts import Context, contexts_in
from resolvers.core.identify import hash_token

LOGINS = text(
    "SELECT c.id, c.login, s.school_id FROM credentials c"
    " JOIN credential_schools s ON s.credential_id = c.id ORDER BY 1, 3"
)


def token_of(login: str, role: Role, school_id: int) -> str:
    digest = hashlib.sha256(f"{login} {role.name} {school_id}".encode()).digest()
    return f"{school_id}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def place(context: Context) -> tuple[bool, int]:
    """At work first, the narrower role before the wider: a test that names no role needs little."""
    return context.role in (Role.STUDENT, Role.PARENT), list(Role).index(context.role)


async def sign_everyone_in(url: str, now: datetime) -> dict[str, list[tuple[str, int]]]:
    """The roles and schools of each login, the ones at work first."""
    held: dict[str, list[tuple[str, int]]] = {}
    engine = connect(url, role="postgres", poolclass=NullPool)
    async with AsyncSession(
        engine, autoflush=False
    ) as session:  # a superuser's, before whom no wall stands
        for credential, login, school_id in (await session.execute(LOGINS)).all():
            found = await contexts_in(session, credential, school_id, now)
            for context in sorted(found, key=place):
                token = token_of(login, context.role, school_id)
                held.setdefault(login, []).append((context.role.name, school_id))
                session.add(
                    Session(
                        school_id=school_id,
                        account_id=context.account_id,
                        role=context.role,
                        role_grant_id=context.role_grant_id,
                        access_hash=hash_token(token),
                        access_expires_at=now + timedelta(days=36500),
                        refresh_hash=hash_token(token + "r"),
                        refresh_expires_at=now + timedelta(days=36500),
                        created_at=now,
                        last_used_at=now,
                    )
                )
        await session.commit()
    await engine.dispose()
    return held
