"""The one way to write: a right, a transaction, a trace, and news for those who listen."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from auth.rights import Right
from models.access.audit import Attempt, sealed
from models.base import Id, OfSchool
from models.problems import Conflict, Forbidden, NotFound, Problem, Validation
from resolvers.access.identify import school_of
from resolvers.access.reading import told_of_reading
from resolvers.context import Ctx
from resolvers.news import record

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
UseCase: TypeAlias = Callable[Concatenate[Ctx, P], Awaitable[T]]

COMMON: tuple[type[Problem], ...] = (NotFound, Forbidden, Validation, Conflict)
TEXTS = {
    "expected_version": "The `version` you have seen; another one by now is a `CONFLICT`.",
    "idempotency_key": (
        "Names this attempt: repeated within 24 hours it gives the first result, not a second row."
    ),
}
"""What the arguments mean that every command understands in the same way."""
REMEMBERED = timedelta(hours=24)
SECRET = ("password", "token", "code")
"""Arguments with such a word in their name are left out of the audit log."""
HARMLESS = ("communication.", "files.", "journal.", "timetable.")
"""Rooms whose commands change nobody's role, rights or standing in the school."""
TRIES = 3
"""How often a command is tried that lost a deadlock or a serialisation race."""


class Undone(Exception):
    """Raised in a command to write nothing after all and still answer: with `result`."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a violated constraint means to people: by its name, the problem and the argument."""

    by_constraint: Mapping[str, tuple[type[Problem], str | None]]

    def problem(self, cause: Any) -> Problem | None:
        """The database's refusal as a problem; None for a bug."""
        state, constraint = getattr(cause, "sqlstate", None) or "", cause_constraint(cause)
        if constraint in self.by_constraint:
            problem, field = self.by_constraint[constraint]
            return problem(field=field)
        if state in ("23505", "23P01"):  # unique_violation, exclusion_violation
            return Conflict()
        if state[:2] == "22" or state in ("23502", "23503", "23514"):  # bad data, broken limits
            return Validation(field=constraint.removeprefix(f"ck_{cause_table(cause)}_") or None)
        return None


def cause_constraint(cause: Any) -> str:
    return getattr(cause, "constraint_name", None) or ""


def cause_table(cause: Any) -> str:
    return getattr(cause, "table_name", None) or ""


def command(
    right: Right,
    *raises: type[Problem],
    refusals: Mapping[str, tuple[type[Problem], str | None]] | None = None,
    current: Callable[..., Awaitable[Any]] | None = None,
    private: Collection[str] = (),
    repeated: Callable[[Ctx, Any], Awaitable[Any]] | None = None,
) -> Callable[[UseCase[P, T]], UseCase[P, T]]:
    """Make a use case a command: needs `right`, commits or rolls back as a whole, is audited.

    raises: the problems of this command beyond the COMMON ones; they become its error codes.
    refusals: what its constraints mean, by their names.
    current: `current(ctx, **arguments)` finds the row that won, after a lost race to create it.
    private: arguments that are nobody else's business, left out of the audit log.
    repeated: `repeated(ctx, row)` answers a repeated attempt, where the first answer was more than
        the row it made: secrets are not kept.

    An argument `idempotency_key` is honoured here, the use case need not look at it. What the use
    case gives, a row or a dataclass of rows, is read anew after the commit, as any query reads it.
    """
    meaning = Refusals(refusals or {})
    told = dict.fromkeys(problem for problem, _ in meaning.by_constraint.values())

    def decorate(use_case: UseCase[P, T]) -> UseCase[P, T]:
        action = f"{use_case.__module__.removeprefix('resolvers.')}.{use_case.__name__}"

        async def attempt(ctx: Ctx, given: dict[str, Any]) -> T:
            await ctx.enter(writing=True)
            ctx.actor.require(right)
            kind = "among" if repeated else "row"
            if (earlier := await first_result(ctx, action, given, kind)) is not None:
                row: Any = await reread(ctx, earlier)
                done: T = await repeated(ctx, row) if repeated and row else row
                return done
            result = await use_case(ctx, **given)  # type: ignore[call-arg]
            told_of = {name: value for name, value in given.items() if name not in private}
            await finish(ctx, action, told_of, result)
            return result

        @wraps(use_case)
        async def run(ctx: Ctx, /, *_: P.args, **given: P.kwargs) -> T:
            for left in reversed(range(TRIES)):
                try:
                    done: T = await answer(ctx, await attempt(ctx, dict(given)))
                    return done
                except BaseException as error:
                    ctx.forget()  # first, or the rollback would empty the rows a Problem carries
                    await ctx.session.rollback()
                    if left and sqlstate(error) in ("40001", "40P01"):
                        continue
                    if isinstance(error, Undone):
                        return await answer(ctx, error.result)  # type: ignore[no-any-return]
                    problem = refusal(error, given, meaning)
                    if lost_a_race(problem):
                        left_over = left and given.get("idempotency_key") is not None
                        if left_over and sql_constraint(error).startswith("uq_attempts"):
                            continue
                        problem = await with_current(ctx, problem, current, dict(given))
                    elif isinstance(problem, Problem):  # as the actor may see it, like any answer
                        problem.current = await answer(ctx, problem.current)
                    raise problem from error
            raise AssertionError

        run.right = right  # type: ignore[attr-defined]
        run.problems = tuple(dict.fromkeys((*COMMON, *raises, *told)))  # type: ignore[attr-defined]
        return run

    return decorate


