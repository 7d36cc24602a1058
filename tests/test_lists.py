"""A list reads about as many rows as it shows, also in a school a hundred times as large."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from auth.actor import Actor
from gql.engine.explain import plan_document, values_of
from gql.engine.plan import Plan
from gql.schema import schema
from models.database.address import dsn, open_session
from models.database.engine import connect
from models.secrets import Secrets
from resolvers.access.acting import find_actor
from tests.clones import clone
from tests.conftest import KEY, NOON, Template
from tests.crowd import crowd
from tests.postgres import Server
from tests.test_growth import literal, rows_of

pytestmark = [pytest.mark.lengthy, pytest.mark.endurance]

READERS = ("director", "teacher.belova", "parent.ivanova")
"""Logins of one who reads most, one who reads a part, and one who reads little."""
GIVEN: Mapping[str, str] = {
    "attendance": 'lessonId: "Lesson:1-1"',
    "mailThread": 'messageId: "MailMessage:1-1"',
    "nodes": 'ids: ["Student:1-1"]',
    "noticeReceipts": 'noticeId: "Notice:1-1"',
}
"""By list, the arguments that it requires."""
RARE, COMMON = "фагот", "ива"
"""A word in few texts, and a word in many."""
IN_PYTHON = {"roles"}
"""Lists for which no statement is compiled."""
MOST = 7_000
"""Rows that a statement may read for a page of 20, of tables with 9,000 students, 23,500 people,
50,000 notices, 100,000 entries of the audit log and 120,000 lessons. The rules of who may see a row
read others for each; a search of the noticeboard looks a year back; a mother's lessons are those of
all years of her children."""
SLOW = [
    re.compile(known)
    for known in (
        # Of these lists a page may be looked for among all rows that they show.
        r"(accounts|guardians|mailRecipients|roleGrants|rooms|staff|students|subjects) filter: .*",
        r"(accessRequests|classes|mailThread|sections) filter: .*",
        # One person of a hundred is on the staff, and few may be written to: they are looked for
        # among all people, in the order of names.
        r"staff (after|last).*",
        r"mailRecipients .*",
        # Nobody asks for an order of all lessons by the time of day, or for what is not pinned.
        r"lessons orderBy: .*(STARTS_AT|ORDINAL).*",
        r"notices orderBy: .*IS_PINNED, direction: ASC.*",
        # Fields by which an index would cost more than it would serve.
        r"lessons filter: {(movedFrom|overrideReason|ordinal|status|topic|version).*",
        r"notices filter: .*",
        r"mailbox filter: .*",
    )
]
"""Lists and arguments whose statements may read more."""

ROOT = schema._schema.query_type  # noqa: SLF001  # graphql-core's
assert ROOT is not None
LISTS = {
    name: one
    for name, one in ROOT.fields.items()
    if is_list_type(get_nullable_type(one.type))
    or get_named_type(one.type).name.endswith("Connection")
}


def fields_of(type_: GraphQLNamedType) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(type_, "fields")  # noqa: B009  # of an object or an input
    return found


def list_arguments(one: GraphQLField) -> Iterator[str]:
    """Yield arguments: none, each order both ways, each search, each filter, and both ends."""
    yield ""
    if "orderBy" in one.args:
        orders = fields_of(get_named_type(one.args["orderBy"].type))["field"]
        for key in getattr(get_named_type(orders.type), "values", {}):
            for direction in ("ASC", "DESC"):
                yield f"orderBy: [{{field: {key}, direction: {direction}}}]"
    if "search" in one.args:
        yield from (f'search: "{word}"' for word in (RARE, COMMON))
    if "last" in one.args:
        yield "last: 20"
    if "filter" in one.args:
        for name, given in fields_of(get_named_type(one.args["filter"].type)).items():
            if name not in ("and", "or", "not"):
                yield from (f"filter: {{{name}: {how}}}" for how in list_filters(one, name, given))


def list_filters(one: GraphQLField, name: str, given: Any) -> Iterator[str]:
    comparators = fields_of(get_named_type(given.type))
    if "contains" in comparators:
        yield from (f'{{contains: "{word}"}}' for word in (RARE, COMMON))
    elif "eq" in comparators:
        type_ = get_named_type(comparators["eq"].type)
        if isinstance(type_, GraphQLEnumType):
            yield from (f"{{eq: {value}}}" for value in type_.values)
        elif type_.name == "ID":
            node = get_named_type(fields_of(get_named_type(one.type))["nodes"].type)
            yield f'{{eq: "{get_named_type(fields_of(node)[name].type).name}:1-1"}}'
        else:
            yield from (f"{{eq: {value}}}" for value in VALUES[type_.name])


VALUES = {
    "Boolean": ("true", "false"),
    "Date": ('"2026-11-20"',),
    "DateTime": ('"2026-11-20T10:00:00Z"',),
    "Decimal": ('"1"',),
    "Int": ("3",),
    "String": ('"closeTerm"',),
}
"""By scalar, values to compare with."""


def make_document(name: str, way: str) -> str:
    given = ", ".join(filter(None, (GIVEN.get(name, ""), way)))
    shown = "__typename"
    if get_named_type(LISTS[name].type).name.endswith("Connection"):
        shown = "nodes { __typename } pageInfo { startCursor endCursor }"
    return f"{{ {name}{f'({given})' if given else ''} {{ {shown} }} }}"


class Asker:
    """A person, and a session of the database that plans statements as the product's sessions
    do."""

    def __init__(self, connection: asyncpg.Connection, actor: Actor) -> None:
        self.connection, self.actor = connection, actor

    async def count_rows(self, text: str) -> float | None:
        """Count the rows that the statement reads and sorts, by the generic plan that the product
        uses.

        Returns None if the person has no right to ask, or if no SQL is needed.
        """
        if (prepared := await self.prepare(text)) is None:
            return None
        told = await self.connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {prepared}")
        await self.connection.execute("DEALLOCATE asked")
        return rows_of(json.loads(told)[0]["Plan"])

    async def fetch_answer(self, text: str) -> Any:
        """Return the answer, or None where `count_rows` returns None."""
        if (prepared := await self.prepare(text)) is None:
            return None
        found = await self.connection.fetchval(prepared)
        await self.connection.execute("DEALLOCATE asked")
        return json.loads(found)

    async def list_further_pages(self, name: str) -> list[str]:
        """Return arguments of the second page and of the last but one."""
        if "after" not in LISTS[name].args:
            return []
        first, last = [
            await self.fetch_answer(make_document(name, way)) for way in ("", "last: 20")
        ]
        places = [("after", first, "endCursor"), ("last: 20, before", last, "startCursor")]
        return [
            f'{how}: "{page["pageInfo"][end]}"'
            for how, page, end in places
            if page and page["pageInfo"][end]
        ]

    async def prepare(self, text: str) -> str | None:
        plan = plan_document(schema, text, {}, self.actor)
        assert isinstance(plan, Plan)
        if not plan.sql:
            return None
        values = values_of(plan, self.actor, Secrets(KEY), {})
        given = ", ".join(literal(values[name]) for name in plan.parameters)
        await self.connection.execute(f"PREPARE asked AS {plan.sql}")
        return f"EXECUTE asked({given})" if given else "EXECUTE asked"


@pytest.fixture
async def crowded(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[str]:
    """The name of a database with a crowded school."""
    operator = await open_session(postgres.url("postgres", "postgres"))
    name = f"crowded_{worker_id}"
    await clone(operator, template.name, name)
    engine = connect(postgres.url("postgres", name), role="postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as sql:
        await crowd(sql)
    await engine.dispose()
    yield name
    await operator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await operator.close()


@pytest.fixture
async def asking(postgres: Server, crowded: str) -> AsyncIterator[asyncpg.Connection]:
    settings = {"jit": "off", "app.school_id": "1", "plan_cache_mode": "force_generic_plan"}
    url = dsn(postgres.url("gorod_app", crowded))
    connection = await asyncpg.connect(url, server_settings=settings)
    yield connection
    await connection.close()


def test_each_list_can_be_asked() -> None:
    """A new list that requires an argument needs a line in GIVEN."""
    required = {n for n, one in LISTS.items() if any(map(is_required_argument, one.args.values()))}
    assert required == GIVEN.keys()


async def test_lists_read_few_rows_of_a_crowded_school(
    postgres: Server, crowded: str, asking: asyncpg.Connection
) -> None:
    found: dict[tuple[str, str], float] = {}
    for login in READERS:
        asker = Asker(asking, await find_actor(postgres.url("postgres", crowded), login, now=NOON))
        for name, one in LISTS.items():
            for way in [*list_arguments(one), *await asker.list_further_pages(name)]:
                rows = await asker.count_rows(make_document(name, way))
                if rows is not None:
                    found[name, way] = max(rows, found.get((name, way), 0))
    assert {name for name, _ in found} == LISTS.keys() - IN_PYTHON
    many = {
        asked: rows
        for asked, rows in found.items()
        if rows > MOST and not any(known.fullmatch(" ".join(asked)) for known in SLOW)
    }
    assert not many, many
