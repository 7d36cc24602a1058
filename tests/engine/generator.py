"""Random operations over the whole schema, of forms that people would never write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import strategies as st

DEEPEST = 5
SCALARS: dict[str, Any] = {
    "Boolean": st.booleans(),
    "Date": st.sampled_from(["2026-09-01", "2026-11-16", "2026-11-23", "2026-12-31"]),
    "DateTime": st.sampled_from(["2026-11-01T00:00:00Z", "2027-01-01T12:30:00.5+03:00"]),
    "Decimal": st.sampled_from(["1", "0.5", "2.50"]),
    "Int": st.sampled_from([0, 1, 2, 5, 7, 11, 2026]),
    "LocalTime": st.sampled_from(["08:30", "12:00:00"]),
    "String": st.sampled_from(
        ["", " ", "а", "ива", "Ё", "%", "_", "'", '"', "\\", "🦊", "$1", "{}"]
    ),
    "UUID": st.just("6f1c2d3e-0000-4000-8000-000000000000"),
}


@dataclass
class Made:
    """An operation in the making: its variables, by name their type and value."""

    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)


@dataclass
class Generator:
    """Draws operations.

    ids: Existing ids, by type.
    left_out: Root fields that are not asked for.
    """

    schema: GraphQLSchema
    ids: Mapping[str, Sequence[str]]
    left_out: frozenset[str] = frozenset()

    def draw_operation(self, draw: Any) -> tuple[str, dict[str, Any]]:
        made = Made()
        root = self.schema.query_type
        assert root
        names = [name for name in root.fields if name not in self.left_out]
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        fields = [
            self.field(draw, made, name, root.fields[name], 0, f"r{place}: ")
            for place, name in enumerate(chosen)
        ]
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in made.variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        document = "\n".join([f"{head} {{ {' '.join(fields)} }}", *made.fragments])
        return document, {name: value for name, (_, value) in made.variables.items()}

    # -- fields -----------------------------------------------------------------------

    def field(
        self, draw: Any, made: Made, name: str, field: GraphQLField, depth: int, alias: str
    ) -> str:
        given = self.arguments(draw, made, field.args)
        directive = self.directive(draw, made)
        below = self.selection(draw, made, get_named_type(field.type), depth + 1)
        return f"{alias}{name}{given}{directive}{below}"

    def selection(self, draw: Any, made: Made, type_: Any, depth: int) -> str:
        if is_leaf_type(type_):
            return ""
        if is_abstract_type(type_):
            types = draw(st.lists(st.sampled_from(self.schema.get_possible_types(type_)),
                                  min_size=1, max_size=3))  # fmt: skip
            parts = [f"... on {one.name}{self.selection(draw, made, one, depth)}" for one in types]
            return f" {{ __typename {' '.join(parts)} }}"
        return f" {{ {' '.join(self.fields(draw, made, type_, depth))} }}"

    def fields(self, draw: Any, made: Made, type_: GraphQLObjectType, depth: int) -> list[str]:
        leaves = [name for name, one in type_.fields.items() if is_leaf_type(named_type_of(one))]
        names = leaves if depth >= DEEPEST else list(type_.fields)
        chosen = draw(st.lists(st.sampled_from(names or ["__typename"]), max_size=5))
        found = ["__typename"] if not chosen or draw(st.integers(0, 5)) == 0 else []
        for place, name in enumerate(chosen):
            if name == "__typename":
                continue
            alias = f"{name}{place}: " if place and draw(st.booleans()) else ""
            one = type_.fields[name]
            found.append(self.field(draw, made, name, one, depth, alias or f"{name}_{place}: "))
        return self.wrap_some(draw, made, type_, found)

    def wrap_some(
        self, draw: Any, made: Made, type_: GraphQLObjectType, found: list[str]
    ) -> list[str]:
        """Put some of the fields into a fragment, perhaps."""
        cut = draw(st.integers(0, len(found)))
        inside, rest = found[:cut], found[cut:]
        kind = draw(st.sampled_from(["plain", "plain", "inline", "named", "twice"]))
        if not inside or kind == "plain":
            return found
        if kind == "inline":
            return [f"...{self.directive(draw, made)} {{ {' '.join(inside)} }}", *rest]
        name = f"F{len(made.fragments)}"
        made.fragments.append(f"fragment {name} on {type_.name} {{ {' '.join(inside)} }}")
        spread = f"...{name}{self.directive(draw, made)}"
        return [spread, *rest, *([f"...{name}"] if kind == "twice" else [])]

    def directive(self, draw: Any, made: Made) -> str:
        kind = draw(st.sampled_from(["", "", "", "", "", "", "@skip", "@include"]))
        if not kind:
            return ""
        value = draw(st.booleans())
        if draw(st.booleans()):
            return f" {kind}(if: {'true' if value else 'false'})"
        return f" {kind}(if: {self.variable(made, 'Boolean!', value)})"

    def variable(self, made: Made, type_: str, value: Any) -> str:
        name = f"v{len(made.variables)}"
        made.variables[name] = (type_, value)
        return f"${name}"

    # -- arguments --------------------------------------------------------------------

    def arguments(self, draw: Any, made: Made, args: dict[str, GraphQLArgument]) -> str:
        given = []
        both = draw(st.booleans())
        for name, one in args.items():
            required = isinstance(one.type, GraphQLNonNull)
            if name in (("last", "before") if both else ("first", "after")):
                continue
            seldom = 12 if name in ("after", "before") else 2
            if not required and draw(st.integers(0, seldom)):
                continue
            value = self.value(draw, name, one.type, 0)
            if draw(st.booleans()):
                given.append(f"{name}: {self.variable(made, str(one.type), value)}")
            else:
                given.append(f"{name}: {render_literal(value, one.type)}")
        return f"({', '.join(given)})" if given else ""

    def value(self, draw: Any, name: str, type_: Any, depth: int) -> Any:
        required = isinstance(type_, GraphQLNonNull)
        type_ = strip_non_null(type_)
        if depth and not required and draw(st.integers(0, 9)) == 0:
            return None
        if isinstance(type_, GraphQLList):
            parts = range(draw(st.integers(0, 2)))
            return [self.value(draw, name, type_.of_type, depth + 1) for _ in parts]
        if isinstance(type_, GraphQLEnumType):
            return draw(st.sampled_from(sorted(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            return self.input(draw, type_, depth)
        if isinstance(type_, GraphQLScalarType) and type_.name == "ID":
            return self.id(draw, name)
        if name in ("after", "before"):
            return draw(st.sampled_from(["", "x", "WyJ4Il0="]))
        return draw(SCALARS[type_.name])

    def input(self, draw: Any, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        names = list(type_.fields)
        if depth > 2:
            names = [name for name in names if name not in ("and", "or", "not")]
        required = [n for n, f in type_.fields.items() if isinstance(f.type, GraphQLNonNull)]
        most = 1 if type_.is_one_of else 3
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True))
        below = 0 if type_.is_one_of else depth + 1
        return {
            name: self.value(draw, name, type_.fields[name].type, below)
            for name in dict.fromkeys([*required, *chosen])
        }

    def id(self, draw: Any, name: str) -> str:
        """Draw an id, mostly of the type that the name refers to."""
        kind = name.removesuffix("Id")
        kind = kind[:1].upper() + kind[1:]
        kinds = [kind] * 6 if kind in self.ids else []
        chosen = draw(st.sampled_from([*kinds, *self.ids]))
        return draw(st.sampled_from([*self.ids[chosen], "garbage"]))  # type: ignore[no-any-return]


def named_type_of(one: GraphQLField) -> Any:
    return get_named_type(one.type)


def strip_non_null(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def render_literal(value: Any, type_: Any) -> str:
    """Render a value as it stands in a document."""
    type_ = strip_non_null(type_)
    if value is None:
        return "null"
    if isinstance(type_, GraphQLList):
        return f"[{', '.join(render_literal(one, type_.of_type) for one in value)}]"
    if isinstance(type_, GraphQLInputObjectType):
        fields = (
            f"{name}: {render_literal(one, type_.fields[name].type)}" for name, one in value.items()
        )
        return f"{{{', '.join(fields)}}}"
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
