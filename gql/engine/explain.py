"""Explaining an operation: its statement, and PostgreSQL's plan of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import strawberry
from graphql import GraphQLError

from auth.actor import Actor
from gql.engine.cache import AnyPlan, Cache
from gql.engine.commands import CommandPlan
from gql.engine.plan import Plan
from gql.engine.shape import Variables
from gql.engine.use_cases import UseCasePlan
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from models.database.address import dsn, user_of
from models.problems import BadUserInput
from models.secrets import Secrets
from models.walls import APP
from resolvers.core.request_ids import new_request_id


@dataclass(frozen=True, slots=True)
class Explained:
    """An explained operation.

    kind: compiled, mixed or standard.
    sql: The statement.
    steps: The lines of PostgreSQL's plan.
    cost: The cost that the planner estimates.
    indexes: The indexes that the plan uses.
    """

    kind: str
    sql: str
    steps: list[str]
    cost: float
    indexes: list[str]


def plan_document(
    schema: strawberry.Schema, text: str, variables: Variables, actor: Actor
) -> AnyPlan:
    """Make the plan of a document's only operation. Raises BadUserInput for another document."""
    documents = Documents(schema._schema, Limits(), suggests=True)  # noqa: SLF001  # graphql-core's
    cache = Cache(schema, documents)
    try:
        document = documents.read(text)
    except GraphQLError as error:
        raise BadUserInput(field="document", expected=str(error)) from error
    if (compiled := cache.operation(document, None)) is None or compiled.parts:
        wanted = document.errors[0].message if document.errors else KINDS
        raise BadUserInput(field="document", expected=wanted)
    try:
        return cache.make_and_keep(compiled, actor, variables)
    except GraphQLError as error:
        raise BadUserInput(field="variables", expected=error.message) from error


KINDS = "one operation that reads, or one command"


async def explain(
    schema: strawberry.Schema,
    url: str,
    secrets: Secrets,
    actor: Actor,
    text: str,
    variables: Variables,
) -> Explained:  # fmt: skip
    """Explain an operation as it runs for this actor. A statement that reads is run once, one that
    writes is not run."""
    plan = plan_document(schema, text, variables, actor)
    if not plan.sql or isinstance(plan, UseCasePlan):
        return Explained(plan.kind, "", [], 0.0, [])
    values = values_of(plan, actor, secrets, variables)
    how = "" if isinstance(plan, CommandPlan) else "(ANALYZE, BUFFERS)"
    settings = {"timezone": "UTC", "jit": "off", "app.school_id": str(actor.school_id)}
    settings |= {"role": APP} if user_of(url) != APP else {}
    connection = await asyncpg.connect(dsn(url), timeout=15, server_settings=settings)
    try:
        given = [values[name] for name in plan.parameters]
        rows = await connection.fetch(f"EXPLAIN {how} {plan.sql}", *given)
        plan_json = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {plan.sql}", *given)
    finally:
        await connection.close()
    top = json.loads(plan_json)[0]["Plan"]
    return Explained(
        plan.kind, plan.sql, [row[0] for row in rows], top["Total Cost"], sorted(indexes(top))
    )


def values_of(
    plan: Plan | CommandPlan, actor: Actor, secrets: Secrets, variables: Variables
) -> Mapping[str, object]:
    if isinstance(plan, CommandPlan):
        return plan.attempt(actor, secrets, variables, new_request_id()).values
    values = {**actor.values, **dict.fromkeys(plan.known_values, "null")}
    for name, source in plan.sources.items():
        values[name] = source.to_driver(actor, secrets, source.value(variables))
    return values


def indexes(step: Mapping[str, Any]) -> set[str]:
    """Return the names of the indexes in a plan of PostgreSQL."""
    mine = {step["Index Name"]} if "Index Name" in step else set()
    return mine.union(*(indexes(below) for below in step.get("Plans", ())))
