"""Long answers are compressed, by gzip, Brotli or Zstandard, as `Accept-Encoding` allows."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

LEAST_COMPRESSED = 8192
"""Bytes of an answer. To compress a shorter one takes longer than to send the few packets less."""
ENCODINGS = (b"gzip", b"br", b"zstd", b"*")
PART = 65536
"""Bytes that are compressed at once: others are answered between two parts."""

add_compress_type("application/graphql-response+json")


@lru_cache(64)
def names_encoding(accepted: bytes) -> bool:
    """Whether an `Accept-Encoding` names one of ours. The library is not asked otherwise: to find
    out that nothing is to be done takes it 60 µs (measured)."""
    named = accepted.lower()
    return any(name in named for name in ENCODINGS)


async def send_parts(scope: Scope, _: Receive, send: Send) -> None:
    """The application whose answer the library compresses: it sends what stands in its scope."""
    start, body = scope["answer"]
    await send(start)
    for begin in range(0, len(body), PART):
        end = begin + PART
        more = end < len(body)
        await send({"type": "http.response.body", "body": body[begin:end], "more_body": more})
        if more:
            await asyncio.sleep(0)


compress = CompressMiddleware(send_parts, minimum_size=LEAST_COMPRESSED)


async def send_compressed(
    send: Send, encodings: bytes, start: Mapping[str, Any], body: bytes
) -> None:
    """Send an answer in the best of the encodings that a client accepts, if it accepts any."""
    headers = [(b"accept-encoding", encodings)]
    scope: Scope = {"type": "http", "headers": headers, "answer": (start, body)}
    await compress(scope, nothing_more, send)


async def nothing_more() -> Any:
    """The rest of a request that was read to its end."""
    raise RuntimeError("An answer that is sent reads nothing.")
