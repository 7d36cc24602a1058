"""`make overload`: three times as much as the server can do, for a minute.

It starts a server with the made-up school on this machine, finds out how many requests it answers
in a second, then sends three times as many, whether they are answered or not. It prints what was
answered, what was refused, and whether all that was acknowledged is there afterwards. Everything is
bounded: SECONDS of load, MOST_REQUESTS, MOST_CONNECTIONS, and it ends by itself.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop

from gql.cli.console import say
from tests.cli.test_commands import GOROD

MOST_REQUESTS = 200_000
MOST_CONNECTIONS = 600
TIMES = 3
WARM_SECONDS = 6
LATE = 10.0
"""Seconds after which a request counts as never answered."""
PASSWORD = "gorod-demo-2026"  # of the made-up people; README has it
READERS = {
    "parent.ivanova": """{ school { shortName } notices(first: 5) { nodes { id title isRead } }
        diary(studentId: "Student:1-1") { days { date lessons { startsAt subject { name }
        teacher { shortName } topic homework { text } marks { value assignment { title } } } } }
        unreadCounts { notices mail } }""",
    "student.ivanova": """{ diary(studentId: "Student:1-1") { days { date lessons { startsAt
        subject { name } topic homework { text } marks { value } } } } }""",
    "teacher.belova": """{ journal(sectionId: "Section:1-68") { students { id shortName }
        lessons { id date topic } cells { studentId lessonId marks { value } } } }""",
    "director": "{ notices(first: 20) { nodes { id title body authorName readCount } } }",
    "psychologist": "{ students(first: 50) { nodes { id fullName } } }",
    "secretary": "{ students(first: 50) { nodes { id fullName schoolClass { name } } } }",
}
"""The operations that people send again and again, by their logins."""
WRITER = "zavuch"
WRITE = """mutation ($key: UUID!, $title: String!) { publishNotice(input: {idempotencyKey: $key,
    title: $title, body: "…", targets: [{kind: SCHOOL, toStaff: true}]})
    { notice { id } userErrors { code } } }"""
EACH = 10
"""One request of so many writes."""


@dataclass
class Outcome:
    """The outcome of requests.

    answers: How many, by HTTP status; 0 if no response came.
    waits: Seconds from the time a request was due to its answer, if it was run.
    refusals: The same for requests refused with 503.
    acknowledged: Ids of notices whose publication was answered.
    codes: Errors of answers with status 200.
    without_retry: Refusals that do not say when to come back.
    not_sent: Requests for which there was no connection left.
    """

    answers: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    without_retry: int = 0
    not_sent: int = 0

    def wait_at(self, percent: float) -> float:
        return percentile(self.waits, percent)


def percentile(values: Sequence[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0


class NotSent(Exception):
    """All connections that this program may open wait for answers."""


class Connections:
    """Connections to a server, kept open, each used by one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.open = 0

    async def post(self, token: str | None, body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return status, headers and body of the response. Raises OSError, TimeoutError."""
        head = (
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Accept: application/graphql-response+json\r\nAccept-Language: en\r\n"
            b"Content-Length: %d\r\n" % len(body)
        )
        if token:
            head += b"Authorization: Bearer %b\r\n" % token.encode()
        reader, writer = await self.connect()
        try:
            writer.write(head + b"\r\n" + body)
            raw = await reader.readuntil(b"\r\n\r\n")
            status, *lines = raw[:-4].split(b"\r\n")
            headers = dict(line.lower().split(b": ", 1) for line in lines)
            content = await reader.readexactly(int(headers[b"content-length"]))
        except BaseException:
            self.open -= 1
            writer.close()
            raise
        self.free.append((reader, writer))
        return int(status.split()[1]), headers, content

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.free:
            reader, writer = self.free.pop()
            if not reader.at_eof():
                return reader, writer
            self.open -= 1
        if self.open >= MOST_CONNECTIONS:
            raise NotSent
        self.open += 1
        try:
            return await asyncio.open_connection("127.0.0.1", self.port)
        except BaseException:
            self.open -= 1
            raise

    async def ask(self, token: str | None, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        _, _, content = await asyncio.wait_for(self.post(token, body), 60)
        return json.loads(content)


@dataclass
class Crowd:
    """People who send requests."""

    connections: Connections
    tokens: dict[str, str] = field(default_factory=dict)

    async def sign_in(self) -> None:
        for login in (*READERS, WRITER):
            told = await self.connections.ask(
                None,
                "mutation ($l: String!, $p: String!) { signIn(input: {login: $l, password: $p}) "
                "{ accessToken userErrors { code } } }",
                l=login,
                p=PASSWORD,
            )
            self.tokens[login] = told["data"]["signIn"]["accessToken"]

    def cycle_requests(self) -> "cycle[tuple[str, str]]":
        """Yield a token and an operation, in turn; one request of EACH writes."""
        reads = islice(cycle([(self.tokens[login], query) for login, query in READERS.items()]),
                       len(READERS) * (EACH - 1))  # fmt: skip
        asked = list(reads)
        for place in range(0, len(asked) + len(READERS), EACH):
            asked.insert(place, (self.tokens[WRITER], WRITE))
        return cycle(asked)

    async def send(self, token: str, query: str, due: float, found: Outcome) -> None:
        """Send a request and note its outcome."""
        variables = {"key": str(uuid4()), "title": "load"} if query is WRITE else {}
        body = json.dumps({"query": query, "variables": variables}).encode()
        try:
            async with asyncio.timeout(LATE):
                status, headers, content = await self.connections.post(token, body)
        except NotSent:
            found.not_sent += 1
            return
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            found.answers[0] += 1
            return
        seconds = time.monotonic() - due
        found.answers[status] += 1
        if status == 200:
            found.waits.append(seconds)
            told = json.loads(content)
            for error in told.get("errors", []):
                found.codes[error["extensions"]["code"]] += 1
            if query is WRITE and (notice := told["data"]["publishNotice"]["notice"]):
                found.acknowledged.append(notice["id"])
        else:
            found.refusals.append(seconds)
            found.without_retry += b"retry-after" not in headers

    async def ask_as_fast_as_answered(self, at_once: int, seconds: float) -> Outcome:
        """Let `at_once` people each send the next request when the last is answered."""
        found, end = Outcome(), time.monotonic() + seconds
        asked = self.cycle_requests()

        async def person() -> None:
            while (due := time.monotonic()) < end:
                await self.send(*next(asked), due, found)

        await asyncio.gather(*(person() for _ in range(at_once)))
        return found

    async def ask_at_rate(self, rate: float, seconds: float) -> Outcome:
        """Send `rate` requests a second, whether they are answered or not."""
        found, asked = Outcome(), self.cycle_requests()
        running: set[asyncio.Task[None]] = set()
        began = time.monotonic()
        for number in range(min(MOST_REQUESTS, int(rate * seconds))):
            due = began + number / rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            elif number % 50 == 0:
                await asyncio.sleep(0)  # the load must not starve the server's answers
            token, query = next(asked)
            task = asyncio.create_task(self.send(token, query, due, found))
            running.add(task)
            task.add_done_callback(running.discard)
        while running:
            await asyncio.wait(running)
        return found

    async def count_lost(self, ids: Sequence[str]) -> int:
        """Count the notices that are not there."""
        gone = 0
        for start in range(0, len(ids), 100):
            part = list(ids[start : start + 100])
            told = await self.connections.ask(
                self.tokens[WRITER], "query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=part
            )
            gone += sum(one is None for one in told["data"]["nodes"])
        return gone

    async def measure_recovery(self, idle: float) -> float:
        """Return the seconds until twenty requests in a row each took less than twice the slowest
        wait of the idle server."""
        began, good = time.monotonic(), 0
        asked = self.cycle_requests()
        while good < 20 and time.monotonic() - began < 60:
            found = Outcome()
            await self.send(*next(asked), time.monotonic(), found)
            good = good + 1 if found.waits and found.waits[0] <= 2 * idle else 0
        return time.monotonic() - began


NO_BUDGETS = {"GOROD_MOST_POINTS": "2000000000", "GOROD_MOST_SCHOOL_POINTS": "2000000000"}


async def start_server(
    port: int, directory: str, *, generous: bool = True
) -> asyncio.subprocess.Process:
    """Start `gorod serve` on a made-up school in an empty directory, and wait until it answers.

    generous: Whether budgets are raised so far that they end nothing.
    """
    environment = {
        **os.environ, **(NO_BUDGETS if generous else {}), "GOROD_DATA_DIR": directory
    }  # fmt: skip
    for command in (("db", "upgrade"), ("demo", "load")):
        done = await asyncio.create_subprocess_exec(
            *GOROD, *command, env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        if await done.wait():
            raise SystemExit(f"gorod {' '.join(command)} failed")
    process = await asyncio.create_subprocess_exec(
        *GOROD, "serve", "--allow-demo", "--port", str(port), env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    wires = Connections(port)
    for _ in range(600):
        with suppress(OSError):
            await wires.ask(None, "{ __typename }")
            return process
        if process.returncode is not None:
            raise SystemExit("the server did not start")
        await asyncio.sleep(0.1)
    raise SystemExit("the server did not start in a minute")


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(port: int, seconds: int, pid: int) -> bool:
    """Return whether the server kept its promises under load."""
    crowd = Crowd(Connections(port))
    await crowd.sign_in()
    await crowd.ask_as_fast_as_answered(4, WARM_SECONDS)
    idle = await crowd.ask_as_fast_as_answered(1, WARM_SECONDS)
    full = await crowd.ask_as_fast_as_answered(16, WARM_SECONDS)
    capacity = full.answers[200] / WARM_SECONDS
    say(f"idle: p50 {idle.wait_at(50) * 1000:.0f} ms, p99 {idle.wait_at(99) * 1000:.0f} ms")
    say(f"capacity: {capacity:.0f} requests a second, p99 {full.wait_at(99) * 1000:.0f} ms")
    say(f"now {TIMES * capacity:.0f} a second for {seconds} s, one of {EACH} writes …")
    began, used, own = time.monotonic(), cpu_of(pid), time.process_time()
    load = await crowd.ask_at_rate(TIMES * capacity, seconds)
    took = time.monotonic() - began
    say(f"CPU: server {cpu_of(pid) - used:.0f} s, this program {time.process_time() - own:.0f} s")
    recovered = await crowd.measure_recovery(max(idle.wait_at(99), 0.005))
    lost = await crowd.count_lost(load.acknowledged)
    sent = sum(load.answers.values())
    say(
        f"sent {sent} in {took:.1f} s ({sent / took:.0f} a second); by status "
        f"{dict(load.answers)}, {load.not_sent} not sent"
    )
    say(f"run: {load.answers[200] / took:.0f} a second; p50 {load.wait_at(50) * 1000:.0f} ms, "
          f"p99 {load.wait_at(99) * 1000:.0f} ms, slowest {load.wait_at(100) * 1000:.0f} ms; "
          f"errors {dict(load.codes)}")  # fmt: skip
    say(f"refused: p99 {percentile(load.refusals, 99) * 1000:.0f} ms, "
          f"{load.without_retry} without Retry-After")  # fmt: skip
    say(f"acknowledged {len(load.acknowledged)} notices, {lost} of them lost")
    say(f"normal again after {recovered:.1f} s")
    return (
        load.answers.keys() <= {200, 503}
        and load.answers[503] > 0
        and load.wait_at(99) <= 2
        and not load.without_retry
        and not load.codes
        and not lost
        and recovered <= 10
    )


async def main(port: int, seconds: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="gorod-overload-") as directory:
        process = await start_server(port, directory)
        try:
            return await measure(port, seconds, process.pid)
        finally:
            process.terminate()
            await process.wait()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8330)
    options.add_argument("--seconds", type=int, default=60)
    given = options.parse_args()
    sys.exit(not uvloop.run(main(given.port, given.seconds)))
