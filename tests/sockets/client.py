"""A client that speaks the protocol by hand, and what happens around it."""

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


def limited(**limits: Any) -> pytest.MarkDecorator:
    """A test in which sockets have other limits."""
    return pytest.mark.parametrize("limits", [limits], indirect=True, ids=[""])


class Client:
    """What a frontend does."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    async def say(self, type: str, **more: Any) -> None:
        await self.wire.send(json.dumps({"type": type, **more}))

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.wire.recv(), 10))

    async def sign_in(self, token: str | None, language: str = "en") -> None:
        payload = {"authorization": f"Bearer {token}", "accept-language": language} if token else {}
        await self.say("connection_init", payload=payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def ask(self, document: str, id: str = "1", **variables: Any) -> None:
        payload = {"query": document, "variables": variables}
        await self.say("subscribe", id=id, payload=payload)

    async def error(self, id: str = "1") -> str:
        """The code an operation fails with."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("error", id), message
        [error] = message["payload"]
        return str(error["extensions"]["code"])

    async def closed(self) -> tuple[int, str]:
        """How the server closes, having said nothing more."""
        with pytest.raises(ConnectionClosed):
            pytest.fail(f"heard {await self.hear()}")
        assert self.wire.close_code is not None
        return self.wire.close_code, self.wire.close_reason or ""


async def until(holds: Callable[[], Any]) -> None:
    """Until something holds that nobody tells of."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def listening(services: Services, *, sure: bool = True) -> None:
    """Until somebody's stream has begun, or all have ended."""
    while bool(services.tails._tails) is not sure:  # noqa: ASYNC110, SLF001
        await asyncio.sleep(0.01)
