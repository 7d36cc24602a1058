"""Links between pages, as HTML."""

import re
from collections.abc import Iterable, Mapping

from graphql import GraphQLList, GraphQLNamedType, GraphQLNonNull, GraphQLType
from markupsafe import Markup

from auth.rights import Right
from gql.reference.book.subjects import Subject

BULLET = "- "
STRONG = re.compile(r"\*\*(.+?)\*\*")


class Links:
    """Where things stand, seen from one page. All links are relative, so that the folder can be
    read from a disk; on the page that holds everything they lead to places on it.

    up: The way to the folder of the language: `../`, or nothing.
    """

    def __init__(self, subjects: Iterable[Subject], *, up: str, within: bool = False) -> None:
        self.up, self.within = up, within
        self.places = names_of(subjects)

    def to(self, place: str) -> str:
        """The address of a page, or of a place on it: `codes.html#CONFLICT`."""
        path, _, anchor = place.partition("#")
        return f"#{anchor}" if self.within and anchor else f"{self.up}{path}#{anchor}".rstrip("#")

    def name(self, name: str, text: str | None = None) -> Markup:
        """A type or a root field by its name, a field by its coordinate: `Mark.value`. Of a path
        as `viewer.contexts` the beginning is where the link leads."""
        place = self.places.get(name) or self.places.get(name.partition(".")[0])
        shown = Markup("<code>{}</code>").format(text or name)
        return Markup('<a href="{}">{}</a>').format(self.to(place), shown) if place else shown

    def type(self, type_: GraphQLType) -> Markup:
        """`[Mark!]!`, with the name as a link."""
        if isinstance(type_, GraphQLNonNull):
            return Markup("{}<code>!</code>").format(self.type(type_.of_type))
        if isinstance(type_, GraphQLList):
            return Markup("<code>[</code>{}<code>]</code>").format(self.type(type_.of_type))
        assert isinstance(type_, GraphQLNamedType)  # noqa: S101  # there are no other kinds
        return self.name(type_.name)

    def right(self, right: Right) -> Markup:
        place = self.to(f"rights.html#{right.value}")
        return Markup('<a class="right" href="{}"><code>{}</code></a>').format(place, right.value)

    def code(self, code: str) -> Markup:
        place = self.to(f"codes.html#{code}")
        return Markup('<a href="{}"><code>{}</code></a>').format(place, code)

    def prose(self, text: str | None, right: Right | None = None) -> Markup:
        """A description in one line: what stands in backticks is code, and a link where it names
        something of the schema.

        right: The one it needs, which the page tells beside it: its sentence is left out.
        """
        told = (text or "").removesuffix(f" Needs `{right}`.") if right else text or ""
        parts = told.split("`")
        return Markup("").join(
            self.name(part) if place % 2 else strong(part) for place, part in enumerate(parts)
        )

    def blocks(self, text: str | None) -> Markup:
        """A description of several paragraphs and lists."""
        made = []
        for block in (text or "").split("\n\n"):
            if block.startswith(BULLET):
                items = block.removeprefix(BULLET).split(f"\n{BULLET}")
                listed = Markup("").join(Markup("<li>{}</li>").format(self.prose(i)) for i in items)
                made.append(Markup("<ul>{}</ul>").format(listed))
            else:
                made.append(Markup("<p>{}</p>").format(self.prose(block)))
        return Markup("\n").join(made)


def strong(text: str) -> Markup:
    parts = STRONG.split(text)
    return Markup("").join(
        Markup("<strong>{}</strong>").format(part) if place % 2 else Markup("{}").format(part)
        for place, part in enumerate(parts)
    )


def names_of(subjects: Iterable[Subject]) -> Mapping[str, str]:
    """Where each root field, type and field stands, by its name or its coordinate."""
    found: dict[str, str] = {}
    for one in subjects:
        if one.root:
            found[one.name] = found[one.coordinate] = f"{one.path}#{one.coordinate}"
        for type_ in one.types:
            found[type_.name] = f"{one.path}#{type_.name}"
            for field in getattr(type_, "fields", None) or getattr(type_, "values", None) or ():
                found[f"{type_.name}.{field}"] = f"{one.path}#{type_.name}.{field}"
    return found
