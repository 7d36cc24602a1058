"""Making the plans of trusted documents in advance."""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, get_variable_values
from sqlalchemy import BindParameter, bindparam
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.types import TypeEngine

from auth.actor import Actor, Grants
from auth.matrix import default_rights
from auth.rights import Right
from gql.bridge.reads import Read, window_of
from gql.engine.cache import Cache, CompiledOperation
from gql.engine.plan import REFUSING_ERRORS
from gql.engine.values import Arguments
from gql.execution.operation import DEFINED, Operation
from gql.guard.document import Document
from gql.trusted.samples import Samples
from models.access.roles import AccessScope, Role
from resolvers.core.listing import Listing
from resolvers.core.parameters import Annotation

KINDS = ("compiled", "command", "mixed", "standard")
"""The kinds of plans, the fastest first."""
PASSES = 3
"""The number of times that samples are planned. A plan may show that an input is a parameter, while
earlier plans took it for a part of the statement."""


def default_grants() -> dict[Role, Grants]:
    """Return the rights of each role in a new school."""
    held: dict[Role, set[tuple[Right, AccessScope]]] = {role: set() for role in Role}
    for role, right, scope in default_rights():
        held[role].add((right, scope))
    return {role: frozenset(rights) for role, rights in held.items()}


def make_actor(role: Role, grants: Grants) -> Actor:
    """Return an actor with these rights. Everybody with the same rights shares plans."""
    day = datetime(2026, 9, 1, tzinfo=UTC)
    plays = {Role.STUDENT: "student_id", Role.PARENT: "guardian_id"}.get(role, "staff_id")
    part: dict[str, Any] = {plays: 1}
    return Actor(
        school_id=1,
        time_zone="Europe/Moscow",
        account_id=1,
        session_id=1,
        person_id=1,
        role=role,
        grants=grants,
        today=day.date(),
        now=day,
        **part,
    )


def default_actors() -> list[Actor]:
    return [make_actor(role, grants) for role, grants in default_grants().items()]


def names_of(document: Document) -> list[str | None]:
    """Return the names of a document's operations; None for one without a name."""
    parts = document.node.definitions
    return [
        one.name.value if one.name else None
        for one in parts
        if isinstance(one, OperationDefinitionNode)
    ]


Work = Callable[..., Awaitable[Any]]
"""Calls a function with arguments, at once or in a thread."""


async def call_at_once(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


async def prepare(
    cache: Cache,
    document: Document,
    actor: Actor,
    work: Work = call_at_once,
    *,
    briefly: bool = False,
) -> str:
    """Plan each operation of a valid document for the rights of the actor, and pin the plans.
    Return the slowest kind among its operations.

    briefly: Whether to make only as many plans as determine the kind.
    """
    names, kinds = names_of(document), set[str]()
    for name in names:
        compiled = cache.operation(document, name)
        if len(names) == 1:
            cache.operation(document, None)  # some clients do not name the only operation
        if compiled is None:
            kinds.add(KINDS[-1])
        else:
            for part in compiled.parts or (compiled,):
                kinds.add(await plan_samples(cache, part, actor, work, briefly=briefly))
    return max(kinds, key=KINDS.index, default=KINDS[-1])


async def plan_samples(
    cache: Cache, compiled: CompiledOperation, actor: Actor, work: Work, *, briefly: bool
) -> str:
    """Plan the samples of an operation, and return the fastest kind. A sample may have an invalid
    value, which the standard executor reports."""
    samples = await work(samples_of, cache, compiled, actor)
    viewer, kinds = actor.viewer, set[str]()
    for _ in range(PASSES):
        for variables in samples:
            try:
                plan = compiled.plan(viewer, variables)
                if plan is None:
                    made = await work(cache.make_plan, compiled, actor, variables)
                    plan = cache.keep(compiled, actor, variables, made, beforehand=True)
            except REFUSING_ERRORS:
                continue
            kinds.add(plan.kind)
            if briefly and plan.kind == KINDS[0]:
                return plan.kind
    if family := compiled.families.get(viewer):
        family.pin(samples)
    return min(kinds, key=KINDS.index, default=KINDS[-1])


def samples_of(cache: Cache, compiled: CompiledOperation, actor: Actor) -> list[dict[str, Any]]:
    schema = cache.schema._schema  # noqa: SLF001  # graphql-core's
    samples = Samples(schema, compiled.definition, compiled.fragments)
    first = samples.list_samples()[0]
    samples.cursors.update(make_cursors(cache, compiled, samples, first, actor))
    return samples.list_samples()


# -- cursors --------------------------------------------------------------------------

VALUES: Mapping[type, Any] = {
    bool: True,
    date: "2026-09-01",
    datetime: "2026-09-01T00:00:00+00:00",
    int: 1,
    str: "x",
    time: "08:00:00",
}


def make_cursors(
    cache: Cache,
    compiled: CompiledOperation,
    samples: Samples,
    sent: Mapping[str, Any],
    actor: Actor,
) -> dict[str, str]:
    """Return cursors for the lists of the operation, by variable."""
    found: dict[str, str] = {}
    for name, uses in samples.uses.items():
        for use in uses:
            if use.is_cursor and (cursor := make_cursor(cache, compiled, use.root, sent, actor)):
                found[name] = cursor
    return found


def make_cursor(
    cache: Cache,
    compiled: CompiledOperation,
    node: FieldNode,
    sent: Mapping[str, Any],
    actor: Actor,
) -> str | None:
    """Return a cursor for the list of a root field; None if this actor gets no list there."""
    schema = cache.schema._schema  # noqa: SLF001  # graphql-core's
    declared = compiled.definition.variable_definitions or ()
    coerced = get_variable_values(schema, declared, dict(sent), 1, hide_suggestions=True)
    if isinstance(coerced, list):
        return None
    operation = Operation(schema, compiled.definition, compiled.fragments, coerced)
    definition = operation.root.fields[node.name.value]
    read: Read | None = definition.extensions[DEFINED].metadata.get("read")
    if read is None or read.orders is None:
        return None
    try:
        given = Arguments(cache.schema, operation, sent).convert(definition, node)
        window_of(given)
        listing = read.call_use_case(actor, given, make_parameter)
        return write_cursor(listing, actor) if isinstance(listing, Listing) else None
    except REFUSING_ERRORS:
        return None


def make_parameter(
    _type: Annotation, sql_type: TypeEngine[Any], value: object, _path: str, *,
    is_nullable: bool = False,
) -> BindParameter[Any]:  # fmt: skip
    return bindparam(None, value, type_=sql_type)


def write_cursor(listing: Listing[Any], actor: Actor) -> str:
    """Return a cursor of a row that need not exist."""
    place = [value_of(key.type) for key, _ in listing.keys(actor.viewer)]
    return base64.urlsafe_b64encode(json.dumps([listing.name, *place]).encode()).decode()


def value_of(column: Any) -> Any:
    return column.enums[0] if isinstance(column, SqlEnum) else VALUES.get(column.python_type)
