"""Commands that are declared as a change: one statement under guards (`resolvers.core.changes`).

The engine runs that statement alone, without a transaction around it. Here it runs in a
transaction, if the document has other mutations, or if the command lost a race.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache, wraps
from inspect import Signature, signature
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from sqlalchemy import BindParameter, Select, Uuid, bindparam, literal_column, select

from auth.actor import Viewer
from auth.rights import Right
from models.base import OfSchool
from models.problems import Caution, InUse, Problem, TransactionLost, WarningNeedsReason
from resolvers.core.attempts import KEY, IdempotencyKeyReused, find_first_result, hash_arguments
from resolvers.core.audit_details import api_name, details_of, names_its_row
from resolvers.core.changes import Change, entry_values
from resolvers.core.command import COMMON, names_in, run_transaction
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.keep import KEEP
from resolvers.core.parameters import in_parameters, is_logged, plain, sent_as
from resolvers.core.refusals import Refusals, problems_of
from resolvers.core.results import reread, tell_process

Declaration = Callable[..., Change[Any]]


def change(
    right: Right,
    *raises: type[Problem],
    writes: tuple[type[OfSchool], ...],
    private: bool = False,
    keeps_rights: bool = False,
    repeatable: bool = False,
    check: Callable[..., None] | None = None,
    warns: Sequence[type[Caution]] = (),
    removes: str | None = None,
) -> Callable[[Declaration], Callable[..., Awaitable[Any]]]:
    """Make a command of a declaration `declare(viewer, **arguments)`, which returns the writes and
    guards in SQL. It needs `right`, commits or rolls back as a whole, and is audited.

    raises: The problems of its guards beyond the COMMON ones; they become its error codes.
    writes: The rows that it writes from its arguments: their limits can refuse it, too.
    private, keeps_rights, repeatable: As in `resolvers.core.command.command`.
    check: `check(**arguments)` may raise a problem that depends on the arguments alone. It runs
        before the guards.
    warns: The warnings that it can give; with any, it takes an `override_reason`.
    removes: The argument that names the row that it deletes. It is refused as InUse while others
        refer to that row.

    Arguments are parameters: `Arg[X]`; `Arg[X | None]`, with the default NULL, if null is a value,
    too; `Arg[X] | None` if the statement is another without it. The decorator handles an argument
    `idempotency_key`.
    """

    def decorate(declare: Declaration) -> Callable[..., Awaitable[Any]]:
        action = api_name(declare.__name__)
        declared = signature(declare, eval_str=True)
        takes = {p.name: p for p in declared.parameters.values() if p.kind is p.KEYWORD_ONLY}
        annotations = {name: one.annotation for name, one in takes.items() if name != KEY}
        defaults = {n: p.default for n, p in takes.items() if p.default is not p.empty}
        removed = removes and (get_args(plain(annotations[removes]))[0], removes)
        meaning = Refusals(removes=removed or None)

        async def attempt(ctx: Ctx, given: dict[str, Any]) -> Any:
            given = {**defaults, **given}
            await ctx.enter(writing=True)
            ctx.actor.require(right)
            if (earlier := await find_first_result(ctx, action, given, "row")) is not None:
                return await reread(ctx, earlier)
            if check is not None:
                check(**given)
            return await perform_change(ctx, run, given, annotations)

        @wraps(declare)
        async def run(ctx: Ctx, /, **given: Any) -> Any:
            return await run_transaction(ctx, attempt, given, meaning)

        again = (IdempotencyKeyReused,) if KEY in takes else ()
        [result] = get_args(declared.return_annotation)
        unanswered = (WarningNeedsReason,) if warns else ()
        limits = problems_of(writes, names_in(declare))
        used = (InUse,) if removes else ()
        problems = (*COMMON, *again, *raises, *used, *unanswered, *limits)
        command: Any = run
        arguments = [
            p.replace(annotation=plain_annotation(p.annotation))
            for p in declared.parameters.values()
        ]
        command.__signature__ = Signature(arguments, return_annotation=result)
        command.right, command.action, command.private = right, action, private
        command.keeps_rights, command.repeatable = keeps_rights, repeatable
        command.writes = writes
        command.problems, command.warns = tuple(dict.fromkeys(problems)), tuple(warns)
        command.settles, command.meaning = frozenset[str](), meaning
        command.check = check
        command.declare, command.takes = declare, annotations
        return run

    return decorate


def plain_annotation(annotation: Any) -> Any:
    """Return the annotation of an argument as other commands have it, which take plain values."""
    return Annotated[plain(annotation), "logged"] if is_logged(annotation) else plain(annotation)


MOST_BUILT = 200
"""The number of built changes that a process keeps, the last used."""
PARAMETER: Final = object()
"""Stands for a parameter in the shape of arguments. It is equal to nothing that a client sends."""


def find_or_build(
    command: Any, viewer: Viewer, arguments: Mapping[str, Any], attempt: Any
) -> tuple[Change[Any], Select[Any]]:
    """Return the change and its statement. Building them takes longer than running them, so those
    of which all arguments are parameters, or left out, are kept."""
    shape = tuple(
        (n, PARAMETER if isinstance(v, BindParameter) else v) for n, v in arguments.items()
    )
    if not all(kind is PARAMETER or kind is KEEP or kind is None for _, kind in shape):
        return build(command, viewer, arguments, attempt)
    return build_once(command, viewer, shape, attempt is not None)


@lru_cache(MOST_BUILT)
def build_once(
    command: Any, viewer: Viewer, shape: tuple[tuple[str, Any], ...], has_attempt: bool
) -> tuple[Change[Any], Select[Any]]:
    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        return bindparam(f"given_{path}", type_=sql_type)

    arguments = {
        name: in_parameters(command.takes[name], kind, make, name) if kind is PARAMETER else kind
        for name, kind in shape
    }
    attempt = make(UUID, Uuid(), None, KEY) if has_attempt else None
    return build(command, viewer, arguments, attempt)


def build(
    command: Any, viewer: Viewer, arguments: Mapping[str, Any], attempt: Any
) -> tuple[Change[Any], Select[Any]]:
    done: Change[Any] = command.declare(viewer, **arguments)
    return done, done.statement(viewer, attempt, names_row=names_its_row(command))


async def perform_change(
    ctx: Ctx, command: Any, given: Mapping[str, Any], annotations: Mapping[str, Any]
) -> OfSchool:
    """Run the change and commit. Return the row with its key alone: the answer reads it again.
    Raises the problem of the first guard that fails; TransactionLost if all hold by now."""
    actor, secrets = ctx.actor, ctx.caller.services.secrets
    values = actor.values

    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        values[f"given_{path}"] = sent_as(actor, secrets, type_, value)
        return bindparam(f"given_{path}", type_=sql_type)

    arguments = {n: in_parameters(one, given[n], make, n) for n, one in annotations.items()}
    key: UUID | None = given.get(KEY)
    attempt = None if key is None else make(UUID, Uuid(), key, KEY)
    kept = None if key is None else hash_arguments(secrets, given)
    done, statement = find_or_build(command, actor.viewer, arguments, attempt)
    names_row, details = names_its_row(command), details_of(command, given)
    values.update(
        entry_values(
            actor, command.action, details, ctx.caller.request_id, kept, names_row=names_row
        )
    )
    values["deed_details"] = json.loads(values["deed_details"])  # SQLAlchemy writes the JSON
    if done.lock is not None:
        await ctx.session.execute(done.lock, values)
    found = (await ctx.session.execute(statement, values)).scalar_one()
    row: Any = done.row
    if found is None:
        raise await find_refusal(ctx, done, values)
    await ctx.session.commit()
    tell_process(ctx.caller.services, actor.school_id, command, has_news=bool(done.news))
    ctx.forget()
    written: OfSchool = row(school_id=actor.school_id, id=found)
    return written


async def require_target(ctx: Ctx, target: Target) -> None:
    """Lock the rows of a target, as it declares, in the transaction of a use case. Raises the
    problem of the first guard that fails; TransactionLost if all hold by now."""
    line = target.line(literal_column("1").label("one"))
    found = await ctx.session.execute(select(line.c.one), ctx.actor.values)
    if found.first() is None:
        await check_guards(ctx, target, {})
        raise TransactionLost


async def check_guards(ctx: Ctx, target: Target, values: Mapping[str, Any]) -> None:
    """Raise the problem of the first guard of a target that fails, if one does.

    values: The parameters of the target, except those of the viewer.
    """
    line = (
        await ctx.session.execute(target.select_refusal(), {**ctx.actor.values, **values})
    ).one()
    if failed := target.find_failure(line):
        raise failed[1]


async def find_refusal(ctx: Ctx, done: Change[Any], values: Mapping[str, Any]) -> Problem:
    """Return the problem because of which the change wrote nothing."""
    line = (await ctx.session.execute(done.target.select_refusal(), values)).one()
    if (failed := done.target.find_failure(line)) is None:
        return TransactionLost()
    _, problem, current = failed
    if current is not None:
        row: Any = done.row
        problem.current = row(school_id=ctx.actor.school_id, id=current)
    return problem
