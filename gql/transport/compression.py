"""Compression of long answers by gzip, Brotli or Zstandard, as `Accept-Encoding` allows."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type

LEAST_COMPRESSED = 8192
"""Bytes of an answer. Compressing a shorter one takes longer than sending a few more packets."""
ENCODINGS = (b"gzip", b"br", b"zstd", b"*")
PART = 65536
"""Bytes that are compressed at once. Between two parts the event loop serves other requests."""

add_compress_type("application/graphql-response+json")


@lru_cache(64)
def names_encoding(accepted: bytes) -> bool:
    """Whether an `Accept-Encoding` names one of ours. The library is not called otherwise: it takes
    60 µs to find out that there is nothing to do (measured)."""
    named = accepted.lower()
    return any(name in named for name in ENCODINGS)


async def send_parts(scope: Scope, _: Receive, send: Send) -> None:
    """Send the answer in the scope; the library compresses what this ASGI application sends."""
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
    await compress(scope, refuse_reading, send)


async def refuse_reading() -> Any:
    """Fail: the request was read to its end, and no answer reads more of it."""
    raise RuntimeError("An answer that is sent reads nothing.")
