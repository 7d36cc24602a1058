"""Telling the audit log who read specially protected data."""

from resolvers.access.deeds import told
from resolvers.context import Ctx, stand_in


async def told_of_reading(ctx: Ctx) -> None:
    """Record, before the answer goes out, that special categories were read in the operation."""
    if not ctx.read_specially:
        return
    ctx.caller.services.availability.require(writing=True)
    school_id = ctx.actor.school_id
    await ctx.session.rollback()
    await stand_in(ctx.session, school_id)
    details = ", ".join(sorted(row.__name__ for row in ctx.read_specially))
    await told(ctx, school_id, "read", details=details)
    await ctx.session.commit()
    ctx.read_specially.clear()
