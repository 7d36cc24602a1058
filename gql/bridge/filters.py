"""Filters and orders: inputs made of what a type shows, read into conditions."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Enum as SqlEnum
from strawberry.types.unset import UNSET

from gql.answers import made
from gql.bridge.arguments import id_of, storable
from gql.enums import shown_enum
from models.base import OfSchool
from models.problems import BadUserInput
from resolvers.context import Ctx
from resolvers.listing import Direction, Filter, Ordering
from resolvers.shapes import SHAPES, Guarded, One, Own, Value, Via

COMPARED = {
    "eq": "Equal to this.",
    "in_": "One of these, at most 100.",
    "gte": "This or greater.",
    "lte": "This or less.",
    "contains": "Contains this text; case does not matter, and Ё is Е.",
    "is_null": "Indicates whether it is null.",
}
ORDERED = ("eq", "in_", "gte", "lte", "is_null")
BY_TYPE: Mapping[Any, tuple[str, ...]] = {
    str: ("eq", "in_", "contains", "is_null"),
    int: ORDERED,
    Decimal: ORDERED,
    date: ORDERED,
    datetime: ORDERED,
    bool: ("eq", "is_null"),
    strawberry.ID: ("eq", "in_", "is_null"),
}
MOST = 100
comparisons: dict[Any, Any] = {}
filters: dict[type[OfSchool], Any] = {}


def comparison(type_: Any) -> Any:
    """`StringFilter`, `DateFilter`, `SexFilter`: what a value of the type can be compared to."""
    if type_ not in comparisons:
        is_enum = isinstance(type_, type) and issubclass(type_, Enum)
        words = ("eq", "in_", "is_null") if is_enum else BY_TYPE[type_]
        shown: Any = shown_enum(type_) if is_enum else type_
        kinds: dict[str, Any] = {"in_": list.__class_getitem__(shown), "is_null": bool}
        contents = {
            word: (
                kinds.get(word, shown) | None,
                strawberry.field(
                    name=word.rstrip("_") if word == "in_" else None,
                    description=COMPARED[word],
                    default=UNSET,
                ),
            )
            for word in words
        }
        name = {str: "String", strawberry.ID: "ID"}.get(type_) or type_.__name__.title().replace(
            "Datetime", "DateTime"
        )
        name = type_.__name__ if is_enum else name
        told = f"What a value of `{name}` is compared to; all that is given must hold."
        comparisons[type_] = made(strawberry.input, f"{name}Filter", told, contents)
    return comparisons[type_]


def filter_type(row: type[OfSchool], shapes: Mapping[str, Any]) -> Any:
    """`StudentFilter`: the columns a type shows, and its references as ids."""
    if row not in filters:
        contents: dict[str, tuple[Any, Any]] = {}
        for name, shape in shapes.items():
            if (type_ := filterable(row, shape)) is not None:
                told = f"Compares `{name}`."
                described = strawberry.field(description=told, default=UNSET)
                contents[name] = (comparison(type_) | None, described)
        name = f"{row.api_name()}Filter"
        itself: Any = list.__class_getitem__(Later(name))
        filters[row] = recursive(name, row, contents, itself)
    return filters[row]


class Later(str):
    """The name of a type that is being made."""

    __slots__ = ()


def recursive(name: str, row: type[OfSchool], contents: Any, itself: Any) -> Any:
    """An input whose `and`, `or` and `not` are of its own type."""
    module = __name__
    reference = strawberry.lazy(module)
    from typing import Annotated

    own: Any = Annotated[name, reference]
    many = list.__class_getitem__(own)
    told = {
        "and": (many, "All of these hold."),
        "or": (many, "At least one of these holds."),
        "not": (own, "This does not hold."),
    }
    for word, (type_, text) in told.items():
        described = strawberry.field(name=word, description=text, default=UNSET)
        contents[f"{word}_"] = (type_ | None, described)
    made_type = made(strawberry.input, name, f"Which rows of `{row.api_name()}`.", contents)
    globals()[name] = made_type  # where `strawberry.lazy` looks for it
    return made_type


def filterable(row: type[OfSchool], shape: Any) -> Any:
    """The type by which a field is compared; None where it cannot be."""
    inner = shape.shape if isinstance(shape, Guarded) else shape
    if isinstance(shape, One):
        return strawberry.ID if len(shape.path) == 1 else None
    if isinstance(inner, Own):
        column = getattr(row, inner.column).property.columns[0]
    elif isinstance(inner, Via):
        column = inner.column.property.columns[0]
    else:
        return None
    if isinstance(column.type, SqlEnum):
        return column.type.enum_class
    type_ = column.type.python_type
    return type_ if type_ in BY_TYPE else None


def condition_of(ctx: Ctx, row: type[OfSchool], asked: Any) -> Any:
    """The SQL of a filter a client sent. Raises BadUserInput or Forbidden naming the field."""
    shapes = {
        name: Own(shape.path[0].key) if isinstance(shape, One) else shape
        for name, shape in SHAPES[row].items()
    }
    return read_filter(ctx, row, asked, "filter").condition(ctx, row, shapes)


def read_filter(ctx: Ctx, row: type[OfSchool], asked: Any, path: str) -> Filter:
    given = {n: v for n, v in vars(asked).items() if v is not UNSET and v is not None}
    both = [read_filter(ctx, row, part, path) for part in bounded(given.pop("and_", []), path)]
    either = [read_filter(ctx, row, part, path) for part in bounded(given.pop("or_", []), path)]
    none = given.pop("not_", None)
    fields = {
        name: {
            word: read_value(ctx, SHAPES[row][name], value, f"{path}.{name}")
            for word, value in vars(comparison_).items()
            if value is not UNSET and (value is not None or word == "eq")
        }
        for name, comparison_ in given.items()
    }
    return Filter(fields, both, either, read_filter(ctx, row, none, path) if none else None)


def bounded(values: list[Any], path: str) -> list[Any]:
    if len(values) > MOST:
        raise BadUserInput(field=path, expected=f"at most {MOST}")
    return values


def read_value(ctx: Ctx, shape: Any, value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [read_value(ctx, shape, one, path) for one in bounded(value, path)]
    if isinstance(shape, One) and isinstance(value, str):
        found = id_of(value, shape.target, path)
        return found.key if found.school_id == ctx.actor.school_id else 0
    return storable(value, path) if isinstance(value, str) else value


# -- orders ---------------------------------------------------------------------------


def order_type(row: type[OfSchool], orders: Mapping[str, Value]) -> Any:
    """`StudentOrder { field, direction }` over the fields a list can be ordered by."""
    name = row.api_name()
    members = {
        field.upper(): strawberry.enum_value(field, description=f"By `{field}`.")
        for field in orders
    }
    fields: Any = Enum(f"{name}OrderField", members)  # type: ignore[misc]  # made, not written
    strawberry.enum(fields, description=f"What `{name}` can be ordered by.")
    contents = {
        "field": (fields, strawberry.field(description="What to order by.")),
        "direction": (
            shown_enum(Direction),
            strawberry.field(description="Which way.", default=Direction.ASC),
        ),
    }
    return made(strawberry.input, f"{name}Order", f"One key of an order of `{name}`.", contents)


def order_of(asked: list[Any] | None, orders: Mapping[str, Value]) -> tuple[Ordering, ...]:
    """Raises BadUserInput for more keys than a list has fields."""
    if asked and len(asked) > len(orders):
        raise BadUserInput(field="orderBy", expected=f"at most {len(orders)} keys")
    chosen = ((key.field.name.lower(), key.direction) for key in asked or ())
    return tuple(Ordering(name, orders[name], direction) for name, direction in chosen)
