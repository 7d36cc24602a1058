"""Two schools with the same ids: nobody of one can tell that the other exists.

Each request is answered as in a database without another school, even if only one of the two
walls stands: the rules, or row-level security.
"""

import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from graphql import get_named_type, is_required_argument
from sqlalchemy import select, text, true
from sqlalchemy.pool import NullPool

from auth import policy
from gql.engine import sqlalchemy_compiler
from models.base import Record
from models.database.address import open_session
from models.database.engine import connect
from models.database.readers import Readers
from resolvers.core import loading
from resolvers.core.context import Services
from tests.authz.everybody import EVERYBODY, Client
from tests.authz.expanding import CORE
from tests.authz.subjects import PAGE, ROWS, SUBJECTS, make_global_id
from tests.clones import clone
from tests.conftest import Template
from tests.postgres import Server
from tests.specimens.declaring import BOOK

pytestmark = pytest.mark.embedded_only
THEIRS = 2
TABLES = [table for table in Record.metadata.sorted_tables if "school_id" in table.columns]
ASKED_BY = [one for one in EVERYBODY if one.login in ("mother", "belova", "klimova", "director")]
"""Each scope is held by one of them. A rule that forgets the school finds other rows under each id,
so one batch of a type is enough."""
SEARCHED = ("mailRecipients", "notices", "mailbox")
LISTS = [
    name
    for name, field in CORE.query_type.fields.items()
    if "filter" in field.args and not any(map(is_required_argument, field.args.values()))
]


@dataclass(frozen=True)
class Schools:
    """Databases with two schools, each paired with a database that holds ours alone. Both of a pair
    get the same requests in the same order, so that their logs of reads stay alike."""

    unwalled: Services
    unwalled_alone: Services
    walled: Services
    walled_alone: Services


@pytest.fixture(scope="session")
async def databases(
    postgres: Server, template: Template, worker_id: str
) -> AsyncIterator[dict[str, tuple[Any, Readers]]]:
    operator, found = await open_session(postgres.url("postgres", "postgres")), {}
    for name in Schools.__annotations__:
        database = f"isolation_{name}_{worker_id}"
        await clone(operator, template.name, database)
        await remove_wall_or_school(postgres.url("postgres", database), name)
        url = postgres.url("gorod_app", database)
        found[name] = (connect(url, pool_size=5), Readers(url, size=2))
    yield found
    for engine, readers in found.values():
        await engine.dispose()
        await readers.close()
    await operator.close()


