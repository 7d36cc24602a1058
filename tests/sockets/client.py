"""A client that speaks the protocol by hand, and functions that wait for a server's state."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from resolvers.core.context import Services

PROTOCOL = Subprotocol("graphql-transport-ws")
Connect = Callable[..., Any]


def limit_sockets(**limits: Any) -> pytest.MarkDecorator:
    """Mark a test whose sockets have other limits."""
    return pytest.mark.parametrize("limits", [limits], indirect=True, ids=[""])


class Client:
    """A client that acts as a frontend does."""

    def __init__(self, wire: ClientConnection) -> None:
        self.connection = wire

    async def send(self, type: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": type, **more}))

    async def receive(self) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), 10))

    async def sign_in(self, token: str | None, language: str = "en") -> None:
        payload = {"authorization": f"Bearer {token}", "accept-language": language} if token else {}
        await self.send("connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def ask(self, document: str, id: str = "1", **variables: Any) -> None:
        payload = {"query": document, "variables": variables}
        await self.send("subscribe", id=id, payload=payload)

    async def receive_error(self, id: str = "1") -> str:
        """Receive an error; return its code."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", id), message
        [error] = message["payload"]
        return str(error["extensions"]["code"])

    async def receive_close(self) -> tuple[int, str]:
        """Wait until the server closes the connection without another message; return code and
        reason."""
        with pytest.raises(ConnectionClosed):
            pytest.fail(f"heard {await self.receive()}")
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


async def wait_until(holds: Callable[[], Any]) -> None:
    """Wait until a condition holds that no signal announces."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def wait_for_streams(services: Services, *, sure: bool = True) -> None:
    """Wait until a stream has begun, or until all have ended."""
    while bool(services.tails._tails) is not sure:  # noqa: ASYNC110, SLF001
        await asyncio.sleep(0.01)
