"""Guessing names by the answers, as clairvoyance does.

clairvoyance reads the messages of errors. This compares whole answers: a name is learned where the
answer differs in anything from that to a name of the same length which nothing has.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.probes.names import SPECIFIED, Place

Ask = Callable[[dict[str, Any]], Awaitable[str]]
"""Sends a request of GraphQL; gives all that a client can tell of the answer, as text."""
TELLING = re.compile(
    r"Cannot query field|Did you mean|Unknown argument|of required type|must have a selection|"
    r"must not have a selection|Unknown type|Expected (a )?(value of )?type|is required|"
    r"cannot represent|has no field|needs the field|inline fragment|cannot be spread|"
    r"used in position|does not exist in|Unknown directive|not to include|to include required"
)
"""How the messages begin, or go on, by which clairvoyance and its like learn."""
CHANGING = re.compile(
    r'"(remaining|resetAt)":("[^"]*"|\d+),?|ratelimit-(remaining|reset): \d+|x-request-id: \w+|'
    r"date: [^\n]*"
)
"""What differs between two answers to the same request."""


@dataclass
class Guesser:
    """One who tries names at a place.

    most: Names that are tried at each place, at most.
    """

    ask: Ask
    most: int = 12
    unknown: dict[tuple[int, int], str] = field(default_factory=dict)

    async def learned(self, places: Iterable[Place]) -> dict[str, set[str]]:
        """By place, the names that were found to exist, but for those that are open there."""
        found = {place.document: await self.found(place) - place.open for place in places}
        return {document: names for document, names in found.items() if names}

    async def found(self, place: Place) -> set[str]:
        """The names that were found to exist."""
        names = sample(place.names, self.most)
        return {one for one in names if await self.tell(place, one)} - SPECIFIED

    async def tell(self, place: Place, name: str) -> bool:
        """Whether the answer tells that there is such a name."""
        key = (id(place), len(name))
        if key not in self.unknown:
            self.unknown[key] = await self.answer(place, invented(len(name)))
        unknown = re.sub(rf"\b{invented(len(name))}\b", name, self.unknown[key])
        return await self.answer(place, name) != unknown

    async def answer(self, place: Place, name: str) -> str:
        request: dict[str, Any] = {
            "query": place.document.replace("FUZZ", name),
            "variables": dict(place.variables),
            "extensions": {"cost": True},
        }
        if place.name:
            request["operationName"] = place.name
        return CHANGING.sub("", await self.ask(request))


def sample(names: Iterable[str], most: int) -> list[str]:
    """Some of the names, spread over all."""
    every = sorted(names)
    return every[:: max(1, len(every) // most)][: most + 1]


def invented(length: int) -> str:
    return "q" * length


def messages(answer: Mapping[str, Any]) -> list[str]:
    return [error["message"] for error in answer.get("errors", [])]
