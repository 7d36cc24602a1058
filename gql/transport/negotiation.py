"""Content negotiation: the media type of an answer, by the header `Accept`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gql.transport.problems import NotAcceptable

LONGEST_KEPT = 300
"""Bytes of a header that is cached. Real ones are shorter; without a limit strangers could fill the
memory with long ones."""


@dataclass(eq=False, slots=True)
class MediaType:
    """A media type of answers.

    refused: Status of a well-formed operation that could not be executed.
    """

    name: bytes
    refused: int


GRAPHQL = MediaType(b"application/graphql-response+json", refused=400)
JSON = MediaType(b"application/json", refused=200)
"""The type for clients that were written before GRAPHQL was specified."""


def media_type_of(headers: Mapping[bytes, bytes]) -> MediaType:
    """Return the media type of the answer to a request. Raises NotAcceptable."""
    accept = headers.get(b"accept")
    if not accept:
        return JSON
    found = (prefer_cached if len(accept) <= LONGEST_KEPT else prefer_media_type)(accept)
    if found is None:
        raise NotAcceptable
    return found


def prefer_media_type(accept: bytes) -> MediaType | None:
    """Return the media type of higher quality. Of two alike, it is the one named more exactly; of
    two named alike, GRAPHQL. A client that accepts `*/*` gets JSON, as always."""
    ranges = list(ranges_of(accept))
    found: list[tuple[float, int, bool, MediaType]] = []
    for media_type in (GRAPHQL, JSON):
        kind = media_type.name.partition(b"/")[0] + b"/*"
        exactness = {media_type.name: 2, kind: 1, b"*/*": 0}
        matching = [(exactness[name], q) for name, q in ranges if name in exactness]
        if matching:
            exact, quality = max(matching)
            found.append((quality, exact, (media_type is GRAPHQL) == (exact == 2), media_type))
    best = max(found, key=lambda one: one[:3], default=None)
    return best[3] if best and best[0] > 0 else None


prefer_cached = lru_cache(256)(prefer_media_type)


def ranges_of(accept: bytes) -> Iterator[tuple[bytes, float]]:
    """Yield the media ranges of an `Accept` header with their qualities, 0..1 (RFC 9110, 12.5.1).
    It skips a range of another charset than UTF-8, and one whose quality is no number."""
    for part in accept.lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = (piece.strip() for piece in parameter.partition(b"="))
            if key == b"charset" and value.strip(b'"') not in (b"utf-8", b"utf8"):
                break
            if key == b"q":
                quality = quality_of(value)
        else:
            if name and 0 <= quality <= 1:
                yield name, quality


def quality_of(value: bytes) -> float:
    try:
        return float(value)
    except ValueError:
        return -1.0
