"""Arguments of use cases as parameters of SQL, whose values are sent when the statement runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import (
    Annotated,
    Any,
    NewType,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    Date,
    DateTime,
    LargeBinary,
    Numeric,
    Text,
    Time,
    Uuid,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from auth.actor import Actor
from models.base import Id, OfSchool
from models.secrets import Secrets
from resolvers.core.keep import KEEP

T = TypeVar("T")
Annotation: TypeAlias = Any
"""A type as an annotation has it: a class, `X | None`, `list[X]`, `Annotated[X, ...]`. Python has
no one type for all of these."""
origin_of: Callable[[Annotation], object] = get_origin
"""The generic type of an annotation: `list` of `list[X]`, `Id` of `Id[Mark]`, None of a class."""
Arg: TypeAlias = BindParameter[T]
"""An argument as a parameter of SQL: of `Arg[Id[Student]]` the key, of other types the value."""
NULL: Any = None
"""The default of an `Arg[X | None]`."""
NO: Any = False
"""The default of an `Arg[bool]`."""
NONE: Any = ()
"""The default of an `Arg` of a list."""
Logged: TypeAlias = Annotated[T, "logged"]
"""A value that every reader of the audit log may know, so that the log may keep it. Of an argument
that is not `Logged` the log keeps the name only; of a result, nothing."""


@dataclass(frozen=True, slots=True)
class Anything:
    """The id of a row of any type, with its key as a parameter."""

    row: type[OfSchool]
    key: Arg[int]


Search = NewType("Search", str)
"""A text to search for: at most 200 characters. One of blanks alone counts as not given."""
Part = NewType("Part", str)
"""A part of a text that a filter searches for: at most 200 characters."""
Secret = NewType("Secret", str)
"""A password or a token: it is not normalised, and never kept or shown."""
Exact = NewType("Exact", str)
"""A text that is compared as a whole, never searched."""
Sealed = NewType("Sealed", str)
"""A text that is stored encrypted and found by its blind index."""
LONGEST_SEARCH = 200


class Few(list[Any]):
    """`Few[str]`: values of a filter, at most 100. It is a type of its own so that the limit is
    checked in each request: the statement may be cached from another."""

    most = 100


TYPES: Mapping[Annotation, TypeEngine[Any]] = {
    bool: Boolean(),
    date: Date(),
    datetime: DateTime(timezone=True),
    Decimal: Numeric(),
    int: BigInteger(),
    str: Text(),
    Exact: Text(),
    Part: Text(),
    Search: Text(),
    Sealed: LargeBinary(),
    time: Time(),
    UUID: Uuid(),
}


@cache
def sql_type(annotation: Annotation) -> TypeEngine[Any]:
    """Return the SQL type for a Python type of an argument."""
    inner = get_args(annotation)
    if origin_of(annotation) is Id:
        return BigInteger()
    if origin_of(annotation) in (list, Sequence, Few):
        return JSONB() if is_dataclass(inner[0]) else ARRAY(sql_type(inner[0]))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return SqlEnum(annotation, native_enum=False, length=40)
    return TYPES[annotation]


@cache
def optional(annotation: Annotation) -> Annotation:
    """Return X of `X | None`; None for any other type."""
    inner = [one for one in get_args(annotation) if one is not type(None)]
    return inner[0] if type(None) in get_args(annotation) else None


@cache
def is_arg(annotation: Annotation) -> bool:
    """Whether an argument is an `Arg`, or an `Arg | None`."""
    if is_logged(annotation):
        return is_arg(get_args(annotation)[0])
    return origin_of(annotation) is BindParameter or is_arg_or_null(annotation)


@cache
def takes_null(annotation: Annotation) -> bool:
    """Whether null is sent as a parameter, too: `Arg[X | None]`, not `Arg[X] | None`."""
    if is_logged(annotation):
        return takes_null(get_args(annotation)[0])
    return origin_of(annotation) is BindParameter and optional(plain(annotation)) is not None


def is_arg_or_null(annotation: Annotation) -> bool:
    return optional(annotation) is not None and is_arg(optional(annotation))


@cache
def is_logged(annotation: Annotation) -> bool:
    """Whether the audit log may keep the value."""
    return origin_of(annotation) is Annotated and "logged" in get_args(annotation)


@cache
def plain(annotation: Annotation) -> Annotation:
    """Return the annotation with X in place of each `Arg[X]` and `Logged[X]`."""
    if origin_of(annotation) is BindParameter or is_logged(annotation):
        return plain(get_args(annotation)[0])
    if is_arg_or_null(annotation):
        return plain(optional(annotation)) | None
    if origin_of(annotation) is list:
        return list.__class_getitem__(plain(get_args(annotation)[0]))
    return annotation


class Make(Protocol):
    """Makes the parameter of SQL for a value that a client sent.

    is_nullable: Whether null is a value, too; then it is also the default.
    """

    def __call__(
        self,
        type_: Annotation,
        sql_type: TypeEngine[Any],
        value: Any,
        path: str,
        /,
        *,
        is_nullable: bool = False,
    ) -> BindParameter[Any]: ...


def in_parameters(annotation: Annotation, value: Any, make: Make, path: str = "") -> Any:
    """Return an argument as the use case declares it: `make` makes the parameter of each `Arg` in
    it, also inside of input objects."""
    if takes_null(annotation):
        type_ = optional(plain(annotation))
        return make(type_, sql_type(type_), value, path, is_nullable=True)
    if value is None or value is KEEP:
        return value
    if is_arg(annotation):
        type_ = optional(plain(annotation)) or plain(annotation)
        made = make(type_, sql_type(type_), value, path)
        return Anything(value.row, made) if type_ == Id[OfSchool] else made
    if origin_of(annotation) is list:
        [one] = get_args(annotation)
        return [in_parameters(one, part, make, f"{path}.{n}") for n, part in enumerate(value)]
    if is_dataclass(annotation) and isinstance(annotation, type) and not isinstance(value, Id):
        hints = get_type_hints(annotation)
        parts = ((item.name, getattr(value, item.name)) for item in fields(annotation))
        return annotation(
            **{
                name: in_parameters(hints[name], part, make, f"{path}.{name}")
                for name, part in parts
            }
        )
    return value


def plain_json(value: Any) -> Any:
    """Return a field of an input object as JSON has it."""
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, date | datetime) else value


def sent_as(actor: Actor, secrets: Secrets, type_: Annotation, value: Any) -> Any:
    """Return the value of a parameter: of an id the key, or 0, which no row has, for an id of
    another school."""
    if isinstance(value, Id):
        return value.key if value.school_id == actor.school_id else 0
    if isinstance(value, list | tuple):
        return [sent_as(actor, secrets, type_, one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):  # as JSON
        parts = ((item.name, getattr(value, item.name)) for item in fields(value))
        return {name: plain_json(sent_as(actor, secrets, None, part)) for name, part in parts}
    return secrets.index(value) if type_ is Sealed else value
