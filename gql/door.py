"""The door: what can be answered by a plan is answered here, before anything else is woken.

Everything else goes on to the application with its body as it came.
"""

from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql.engine.run import Asker, Engine

JSON = b"application/json"
LANGUAGES = {b"ru": "ru", b"en": "en"}


class Door:
    """An ASGI application before another."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self.app, self.engine = app, engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/graphql" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not headers.get(b"content-type", b"").startswith(JSON):
            await self.app(scope, receive, send)
            return
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        if (answer := await self.answered(headers, body)) is None:
            await self.app(scope, Again(body, receive), telling(send))
            return
        length = str(len(answer.body)).encode()
        kind = answer.kind.encode()
        seconds = answer.retry_after
        later = [] if seconds is None else [(b"retry-after", str(seconds).encode())]
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", JSON),
                    (b"content-length", length),
                    (b"gorod-plan", kind),
                    *later,
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def answered(self, headers: dict[bytes, bytes], body: bytes) -> Any:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            asked = orjson.loads(body)
            query, variables = asked["query"], asked.get("variables") or {}
            name = asked.get("operationName")
        except (ValueError, TypeError, LookupError, AttributeError):
            return None
        if not isinstance(query, str) or not isinstance(variables, dict):
            return None
        agent = headers.get(b"user-agent")
        asker = Asker(token.strip().decode("latin-1"), language_in(headers), agent)
        return await self.engine.answer(asker, query, variables, name)


def language_in(headers: dict[bytes, bytes]) -> str:
    """`ru` or `en`, by the first of the two that `Accept-Language` names; Russian by default."""
    for part in headers.get(b"accept-language", b"").split(b","):
        if (tag := part.strip()[:2].lower()) in LANGUAGES:
            return LANGUAGES[tag]
    return "ru"


def telling(send: Send) -> Send:
    """Says that the standard executor answers."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"gorod-plan", b"standard")]
        await send(message)

    return tell


class Again:
    """Gives a body that was read once more, then whatever comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}
