"""The costs of the audit log do not grow with the number of entries."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gql.engine.explain import plan_document, values_of
from gql.engine.plan import Plan
from gql.engine.sql import quote_constant
from gql.schema import schema
from models.database.address import dsn, open_session
from resolvers.core.context import Services, set_school
from resolvers.core.identify import identify
from tests.clones import Clones
from tests.conftest import Api, SignIn, Template
from tests.postgres import Server

MANY = 40_000
FILL = (
    "SET session_replication_role = replica",  # or each row would be looked up in other tables
    f"""INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity,
            details, request_id, previous_hash, hash)
        SELECT 1, 1, n, '2020-01-01'::timestamptz + n * interval '1 minute', n % 400 + 1,
            CASE WHEN n % 5000 = 0 THEN 'SECRETARY' ELSE 'SUBJECT_TEACHER' END,
            CASE WHEN n % 5000 = 0 THEN 'lockAccount' ELSE 'setMark' END, 'Mark:1-' || n % 9000,
            '[{{"name": "value", "values": null}}]', 'r', 'p', 'h'
        FROM generate_series(1, {MANY}) n""",
    f"""INSERT INTO sensitive_reads (school_id, audit_event_id, student_id, record_type, reader_id,
            role, at)
        SELECT 1, n, n % 900 + 1, 'StudentHealth', n % 400 + 1, 'PSYCHOLOGIST',
            '2020-01-01'::timestamptz + n * interval '1 minute'
        FROM generate_series(1, {MANY}) n""",
    "SET session_replication_role = origin",
    "ANALYZE audit_events",
    "ANALYZE sensitive_reads",
)
PAGE = 20
MOST = 20 * PAGE
"""Rows that a page may touch. There are more than one for each: a filtered page skips some rows,
and names are looked up in other tables."""
LOG = """query ($filter: AuditEventFilter, $after: String, $last: Int) {
    auditEvents(filter: $filter, after: $after, last: $last) { nodes { seq at action role entity
        details { name values } actor { fullName } } pageInfo { endCursor } } }"""
READS = """query ($filter: SensitiveReadFilter, $after: String) { sensitiveReads(filter: $filter,
    after: $after) { nodes { at recordType role reader { fullName } } pageInfo { endCursor } } }"""
ASKED: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "the newest": ("admin", LOG, {}),
    "the oldest": ("admin", LOG, {"last": 20}),
    "a common action": ("admin", LOG, {"filter": {"action": {"eq": "setMark"}}}),
    "a rare action": ("admin", LOG, {"filter": {"action": {"eq": "lockAccount"}}}),
    "no such action": ("admin", LOG, {"filter": {"action": {"eq": "nothing"}}}),
    "a row": ("admin", LOG, {"filter": {"entity": {"eq": "Mark:1-77"}}}),
    "no such row": ("admin", LOG, {"filter": {"entity": {"eq": "Mark:1-99999"}}}),
    "a person": ("admin", LOG, {"filter": {"actor": {"eq": "PublicPerson:1-7"}}}),
    "nobody": ("admin", LOG, {"filter": {"actor": {"eq": "PublicPerson:1-9999"}}}),
    "a role": ("admin", LOG, {"filter": {"role": {"eq": "SECRETARY"}}}),
    "all readings": ("director", READS, {}),
    "readings of a student": ("director", READS, {"filter": {"student": {"eq": "Student:1-5"}}}),
    "readings by a person": ("director", READS, {"filter": {"reader": {"eq": "PublicPerson:1-7"}}}),
    "readings of a child": ("parent.ivanova", READS, {}),
    "readings of oneself": ("student.ivanova", READS, {}),
}


@pytest.fixture(scope="session")
async def clones(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[Clones]:
    """A clone with long logs, which is filled once: nothing here writes."""
    operator = await open_session(postgres.url("postgres", "postgres"))
    clones = Clones(postgres, template.name, f"long_logs_{worker_id}", operator)
    await clones.get_fresh()
    async with clones.operators.connect() as sql:
        for statement in FILL:
            await sql.execute(text(statement))
    clones.written = False
    yield clones
    assert clones.made == 1, "somebody wrote, and the logs were gone"
    await clones.close()
    await operator.close()


@pytest.fixture(autouse=True)
def others_write() -> None:
    """Nobody writes, though this file finds its own way to the database."""


@pytest.fixture
async def product(postgres: Server, database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection like those that run plans."""
    settings = {
        "app.school_id": "1",
        "timezone": "UTC",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    url = postgres.url("gorod_app", database)
    connection = await asyncpg.connect(dsn(url), server_settings=settings)
    yield connection
    await connection.close()


def list_steps(plan: Any) -> Iterator[Any]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from list_steps(below)


def count_touched(step: Any) -> int:
    removed = sum(step.get(name, 0) for name in ("Rows Removed by Filter",
                                                 "Rows Removed by Index Recheck"))  # fmt: skip
    return int((step["Actual Rows"] + removed) * step["Actual Loops"])


async def explain(
    product: asyncpg.Connection, services: Services, api: Api, asked: str, given: dict[str, Any]
) -> Any:
    """Return the plan of a compiled operation, run for any values as the product does."""
    async with AsyncSession(services.engine) as session:
        await set_school(session, 1)
        actor = await identify(session, api.caller.token or "", services.now())
    plan = plan_document(schema, asked, given, actor)
    assert isinstance(plan, Plan)
    assert plan.kind == "compiled"
    values = values_of(plan, actor, services.secrets, given)
    await product.execute(f"PREPARE asked AS {plan.sql}")
    sent = ", ".join(quote_constant(values[name]) for name in plan.parameters)
    found = await product.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({sent})")
    return json.loads(found)[0]["Plan"]


def assert_cheap(plan: Any) -> None:
    for step in list_steps(plan):
        where = (step["Node Type"], step.get("Relation Name"), step.get("Index Name"))
        assert count_touched(step) <= MOST, where
        if step.get("Relation Name") in ("audit_events", "sensitive_reads"):
            assert step["Node Type"] != "Seq Scan", where


@pytest.mark.parametrize("what", ASKED)
async def test_a_page_of_a_long_log_costs_a_page(
    api: SignIn, services: Services, product: asyncpg.Connection, what: str
) -> None:
    login, asked, given = ASKED[what]
    assert_cheap(await explain(product, services, api(login), asked, given))


@pytest.mark.parametrize("name", ["auditEvents", "sensitiveReads"])
async def test_a_page_far_down_costs_no_more(
    api: SignIn,
    services: Services,
    product: asyncpg.Connection,
    name: str,
) -> None:
    asked = LOG if name == "auditEvents" else READS
    middle = await api("director")(
        f'{{ {name}(filter: {{at: {{lte: "2020-01-15T00:00:00Z"}}}}, first: 1) '
        "{ pageInfo { endCursor } } }"
    )
    after = middle[name]["pageInfo"]["endCursor"]
    assert_cheap(await explain(product, services, api("director"), asked, {"after": after}))
