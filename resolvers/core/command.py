"""Commands: a use case that writes needs a right and runs in one transaction, with its audit entry
and its events."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast, get_args

from auth.rights import Right
from models.base import OfSchool
from models.problems import (
    Caution,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    ServiceUnavailable,
    TransactionLost,
    Validation,
    WarningNeedsReason,
)
from resolvers.core.attempts import KEY, IdempotencyKeyReused, find_first_result, remember
from resolvers.core.audit_details import api_name
from resolvers.core.context import Caller, Ctx
from resolvers.core.declarations import Command, OpenCommand, Query
from resolvers.core.parameters import plain
from resolvers.core.refusals import (
    LOST,
    Refusals,
    attach_current,
    lost_a_race,
    problems_of,
    sqlstate,
    translate_error,
)
from resolvers.core.results import finish, reread, reread_for_answer
from resolvers.core.special_reads import record_special_reads
from resolvers.services.sessions import forget_ended

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
UseCase: TypeAlias = Callable[Concatenate[Ctx, P], Awaitable[T]]

COMMON: tuple[type[Problem], ...] = (NotFound, Forbidden, Validation, Conflict)
TEXTS = {
    "expected_version": "The `version` you have seen; another one by now is a `CONFLICT`.",
    "override_reason": (
        "Why it is to be done although warnings speak against it, at most 1000 characters; kept."
    ),
    KEY: (
        "Names this attempt: repeated within 24 hours with the same arguments it gives the first "
        "result, not a second row; with other arguments it is refused as IDEMPOTENCY_KEY_REUSED."
    ),
}
"""The descriptions of arguments that have the same meaning in every command."""
UNIQUE_VIOLATION = "23505"
TRIES = 3
"""How often a command is tried that loses a deadlock or a serialisation race. After that it is
refused as SERVICE_UNAVAILABLE, and the client may repeat it."""


class NothingToWrite(Exception):
    """Raised in a command to roll back and still answer, with `result`."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def command(
    right: Right,
    *raises: type[Problem],
    refusals: Mapping[str, tuple[type[Problem], str | None]] | None = None,
    current: Callable[..., Awaitable[Any]] | None = None,
    private: bool = False,
    keeps_rights: bool = False,
    repeatable: bool = False,
    repeated: Callable[[Ctx, Any], Awaitable[Any]] | None = None,
    writes: Sequence[type[OfSchool]] = (),
    warns: Sequence[type[Caution]] = (),
) -> Callable[[UseCase[P, T]], UseCase[P, T]]:
    """Make a use case a command. It needs `right`, commits or rolls back as a whole, and is audited
    as `resolvers.core.audit_details` says.

    raises: The problems of this command beyond the COMMON ones and those of the tables it writes;
        they become its error codes.
    refusals: The meaning of constraints in this command, by their names, if it differs from the one
        that their tables declare.
    current: `current(ctx, **arguments)` finds the row that won, after a lost race to create it.
    private: Whether the audit log keeps only the actor and the time. Of letters and receipts even
        the names of arguments and the ids of rows tell who wrote to whom.
    keeps_rights, repeatable: As in `resolvers.core.declarations.Command`.
    repeated: `repeated(ctx, row)` answers a repeated attempt, if the first answer was more than the
        row it made: secrets are not kept.
    writes: The rows that it writes from its arguments, beyond the one it returns.
    warns: The warnings that it can give (`resolvers.core.cautions`); with any, it takes an
        `override_reason`.

    The decorator handles an argument `idempotency_key` (see `resolvers.core.attempts`); a command
    that takes one can raise IdempotencyKeyReused. The result of the use case, a row or a dataclass
    of rows, is read again after the commit, as any query reads it.
    """
    meaning = Refusals(refusals or {})
    meant = dict.fromkeys(problem for problem, _ in meaning.by_constraint.values())

    def decorate(use_case: UseCase[P, T]) -> UseCase[P, T]:
        action = api_name(use_case.__name__)
        asked: Callable[..., Awaitable[T]] = use_case

        async def attempt(ctx: Ctx, given: dict[str, Any]) -> T:
            await ctx.enter(writing=True)
            ctx.actor.require(right)
            kind = "among" if repeated else "row"
            if (earlier := await find_first_result(ctx, action, given, kind)) is not None:
                row: Any = await reread(ctx, earlier)
                done: T = await repeated(ctx, row) if repeated and row else row
                return done
            result = await asked(ctx, **given)
            await remember(ctx, action, given, result)
            await finish(ctx, declared, given, result)
            return result

        @wraps(use_case)
        async def run(ctx: Ctx, /, *_: P.args, **given: P.kwargs) -> T:
            done: T = await run_transaction(ctx, attempt, given, meaning, current)
            return done

        again = (IdempotencyKeyReused,) if KEY in signature(use_case).parameters else ()
        limits = problems_of(rows_written_by(use_case, writes), names_in(use_case))
        unanswered = (WarningNeedsReason,) if warns else ()
        problems = (*COMMON, *again, *raises, *unanswered, *meant, *limits)
        declared = cast("Command", run)
        declared.right, declared.action, declared.private = right, action, private
        declared.keeps_rights, declared.repeatable = keeps_rights, repeatable
        declared.problems, declared.warns = tuple(dict.fromkeys(problems)), tuple(warns)
        declared.settles = frozenset(meaning.by_constraint)
        return run

    return decorate


