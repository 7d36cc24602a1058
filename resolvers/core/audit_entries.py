"""Writing entries of the audit log outside a command."""

from typing import Any

from resolvers.core.context import Ctx
from resolvers.core.news import SpecialReads, record


async def write_entry(
    ctx: Ctx, school_id: int, action: str, *, read: SpecialReads | None = None, **more: Any
) -> None:
    """Write an entry of the actor into a school's audit log. The transaction must show the rows of
    that school, and write nothing after it.

    read: The persons whose records of special categories were read.
    more: Other columns of the entry; in another school, the actor's `actor_id` there.
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
