"""The actor of a login, for the operator of the server who examines how operations are answered."""

from datetime import datetime

from sqlalchemy import select

from auth.actor import Actor
from models.access.accounts import Account
from models.access.roles import Role
from resolvers.access.contexts import schools_of
from resolvers.access.logins import find_credentials
from resolvers.access.operators import NoSuchLogin, open_as_owner
from resolvers.core.context import set_school, utc_now
from resolvers.core.identify import actors_of


async def find_actor(
    url: str, login: str, role: Role | None = None, *, now: datetime | None = None
) -> Actor:
    """Return the holder of a login in the given role, or in the first of their roles. It opens no
    session.

    Raises NoSuchLogin if there is no such login or role.
    """
    async with open_as_owner(url) as session:
        places = [
            (known.id, school_id)
            for known in await find_credentials(session, login)
            for school_id in await schools_of(session, known.id)
        ]
        for credential, school_id in places:
            await set_school(session, school_id)
            account = await session.scalar(
                select(Account.id).where(
                    Account.school_id == school_id, Account.credential_id == credential
                )
            )
            for actor in await actors_of(session, school_id, account or 0, now or utc_now()):
                if role in (None, actor.role):
                    return actor
    raise NoSuchLogin(field="login")
