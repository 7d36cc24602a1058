"""The cost of an answer by a plan: one statement, and few calls of Python."""

import asyncio
import selectors
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from gql.engine.run import Engine
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.engine.conftest import Both
from tests.engine.test_equality import QUARTER, WEEK
from tests.journal.test_class_averages import AVERAGES

HOME = """query ($s: ID!) { viewer { fullName children { id fullName } } school { shortName }
    diary(studentId: $s) { days { date lessons { subject { name } } } }
    notices(first: 5) { nodes { title isRead } } mailbox(first: 5) { nodes { message { subject } } }
    unreadCounts { mail notices } }"""
MOST_CALLS = 105
LOOP = (str(Path(asyncio.__file__).parent), selectors.__file__)
"""Files of the event loop of tests; a server runs uvloop, which is no Python. The number of its
calls depends on the parts in which the answer arrives."""


class Client:
    """A client that sends a request to the application, and counts calls."""

    def __init__(self, door: GraphQLOverHTTP, token: str, document: str, variables: Any) -> None:
        self.door = door
        self.body = orjson.dumps({"query": document, "variables": variables})
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "headers": [
                (b"content-type", b"application/json"),
                (b"authorization", f"Bearer {token}".encode()),
            ],
        }
        self.said: list[Any] = []
        self.is_read = False

    async def receive(self) -> Any:
        if self.is_read:
            await asyncio.Event().wait()  # a server sends no other message until the client leaves
        self.is_read = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Any) -> None:
        self.said.append(message)

    async def ask(self) -> Any:
        self.said.clear()
        self.is_read = False
        await self.door(self.scope, self.receive, self.send)
        return orjson.loads(self.said[1]["body"])

    async def count_calls(self) -> int:
        calls, self.is_read = 0, False

        def count(frame: Any, event: str, argument: Any) -> None:
            nonlocal calls
            calls += event == "call" and not frame.f_code.co_filename.startswith(LOOP)

        sys.setprofile(count)
        try:
            await self.door(self.scope, self.receive, self.send)
        finally:
            sys.setprofile(None)
        return calls


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("handed on")


ASKED = {
    "a child's week": ("parent.ivanova", WEEK, {"s": "Student:1-1", "f": "2026-11-16"}),
    "a quarter of a journal": ("teacher.belova", QUARTER, {"s": "Section:1-68"}),
    "a home screen": ("parent.ivanova", HOME, {"s": "Student:1-1"}),
}


@pytest.mark.parametrize("what", ASKED)
async def test_a_plan_answers_in_one_statement_and_few_calls(
    api: SignIn, services: Services, what: str
) -> None:
    login, document, variables = ASKED[what]
    door = GraphQLOverHTTP(refuse, Engine(schema, services))
    client = Client(door, api(login).caller.token or "", document, variables)
    first = await client.ask()
    assert "errors" not in first
    readers = services.readers
    assert readers
    [connection] = [one for idle in readers.idle.values() for one in idle]
    session: Any = connection.session
    protocol = session._protocol  # noqa: SLF001  # it counts what it sends
    before = protocol.queries_count
    assert await client.ask() == first
    assert protocol.queries_count == before + 1
    calls = await client.count_calls()
    assert calls <= MOST_CALLS, calls


async def test_a_statement_is_planned_once_a_connection(readers: Readers) -> None:
    for _ in range(3):
        await readers.fetch(1, "SELECT count(*)::text FROM students WHERE school_id = $1", [1])
    [reader] = readers.idle[1]
    counted = "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
    assert [tuple(row) for row in await reader.session.fetch(counted)] == [(3, 0)]


async def test_averages_of_a_class_are_summed_up_at_once(api: SignIn, both: Both) -> None:
    deputy = api("zavuch")
    given = {"class": "SchoolClass:1-7", "term": "Term:1-2"}
    assert await both(deputy, AVERAGES, **given) == "compiled"
    [family] = both.list_families(AVERAGES)
    [plan] = family.plans.values()
    assert plan
    sums = "of values and of how many, by weight; then of both, times weights"
    assert plan.sql.count("sum(") == 4, sums


async def test_a_row_in_many_places_is_read_and_sent_once(api: SignIn, both: Both) -> None:
    asked = """query ($s: ID!, $d: Date!, $e: Date) {
        a: diary(studentId: $s, from: $d, to: $d) { days { date } }
        b: diary(studentId: $s, from: $d, to: $e) { days { date } } }"""
    given = {"s": "Student:1-1", "d": "2026-11-16"}
    parent = api("parent.ivanova")
    assert await both(parent, asked, **given) == "compiled"
    assert await both(parent, asked, **given, e="2026-11-17") == "compiled"
    [family] = both.list_families(asked)
    assert [len(plan.sources) for plan in family.plans.values() if plan] == [2, 3]
