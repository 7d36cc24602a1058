"""The one way to write: a right, a transaction, a trace, and news for those who listen."""

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
from resolvers.core.attempts import KEY, IdempotencyKeyReused, first_result, remember
from resolvers.core.context import Caller, Ctx
from resolvers.core.declarations import Command, OpenCommand, Query
from resolvers.core.parameters import plain
from resolvers.core.refusals import (
    LOST,
    Refusals,
    lost_a_race,
    problems_of,
    refusal,
    sql_constraint,
    sqlstate,
    with_current,
)
from resolvers.core.results import answer, finish, reread
from resolvers.core.special_reads import told_of_reading
from resolvers.core.trace import api_name
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
"""What the arguments mean that every command understands in the same way."""
TRIES = 3
"""How often a command is tried that lost a deadlock or a serialisation race. After that it is
refused as SERVICE_UNAVAILABLE, to be repeated."""


class Undone(Exception):
    """Raised in a command to write nothing after all and still answer: with `result`."""

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
    """Make a use case a command: needs `right`, commits or rolls back as a whole, is audited:
    `trace` says what the log keeps of it.

    raises: the problems of this command beyond the COMMON ones and those of the tables it writes;
        they become its error codes.
    refusals: what constraints mean here, by their names, where it differs from what is declared at
        their tables.
    current: `current(ctx, **arguments)` finds the row that won, after a lost race to create it.
    private: Whether the audit log keeps of it only who did it and when. Of letters and receipts
        even the names of arguments and the ids of rows tell who wrote to whom.
    keeps_rights, repeatable: As of `resolvers.core.declarations.Command`.
    repeated: `repeated(ctx, row)` answers a repeated attempt, where the first answer was more than
        the row it made: secrets are not kept.
    writes: the rows it writes with what its arguments say, beyond the one it returns.
    warns: what may speak against it without making it impossible (`resolvers.core.cautions`); it
        takes an `override_reason` then.

    An argument `idempotency_key` is honoured here (see `resolvers.core.attempts`), the use case
    need not look at it; a command that takes one can raise IdempotencyKeyReused. What the use case
    gives, a row or a dataclass of rows, is read anew after the commit, as any query reads it.
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
            if (earlier := await first_result(ctx, action, given, kind)) is not None:
                row: Any = await reread(ctx, earlier)
                done: T = await repeated(ctx, row) if repeated and row else row
                return done
            result = await asked(ctx, **given)
            await remember(ctx, action, given, result)
            await finish(ctx, told, given, result)
            return result

        @wraps(use_case)
        async def run(ctx: Ctx, /, *_: P.args, **given: P.kwargs) -> T:
            done: T = await transacted(ctx, attempt, given, meaning, current)
            return done

        again = (IdempotencyKeyReused,) if KEY in signature(use_case).parameters else ()
        limits = problems_of(written_by(use_case, writes), names_in(use_case))
        unanswered = (WarningNeedsReason,) if warns else ()
        problems = (*COMMON, *again, *raises, *unanswered, *meant, *limits)
        told = cast("Command", run)
        told.right, told.action, told.private = right, action, private
        told.keeps_rights, told.repeatable = keeps_rights, repeatable
        told.problems, told.warns = tuple(dict.fromkeys(problems)), tuple(warns)
        told.settles = frozenset(meaning.by_constraint)
        return run

    return decorate


async def transacted(
    ctx: Ctx,
    attempt: Callable[[Ctx, dict[str, Any]], Awaitable[Any]],
    given: Mapping[str, Any],
    meaning: Refusals,
    current: Callable[..., Awaitable[Any]] | None = None,
) -> Any:
    """What an attempt gives that commits by itself, as it is then answered. Rolls back where it
    raises, and tries it again where it lost to another. Raises the problems of the database."""
    for left in reversed(range(TRIES)):
        is_done = False
        try:
            result = await attempt(ctx, dict(given))
            is_done = True
            return await answer(ctx, result)
        except BaseException as error:
            ctx.forget()  # first, or the rollback would empty the rows a Problem carries
            await ctx.session.rollback()
            if left and (sqlstate(error) in LOST or isinstance(error, TransactionLost)):
                continue
            if isinstance(error, Undone):
                return await answer(ctx, error.result)
            problem = refusal(error, given, meaning)
            if is_done and isinstance(problem, ServiceUnavailable):  # read back in vain
                problem = problem.after_commit()
            if lost_a_race(problem):
                left_over = left and given.get(KEY) is not None
                if left_over and sql_constraint(error).startswith("uq_attempts"):
                    continue
                problem = await with_current(ctx, problem, current, dict(given))
            elif isinstance(problem, Problem):  # as the actor may see it, like any answer
                for one in (problem, *getattr(problem, "cautions", ())):
                    one.current = await answer(ctx, one.current)
            if problem is error:  # or it would be its own cause, and lose the driver's
                raise
            raise problem from error
    raise AssertionError


def written_by(
    use_case: Callable[..., Any], more: Sequence[type[OfSchool]]
) -> list[type[OfSchool]]:
    returned = plain(use_case.__annotations__["return"])
    is_row = isinstance(returned, type) and issubclass(returned, OfSchool)
    return [*([returned] if is_row else []), *more]


def names_in(use_case: Callable[..., Any]) -> set[str]:
    """Names of the arguments, and of the fields of inputs among them."""
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
    """Make a use case a command that needs no right: signing in and what goes with it. It commits
    by itself, for it may stand in more than one school.

    tries_password: Whether it looks whether a password is right. One document may do that once:
        it costs a core for a tenth of a second, and a guesser must be stopped between two tries.
    is_open: Whether strangers may run it.
    """

    def decorate(use_case: UseCase[P, T]) -> UseCase[P, T]:
        @wraps(use_case)
        async def run(ctx: Ctx, /, *args: P.args, **given: P.kwargs) -> T:
            token, sessions = ctx.caller.token, ctx.caller.services.sessions
            try:
                ctx.caller.services.availability.require(writing=True)
                await told_of_reading(ctx)  # while it is known who it was that read
                await ctx.session.rollback()
                return await use_case(ctx, *args, **given)
            except BaseException:
                await ctx.session.rollback()
                raise
            finally:
                sessions.forget_token(token)
                forget_ended(ctx.session, sessions)

        told = cast("OpenCommand", run)
        told.right, told.problems = None, (Validation, *raises)
        told.tries_password, told.is_open = tries_password, is_open
        return run

    return decorate


def open_query(use_case: F) -> F:
    """Say of a query that strangers may ask it, too."""
    cast("Query", use_case).is_open = True
    return use_case


def request_query(use_case: Callable[[Caller], T]) -> Callable[[Ctx], Awaitable[T]]:
    """Make an open query of a use case that tells what came with the request, and reads nothing
    from the database."""

    @wraps(use_case)
    async def ask(ctx: Ctx) -> T:
        return use_case(ctx.caller)

    cast("Query", ask).at_hand = use_case
    return open_query(ask)
