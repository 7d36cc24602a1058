"""Commands that are declared as a change: one statement under guards (`resolvers.core.changes`).

The engine runs that statement at the door, by itself. Here it runs in a transaction, where a
document asks for more than this, or where somebody else was in the way.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any, get_args
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from auth.rights import Right
from models.base import OfSchool
from models.problems import Problem, TransactionLost
from resolvers.core.attempts import KEY, IdempotencyKeyReused, arguments_hash, first_result
from resolvers.core.changes import Change, deed
from resolvers.core.command import COMMON, names_in, transacted
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.parameters import in_parameters, is_logged, plain, sent_as
from resolvers.core.refusals import Refusals, problems_of
from resolvers.core.results import reread, tell_process
from resolvers.core.trace import api_name, details_of, names_its_row

Declaration = Callable[..., Change[Any]]


def change(
    right: Right,
    *raises: type[Problem],
    writes: tuple[type[OfSchool], ...],
    private: bool = False,
    keeps_rights: bool = False,
    repeatable: bool = False,
    check: Callable[..., None] | None = None,
) -> Callable[[Declaration], Callable[..., Awaitable[Any]]]:
    """Make a command of a declaration `declare(viewer, **arguments)`, which says in SQL what is
    done and under which guards. It needs `right`, commits or rolls back as a whole, and is audited.

    raises: The problems of its guards beyond the COMMON ones; they become its error codes.
    writes: The rows that it writes with what its arguments say: their limits can refuse it, too.
    private, keeps_rights, repeatable: As of `resolvers.core.command.command`.
    check: `check(**arguments)` raises a problem that depends on the arguments alone. It is looked
        at before the guards.

    Arguments are parameters: `Arg[X]`; `Arg[X | None]`, by default NULL, where null is one more
    value; `Arg[X] | None` where the declaration says something else without it. An argument
    `idempotency_key` is honoured here, the declaration need not look at it.
    """

    def decorate(declare: Declaration) -> Callable[..., Awaitable[Any]]:
        action, meaning = api_name(declare.__name__), Refusals({})
        declared = signature(declare, eval_str=True)
        takes = {p.name: p for p in declared.parameters.values() if p.kind is p.KEYWORD_ONLY}
        annotations = {name: one.annotation for name, one in takes.items() if name != KEY}
        defaults = {n: p.default for n, p in takes.items() if p.default is not p.empty}

        async def attempt(ctx: Ctx, given: dict[str, Any]) -> Any:
            given = {**defaults, **given}
            await ctx.enter(writing=True)
            ctx.actor.require(right)
            if (earlier := await first_result(ctx, action, given, "row")) is not None:
                return await reread(ctx, earlier)
            if check is not None:
                check(**given)
            return await perform(ctx, run, given, annotations)

        @wraps(declare)
        async def run(ctx: Ctx, /, **given: Any) -> Any:
            return await transacted(ctx, attempt, given, meaning)

        again = (IdempotencyKeyReused,) if KEY in takes else ()
        [result] = get_args(declared.return_annotation)
        problems = (*COMMON, *again, *raises, *problems_of(writes, names_in(declare)))
        told: Any = run
        arguments = [
            p.replace(annotation=shown(p.annotation)) for p in declared.parameters.values()
        ]
        told.__signature__ = Signature(arguments, return_annotation=result)
        told.right, told.action, told.private = right, action, private
        told.keeps_rights, told.repeatable = keeps_rights, repeatable
        told.writes = writes
        told.problems, told.warns = tuple(dict.fromkeys(problems)), ()
        told.settles, told.meaning = frozenset[str](), meaning
        told.check = check
        told.declare, told.takes = declare, annotations
        return run

    return decorate


def shown(annotation: Any) -> Any:
    """An argument as any other command declares it, which gets values and not parameters."""
    return Annotated[plain(annotation), "logged"] if is_logged(annotation) else plain(annotation)


async def perform(
    ctx: Ctx, command: Any, given: Mapping[str, Any], annotations: Mapping[str, Any]
) -> OfSchool:
    """Do it and commit. Gives the row by its key alone: it is read anew for the answer. Raises the
    problem of the first guard that fails; TransactionLost where all hold when it is asked."""
    actor, secrets = ctx.actor, ctx.caller.services.secrets
    values = actor.values

    def make(type_: Any, sql_type: Any, value: Any, path: str, *, is_nullable: bool = False) -> Any:
        values[f"given_{path}"] = sent_as(actor, secrets, type_, value)
        return bindparam(f"given_{path}", type_=sql_type)

    told = {n: in_parameters(one, given[n], make, n) for n, one in annotations.items()}
    done: Change[Any] = command.declare(actor.viewer, **told)
    key: UUID | None = given.get(KEY)
    attempt = None if key is None else make(UUID, Uuid(), key, KEY)
    kept = None if key is None else arguments_hash(secrets, given)
    names_row, details = names_its_row(command), details_of(command, given)
    values.update(
        deed(actor, command.action, details, ctx.caller.request_id, kept, names_row=names_row)
    )
    values["deed_details"] = json.loads(values["deed_details"])  # SQLAlchemy writes the JSON
    statement = done.statement(actor.viewer, attempt, names_row=names_row)
    found = (await ctx.session.execute(statement, values)).scalar_one()
    row: Any = done.row
    if found is None:
        raise await refusal_of(ctx, done, values)
    await ctx.session.commit()
    tell_process(ctx.caller.services, actor.school_id, command, has_news=bool(done.news))
    ctx.forget()
    written: OfSchool = row(school_id=actor.school_id, id=found)
    return written


async def ensure(ctx: Ctx, target: Target, values: Mapping[str, Any]) -> None:
    """For use cases. Raises the problem of the first guard that fails.

    values: Of the parameters of the target, but for those of the viewer.
    """
    line = (await ctx.session.execute(target.refused(), {**ctx.actor.values, **values})).one()
    if failed := target.failed(line):
        raise failed[1]


async def refusal_of(ctx: Ctx, done: Change[Any], values: Mapping[str, Any]) -> Problem:
    """Why nothing was done."""
    line = (await ctx.session.execute(done.target.refused(), values)).one()
    if (failed := done.target.failed(line)) is None:
        return TransactionLost()
    _, problem, current = failed
    if current is not None:
        row: Any = done.row
        problem.current = row(school_id=ctx.actor.school_id, id=current)
    return problem
