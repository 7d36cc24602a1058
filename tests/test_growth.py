"""Everyday operations cost the same after ten years as after one."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.explain import plan_document, values_of
from gql.engine.plan import Plan
from gql.schema import schema
from models.database.address import dsn
from resolvers.access.acting import find_actor
from resolvers.core.context import Services
from tests.conftest import NOON
from tests.growth import LETTERS, NOTICES, PEOPLE, TABLES
from tests.postgres import Server

HOME = """{ viewer { fullName } diary(studentId: "Student:1-1") { days { date } }
    notices(first: 5) { nodes { title isRead } } mailbox(first: 5) { nodes { message { subject } } }
    unreadCounts { mail notices } }"""
ASKED = {
    "a mother's noticeboard": ("parent.ivanova", "{ notices { nodes { title isRead } } }"),
    "what a mother has not read": (
        "parent.ivanova",
        "{ notices(unreadOnly: true) { nodes { title } } }",
    ),
    "how much she has not read": ("parent.ivanova", "{ unreadCounts { mail notices } }"),
    "a home screen": ("parent.ivanova", HOME),
    "a word of every notice": (
        "parent.ivanova",
        '{ notices(search: "родители") { nodes { title } } }',
    ),
    "a word of a fifth": ("parent.ivanova", '{ notices(search: "каток") { nodes { title } } }'),
    "a rare word": ("parent.ivanova", '{ notices(search: "фагот") { nodes { title } } }'),
    "a teacher's noticeboard": ("teacher.belova", "{ notices { nodes { title isRead } } }"),
    "all notices of the school": (
        "director",
        "{ notices(includeHidden: true) { nodes { title isRead } } }",
    ),
    "a director's letters": (
        "director",
        "{ mailbox { nodes { at message { subject sender { fullName } } } } }",
    ),
    "a word of every letter": (
        "director",
        '{ mailbox(search: "здравствуйте") { nodes { message { subject } } } }',
    ),
    "a child by name": (
        "director",
        '{ students(filter: {fullName: {contains: "мария иванова"}}) { nodes { fullName } } }',
    ),
    "a child by a given name": (
        "director",
        '{ students(filter: {givenName: {contains: "Паве"}}) { nodes { fullName } } }',
    ),
    "whom to write to": (
        "director",
        '{ mailRecipients(search: "алексей гусев") { nodes { fullName } } }',
    ),
    "a rare word in letters": (
        "director",
        '{ mailbox(search: "фагот") { nodes { message { subject } } } }',
    ),
}
Spans = tuple[tuple[int, int], ...]
A_YEAR = (5_000, 2_000, 1_000)
"""Notices, letters and pupils."""
GROWTH, SLACK = 1.3, 300
"""Of the rows that a statement looks at; pages end a few rows sooner or later."""


@pytest.fixture
async def statements_of(
    postgres: Server, database: str, services: Services
) -> Mapping[str, tuple[str, list[Any]]]:
    found = {}
    for what, (login, document) in ASKED.items():
        actor = await find_actor(postgres.url("postgres", database), login, now=NOON)
        plan = plan_document(schema, document, {}, actor)
        assert isinstance(plan, Plan), what
        assert plan.kind == "compiled", what
        values = values_of(plan, actor, services.secrets, {})
        found[what] = (plan.sql, [values[name] for name in plan.parameters])
    return found


async def fill(sql: AsyncConnection, spans: Spans) -> None:
    for statement, (first, last) in zip((NOTICES, LETTERS, PEOPLE), spans, strict=True):
        await sql.execute(text(statement.format(first=first, last=last)))
    for table in TABLES:
        await sql.execute(text(f"ANALYZE {table}"))


def literal(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return f"'{value.isoformat()}'"
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


async def looked_at(url: str, statement: str, values: list[Any]) -> float:
    """How many rows a statement reads, by the generic plan with which it runs in service."""
    settings = {"jit": "off", "app.school_id": "1", "plan_cache_mode": "force_generic_plan"}
    connection = await asyncpg.connect(dsn(url), server_settings=settings)
    try:
        await connection.execute(f"PREPARE asked AS {statement}")
        given = ", ".join(map(literal, values))
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({given})")
    finally:
        await connection.close()
    return rows_of(json.loads(told)[0]["Plan"])


def rows_of(step: Mapping[str, Any]) -> float:
    """Rows that the scans of a plan read, those that a filter removed too."""
    below = sum(rows_of(one) for one in step.get("Plans", ()))
    if "Relation Name" not in step and step["Node Type"] != "Bitmap Index Scan":
        return below
    removed = sum(step.get(name, 0) for name in step if name.startswith("Rows Removed"))
    return below + float((step["Actual Rows"] + removed) * step["Actual Loops"])


@pytest.mark.parametrize("years", [4, pytest.param(10, marks=pytest.mark.endurance)])
async def test_many_years_cost_what_one_year_costs(
    postgres: Server,
    database: str,
    sql: AsyncConnection,
    statements_of: Mapping[str, tuple[str, list[Any]]],
    years: int,
) -> None:
    url = postgres.url("gorod_app", database)
    await fill(sql, tuple((1, number) for number in A_YEAR))
    first = {what: await looked_at(url, *asked) for what, asked in statements_of.items()}
    await fill(sql, tuple((number + 1, years * number) for number in A_YEAR))
    last = {what: await looked_at(url, *asked) for what, asked in statements_of.items()}
    grown = {
        what: (before, last[what])
        for what, before in first.items()
        if last[what] > GROWTH * before + SLACK
    }
    assert not grown, grown
