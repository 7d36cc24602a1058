"""The login of the one who asks, and the schools it opens."""

from sqlalchemy import select

from models.access.accounts import Account
from resolvers.access.contexts import schools_of
from resolvers.core.context import Ctx


async def schools(ctx: Ctx, credential: int) -> list[int]:
    """Where else the viewer can work; what they are there is asked behind that school's wall."""
    async with ctx.elsewhere(ctx.actor.school_id) as session:
        return await schools_of(session, credential)


async def credential_of(ctx: Ctx) -> int:
    """The key of the login."""
    mine = (Account.school_id == ctx.actor.school_id, Account.id == ctx.actor.account_id)
    found: int = (await ctx.rows(select(Account.credential_id).where(*mine)))[0]
    return found
