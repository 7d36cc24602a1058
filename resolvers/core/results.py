"""Results of commands: they are recorded with their events, committed, and read again."""

import asyncio
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from models.base import Id, OfSchool
from resolvers.core.audit_details import details_of, entity_of
from resolvers.core.context import Ctx, Services
from resolvers.core.declarations import Command
from resolvers.core.news import record
from resolvers.services.sessions import forget_ended


async def reread_for_answer(ctx: Ctx, result: Any) -> Any:
    """Return the result of a command as it is answered."""
    alone = isinstance(result, OfSchool) and ctx.reads_anew(result)
    return result if alone else await reread(ctx, result)


async def reread(ctx: Ctx, result: Any) -> Any:
    """Return the result of a command as the actor may see it now."""
    if isinstance(result, OfSchool):
        return await ctx.find(result.global_id) if result.id else result
    if isinstance(result, Id):
        return await ctx.find(result)
    if isinstance(result, list | tuple):
        return await asyncio.gather(*(reread(ctx, one) for one in result))  # rows in one SELECT
    if is_dataclass(result) and not isinstance(result, type):
        names = [f.name for f in fields(result)]
        read = await reread(ctx, [getattr(result, name) for name in names])
        return replace(result, **dict(zip(names, read, strict=True)))
    return result


async def finish(ctx: Ctx, command: Command, given: Mapping[str, Any], result: Any) -> None:
    """Write the audit entry and the events of a command, and commit."""
    await ctx.session.flush()  # new rows get their ids here
    actor, now = ctx.actor, ctx.actor.now
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": command.action,
        "entity": entity_of(command, result),
        "details": details_of(command, given),
        "request_id": ctx.caller.request_id,
    }
    await record(ctx.session, actor.school_id, now, ctx.facts, deed)
    await ctx.session.commit()
    tell_process(ctx.caller.services, actor.school_id, command, has_news=bool(ctx.facts))
    forget_ended(ctx.session, ctx.caller.services.sessions)
    ctx.forget()


def tell_process(services: Services, school_id: int, command: Command, *, has_news: bool) -> None:
    """Tell this process that a command is committed: wake subscribers if it has news for them, and
    clear the school's cached actors if it may have changed rights. Without the latter somebody
    would keep a revoked right for some seconds."""
    if not command.keeps_rights:
        services.sessions.forget(school_id)
    if has_news:
        services.tails.wake(school_id)
