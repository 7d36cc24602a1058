"""Two schools with the same ids: nobody of one can tell that there is another. Whatever they ask is
answered as in a database that has no other school, be it told by only one of the two walls: the
rules, or row-level security."""

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
from models.base import Record
from models.database.address import open_session
from models.database.engine import connect
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.authz.everybody import EVERYBODY, Asking
from tests.authz.expanding import CORE
from tests.authz.subjects import PAGE, ROWS, SUBJECTS, global_id
from tests.clones import clone
from tests.conftest import Template
from tests.postgres import Server
from tests.specimens.declaring import BOOK

pytestmark = pytest.mark.embedded_only
THEIRS = 2
TABLES = [table for table in Record.metadata.sorted_tables if "school_id" in table.columns]
ASKED_BY = [one for one in EVERYBODY if one.login in ("mother", "belova", "klimova", "director")]
"""Each scope is somebody's among them. What forgets the school finds other rows under each id, so
one batch of a type is enough."""
SEARCHED = ("mailRecipients", "notices", "mailbox")
LISTS = [
    name
    for name, field in CORE.query_type.fields.items()
    if "filter" in field.args and not any(map(is_required_argument, field.args.values()))
]


@dataclass(frozen=True)
class Schools:
    """Databases of two schools and of ours alone. Two are asked the same in the same order, so that
    their logs of readings stay alike: each has one of its own beside it."""

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
        await change(postgres.url("postgres", database), name)
        url = postgres.url("gorod_app", database)
        found[name] = (connect(url, pool_size=5), Readers(url, size=2))
    yield found
    for engine, readers in found.values():
        await engine.dispose()
        await readers.close()
    await operator.close()


async def change(url: str, name: str) -> None:
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
def policies_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every rule says yes, and nobody says whose school it is: only the database's wall stands."""
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
    policy.forget_keys()
    yield
    policy.forget_keys()  # or later tests would find what was built without rules


async def differences(
    asking: Asking, first: Services, second: Services, name: str, who: Any = ASKED_BY
) -> list[str]:
    """What somebody is answered otherwise in the second database."""
    subject, found = SUBJECTS[name], []
    for person in who:
        for variables in subject.variables[:1]:
            told = []
            for services in (first, second):
                asking.turn_to(services)
                told.append(await asking(person, subject.document, variables))
            if told[0] != told[1]:
                found.append(f"{person} asked for {variables}")
    return found


def filtered(name: str) -> str:
    """A list filtered by each of its texts: counts would tell of what is not shown."""
    kind = CORE.query_type.fields[name].args["filter"].type
    texts = [
        f"{{ {field}: {{ contains: $part }} }}"
        for field, one in kind.fields.items()
        if getattr(get_named_type(one.type), "name", "") == "StringFilter"
    ]
    return f"{name}(filter: {{ or: [{', '.join(texts)}] }}) {{ totalCount }}" if texts else ""


@pytest.mark.parametrize("name", SUBJECTS)
async def test_by_the_rules_alone_nobody_can_tell_of_the_other_school(
    asking: Asking, schools: Schools, name: str
) -> None:
    assert not await differences(asking, schools.unwalled, schools.unwalled_alone, name)


@pytest.mark.parametrize("name", SUBJECTS)
async def test_by_row_level_security_alone_nobody_can_tell_of_it(
    asking: Asking, schools: Schools, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with policies_off(monkeypatch):
        assert not await differences(
            asking, schools.walled, schools.walled_alone, name, ASKED_BY[-1:]
        )


async def test_with_neither_wall_many_can_tell(
    asking: Asking, schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the tests above can fail."""
    with policies_off(monkeypatch):
        asked = [name for name, one in SUBJECTS.items() if one.variables == [{"first": PAGE}]]
        told = [
            await differences(asking, schools.unwalled, schools.unwalled_alone, one, ASKED_BY[-1:])
            for one in asked
        ]
    assert all(told), [one for one, differs in zip(asked, told, strict=True) if not differs]


async def test_no_filter_and_no_search_counts_rows_of_the_other_school(
    asking: Asking, schools: Schools
) -> None:
    searched = [f"{name}(search: $part) {{ totalCount }}" for name in SEARCHED]
    for asked in [*filter(None, map(filtered, LISTS)), *searched]:
        document = f"query ($part: String!) {{ {asked} }}"
        for person in ASKED_BY:
            told = []
            for services in (schools.unwalled, schools.unwalled_alone):
                asking.turn_to(services)
                told.append(await asking(person, document, {"part": "a"}))
            assert told[0] == told[1], (person, asked)


async def test_ids_of_the_other_school_are_those_of_nothing(asking: Asking) -> None:
    """Guessed ids, under its number."""
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    ids = [global_id(row, next(iter(BOOK[row].rows)), THEIRS) for row in ROWS.values()]
    for person in ASKED_BY:
        found = await asking(person, document, {"ids": ids})
        assert found == {"data": {"nodes": [None] * len(ids)}}, person


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in SUBJECTS.items()
        if not one.is_row and "1-" in json.dumps(one.variables[0])
    ],
)
async def test_of_the_other_school_nothing_is_told_but_that_it_is_not_there(
    asking: Asking, name: str
) -> None:
    """Reports, threads and receipts about rows of the other school, and about none at all."""
    subject = SUBJECTS[name]
    given = json.dumps(subject.variables[0])
    theirs, nobodys = (
        json.loads(re.sub(r":1-(\d+)", there, given)) for there in (r":2-\1", ":1-999999")
    )
    for person in ASKED_BY:
        told = await asking(person, subject.document, theirs)
        assert told == await asking(person, subject.document, nobodys), person
