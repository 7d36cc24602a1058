"""As whom somebody acts, for the operator of the server who looks into how they are answered."""

from datetime import datetime

from sqlalchemy import select

from auth.actor import Actor
from models.access.accounts import Account
from models.access.roles import Role
from resolvers.access.contexts import schools_of
from resolvers.access.logins import credentials_named
from resolvers.access.operators import NoSuchLogin, owning
from resolvers.core.context import stand_in, utc_now
from resolvers.core.identify import actors_of


async def acting(
    url: str, login: str, role: Role | None = None, *, now: datetime | None = None
) -> Actor:
    """The holder of a login in the first of their roles, or in the one named. Signs nobody in.

    Raises NoSuchLogin where there is none such.
    """
    async with owning(url) as session:
        places = [
            (known.id, school_id)
            for known in await credentials_named(session, login)
            for school_id in await schools_of(session, known.id)
        ]
        for credential, school_id in places:
            await stand_in(session, school_id)
            account = await session.scalar(
                select(Account.id).where(
                    Account.school_id == school_id, Account.credential_id == credential
                )
            )
            for actor in await actors_of(session, school_id, account or 0, now or utc_now()):
                if role in (None, actor.role):
                    return actor
    raise NoSuchLogin(field="login")
