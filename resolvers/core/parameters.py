"""Arguments as SQL sees them: parameters, whose values come when it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
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
"""What an annotation is made with: `list` of `list[X]`, `Id` of `Id[Mark]`, None of a class."""
Arg: TypeAlias = BindParameter[T]
"""An argument as SQL sees it: of `Arg[Id[Student]]` the key, of any other type its value."""
NULL: Any = None
"""The default of an `Arg[X | None]`; of an `Arg[bool]`, and of an `Arg` of a list, follow."""
NO: Any = False
NONE: Any = ()
Logged: TypeAlias = Annotated[T, "logged"]
"""A value that every reader of the audit log may know, so that the log may keep it. Of an argument
that is not `Logged` the log keeps the name only; of a result, nothing."""


@dataclass(frozen=True, slots=True)
class Anything:
    """A row of whatever type, by its id.

    key: Its key, as a parameter.
    """

    row: type[OfSchool]
    key: Arg[int]


Search = NewType("Search", str)
"""What is looked for in a text: at most 200 characters; of blanks alone it is as if not given."""
Part = NewType("Part", str)
"""A part of a text that a filter looks for: at most 200 characters."""
Secret = NewType("Secret", str)
"""A password or a token: it is taken as it was typed, and never kept or shown."""
Exact = NewType("Exact", str)
"""A text that is compared as a whole, never searched in."""
Sealed = NewType("Sealed", str)
"""What is kept encrypted and found by its blind index."""
LONGEST_SEARCH = 200


class Few(list[Any]):
    """`Few[str]`: values of a filter, at most 100. A type of its own, so that the limit holds for
    each request, also where the statement for it was made for another."""

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
    UUID: Uuid(),
}


@cache
def sql_type(annotation: Annotation) -> TypeEngine[Any]:
    """The SQL type of an argument of a Python type."""
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
    """The type in `X | None`; None of any other."""
    inner = [one for one in get_args(annotation) if one is not type(None)]
    return inner[0] if type(None) in get_args(annotation) else None


@cache
def is_arg(annotation: Annotation) -> bool:
    """Whether an argument reaches SQL as a parameter, or null in its place."""
    if is_logged(annotation):
        return is_arg(get_args(annotation)[0])
    return origin_of(annotation) is BindParameter or is_arg_or_null(annotation)


@cache
def takes_null(annotation: Annotation) -> bool:
    """Whether null, too, is sent as a parameter: `Arg[X | None]`, not `Arg[X] | None`."""
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
    """`Arg[X]` and `Logged[X]` as X, wherever it stands."""
    if origin_of(annotation) is BindParameter or is_logged(annotation):
        return plain(get_args(annotation)[0])
    if is_arg_or_null(annotation):
        return plain(optional(annotation)) | None
    if origin_of(annotation) is list:
        return list.__class_getitem__(plain(get_args(annotation)[0]))
    return annotation


class Make(Protocol):
    """Makes the parameter of SQL for a value that a client sent.

    is_nullable: Whether null is a value like others, and what it is if nothing is sent.
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
    """An argument as a use case wants it: what is an `Arg` as a parameter that
    `make` gives, also inside of an input. One that may be null is made with `is_nullable`."""
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
    """A field of an input object in JSON."""
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, date | datetime) else value


def sent_as(actor: Actor, secrets: Secrets, type_: Annotation, value: Any) -> Any:
    """A value as SQL compares it: of an id the key, which of another school's is nobody's."""
    if isinstance(value, Id):
        return value.key if value.school_id == actor.school_id else 0
    if isinstance(value, list | tuple):
        return [sent_as(actor, secrets, type_, one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):  # as JSON
        parts = ((item.name, getattr(value, item.name)) for item in fields(value))
        return {name: plain_json(sent_as(actor, secrets, None, part)) for name, part in parts}
    return secrets.index(value) if type_ is Sealed else value
