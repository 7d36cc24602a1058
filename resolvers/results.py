"""What a command gave: read anew, told of in the log and as news."""

import asyncio
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from models.base import Id, OfSchool
from resolvers.access.ending import forget_ended
from resolvers.context import Ctx, Services
from resolvers.news import record

SECRET = ("password", "token", "code")
"""Arguments with such a word in their name are left out of the audit log."""
HARMLESS = ("communication.", "files.", "journal.", "timetable.")
"""Rooms whose commands change nobody's role, rights or standing in the school."""


def is_secret(argument: str) -> bool:
    """Whether it is neither told to anyone nor touched."""
    return any(word in argument for word in SECRET)


async def answer(ctx: Ctx, result: Any) -> Any:
    """What a command gave, as it is then answered."""
    alone = isinstance(result, OfSchool) and ctx.reads_anew(result)
    return result if alone else await reread(ctx, result)


async def reread(ctx: Ctx, result: Any) -> Any:
    """What a command gave, as the actor may see it now."""
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


def named(result: Any) -> str | None:
    """The id of the row a command was about: its result, or the first row among its results.
    Nothing else of a result is kept, it may be a secret."""
    if isinstance(result, OfSchool):
        return str(result.global_id)
    if is_dataclass(result) and not isinstance(result, type):
        parts = (getattr(result, item.name) for item in fields(result))
        return next((str(p.global_id) for p in parts if isinstance(p, OfSchool)), None)
    return None


async def finish(ctx: Ctx, action: str, given: Mapping[str, Any], result: Any) -> None:
    """The trace and the news, then the commit; flushed before because ids are made there."""
    await ctx.session.flush()
    actor, now = ctx.actor, ctx.actor.now
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": action,
        "entity": named(result),
        "details": details_of(given),
        "request_id": ctx.caller.request_id,
    }
    await record(ctx.session, actor.school_id, now, ctx.facts, deed)
    await ctx.session.commit()
    spread(ctx.caller.services, actor.school_id, action, told=bool(ctx.facts))
    forget_ended(ctx.session, ctx.caller.services.sessions)
    ctx.forget()


def details_of(given: Mapping[str, Any]) -> str:
    """What was given to a command, as the audit log keeps it."""
    return "\n".join(
        f"{name}: {value}"
        for name, value in given.items()
        if value is not None and not is_secret(name)
    )


def spread(services: Services, school_id: int, action: str, *, told: bool) -> None:
    """What the process does when a command is through: those who listen are woken, and who has
    which rights is asked anew if that may have changed."""
    if not action.startswith(HARMLESS):
        services.sessions.forget(school_id)
    if told:
        services.tails.wake(school_id)
