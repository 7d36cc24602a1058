"""Telling the audit log what was done outside a command."""

from typing import Any

from resolvers.core.context import Ctx
from resolvers.core.news import SpecialReads, record


async def told(
    ctx: Ctx, school_id: int, action: str, *, read: SpecialReads | None = None, **more: Any
) -> None:
    """One entry of the school's log, by who asks. The transaction must stand in the school, and
    this is the last that it does in it.

    read: Of a reading, whose records of special categories were read.
    more: What else is to be told; in another school, who they are there.
    """
    actor = ctx.actor
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": action,
        "entity": None,
        "details": [],
        "request_id": ctx.caller.request_id,
        **more,
    }
    await record(ctx.session, school_id, actor.now, (), deed, read)
