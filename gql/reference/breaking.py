"""Breaking changes of the schema, compared with the changelog (R15)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    print_ast,
)

COORDINATE = re.compile(r"(?:@?\b[A-Za-z_]\w*\.\w+|@\w+)(?:\(\w+:\))?")
ITEM = re.compile(r"^(?=[-#])", re.MULTILINE)
NAME = re.compile(r"`([^`]+)`")
RELEASE = re.compile(r"^## (?!Unreleased)v?([^\s,]+)", re.MULTILINE)
HEADER = "# Gorod {version}: the schema that clients use. `gorod schema release` writes it.\n"
RELEASED = re.compile(r"\A# Gorod ([^\s:]+):")
UNRELEASED = "## Unreleased\n"
TOLD = "- Breaking:"
"""The beginning of a changelog item about a breaking change. Its first name in backticks is the
coordinate of the change."""


@dataclass(frozen=True)
class Change:
    """A change that clients may notice.

    coordinate: `Student.email`, `Query.students(first:)`, `@requires`, `Role.TEACHER` or `Student`.
    """

    coordinate: str
    description: str


def find_breaking(released: str, current: str) -> Iterator[Change]:
    """Yield the changes from one schema to another, both in SDL, that break clients."""
    for change in find_breaking_changes(build_schema(released), build_schema(current)):
        yield make_change(change.description)


def find_dangerous(released: str, current: str) -> Iterator[Change]:
    """Yield the changes that break clients that do not expect them: values of an enum, types of a
    union, optional arguments, defaults, and rights that a field did not require."""
    old, new = build_schema(released), build_schema(current)
    for change in find_dangerous_changes(old, new):
        yield make_change(change.description)
    before, now = find_requirements(old), find_requirements(new)
    for coordinate in before.keys() & now.keys():
        if before[coordinate] != now[coordinate]:
            was, is_ = (told[coordinate] or "nothing" for told in (before, now))
            yield Change(coordinate, f"{coordinate} requires {is_}, and required {was}.")


def make_change(description: str) -> Change:
    found = COORDINATE.search(description)
    # "Student was removed.", "Mark was removed from union type JournalNode."
    return Change(found[0] if found else description.split()[0], description)


def find_requirements(schema: GraphQLSchema) -> dict[str, str]:
    """Return by field the rights that it and its type require, as in the SDL."""
    return {
        f"{type_.name}.{name}": " ".join(
            print_ast(one)
            for node in (type_.ast_node, field.ast_node)
            for one in ((node and node.directives) or ())
            if one.name.value == "requires"
        )
        for type_ in schema.type_map.values()
        for name, field in getattr(type_, "fields", {}).items()
    }


def find_unmentioned(released: str, current: str, changelog: str) -> list[Change]:
    """Return the breaking changes without an item of their own in the unreleased part of the
    changelog. Items of earlier releases do not count."""
    told = {
        name[1]
        for item in ITEM.split(RELEASE.split(changelog)[0])
        if item.startswith(TOLD) and (name := NAME.search(item))
    }
    return [one for one in find_breaking(released, current) if one.coordinate not in told]


def is_of_last_release(released: str, changelog: str) -> bool:
    """Whether a schema is that of the newest release in the changelog, or of no release if there is
    none."""
    newest, kept = RELEASE.search(changelog), RELEASED.match(released)
    return (newest and newest[1]) == (kept and kept[1])


def release(current: str, changelog: str, version: str, day: str) -> tuple[str, str]:
    """Return the SDL of a release, to compare with from now on, and the changelog in which the
    unreleased part has the version."""
    heading = f"{UNRELEASED}\n## {version}, {day}\n"
    return HEADER.format(version=version) + current, changelog.replace(UNRELEASED, heading, 1)
