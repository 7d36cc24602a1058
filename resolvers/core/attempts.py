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
from resolvers.core.audit_details import id_among
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP

KEY = "idempotency_key"
RETENTION = timedelta(hours=24)


class IdempotencyKeyReused(Problem):
    """This `idempotencyKey` has been used with other arguments in the last 24 hours: send a new
    key with a new request."""

    russian = (
        "Этот `idempotencyKey` за последние 24 часа уже использован с другими аргументами: "
        "для нового запроса нужен новый ключ."
    )


async def find_first_result(ctx: Ctx, action: str, given: Mapping[str, Any], kind: str) -> Any:
    """Return the id of the row that an earlier attempt under the same key gave, or None.

    kind: `row` if the row is the whole result, `among` if it is one part of it.

    Raises IdempotencyKeyReused if the earlier attempt was another command or had other arguments.
    """
    if (key := given.get(KEY)) is None:
        return None
    # Not through `visible`: an attempt is the actor's own.
    own = (Attempt.school_id == ctx.actor.school_id, Attempt.person_id == ctx.actor.person_id)
    old = Attempt.at <= ctx.actor.now - RETENTION
    await ctx.session.execute(delete(Attempt).where(*own, Attempt.key == key, old))
    done = await ctx.session.scalar(select(Attempt).where(*own, Attempt.key == key))
    if done is None:
        return None
    same = done.action == action and done.result.get(kind) is not None
    if not same or not has_arguments(done, ctx.caller.services.secrets, given):
        raise IdempotencyKeyReused(field=KEY)
    return Id.parse(done.result[kind])


async def remember(ctx: Ctx, action: str, given: Mapping[str, Any], result: Any) -> None:
    """Keep the result of an attempt; the caller commits. A unique key refuses a second attempt
    under the same key: of two that run at once one is rolled back, repeated, and gets the result
    of the other."""
    if (key := given.get(KEY)) is None:
        return
    await ctx.session.flush()  # new rows get their ids here
    ctx.session.add(
        Attempt(
            school_id=ctx.actor.school_id,
            person_id=ctx.actor.person_id,
            key=key,
            action=action,
            arguments_hash=hash_arguments(ctx.caller.services.secrets, given),
            result={"row" if isinstance(result, OfSchool) else "among": id_among(result)},
            at=ctx.actor.now,
        )
    )
    await ctx.session.flush()


def has_arguments(attempt: Attempt, secrets: Secrets, given: Mapping[str, Any]) -> bool:
    """Whether an attempt was made with these arguments. An attempt of an older version of Gorod has
    no `arguments_hash`, and passes."""
    kept = attempt.arguments_hash
    return kept is None or hmac.compare_digest(kept, hash_arguments(secrets, given))


def hash_arguments(secrets: Secrets, given: Mapping[str, Any]) -> bytes:
    """Return a keyed hash of the arguments of a command that were sent, without the idempotency
    key.

    A plain hash would not do: there are so few marks or insurance numbers that they can be guessed
    from it.
    """
    sent = {name: value for name, value in given.items() if value is not KEEP}
    plain = {name: value for name, value in sent.items() if name != KEY}
    return secrets.digest(orjson.dumps(plain, default=encode_argument, option=OPTIONS))


OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def encode_argument(value: Any) -> Any:
    """Return a value in one spelling: `4.0` and `4.00` are the same argument."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if is_dataclass(value) and not isinstance(value, Id):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    return str(value)
