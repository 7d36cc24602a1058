"""Filters and orders: their inputs are made from the shapes of a type, and read into conditions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Protocol, TypeAlias

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy import Enum as SqlEnum
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from auth.actor import Viewer
from gql.answers import make_type
from gql.bridge.arguments import parse_value
from gql.enums import shown_enum
from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.core.listing import Direction, Filter, Ordering, required_right
from resolvers.core.parameters import Annotation, Exact, Few, Make, Part, sql_type
from resolvers.core.shapes import SHAPES, Guarded, One, Own, Plain, Shape, Value, Via

Contents: TypeAlias = dict[str, tuple[Annotation, object]]
"""The fields of an input, each with its type and its Strawberry field."""
COMPARATOR_TEXTS = {
    "eq": "Equal to this.",
    "in_": "One of these, at most 100.",
    "gte": "This or greater.",
    "lte": "This or less.",
    "contains": (
        "Contains this text, at most 200 characters; case does not matter, and Ё is Е. A "
        "person's name contains it if each of its words begins a word of the name, in any order; "
        "hyphens, apostrophes and spaces do not matter."
    ),
    "is_null": "Indicates whether it is null.",
}
ORDERED = ("eq", "in_", "gte", "lte", "is_null")
BY_TYPE: Mapping[Annotation, tuple[str, ...]] = {
    str: ("eq", "in_", "contains", "is_null"),
    int: ORDERED,
    Decimal: ORDERED,
    date: ORDERED,
    datetime: ORDERED,
    bool: ("eq", "is_null"),
    strawberry.ID: ("eq", "in_", "is_null"),
    Exact: ("eq", "in_", "is_null"),
}
MOST_PARTS = 40
"""The limit of comparisons in a filter. Each becomes SQL, which takes milliseconds to build: a
filter without limit would block the process."""
comparisons: dict[Annotation, Annotation] = {}
filters: dict[type[OfSchool], Annotation] = {}


def comparison_type(type_: Annotation) -> Annotation:
    """Return the input of comparators for a type: `StringFilter`, `DateFilter`, `SexFilter`."""
    if type_ not in comparisons:
        is_enum = isinstance(type_, type) and issubclass(type_, Enum)
        words = ("eq", "in_", "is_null") if is_enum else BY_TYPE[type_]
        shown: Annotation = shown_enum(type_) if is_enum else str if type_ is Exact else type_
        type_of: dict[str, Annotation] = dict.fromkeys(words, shown)
        type_of |= {"in_": list.__class_getitem__(shown), "is_null": bool}
        contents = {
            word: (
                type_of[word] | None,
                strawberry.field(
                    name=word.rstrip("_") if word == "in_" else None,
                    description=COMPARATOR_TEXTS[word],
                    default=UNSET,
                ),
            )
            for word in words
        }
        name = {str: "String", strawberry.ID: "ID"}.get(type_) or type_.__name__.title().replace(
            "Datetime", "DateTime"
        )
        name = type_.__name__ if is_enum else name
        description = f"Comparators for a value of `{name}`; all that are given must hold."
        comparisons[type_] = make_type(strawberry.input, f"{name}Filter", description, contents)
    return comparisons[type_]


def filter_type(row: type[OfSchool], shapes: Mapping[str, Shape | None]) -> Annotation:
    """Return the filter of a row type, such as `StudentFilter`: the columns that its GraphQL type
    shows, and its references as ids."""
    if row not in filters:
        contents: Contents = {}
        for name, shape in shapes.items():
            if (type_ := filterable_type(row, shape)) is not None:
                description = f"Compares `{to_camel_case(name)}`."
                field = strawberry.field(description=description, default=UNSET)
                contents[name] = (comparison_type(type_) | None, field)
        name = f"{row.api_name()}Filter"
        filters[row] = make_recursive_input(name, row, contents)
    return filters[row]


def make_recursive_input(name: str, row: type[OfSchool], contents: Contents) -> Annotation:
    """Make an input object whose `and`, `or` and `not` are of its own type."""
    own: Annotation = Annotated[name, strawberry.lazy(__name__)]
    many = list.__class_getitem__(own)
    parts = {
        "and": (many, "All of these hold."),
        "or": (many, "At least one of these holds."),
        "not": (own, "This does not hold."),
    }
    for word, (type_, text) in parts.items():
        field = strawberry.field(name=word, description=text, default=UNSET)
        contents[f"{word}_"] = (type_ | None, field)
    made_type = make_type(
        strawberry.input, name, f"A condition on rows of `{row.api_name()}`.", contents
    )
    globals()[name] = made_type  # where `strawberry.lazy` looks for it
    return made_type


def filterable_type(row: type[OfSchool], shape: Shape | None) -> Annotation:
    """Return the type by which a field is compared; None if it cannot be filtered by."""
    inner = shape.shape if isinstance(shape, Guarded) else shape
    if isinstance(shape, One):
        return strawberry.ID if len(shape.path) == 1 else None
    if isinstance(inner, Own):
        column = getattr(row, inner.column).property.columns[0]
    elif isinstance(inner, Via):
        column = inner.column.property.columns[0]
    else:
        return None
    info = getattr(column, "info", {})  # a computed column has none
    if info.get("unlisted"):
        return None
    if isinstance(column.type, SqlEnum):
        return column.type.enum_class
    type_ = Exact if info.get("exact") else column.type.python_type
    return type_ if type_ in BY_TYPE else None


def condition_of(
    viewer: Viewer, row: type[OfSchool], asked: object, make: Make
) -> ColumnElement[bool]:
    """Return the SQL condition of a filter that a client sent. Raises BadUserInput or Forbidden
    with the path of the field."""
    if count_parts(asked) > MOST_PARTS:
        raise BadUserInput(field="filter", expected=f"at most {MOST_PARTS} comparisons")
    return read_filter(row, asked, "filter", make).condition(viewer, row)


def count_parts(asked: object) -> int:
    """Count the comparisons and `not`s of a filter, until there are too many. It does not recurse:
    a deeply nested filter would exceed Python's recursion limit."""
    waiting, count = [asked], 0
    while waiting and count <= MOST_PARTS:
        given = {n: v for n, v in vars(waiting.pop()).items() if v is not UNSET and v is not None}
        for word in ("and_", "or_"):
            waiting += given.pop(word, [])
        if none := given.pop("not_", None):
            waiting.append(none)
        count += max(1, len(given))
    return count


