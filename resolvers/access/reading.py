"""Telling the audit log who read specially protected data."""

from models.access.audit import sealed
from resolvers.context import Ctx, stand_in
from resolvers.news import record


async def told_of_reading(ctx: Ctx) -> None:
    """Record, before the answer goes out, that special categories were read in the operation."""
    if not ctx.read_specially:
        return
    actor = ctx.actor
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": "read",
        "entity": None,
        "details": ", ".join(sorted(row.__name__ for row in ctx.read_specially)),
        "request_id": ctx.caller.request_id,
    }
    deed["content"] = sealed(at=actor.now, **deed)
    await ctx.session.rollback()
    await stand_in(ctx.session, actor.school_id)
    await record(ctx.session, actor.school_id, actor.now, (), deed)
    await ctx.session.commit()
    ctx.read_specially.clear()
