"""What cannot be seen from outside: Python's calls for a cached request, what a new operation costs
to compile, and which operations compile. Takes and gives JSON."""

import asyncio
import json
import re
import sys
import time
from statistics import median
from typing import Any

import uvloop

from gql.app import create_app
from gql.settings import Settings

HEADERS = [(b"host", b"bench"), (b"content-type", b"application/json")]
SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
    "scheme": "http", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
    "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
}  # fmt: skip
COLD, TRIES = 20, 5


class Asking:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def ask(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The messages of the answer to `{token, query, variables}`."""
        token = asked["token"].encode()
        body = json.dumps({name: asked[name] for name in ("query", "variables")}).encode()
        sent: list[dict[str, Any]] = []

        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            # Only a disconnect can follow: the call waits for it, as for a client that stays.
            return unread.pop() if unread else await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = SCOPE | {"headers": [*HEADERS, (b"authorization", b"Bearer " + token)]}
        await self.app(scope, receive, send)
        return sent

    async def calls(self, asked: dict[str, Any]) -> int:
        """The fewest of some tries: now and then something else runs meanwhile."""
        await self.ask(asked)
        return min([await self.counted(asked) for _ in range(TRIES)])

    async def counted(self, asked: dict[str, Any]) -> int:
        calls = 0

        def count(_: Any, event: str, __: Any) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            await self.ask(asked)
        finally:
            sys.setprofile(None)
        return calls

    async def cpu(self, asked: dict[str, Any]) -> float:
        began = time.process_time()
        await self.ask(asked)
        return time.process_time() - began

    async def cold(self, asked: dict[str, Any]) -> float:
        """What an operation costs in ms that nobody has asked, beyond one that is known."""

        def renamed(number: int) -> dict[str, Any]:
            query = re.sub(r"query (\w+)", rf"query \g<1>{number}", asked["query"], count=1)
            return asked | {"query": query}

        await self.ask(renamed(0))
        new = [await self.cpu(renamed(number)) for number in range(1, COLD)]
        known = [await self.cpu(asked) for _ in range(COLD)]
        return (median(new) - median(known)) * 1000

    async def plan(self, asked: dict[str, Any]) -> str:
        start = (await self.ask(asked))[0]
        told = {name.lower(): value for name, value in start["headers"]}
        return told.get(b"gorod-plan", b"standard").decode()


async def main(given: dict[str, Any]) -> dict[str, Any]:
    asking = Asking(create_app(Settings()))
    return {
        "calls": {query: await asking.calls(asked) for query, asked in given["cached"].items()},
        "cold": await asking.cold(given["cold"]),
        "plans": {name: await asking.plan(asked) for name, asked in given["documents"].items()},
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps(runner.run(main(json.load(sys.stdin)))))