def read_filter(row: type[OfSchool], asked: object, path: str, make: Make) -> Filter:
    given = {n: v for n, v in vars(asked).items() if v is not UNSET and v is not None}
    none = given.pop("not_", None)
    both, either = (
        [
            read_filter(row, part, f"{path}.{word}.{number}", make)
            for number, part in enumerate(check_number(given.pop(f"{word}_", []), path))
        ]
        for word in ("and", "or")
    )
    fields = {
        name: {
            word: parse_compared(row, name, word, value, f"{path}.{name}", make)
            for word, value in vars(comparison_).items()
            if value is not UNSET and (value is not None or word == "eq")
        }
        for name, comparison_ in given.items()
    }
    return Filter(
        fields, both, either, read_filter(row, none, f"{path}.not", make) if none else None
    )


def check_number(values: list[object], path: str) -> list[object]:
    if len(values) > Few.most:
        raise BadUserInput(field=path, expected=f"at most {Few.most}")
    return values


def parse_compared(
    row: type[OfSchool], name: str, word: str, value: object, path: str, make: Make
) -> object:
    """Return the parameter that a field is compared to; null and the value of `isNull` are returned
    as they are, because SQL has keywords for them."""
    if value is None or word == "is_null":
        return value
    shape = SHAPES[row][name]
    type_ = id_type(shape.target) if isinstance(shape, One) else filterable_type(row, shape)
    place = f"{path}.{word}"
    if word == "contains":
        type_, path = Part, place
    if isinstance(value, list):
        type_ = Few.__class_getitem__(type_)
    return make(type_, sql_type(type_), parse_value(type_, value, path), place)


def id_type(row: type[OfSchool]) -> Annotation:
    return Id[row]  # type: ignore[valid-type]  # known when it runs


# -- orders ---------------------------------------------------------------------------


def order_type(row: type[OfSchool], orders: Mapping[str, Plain]) -> Annotation:
    """Return the input of an order, such as `StudentOrder { field, direction }`."""
    name = row.api_name()
    members = {
        field.upper(): strawberry.enum_value(field, description=f"By `{to_camel_case(field)}`.")
        for field in orders
    }
    fields: Annotation = Enum(f"{name}OrderField", members)  # type: ignore[misc]  # made, not written
    strawberry.enum(fields, description=f"Fields by which `{name}` can be ordered.")
    contents = {
        "field": (fields, strawberry.field(description="The field to order by.")),
        "direction": (
            shown_enum(Direction),
            strawberry.field(description="The direction.", default=Direction.ASC),
        ),
    }
    return make_type(strawberry.input, f"{name}Order", f"A key of an order of `{name}`.", contents)


class OrderKey(Protocol):
    """A key of an order that a client sent, of the input that `order_type` makes."""

    field: Enum
    direction: Direction


def order_of(
    viewer: Viewer,
    row: type[OfSchool],
    asked: Sequence[OrderKey] | None,
    orders: Mapping[str, Plain],
) -> tuple[Ordering, ...]:
    """Return the order that a client asked for. A row whose field the viewer may not read is
    ordered as if the field were null: else its place or its cursor would reveal the value.

    Raises BadUserInput for more keys than a list has fields, Forbidden for a field that the viewer
    has no right to.
    """
    if asked and len(asked) > len(orders):
        raise BadUserInput(field="orderBy", expected=f"at most {len(orders)} keys")
    found = []
    for number, key in enumerate(asked or ()):
        name = key.field.name.lower()
        right = required_right(viewer, row, name, f"orderBy.{number}.field")
        shape: Value = orders[name]
        if right and isinstance(SHAPES[row].get(name), Guarded):
            shape = Guarded(orders[name], right)
        found.append(Ordering(name, shape, key.direction))
    return tuple(found)
