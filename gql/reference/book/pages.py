"""The pages of the reference, generated from the schema."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    ast_from_value,
    get_named_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

from auth.rights import Right
from gql.reference.book.examples import Example, examples_of
from gql.reference.book.links import Links, names_of
from gql.reference.book.rights import Scopes, find_rights, holders, name_of, right_of, right_to_read
from gql.reference.book.subjects import ROOMS, Subject, subjects_of
from gql.reference.book.templates import HERE, render
from gql.reference.book.texts import LANGUAGES
from gql.reference.codes import ErrorCode, enums_of_codes, error_codes
from gql.schema import ROOTS
from models.access.roles import Role

MEDIA_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
KINDS: Mapping[type, str] = {
    GraphQLObjectType: "object",
    GraphQLInputObjectType: "input",
    GraphQLEnumType: "enum",
    GraphQLScalarType: "scalar",
    GraphQLUnionType: "union",
}
MOST_EXAMPLES = 2


def build() -> dict[str, str]:
    """Return all files of the reference by their paths in its folder."""
    from gql.schema import schema

    book = Book(schema._schema)  # noqa: SLF001  # graphql-core's
    files = {"index.html": render("choice.html", "en", languages=LANGUAGES)}
    for language in LANGUAGES:
        files |= {f"{language}/{path}": html for path, html in book.pages(language)}
    for file in sorted((HERE / "static").iterdir()):
        files[file.name] = file.read_text(encoding="utf-8")
    searched = {
        name: place
        for name, place in names_of(book.subjects).items()
        if name.partition(".")[0] not in ROOTS
    }
    names = json.dumps(searched, ensure_ascii=False, separators=(",", ":"))
    return {**files, "names.js": f"globalThis.names = {names};\n"}


class Book:
    """The content of the pages, independent of the language."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.subjects = subjects_of(schema)
        self.codes = error_codes(schema)
        self.examples = examples_of(schema)

    def pages(self, language: str) -> Iterator[tuple[str, str]]:
        """Yield the pages of a language with their paths in its folder."""
        top, below = (Links(self.subjects, up=up) for up in ("", "../"))
        whole = Links(self.subjects, up="", within=True)
        common = {"book": self, "name_of": lambda role: name_of(role, language)}

        def page(template: str, path: str, links: Links = top, **values: Any) -> tuple[str, str]:
            return path, render(template, language, links=links, path=path, **common, **values)

        yield page("index.html", "index.html")
        yield page("codes.html", "codes.html")
        yield page("rights.html", "rights.html")
        yield page("examples.html", "examples.html")
        yield page("book.html", "book.html", whole)
        for room in self.rooms:
            yield page("room.html", f"rooms/{room}.html", below, room=room)
        for role in Role:
            yield page("role.html", f"roles/{role.name}.html", below, role=role)
        for subject in self.subjects:
            yield page("subject.html", subject.path, below, subject=subject)

    @cached_property
    def rooms(self) -> list[str]:
        """The rooms that have subjects."""
        return [room for room in ROOMS if any(one.room == room for one in self.subjects)]

    def of_room(self, room: str, root: str | None) -> list[Subject]:
        return [one for one in self.subjects if (one.room, one.root) == (room, root)]

    # -- a subject ---------------------------------------------------------------------

    def right(self, subject: Subject) -> Right | None:
        return right_of(subject.field) if subject.field else right_to_read(subject.types[0])

    def rights_on(self, subject: Subject) -> dict[Right, Any]:
        """Return the rights that the page mentions, with their holders."""
        found = {self.right(subject)}
        for type_ in subject.types:
            found |= {right_of(field) for field in fields_of(type_).values()}
        return {right: holders(right) for right in Right if right in found}

    def codes_of(self, subject: Subject) -> list[ErrorCode]:
        """Return the codes of a command's user errors and warnings."""
        if subject.root != "Mutation" or subject.field is None:
            return []
        payload = subject.field.type
        named = {code for enum in enums_of_codes(get_named_type(payload)) for code in enum.values}
        return [one for one in self.codes if one.code in named]

    def examples_with(self, subject: Subject) -> list[Example]:
        """Return the shortest examples that use the subject."""
        if subject.root:
            found = [one for one in self.examples if subject.coordinate in one.uses]
        else:
            names = {type_.name for type_ in subject.types}
            found = [
                one
                for one in self.examples
                if any(use.partition(".")[0] in names for use in one.uses)
            ]
        return sorted(found, key=lambda one: len(one.text))[:MOST_EXAMPLES]

    def find_possible(self, type_: GraphQLNamedType) -> list[str]:
        if not isinstance(type_, GraphQLAbstractType):
            return []
        return sorted(one.name for one in self.schema.get_possible_types(type_))

    # -- a role --------------------------------------------------------------------------

    def reach(self, role: Role, right: Right | None) -> Scopes:
        """Return the scopes of a right for a role; none if it lacks the right."""
        return find_rights(role).get(right, ()) if right else ()

    def root_fields_for(self, role: Role, room: str, root: str) -> list[tuple[Subject, Scopes]]:
        """Return the root fields that a role may use, with the scopes; these are empty if no right
        is needed."""
        found = []
        for one in self.of_room(room, root):
            right = self.right(one)
            if right is None or self.reach(role, right):
                found.append((one, self.reach(role, right)))
        return found

    def types_for(self, role: Role, room: str) -> list["VisibleType"]:
        """Return the types whose rows the role reads, and reports with fields that need a right."""
        found = []
        for one in self.of_room(room, None):
            type_, right = one.types[0], self.right(one)
            if not isinstance(type_, GraphQLObjectType) or (right and not self.reach(role, right)):
                continue
            seen = VisibleType(type_, self.reach(role, right))
            for name, field in type_.fields.items():
                needed = right_of(field)
                if needed is None or needed is right:
                    seen.open.append(name)
                elif scopes := self.reach(role, needed):
                    seen.granted.append((name, scopes))
                else:
                    seen.refused.append((name, needed))
            if right or seen.granted or seen.refused:
                found.append(seen)
        return found

    # -- types, for the templates ----------------------------------------------------------

    @staticmethod
    def kind(type_: GraphQLNamedType) -> str:
        return next((kind for of, kind in KINDS.items() if isinstance(type_, of)), "interface")

    fields = staticmethod(lambda type_: fields_of(type_))
    right_of = staticmethod(right_of)
    holders = staticmethod(holders)
    all_rights = tuple(Right)
    roles = tuple(Role)

    @staticmethod
    def may_be_null(field: GraphQLField) -> bool:
        return not isinstance(field.type, GraphQLNonNull)

    @staticmethod
    def default(argument: Any) -> str:
        """Return the default value of an argument or an input field in GraphQL. It is empty without
        one, and for null, which means the same."""
        if argument.default_value in (Undefined, None):
            return ""
        node = ast_from_value(argument.default_value, argument.type)
        return print_ast(node) if node else ""

    @staticmethod
    def is_required(argument: Any) -> bool:
        return is_required_argument(argument)

    @staticmethod
    def is_required_input(field: Any) -> bool:
        return is_required_input_field(field)


class VisibleType:
    """The fields of a type that a role sees.

    scopes: Of its rows; empty if the type shows no rows.
    open: Fields that need no further right; granted: fields of rights that the role holds;
    refused: fields of rights that it lacks.
    """

    def __init__(self, type_: GraphQLObjectType, scopes: Scopes) -> None:
        self.type, self.scopes = type_, scopes
        self.open: list[str] = []
        self.granted: list[tuple[str, Scopes]] = []
        self.refused: list[tuple[str, Right]] = []


def fields_of(type_: GraphQLNamedType) -> Mapping[str, GraphQLField]:
    """Return the fields of an object type or an interface."""
    if isinstance(type_, GraphQLInputObjectType):
        return {}
    fields: Mapping[str, GraphQLField] = getattr(type_, "fields", {})
    return fields