def open_command(*raises: type[Problem]) -> Callable[[UseCase[P, T]], UseCase[P, T]]:
    """Make a use case a command that needs no right: signing in and what goes with it. It commits
    by itself, for it may stand in more than one school."""

    def decorate(use_case: UseCase[P, T]) -> UseCase[P, T]:
        @wraps(use_case)
        async def run(ctx: Ctx, /, *args: P.args, **given: P.kwargs) -> T:
            token, sessions = ctx.caller.token, ctx.caller.services.sessions
            try:
                await told_of_reading(ctx)  # while it is known who it was that read
                await ctx.session.rollback()
                return await use_case(ctx, *args, **given)
            except BaseException:
                await ctx.session.rollback()
                raise
            finally:
                sessions.forget(school_of(token))

        run.right, run.problems = None, (Validation, *raises)  # type: ignore[attr-defined]
        return run

    return decorate


def open_query(use_case: F) -> F:
    """Say of a query that strangers may ask it, too."""
    use_case.is_open = True  # type: ignore[attr-defined]
    return use_case


def sqlstate(error: BaseException) -> str:
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
    return getattr(cause, "sqlstate", None) or ""


def sql_constraint(error: BaseException) -> str:
    orig = error.orig if isinstance(error, DBAPIError) else None
    return cause_constraint(orig.__cause__) if orig else ""


def refusal(error: BaseException, given: Mapping[str, Any], meaning: Refusals) -> BaseException:
    """The database's refusals as problems; a problem knows the argument to blame."""
    if isinstance(error, StaleDataError):
        return Conflict()
    if isinstance(error, DBAPIError) and error.orig:
        return meaning.problem(error.orig.__cause__) or error
    if isinstance(error, Problem) and error.of and not error.field:
        error.field = next((p for p, value in arguments(given) if value == error.of), None)
    return error


def arguments(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments and what stands in lists of them, by their paths."""
    for name, value in given.items():
        yield name, value
        if isinstance(value, list):
            yield from ((f"{name}.{place}", one) for place, one in enumerate(value))


def lost_a_race(problem: BaseException) -> bool:
    return isinstance(problem, Conflict) and problem.of is None and problem.current is None


async def with_current(
    ctx: Ctx, problem: BaseException, current: Callable[..., Awaitable[Any]] | None, given: Any
) -> BaseException:
    """The problem with the row that won the race, for the client to look at."""
    if current and isinstance(problem, Problem):
        problem.current = await current(ctx, **given)
    return problem


def is_secret(argument: str) -> bool:
    """Whether it is neither told to anyone nor touched."""
    return any(word in argument for word in SECRET)


# -- results --------------------------------------------------------------------------


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


async def first_result(ctx: Ctx, action: str, given: Mapping[str, Any], kind: str) -> Any:
    """The row an earlier attempt under the same key gave, if there was one: as its whole result,
    or `among` others."""
    if (key := given.get("idempotency_key")) is None:
        return None
    # Not through `visible`: an attempt is the actor's own.
    own = (Attempt.school_id == ctx.actor.school_id, Attempt.person_id == ctx.actor.person_id)
    old = Attempt.at <= ctx.actor.now - REMEMBERED
    await ctx.session.execute(delete(Attempt).where(*own, Attempt.key == key, old))
    for done in (await ctx.session.scalars(select(Attempt).where(*own, Attempt.key == key))).all():
        if done.action != action or done.result.get(kind) is None:
            raise Conflict(field="idempotency_key")
        return Id.parse(done.result[kind])
    return None


async def finish(ctx: Ctx, action: str, given: Mapping[str, Any], result: Any) -> None:
    """The trace and the news, then the commit; flushed before because ids are made there."""
    await ctx.session.flush()
    actor, now = ctx.actor, ctx.actor.now
    if (key := given.get("idempotency_key")) is not None:
        kept = {"row" if isinstance(result, OfSchool) else "among": named(result)}
        own = {"school_id": actor.school_id, "person_id": actor.person_id}
        ctx.session.add(Attempt(**own, key=key, action=action, result=kept, at=now))
        await ctx.session.flush()
    deed = {
        "actor_id": actor.person_id,
        "role": actor.role.name,
        "action": action,
        "entity": named(result),
        "details": "\n".join(
            f"{name}: {value}"
            for name, value in given.items()
            if value is not None and not is_secret(name)
        ),
        "request_id": ctx.caller.request_id,
    }
    deed["content"] = sealed(at=now, **deed)
    await record(ctx.session, actor.school_id, now, ctx.facts, deed)
    await ctx.session.commit()
    if not action.startswith(HARMLESS):
        ctx.caller.services.sessions.forget(actor.school_id)
    if ctx.facts:
        ctx.caller.services.tails.wake(actor.school_id)
    ctx.forget()
