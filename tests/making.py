"""Making requests of any size and depth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import get_introspection_query

INTROSPECTION = get_introspection_query()


def body(query: str, variables: Mapping[str, Any] | None = None) -> bytes:
    sent = {"query": query, **({"variables": variables} if variables is not None else {})}
    return json.dumps(sent, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Blank:
    """A body of spaces, which are made when they are sent: so many that nobody should hold them."""

    size: int

    def __len__(self) -> int:
        return self.size


def part_of(body: bytes | Blank, size: int) -> tuple[bytes, bytes | Blank]:
    """So many bytes at most from its beginning, and the rest."""
    if isinstance(body, Blank):
        taken = min(size, body.size)
        return b" " * taken, Blank(body.size - taken)
    return body[:size], body[size:]


def many(count: int, text: str, between: str = " ") -> str:
    """The text so many times, with its number for `#`."""
    return between.join(text.replace("#", str(number)) for number in range(count))


def nested(
    times: int, *fields: str, end: str = "id", start: str = "classes(first: 1) { nodes {"
) -> str:
    """A query that goes round in the schema."""
    steps = [fields[number % len(fields)] for number in range(times)]
    opened = "".join(f"{step} {{ " for step in steps)
    return f"{{ {start} {opened} {end} {'} ' * times} }} }} }}"


def doubled(count: int, inside: str = "...F{n} ...F{n}") -> str:
    """Fragments that each spread the next one twice."""
    parts = [f"fragment F{n} on Query {{ {inside.format(n=n + 1)} }}" for n in range(count)]
    return "\n".join(["{ ...F0 }", *parts, f"fragment F{count} on Query {{ __typename }}"])


def doubled_below(count: int) -> str:
    """The same, through a field and under two names."""
    parts = [
        f"fragment F{n} on SchoolClass {{ a: classTeacher {{ id }} "
        f"sections {{ a: schoolClass {{ ...F{n + 1} }} b: schoolClass {{ ...F{n + 1} }} }} }}"
        for n in range(count)
    ]
    last = f"fragment F{count} on SchoolClass {{ id }}"
    return "\n".join(["{ classes(first: 1) { nodes { ...F0 } } }", *parts, last])


def chained(count: int, inside: str, on: str, start: str) -> str:
    parts = [
        f"fragment F{n} on {on} {{ {inside} {f'...F{n + 1}' if n + 1 < count else ''} }}"
        for n in range(count)
    ]
    return "\n".join([start, *parts])


def spreading_all(count: int) -> str:
    """Fragments of which each spreads all that follow."""
    parts = [
        f"fragment F{n} on Query {{ __typename "
        + " ".join(f"...F{later}" for later in range(n + 1, count))
        + " }"
        for n in range(count)
    ]
    return "\n".join(["{ ...F0 }", *parts])


def filters(branches: int, inner: int) -> dict[str, Any]:
    one = {"fullName": {"contains": "а"}}
    part = {"and": [one] * inner} if inner else one
    return {"filter": {"or": [part] * branches}}


def inside_each_other(count: int) -> dict[str, Any]:
    found: dict[str, Any] = {"fullName": {"eq": "а"}}
    for _ in range(count):
        found = {"not": found}
    return {"filter": found}


FILTERED = "query ($filter: StudentFilter) { students(filter: $filter) { totalCount } }"
SIGN_IN = 's#: signIn(input: { login: "nobody#", password: "wrong password" }) { retryAt }'


def variables_used(count: int) -> bytes:
    declared = many(count, "$v#: Int", ", ")
    used = many(count, "a#: students(first: $v#) { totalCount }")
    return body(f"query ({declared}) {{ {used} }}", {f"v{n}": 1 for n in range(count)})


DIARY = (
    'd#: diary(studentId: "Student:1-1", from: "2026-09-15", to: "2026-11-15") '
    "{ days { date lessons { topic marks { value } } } }"
)
JOURNAL = (
    'j#: journal(sectionId: "Section:1-68", from: "2026-01-01", to: "2026-12-31") '
    "{ students { id } lessons { id } cells { studentId marks { value } } }"
)
