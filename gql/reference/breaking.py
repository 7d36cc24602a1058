"""Changes of the schema that break clients, and whether the changelog tells of them (R15)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import build_schema, find_breaking_changes

COORDINATE = re.compile(r"@?\b[A-Za-z_]\w*\.\w+|@\w+")
ITEM = re.compile(r"^(?=[-#])", re.MULTILINE)
TOLD = "- Breaking:"
"""How an item of the changelog begins that tells of breaking changes."""


@dataclass(frozen=True)
class Breaking:
    """A breaking change. coordinate: `Student.email`, `Role.TEACHER` or `Student`."""

    coordinate: str
    description: str


def breaking_changes(released: str, current: str) -> Iterator[Breaking]:
    """The breaking changes from one schema to another, both in SDL."""
    for change in find_breaking_changes(build_schema(released), build_schema(current)):
        found = COORDINATE.search(change.description)
        words = change.description.split()
        # "Student was removed.", "Mark was removed from union type JournalNode."
        yield Breaking(found[0] if found else words[0], change.description)


def untold(released: str, current: str, changelog: str) -> list[Breaking]:
    """The breaking changes whose coordinate stands in no item of the changelog that begins with
    `- Breaking:`."""
    told = "".join(item for item in ITEM.split(changelog) if item.startswith(TOLD))
    return [
        change
        for change in breaking_changes(released, current)
        if f"`{change.coordinate}`" not in told
    ]
