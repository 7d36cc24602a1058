"""The GraphQL types of Python types. The trees mirror each other: the row
`models.journal.marks.Mark` has the GraphQL type `gql.journal.marks.Mark`."""

from collections.abc import Sequence
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, NewType, TypeGuard, Union, get_args

import strawberry
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import InstrumentedAttribute

from gql.answers import Connection, Node
from gql.enums import shown_enum
from models.base import Id, OfSchool, Record
from resolvers.core.listing import Listing
from resolvers.core.parameters import Annotation, origin_of
from resolvers.core.reads import Row, Rows, RowsByIds

MIRRORED = ("models.", "resolvers.")


def to_graphql_type(annotation: Annotation) -> Annotation:
    """Return the GraphQL type for a Python type. Classes of `models` and reports of `resolvers`
    have mirror types in `gql`."""
    if annotation is OfSchool:
        return Node
    if annotation is RowsByIds:
        return list.__class_getitem__(Node | None)
    if isinstance(annotation, type) and annotation.__module__.startswith(MIRRORED):
        if issubclass(annotation, Enum):
            return shown_enum(annotation)
        name = annotation.api_name() if issubclass(annotation, OfSchool) else annotation.__name__
        return Annotated[name, strawberry.lazy(mirror(annotation.__module__))]
    origin, inner = origin_of(annotation), get_args(annotation)
    if isinstance(annotation, NewType) and annotation is not strawberry.ID:
        return annotation.__supertype__
    if origin is Id:
        return strawberry.ID
    if origin is Listing:
        connection: Annotation = Connection
        return connection[to_graphql_type(inner[0])]
    if origin is Row:
        return to_graphql_type(inner[0]) | None
    if origin in (list, Sequence, tuple, Rows):
        return list.__class_getitem__(to_graphql_type(inner[0]))
    if origin in (Union, UnionType):
        return to_graphql_type(next(part for part in inner if part is not NoneType)) | None
    return annotation


def mirror(module: str) -> str:
    return "gql." + module.partition(".")[2]


def column_type(column: InstrumentedAttribute[object]) -> Annotation:
    """Return the Python type of a column; an enum if it holds one, with None if it is nullable."""
    [of] = column.property.columns[0].base_columns
    if isinstance(of.type, SqlEnum) and of.type.enum_class:
        type_: Annotation = of.type.enum_class
    else:
        type_ = of.type.python_type
    return type_ | None if getattr(of, "nullable", False) else type_


def is_report(annotation: Annotation) -> TypeGuard[type]:
    """Whether a type is a dataclass of ours, but no row."""
    return is_dataclass(annotation) and not (
        isinstance(annotation, type) and issubclass(annotation, Record)
    )


def is_required(type_: Annotation) -> bool:
    return NoneType not in get_args(type_)
