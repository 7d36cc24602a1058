"""Attempts: a command that is repeated under one `idempotencyKey` runs once, and each repetition
gets the first result. A key that comes back with other arguments is refused."""

import hmac
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import delete, select

from models.access.audit import Attempt
from models.base import Id, OfSchool
from models.problems import Problem
from models.secrets import Secrets
from resolvers.core.context import Ctx
from resolvers.core.trace import id_among

KEY = "idempotency_key"
REMEMBERED = timedelta(hours=24)


class IdempotencyKeyReused(Problem):
    """This `idempotencyKey` has been used with other arguments in the last 24 hours: send a new
    key with a new request."""

    russian = (
        "Этот `idempotencyKey` за последние 24 часа уже использован с другими аргументами: "
        "для нового запроса нужен новый ключ."
    )


async def first_result(ctx: Ctx, action: str, given: Mapping[str, Any], kind: str) -> Any:
    """The row that an earlier attempt under the same key gave; None if there was no attempt.

    kind: `row` where the row is the whole result, `among` where it is one part of it.

    Raises IdempotencyKeyReused if the earlier attempt was another command or had other arguments.
    """
    if (key := given.get(KEY)) is None:
        return None
    # Not through `visible`: an attempt is the actor's own.
    own = (Attempt.school_id == ctx.actor.school_id, Attempt.person_id == ctx.actor.person_id)
    old = Attempt.at <= ctx.actor.now - REMEMBERED
    await ctx.session.execute(delete(Attempt).where(*own, Attempt.key == key, old))
    done = await ctx.session.scalar(select(Attempt).where(*own, Attempt.key == key))
    if done is None:
        return None
    same = done.action == action and done.result.get(kind) is not None
    if not same or not has_arguments(done, ctx.caller.services.secrets, given):
        raise IdempotencyKeyReused(field=KEY)
    return Id.parse(done.result[kind])


async def remember(ctx: Ctx, action: str, given: Mapping[str, Any], result: Any) -> None:
    """Keep the result of an attempt; the caller commits. The database refuses a second attempt
    under the same key, so of two that run at once one is rolled back and then repeated."""
    if (key := given.get(KEY)) is None:
        return
    await ctx.session.flush()  # the ids of new rows are made here
    ctx.session.add(
        Attempt(
            school_id=ctx.actor.school_id,
            person_id=ctx.actor.person_id,
            key=key,
            action=action,
            arguments_hash=arguments_hash(ctx.caller.services.secrets, given),
            result={"row" if isinstance(result, OfSchool) else "among": id_among(result)},
            at=ctx.actor.now,
        )
    )
    await ctx.session.flush()


def has_arguments(attempt: Attempt, secrets: Secrets, given: Mapping[str, Any]) -> bool:
    """Whether an attempt was made with these arguments. Of attempts that were kept by a version
    without `arguments_hash` nothing is known, and they pass."""
    kept = attempt.arguments_hash
    return kept is None or hmac.compare_digest(kept, arguments_hash(secrets, given))


def arguments_hash(secrets: Secrets, given: Mapping[str, Any]) -> bytes:
    """A keyed hash of the arguments of a command, but for the idempotency key.

    Keyed, because arguments such as a mark or an insurance number are few enough to be guessed
    from a plain hash.
    """
    plain = {name: value for name, value in given.items() if name != KEY}
    return secrets.digest(orjson.dumps(plain, default=written, option=OPTIONS))


OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def written(value: Any) -> Any:
    """A value in one spelling, however its client wrote it."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if is_dataclass(value) and not isinstance(value, Id):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    return str(value)
