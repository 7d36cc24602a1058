"""A `gorod dev` for one test, and people who use it while its database fails."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from httpx2 import AsyncClient
from websockets.asyncio.client import connect

from models.database.embedded import pidfile
from resolvers.demo import DEMO_PASSWORD
from tests.cli.test_commands import GOROD
from tests.sockets.client import PROTOCOL, Client

OWN = {"PORT": "0", "GOROD_ACCESS_LOG": "off"}
"""The log then holds only messages of the server."""
SIGN_IN = """mutation ($input: SignInInput!) { signIn(input: $input) {
  accessToken userErrors { code } } }"""
DIARY = '{ diary(studentId: "Student:1-1") { days { date lessons { marks { value } } } } }'
"""A query that the engine compiles."""
ME = "{ viewer { fullName } eventsCursor }"
PUBLISH = """mutation ($input: PublishNoticeInput!) { publishNotice(input: $input) {
  notice { id title } userErrors { code field } } }"""
SET_MARK = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { id version value } userErrors { code field } } }"""
HERE = "{ eventsCursor }"
NOTICES = """subscription ($after: String) { noticeEvents(after: $after) { __typename
  ... on NoticeEvent { cursor kind notice { title authorName targets { kind } } } } }"""
BOARD = """query ($after: String) { notices(first: 100, after: $after) {
  nodes { title } pageInfo { endCursor hasNextPage } } }"""
EVERYONE = {"kind": "SCHOOL", "toStudents": True, "toGuardians": True, "toStaff": True}
UNAVAILABLE = "SERVICE_UNAVAILABLE"


@dataclass
class Dev:
    """A running `gorod dev` with its data directory."""

    program: subprocess.Popen[str]
    api: str
    data_dir: Path
    errors: Path

    @property
    def base(self) -> str:
        return self.api.removesuffix("/graphql")

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def postmaster(self) -> int | None:
        """The process id of the postmaster, while it lives."""
        pid = pidfile.read_pid(self.cluster)
        return pid if pid and pidfile.serves(pid, self.cluster) else None

    def read_log(self) -> list[str]:
        """Return the lines of its log."""
        return self.errors.read_text().splitlines()

    def find_in_log(self, of: str) -> list[str]:
        return [line for line in self.read_log() if of in line]

    def stop(self) -> int:
        self.program.send_signal(signal.SIGTERM)
        return self.program.wait(60)


@contextmanager
def run_dev(
    data_dir: Path,
    log: Path | None = None,
    hear: Callable[[str], None] = lambda _: None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Dev]:
    """Run `gorod dev` until the end of the block, also if the block fails.

    log: The folder of its log, if not that of the data directory.
    hear: A function that is given each line printed before the server serves.
    """
    errors = (log or data_dir.parent) / "errors"
    with errors.open("w") as output:
        program = subprocess.Popen(
            [*GOROD, "dev"],
            env={**os.environ, **OWN, "GOROD_DATA_DIR": str(data_dir), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    with program:
        try:
            assert program.stdout is not None
            for line in program.stdout:
                hear(line)
                if "/graphql" in line:
                    yield Dev(program, line.split()[2], data_dir, errors)
                    return
            raise AssertionError(f"it ended without an address: {errors.read_text()}")
        finally:
            sys.stdout.write(errors.read_text())  # pytest shows it if the test fails
            program.kill()


@dataclass
class Person:
    """A person who is signed in, and how often they got each code; `OK` for no error."""

    client: AsyncClient
    api: str
    token: str = ""
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    retry_after: set[str | None] = field(default_factory=set)

    async def ask(self, query: str, **variables: Any) -> tuple[str, Any]:
        """Return the code of the first error, and the data."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        begun = time.monotonic()
        reply = await self.client.post(
            self.api, json={"query": query, "variables": variables}, headers=headers
        )
        self.slowest = max(self.slowest, time.monotonic() - begun)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        code = body["errors"][0]["extensions"]["code"] if body.get("errors") else "OK"
        if code == UNAVAILABLE:
            assert body["errors"][0]["extensions"]["retryAfter"] >= 1
            self.retry_after.add(reply.headers.get("retry-after"))
        self.codes[code] += 1
        return code, body.get("data")

    async def insist(self, query: str, **variables: Any) -> Any:
        """Repeat an operation until it is acknowledged; return the data."""
        while True:
            code, data = await self.ask(query, **variables)
            if code != UNAVAILABLE:
                return data
            await asyncio.sleep(0.02)


async def sign_in(client: AsyncClient, api: str, login: str) -> Person:
    person = Person(client, api)
    given = {"login": login, "password": DEMO_PASSWORD}
    data = await person.insist(SIGN_IN, input=given)
    person.token = data["signIn"]["accessToken"]
    return person


@asynccontextmanager
async def listen(api: str, person: Person) -> AsyncIterator[list[Any]]:
    """Subscribe to notices by a socket; yield the list of events, which grows as they come."""
    heard: list[Any] = []
    here = (await person.insist(HERE))["eventsCursor"]
    async with connect(api.replace("http://", "ws://"), subprotocols=[PROTOCOL]) as wire:
        client = Client(wire)
        await client.sign_in(person.token)
        await client.ask(NOTICES, after=here)

        async def hear() -> None:
            async for text in wire:
                message = json.loads(text)
                if message["type"] == "ping":
                    await client.send("pong")
                else:
                    heard.append(message)

        task = asyncio.create_task(hear())
        yield heard
        task.cancel()


async def publish(author: Person, title: str) -> None:
    """Publish a notice, repeating it with one key until it is acknowledged."""
    given = {"title": title, "body": "…", "targets": [EVERYONE], "idempotencyKey": str(uuid4())}
    data = await author.insist(PUBLISH, input=given)
    assert data["publishNotice"]["userErrors"] == [], data
    assert data["publishNotice"]["notice"]["title"] == title


async def publish_on_and_on(stop: asyncio.Event, person: Person, titles: list[str]) -> None:
    """Publish notices until `stop`; append the titles of those that were acknowledged."""
    while not stop.is_set():
        title = f"Объявление {len(titles)}"
        await publish(person, title)
        titles.append(title)


async def list_published(reader: Person) -> list[str]:
    """Return the titles of all notices that `publish` has published."""
    found: list[str] = []
    after: str | None = None
    while True:
        data = await reader.insist(BOARD, after=after)
        page = data["notices"]
        found += [one["title"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return [title for title in found if title.startswith("Объявление ")]
        after = page["pageInfo"]["endCursor"]


async def wait_until(is_true: Any, seconds: float = 60) -> float:
    """Wait until a condition is true; return after how many seconds it was."""
    begun = time.monotonic()
    while not is_true():
        assert time.monotonic() - begun < seconds, "it never came true"
        await asyncio.sleep(0.01)
    return time.monotonic() - begun
