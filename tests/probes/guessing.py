"""Guessing names by the answers, as clairvoyance does.

clairvoyance reads the messages of errors. This compares whole answers: a name is found if its
answer differs in anything from the answer to a nonexistent name of the same length.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.probes.names import SPECIFIED, Place

Ask = Callable[[dict[str, Any]], Awaitable[str]]
"""Sends a GraphQL request; returns everything that a client can observe of the response, as
text."""
TELLING = re.compile(
    r"Cannot query field|Did you mean|Unknown argument|of required type|must have a selection|"
    r"must not have a selection|Unknown type|Expected (a )?(value of )?type|is required|"
    r"cannot represent|has no field|needs the field|inline fragment|cannot be spread|"
    r"used in position|does not exist in|Unknown directive|not to include|to include required"
)
"""Parts of messages from which clairvoyance and similar tools learn."""
CHANGING = re.compile(
    r'"(remaining|resetAt)":("[^"]*"|\d+),?|ratelimit-(remaining|reset): \d+|x-request-id: \w+|'
    r"date: [^\n]*"
)
"""Parts that differ between two responses to the same request."""


@dataclass
class Guesser:
    """A client that tries names at a place.

    most: The highest number of names to try at each place.
    """

    ask: Ask
    most: int = 12
    unknown: dict[tuple[int, int], str] = field(default_factory=dict)

    async def find_hidden_names(self, places: Iterable[Place]) -> dict[str, set[str]]:
        """Return the existing names that were found at each place, except those that are open
        there."""
        found = {place.document: await self.find_names(place) - place.open for place in places}
        return {document: names for document, names in found.items() if names}

    async def find_names(self, place: Place) -> set[str]:
        """Return the existing names that were found."""
        names = choose_sample(place.names, self.most)
        return {one for one in names if await self.is_revealed(place, one)} - SPECIFIED

    async def is_revealed(self, place: Place, name: str) -> bool:
        """Return whether the answer reveals that the name exists."""
        key = (id(place), len(name))
        if key not in self.unknown:
            self.unknown[key] = await self.ask_for(place, invent_name(len(name)))
        unknown = re.sub(rf"\b{invent_name(len(name))}\b", name, self.unknown[key])
        return await self.ask_for(place, name) != unknown

    async def ask_for(self, place: Place, name: str) -> str:
        request: dict[str, Any] = {
            "query": place.document.replace("FUZZ", name),
            "variables": dict(place.variables),
            "extensions": {"cost": True},
        }
        if place.name:
            request["operationName"] = place.name
        return CHANGING.sub("", await self.ask(request))


def choose_sample(names: Iterable[str], most: int) -> list[str]:
    """Choose some of the names, spread over all."""
    every = sorted(names)
    return every[:: max(1, len(every) // most)][: most + 1]


def invent_name(length: int) -> str:
    return "q" * length


def messages_of(answer: Mapping[str, Any]) -> list[str]:
    return [error["message"] for error in answer.get("errors", [])]
