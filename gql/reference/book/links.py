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
    """The links from one page. They are relative, so that the folder can be read from a disk. On
    the page of the whole book they lead to anchors on it.

    up: The path to the folder of the language: `../`, or nothing.
    """

    def __init__(self, subjects: Iterable[Subject], *, up: str, within: bool = False) -> None:
        self.up, self.within = up, within
        self.places = names_of(subjects)

    def link_to(self, place: str) -> str:
        """Return the link to a page, or to an anchor on it: `codes.html#CONFLICT`."""
        path, _, anchor = place.partition("#")
        return f"#{anchor}" if self.within and anchor else f"{self.up}{path}#{anchor}".rstrip("#")

    def name(self, name: str, text: str | None = None) -> Markup:
        """Return the link to a type or a root field by its name, or to a field by its coordinate,
        `Mark.value`. The link of a path, `viewer.contexts`, leads to its first name."""
        place = self.places.get(name) or self.places.get(name.partition(".")[0])
        shown = Markup("<code>{}</code>").format(text or name)
        return Markup('<a href="{}">{}</a>').format(self.link_to(place), shown) if place else shown

    def type(self, type_: GraphQLType) -> Markup:
        """Return a type, `[Mark!]!`, with its name as a link."""
        if isinstance(type_, GraphQLNonNull):
            return Markup("{}<code>!</code>").format(self.type(type_.of_type))
        if isinstance(type_, GraphQLList):
            return Markup("<code>[</code>{}<code>]</code>").format(self.type(type_.of_type))
        assert isinstance(type_, GraphQLNamedType)  # noqa: S101  # there are no other kinds
        return self.name(type_.name)

    def right(self, right: Right) -> Markup:
        place = self.link_to(f"rights.html#{right.value}")
        return Markup('<a class="right" href="{}"><code>{}</code></a>').format(place, right.value)

    def code(self, code: str) -> Markup:
        place = self.link_to(f"codes.html#{code}")
        return Markup('<a href="{}"><code>{}</code></a>').format(place, code)

    def prose(self, text: str | None, right: Right | None = None) -> Markup:
        """Return a description in one line. Text in backticks becomes code, and a link if it is a
        name of the schema.

        right: The right that it needs. The page shows it elsewhere, so its sentence is removed.
        """
        told = (text or "").removesuffix(f" Needs `{right}`.") if right else text or ""
        parts = told.split("`")
        return Markup("").join(
            self.name(part) if place % 2 else mark_strong(part) for place, part in enumerate(parts)
        )

    def blocks(self, text: str | None) -> Markup:
        """Return a description of several paragraphs and lists."""
        made = []
        for block in (text or "").split("\n\n"):
            if block.startswith(BULLET):
                items = block.removeprefix(BULLET).split(f"\n{BULLET}")
                listed = Markup("").join(Markup("<li>{}</li>").format(self.prose(i)) for i in items)
                made.append(Markup("<ul>{}</ul>").format(listed))
            else:
                made.append(Markup("<p>{}</p>").format(self.prose(block)))
        return Markup("\n").join(made)


def mark_strong(text: str) -> Markup:
    parts = STRONG.split(text)
    return Markup("").join(
        Markup("<strong>{}</strong>").format(part) if place % 2 else Markup("{}").format(part)
        for place, part in enumerate(parts)
    )


def names_of(subjects: Iterable[Subject]) -> Mapping[str, str]:
    """Return the path of each root field, type and field by its name or coordinate."""
    found: dict[str, str] = {}
    for one in subjects:
        if one.root:
            found[one.name] = found[one.coordinate] = f"{one.path}#{one.coordinate}"
        for type_ in one.types:
            found[type_.name] = f"{one.path}#{type_.name}"
            for field in getattr(type_, "fields", None) or getattr(type_, "values", None) or ():
                found[f"{type_.name}.{field}"] = f"{one.path}#{type_.name}.{field}"
    return found
