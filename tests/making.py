"""Builders of requests of any size and depth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import get_introspection_query

INTROSPECTION = get_introspection_query()


def pack(query: str, variables: Mapping[str, Any] | None = None) -> bytes:
    """Encode an operation as the JSON body of a request."""
    sent = {"query": query, **({"variables": variables} if variables is not None else {})}
    return json.dumps(sent, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Blank:
    """A body of spaces that are made when they are sent, so that nobody holds all of them."""

    size: int

    def __len__(self) -> int:
        return self.size


def split_body(body: bytes | Blank, size: int) -> tuple[bytes, bytes | Blank]:
    """Split a body after at most `size` bytes."""
    if isinstance(body, Blank):
        taken = min(size, body.size)
        return b" " * taken, Blank(body.size - taken)
    return body[:size], body[size:]


def repeat(count: int, text: str, between: str = " ") -> str:
    """Repeat a text, with its number in place of each `#`."""
    return between.join(text.replace("#", str(number)) for number in range(count))


def nest_fields(
    times: int, *fields: str, end: str = "id", start: str = "classes(first: 1) { nodes {"
) -> str:
    """Return a query that goes round in the schema."""
    steps = [fields[number % len(fields)] for number in range(times)]
    opened = "".join(f"{step} {{ " for step in steps)
    return f"{{ {start} {opened} {end} {'} ' * times} }} }} }}"


def double_fragments(count: int, inside: str = "...F{n} ...F{n}") -> str:
    """Return fragments that each spread the next one twice."""
    parts = [f"fragment F{n} on Query {{ {inside.format(n=n + 1)} }}" for n in range(count)]
    return "\n".join(["{ ...F0 }", *parts, f"fragment F{count} on Query {{ __typename }}"])


def double_fragments_below(count: int) -> str:
    """Return fragments that each spread the next one twice, through a field and under two names."""
    parts = [
        f"fragment F{n} on SchoolClass {{ a: classTeacher {{ id }} "
        f"sections {{ a: schoolClass {{ ...F{n + 1} }} b: schoolClass {{ ...F{n + 1} }} }} }}"
        for n in range(count)
    ]
    last = f"fragment F{count} on SchoolClass {{ id }}"
    return "\n".join(["{ classes(first: 1) { nodes { ...F0 } } }", *parts, last])


def chain_fragments(count: int, inside: str, on: str, start: str) -> str:
    parts = [
        f"fragment F{n} on {on} {{ {inside} {f'...F{n + 1}' if n + 1 < count else ''} }}"
        for n in range(count)
    ]
    return "\n".join([start, *parts])


def spread_all_fragments(count: int) -> str:
    """Return fragments of which each spreads all that follow."""
    parts = [
        f"fragment F{n} on Query {{ __typename "
        + " ".join(f"...F{later}" for later in range(n + 1, count))
        + " }"
        for n in range(count)
    ]
    return "\n".join(["{ ...F0 }", *parts])


def make_filter(branches: int, inner: int) -> dict[str, Any]:
    one = {"fullName": {"contains": "а"}}
    part = {"and": [one] * inner} if inner else one
    return {"filter": {"or": [part] * branches}}


def nest_filters(count: int) -> dict[str, Any]:
    found: dict[str, Any] = {"fullName": {"eq": "а"}}
    for _ in range(count):
        found = {"not": found}
    return {"filter": found}


FILTERED = "query ($filter: StudentFilter) { students(filter: $filter) { totalCount } }"
SIGN_IN = 's#: signIn(input: { login: "nobody#", password: "wrong password" }) { retryAt }'


def use_variables(count: int) -> bytes:
    declared = repeat(count, "$v#: Int", ", ")
    used = repeat(count, "a#: students(first: $v#) { totalCount }")
    return pack(f"query ({declared}) {{ {used} }}", {f"v{n}": 1 for n in range(count)})


DIARY = (
    'd#: diary(studentId: "Student:1-1", from: "2026-09-15", to: "2026-11-15") '
    "{ days { date lessons { topic marks { value } } } }"
)
JOURNAL = (
    'j#: journal(sectionId: "Section:1-68", from: "2026-01-01", to: "2026-12-31") '
    "{ students { id } lessons { id } cells { studentId marks { value } } }"
)