async def remove_wall_or_school(url: str, name: str) -> None:
    """Take away row-level security, or the other school."""
    engine = connect(url, role="postgres", poolclass=NullPool)
    async with engine.begin() as sql:
        await sql.execute(text("SET LOCAL session_replication_role = replica"))
        for table in TABLES:
            if name.startswith("unwalled"):
                await sql.execute(text(f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY"))
            if name.endswith("alone"):
                theirs = f"DELETE FROM {table.name} WHERE school_id = {THEIRS}"
                await sql.execute(text(theirs))
    await engine.dispose()


@pytest.fixture
def schools(services: Services, databases: dict[str, tuple[Any, Readers]]) -> Schools:
    return Schools(**{
        name: replace(services, engine=engine, readers=readers)
        for name, (engine, readers) in databases.items()
    })  # fmt: skip


@contextmanager
def disable_policies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Open every rule and drop the conditions on the school, so that only row-level security
    remains."""
    open_doors = {
        policy.is_visible: lambda viewer, entity: true(),
        policy.reach: lambda viewer, entity, right: true(),
        policy.visible: lambda viewer, entity, to=None: select(entity),
    }
    for module in [
        m for name, m in sys.modules.items() if name.startswith(("auth", "resolvers", "gql"))
    ]:
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, "__module__", "") == "auth.policy":
                for wall, door in open_doors.items():
                    if value is wall:
                        monkeypatch.setattr(module, name, door)
    monkeypatch.setattr(sqlalchemy_compiler, "FRAGMENTS", sqlalchemy_compiler.Fragments())
    forget_queries()
    yield
    forget_queries()


def forget_queries() -> None:
    """Clear the caches of queries per viewer, so that a test finds no rules of earlier tests, and
    later tests find no queries that were built without rules."""
    policy.forget_keys()
    for cached in (policy.is_open, loading.joins_of, loading.query_of, loading.expression_of):
        cached.cache_clear()


async def list_differences(
    client: Client, first: Services, second: Services, name: str, who: Any = ASKED_BY
) -> list[str]:
    """Return the answers that differ in the second database."""
    subject, found = SUBJECTS[name], []
    for person in who:
        for variables in subject.variables[:1]:
            told = []
            for services in (first, second):
                client.turn_to(services)
                told.append(await client(person, subject.document, variables))
            if told[0] != told[1]:
                found.append(f"{person} asked for {variables}")
    return found


def make_filtered_query(name: str) -> str:
    """Return a query for a list filtered by each of its texts, as counts may reveal hidden rows."""
    kind = CORE.query_type.fields[name].args["filter"].type
    texts = [
        f"{{ {field}: {{ contains: $part }} }}"
        for field, one in kind.fields.items()
        if getattr(get_named_type(one.type), "name", "") == "StringFilter"
    ]
    return f"{name}(filter: {{ or: [{', '.join(texts)}] }}) {{ totalCount }}" if texts else ""


@pytest.mark.parametrize("name", SUBJECTS)
async def test_by_the_rules_alone_nobody_can_tell_of_the_other_school(
    client: Client, schools: Schools, name: str
) -> None:
    assert not await list_differences(client, schools.unwalled, schools.unwalled_alone, name)


@pytest.mark.parametrize("name", SUBJECTS)
async def test_by_row_level_security_alone_nobody_can_tell_of_it(
    client: Client, schools: Schools, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disable_policies(monkeypatch):
        assert not await list_differences(
            client, schools.walled, schools.walled_alone, name, ASKED_BY[-1:]
        )


async def test_with_neither_wall_many_can_tell(
    client: Client, schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It proves that the tests above can fail."""
    with disable_policies(monkeypatch):
        asked = [name for name, one in SUBJECTS.items() if one.variables == [{"first": PAGE}]]
        told = [
            await list_differences(
                client, schools.unwalled, schools.unwalled_alone, one, ASKED_BY[-1:]
            )
            for one in asked
        ]
    assert all(told), [one for one, differs in zip(asked, told, strict=True) if not differs]


async def test_no_filter_and_no_search_counts_rows_of_the_other_school(
    client: Client, schools: Schools
) -> None:
    searched = [f"{name}(search: $part) {{ totalCount }}" for name in SEARCHED]
    for asked in [*filter(None, map(make_filtered_query, LISTS)), *searched]:
        document = f"query ($part: String!) {{ {asked} }}"
        for person in ASKED_BY:
            told = []
            for services in (schools.unwalled, schools.unwalled_alone):
                client.turn_to(services)
                told.append(await client(person, document, {"part": "a"}))
            assert told[0] == told[1], (person, asked)


async def test_ids_of_the_other_school_are_those_of_nothing(client: Client) -> None:
    """The ids are guessed, with the number of the other school."""
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    ids = [make_global_id(row, next(iter(BOOK[row].rows)), THEIRS) for row in ROWS.values()]
    for person in ASKED_BY:
        found = await client(person, document, {"ids": ids})
        assert found == {"data": {"nodes": [None] * len(ids)}}, person


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in SUBJECTS.items()
        if not one.is_row and "1-" in json.dumps(one.variables[0])
    ],
)
async def test_arguments_that_name_the_other_school_are_answered_as_if_it_did_not_exist(
    client: Client, name: str
) -> None:
    """Reports, threads and receipts about rows of the other school are answered as those about
    none."""
    subject = SUBJECTS[name]
    given = json.dumps(subject.variables[0])
    theirs, nobodys = (
        json.loads(re.sub(r":1-(\d+)", there, given)) for there in (r":2-\1", ":1-999999")
    )
    for person in ASKED_BY:
        told = await client(person, subject.document, theirs)
        assert told == await client(person, subject.document, nobodys), person
