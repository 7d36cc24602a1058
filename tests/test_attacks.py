"""Attacks on the application: none delays other requests, whoever sends it."""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.guard.lane import Lane
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from models.database.writers import Writers
from resolvers.core.context import Services
from tests.attacks import attacks
from tests.conftest import SignIn
from tests.garbage import set_apart
from tests.making import Blank, double_fragments, pack, repeat, split_body, use_variables
from tests.postgres import Server

ATTACKS = dict(attacks())
MOST = 0.2
"""Seconds of CPU that an attack may hold the loop. Clients are promised 0.1; a machine that is busy
with other things counts up to twice as many."""


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Keep the garbage collector out of the measurement.

    A full collection in this process, which holds all modules of the tests, takes 0.2 s; a server
    collects in small pieces (`gql.cli.collecting`).
    """
    set_apart()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def door(
    services: Services, readers: Readers, postgres: Server, database: str
) -> AsyncIterator[GraphQLOverHTTP]:
    writers = Writers(postgres.url("gorod_app", database), size=4)
    services = replace(services, readers=readers, writers=writers)
    yield GraphQLOverHTTP(Starlette(), Engine(schema, services))
    await writers.close()


class Request:
    """A request as a server passes it on, in parts of 64 KB, and its response."""

    def __init__(self, door: GraphQLOverHTTP, body: bytes | Blank, token: str | None) -> None:
        self.door, self.read = door, 0
        self.left: bytes | Blank = body
        headers = [(b"content-type", b"application/json")]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        self.scope: dict[str, Any] = {
            "type": "http", "method": "POST", "path": "/graphql", "headers": headers,
            "client": ("192.0.2.1", 1),
        }  # fmt: skip
        self.answered = False
        self.status, self.body = 0, b""

    async def receive(self) -> Any:
        if self.answered or not self.left:
            await asyncio.Event().wait()
        part, self.left = split_body(self.left, 65536)
        self.read += len(part)
        return {"type": "http.request", "body": part, "more_body": bool(self.left)}

    async def send(self, message: Any) -> None:
        self.answered = True
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")

    async def answer(self) -> Any:
        await self.door(self.scope, self.receive, self.send)
        return orjson.loads(self.body)

    def code(self) -> str:
        said = orjson.loads(self.body)
        errors = said.get("errors") or [{}]
        return str(errors[0].get("extensions", {}).get("code", "data"))


async def measure_hold(sent: Request) -> tuple[float, float]:
    """Return the longest time that the request held the loop, and the time until its response.

    The first is in seconds of CPU, the second in seconds of the clock. Another request waits for as
    long as the loop is held.
    """
    longest, last, over = 0.0, time.thread_time(), False

    async def watch() -> None:
        nonlocal longest, last
        while not over:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    longest = 0.0
    began = time.perf_counter()
    await sent.answer()
    took = time.perf_counter() - began
    await asyncio.sleep(0)
    over = True
    await watching
    return longest, took


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    "login", [None, "zavuch", pytest.param("parent.ivanova", marks=pytest.mark.endurance)]
)
async def test_no_attack_holds_the_loop(
    door: GraphQLOverHTTP, api: SignIn, login: str | None
) -> None:
    """With `-s` it prints bytes, milliseconds to the answer, and those that the loop was held."""
    token = api(login).caller.token if login else None
    await measure_hold(Request(door, ATTACKS["trivial (baseline)"], token))
    too_long = {}
    for name, attack in ATTACKS.items():
        sent = Request(door, attack, token)
        longest, took = await measure_hold(sent)
        print(  # noqa: T201
            f"| {login or 'a stranger'} | {name} | {len(attack)} | {took * 1000:.0f} |"
            f" {longest * 1000:.0f} | {sent.status} {sent.code()} |"
        )
        assert sent.status in (200, 400, 413), name
        if longest > MOST:
            too_long[name] = longest
    assert not too_long


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(door: GraphQLOverHTTP) -> None:
    for attack in ("20 MB of nothing", "200 MB of nothing"):
        sent = Request(door, ATTACKS[attack], None)
        await sent.answer()
        assert (sent.status, sent.code()) == (413, "REQUEST_TOO_LARGE")
        assert sent.read <= door.limits.most_body + 65536
    declared = Request(door, b"{}", None)
    declared.scope["headers"].append((b"content-length", b"1000000000"))
    await declared.answer()
    assert (declared.status, declared.read) == (413, 0)


@pytest.mark.parametrize("login", [None, "zavuch"])
async def test_work_grows_no_faster_than_what_is_sent(
    door: GraphQLOverHTTP, api: SignIn, monkeypatch: pytest.MonkeyPatch, login: str | None
) -> None:
    """Four times the attack is not sixteen times the work, counted in calls, also in the lane."""

    async def work_here(_: Lane, function: Any, *args: Any) -> Any:
        return function(*args)

    monkeypatch.setattr(Lane, "work", work_here)
    token = api(login).caller.token if login else None
    shapes: dict[str, Callable[[int], bytes]] = {
        "variables": use_variables,
        "fields": lambda n: pack(f"{{ {repeat(n, 'viewer { role }')} }}"),
        "unknown": lambda n: pack(f"{{ {repeat(n, 'viewr#')} }}"),
        "doubling": lambda n: pack(double_fragments(n)),
        "fragments": lambda n: pack(
            "{ " + repeat(n, "...F#") + " } " + repeat(n, "fragment F# on Query { __typename }")
        ),
    }
    for name, made in shapes.items():
        little, much = [await count_calls(Request(door, made(n), token)) for n in (7, 28)]
        assert much < 10 * little, (name, little, much)


async def count_calls(sent: Request) -> int:
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        await sent.answer()
    finally:
        sys.setprofile(None)
    return count
