"""The viewer's login, and the schools that it opens."""

from sqlalchemy import select

from models.access.accounts import Account
from resolvers.access.contexts import schools_of
from resolvers.core.context import Ctx


async def find_schools(ctx: Ctx, credential: int) -> list[int]:
    """Return the schools in which the viewer can work. Their roles there are read in a transaction
    of that school."""
    async with ctx.enter_school(ctx.actor.school_id) as session:
        return await schools_of(session, credential)


async def credential_of(ctx: Ctx) -> int:
    """Return the key of the viewer's credential."""
    mine = (Account.school_id == ctx.actor.school_id, Account.id == ctx.actor.account_id)
    found: int = (await ctx.rows(select(Account.credential_id).where(*mine)))[0]
    return found
