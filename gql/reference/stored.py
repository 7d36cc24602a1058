"""Generated files that are cached and served with ETags."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, TypeVar

import brotli  # type: ignore[import-untyped]
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=6),
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
}
"""Encodings, the better one first."""
SMALL = 1024
"""Bytes below which nothing is compressed."""


@dataclass(frozen=True)
class StoredFile:
    """The content of a file, with its compressed forms cached."""

    content: bytes
    media_type: str
    packed: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_text(cls, text: str, media_type: str) -> "StoredFile":
        return cls(text.encode(), media_type)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return sha256(self.content).hexdigest()

    async def respond(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Return the file, or 304 if the client has it. Each encoding has a strong ETag of its
        own."""
        encoding = self.encoding_for(request.headers.get("accept-encoding", ""))
        tag = f'"{self.digest[:32]}{f"-{encoding}" if encoding else ""}"'
        sent = {**headers, "ETag": tag, "X-Content-Type-Options": "nosniff"}
        if is_named(tag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=sent)
        body = self.content
        if encoding:
            sent["Content-Encoding"] = encoding
            if encoding not in self.packed:
                self.packed[encoding] = await run_in_threadpool(PACKERS[encoding], self.content)
            body = self.packed[encoding]
        return Response(body, headers=sent, media_type=self.media_type)

    def encoding_for(self, accepted: str) -> str | None:
        """Return the best encoding that an `Accept-Encoding` allows; None for no compression."""
        if len(self.content) < SMALL:
            return None
        named = {}
        for part in accepted.lower().split(","):
            name, _, weight = part.partition(";")
            named[name.strip()] = weight.replace(" ", "") not in (
                "q=0",
                "q=0.0",
                "q=0.00",
                "q=0.000",
            )
        return next((one for one in PACKERS if named.get(one, named.get("*", False))), None)


def is_named(tag: str, header: str) -> bool:
    """Whether an `If-None-Match` names the tag, which is compared weakly (RFC 9110, 13.1.2)."""
    names = {part.strip().removeprefix("W/") for part in header.split(",")}
    return tag in names or "*" in names


T = TypeVar("T")


class FileCache(Generic[T]):
    """Files that are generated together when the first of them is requested.

    A thread generates them: it takes seconds, in which the event loop must serve other requests.
    """

    def __init__(self, make: Callable[[], Mapping[str, T]]) -> None:
        self._make = make
        self._made: asyncio.Task[Mapping[str, T]] | None = None

    async def files(self) -> Mapping[str, T]:
        if self._made is None or (self._made.done() and self._made.exception()):
            self._made = asyncio.create_task(run_in_threadpool(self._make))
        return await asyncio.shield(self._made)
