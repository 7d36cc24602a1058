"""How an operation is answered, for those who maintain it: the statement, and what the database
makes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    get_variable_values,
    parse,
    validate,
)

from auth.actor import Actor
from gql.engine.operation import Operation
from gql.engine.plan import Plan, planned
from gql.engine.valid import RULES
from models.database.address import dsn, user
from models.problems import BadUserInput
from models.secrets import Secrets
from models.walls import APP


@dataclass(frozen=True, slots=True)
class Explained:
    """kind: compiled, mixed or standard. sql: The statement. steps: PostgreSQL's plan, in words.
    cost: What the planner thinks it costs. indexes: Those it uses."""

    kind: str
    sql: str
    steps: list[str]
    cost: float
    indexes: list[str]


def plan_of(schema: Any, text: str, variables: Mapping[str, Any], actor: Actor) -> Plan:
    """The plan of a document's one operation. Raises BadUserInput for what is none."""
    core = schema._schema  # noqa: SLF001  # graphql-core's
    try:
        document = parse(text)
    except GraphQLError as error:
        raise BadUserInput(field="document", expected=str(error)) from error
    if errors := validate(core, document, RULES):
        raise BadUserInput(field="document", expected=errors[0].message)
    parts = document.definitions
    [operation, *more] = [part for part in parts if isinstance(part, OperationDefinitionNode)]
    if more:
        raise BadUserInput(field="document", expected="one operation")
    coerced = get_variable_values(core, operation.variable_definitions or (), dict(variables))
    if isinstance(coerced, list):
        raise BadUserInput(field="variables", expected=coerced[0].message)
    fragments = {p.name.value: p for p in parts if isinstance(p, FragmentDefinitionNode)}
    return planned(schema, Operation(core, operation, fragments, coerced), variables, actor)


async def explain(
    schema: Any, url: str, secrets: Secrets, actor: Actor, text: str, variables: Mapping[str, Any]
) -> Explained:
    """Asks the database, as the product does for this person; the statement is run once."""
    plan = plan_of(schema, text, variables, actor)
    if not plan.sql:
        return Explained(plan.kind, "", [], 0.0, [])
    values = {**actor.values, **dict.fromkeys(plan.tellings, "null")}
    for name, source in plan.sources.items():
        values[name] = source.sent(actor, secrets, source.value(variables))
    settings = {"timezone": "UTC", "jit": "off", "app.school_id": str(actor.school_id)}
    settings |= {"role": APP} if user(url) != APP else {}
    connection = await asyncpg.connect(dsn(url), timeout=15, server_settings=settings)
    try:
        given = [values[name] for name in plan.parameters]
        rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {plan.sql}", *given)
        told = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {plan.sql}", *given)
    finally:
        await connection.close()
    top = json.loads(told)[0]["Plan"]
    return Explained(
        plan.kind, plan.sql, [row[0] for row in rows], top["Total Cost"], sorted(indexes(top))
    )


def indexes(step: Mapping[str, Any]) -> set[str]:
    """Names of the indexes in a plan."""
    mine = {step["Index Name"]} if "Index Name" in step else set()
    return mine.union(*(indexes(below) for below in step.get("Plans", ())))