async def run_transaction(
    ctx: Ctx,
    attempt: Callable[[Ctx, dict[str, Any]], Awaitable[Any]],
    given: Mapping[str, Any],
    meaning: Refusals,
    current: Callable[..., Awaitable[Any]] | None = None,
) -> Any:
    """Run an attempt, which commits by itself, and return its result as it is answered. Roll back
    if it raises; run it again if it lost a race. Raises the problems of the database."""
    for left in reversed(range(TRIES)):
        is_done = False
        try:
            result = await attempt(ctx, dict(given))
            is_done = True
            return await reread_for_answer(ctx, result)
        except BaseException as error:
            ctx.forget()  # first: the rollback would expire the rows that a Problem carries
            await ctx.session.rollback()
            if left and (sqlstate(error) in LOST or isinstance(error, TransactionLost)):
                continue
            if isinstance(error, NothingToWrite):
                return await reread_for_answer(ctx, error.result)
            problem = translate_error(error, given, meaning)
            if is_done and isinstance(problem, ServiceUnavailable):  # only reading back failed
                problem = problem.after_commit()
            if left and given.get(KEY) is not None and sqlstate(error) == UNIQUE_VIOLATION:
                continue  # the first attempt may have written the row meanwhile
            if lost_a_race(problem):
                problem = await attach_current(ctx, problem, current, dict(given))
            elif isinstance(problem, Problem):  # read again, as the actor may see it
                for one in (problem, *getattr(problem, "cautions", ())):
                    one.current = await reread_for_answer(ctx, one.current)
            if problem is error:  # `from error` would make it its own cause
                raise
            raise problem from error
    raise AssertionError


def rows_written_by(
    use_case: Callable[..., Any], more: Sequence[type[OfSchool]]
) -> list[type[OfSchool]]:
    returned = plain(use_case.__annotations__["return"])
    is_row = isinstance(returned, type) and issubclass(returned, OfSchool)
    return [*([returned] if is_row else []), *more]


def names_in(use_case: Callable[..., Any]) -> set[str]:
    """Return the names of the arguments, and of the fields of input objects among them."""
    found: set[str] = set()
    for name, annotation in use_case.__annotations__.items():
        found.add(name)
        annotation = plain(annotation)
        for part in (annotation, *get_args(annotation)):
            if is_dataclass(part):
                found |= {item.name for item in fields(part)}
    return found


def open_command(
    *raises: type[Problem], tries_password: bool = False, is_open: bool = False
) -> Callable[[UseCase[P, T]], UseCase[P, T]]:
    """Make a use case a command that needs no right, such as signing in. It commits by itself: it
    may write in more than one school.

    tries_password: Whether it checks a password. A document may do that once: a check costs a core
        for a tenth of a second, and a guesser must be stopped between two tries.
    is_open: Whether strangers may run it.
    """

    def decorate(use_case: UseCase[P, T]) -> UseCase[P, T]:
        @wraps(use_case)
        async def run(ctx: Ctx, /, *args: P.args, **given: P.kwargs) -> T:
            token, sessions = ctx.caller.token, ctx.caller.services.sessions
            try:
                ctx.caller.services.availability.require(writing=True)
                await record_special_reads(ctx)  # now: the use case may change the actor
                await ctx.session.rollback()
                return await use_case(ctx, *args, **given)
            except BaseException:
                await ctx.session.rollback()
                raise
            finally:
                sessions.forget_token(token)
                forget_ended(ctx.session, sessions)

        declared = cast("OpenCommand", run)
        declared.right, declared.problems = None, (Validation, *raises)
        declared.tries_password, declared.is_open = tries_password, is_open
        return run

    return decorate


def open_query(use_case: F) -> F:
    """Declare that strangers, too, may ask a query."""
    cast("Query", use_case).is_open = True
    return use_case


def request_query(use_case: Callable[[Caller], T]) -> Callable[[Ctx], Awaitable[T]]:
    """Make an open query of a use case that answers from the request alone, without the
    database."""

    @wraps(use_case)
    async def ask(ctx: Ctx) -> T:
        return use_case(ctx.caller)

    cast("Query", ask).at_hand = use_case
    return open_query(ask)
