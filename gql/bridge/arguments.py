"""Arguments: from the signature of a use case to GraphQL, and back from what a client sent."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_type_hints
from uuid import UUID

import strawberry
from strawberry.types.unset import UNSET

from gql.answers import make_type
from gql.bridge.types import is_report, shown
from gql.docs import read_doc
from models import base
from models.base import Id, OfSchool
from models.problems import BadUserInput
from models.texts import trim
from resolvers.core.command import TEXTS
from resolvers.core.keep import KEEP
from resolvers.core.parameters import (
    LONGEST_SEARCH,
    Annotation,
    Few,
    Part,
    Search,
    Secret,
    optional,
    origin_of,
    plain,
)

T = TypeVar("T")
UseCase: TypeAlias = Callable[..., object]
INPUTS: dict[type, type] = {}


def arguments_of(use_case: UseCase) -> list[inspect.Parameter]:
    """The keyword arguments, as GraphQL types, explained by the docstring's `name: text` lines."""
    texts = TEXTS | read_doc(use_case)[1]
    signature = inspect.signature(use_case, eval_str=True)
    return [
        argument.replace(
            annotation=Annotated[
                or_left_out(shown_input(plain(argument.annotation)), argument.default),
                strawberry.argument(texts.get(name), name=bare(name)),
            ],
            default=UNSET if argument.default is KEEP else argument.default,
        )
        for name, argument in signature.parameters.items()
        if argument.kind is argument.KEYWORD_ONLY
    ]


def bare(name: str) -> str | None:
    """`from_` is `from` in the API; any other name Strawberry makes by itself."""
    return name.rstrip("_") if name.endswith("_") else None


def or_left_out(type_: Annotation, default: object) -> Annotation:
    """What keeps its value when it is left out: without a default, GraphQL lets only what may be
    null be left out."""
    return type_ | None if default is KEEP else type_


def shown_input(annotation: Annotation) -> Annotation:
    """The GraphQL input type for a Python one; a dataclass of ours becomes an input of its
    fields."""
    inner = get_args(annotation)
    if is_report(annotation):
        return input_of(annotation)
    if origin_of(annotation) in (list, Sequence, tuple):
        return list.__class_getitem__(shown_input(inner[0]))
    if type(None) in inner:
        return shown_input(next(part for part in inner if part is not type(None))) | None
    return shown(annotation)


def input_of(report: type) -> type:
    """`MarkItem` as `MarkItemInput`."""
    if report not in INPUTS:
        told, texts = read_doc(report)
        hints = get_type_hints(report)
        contents = {}
        for item in fields(report):
            default = {} if item.default is MISSING else {"default": item.default}
            default = {"default": UNSET} if item.default is KEEP else default
            described = strawberry.field(description=texts.get(item.name), **default)
            type_ = or_left_out(shown_input(plain(hints[item.name])), item.default)
            contents[item.name] = (type_, described)
        kind = partial(strawberry.input, one_of=True if getattr(report, "one_of", False) else None)
        INPUTS[report] = make_type(kind, f"{report.__name__}Input", told, contents)
    return INPUTS[report]


def input_type(name: str, arguments: list[inspect.Parameter]) -> type:
    """`SetMarkInput`: one field per argument of the command."""

    def described(argument: inspect.Parameter) -> tuple[Annotation, object]:
        [told] = argument.annotation.__metadata__[-1:]
        default = {} if argument.default is argument.empty else {"default": argument.default}
        type_ = argument.annotation.__origin__
        return type_, strawberry.field(description=told.description, **default)

    contents = {argument.name: described(argument) for argument in arguments}
    input_: type = make_type(strawberry.input, f"{name}Input", f"Arguments of `{name}`.", contents)
    return input_


def ids_among(use_case: UseCase) -> dict[str, Annotation]:
    """The annotations of the keyword arguments, by which what is sent is read."""
    parameters = inspect.signature(use_case, eval_str=True).parameters.values()
    return {p.name: p.annotation for p in parameters if p.kind is p.KEYWORD_ONLY}


def received(
    annotations: Mapping[str, Annotation], sent: Mapping[str, object]
) -> dict[str, object]:
    """What was sent as the use case wants it: ids read, inputs as its dataclasses, what was not
    sent left to the default. Raises BadUserInput naming the argument."""
    return {
        name: understood(plain(annotations[name]), value, name)
        for name, value in sent.items()
        if value is not UNSET
    }


def understood(annotation: Annotation, value: object, path: str) -> object:
    inner = get_args(annotation)
    if value is None and type(None) not in inner:
        raise BadUserInput(field=path, expected="a value; leave it out to keep what is there")
    if value is None:
        return None
    if type(None) in inner:
        return understood(next(a for a in inner if a is not type(None)), value, path)
    if origin_of(annotation) is Id:
        return id_of(str(value), inner[0], path)
    if is_report(annotation):
        hints = get_type_hints(annotation)
        given = {n: v for n, v in vars(value).items() if v is not UNSET}
        parts = {n: understood(plain(hints[n]), v, f"{path}.{n}") for n, v in given.items()}
        return annotation(**parts)
    if isinstance(value, list):
        if origin_of(annotation) is Few and len(value) > Few.most:
            raise BadUserInput(field=path, expected=f"at most {Few.most}")
        parts_of = (understood(inner[0], one, f"{path}.{n}") for n, one in enumerate(value))
        return list(parts_of)
    if isinstance(value, str):
        return text_of(annotation, path)(value)
    return value


def reader(annotation: Annotation, path: str) -> Callable[[Any], object]:
    """`understood` for one type, made once for many values."""
    if origin_of(annotation) is Id:
        row = get_args(annotation)[0]
        return lambda value: id_of(value, row, path)
    if annotation in (str, strawberry.ID, Secret, Part):
        return text_of(annotation, path)
    if (optional(annotation) or annotation) in AS_THEY_COME:
        return as_it_comes
    return lambda value: understood(annotation, value, path)


AS_THEY_COME = {bool, date, datetime, Decimal, int, UUID}
"""Types whose values need no second look once they are read."""


def as_it_comes(value: T) -> T:
    return value


def text_of(annotation: Annotation, path: str) -> Callable[[str], str | None]:
    """Reads a text without spaces and invisible characters at its ends: a name typed with a space
    behind it is the same name, and a text that shows nothing is empty. A secret is what was
    typed."""
    if annotation is Secret:
        return lambda value: storable(value, path)
    if annotation is Search:
        return lambda value: searched(value, path)
    if annotation is Part:
        return lambda value: trim(storable(short(value, path), path))
    return lambda value: trim(storable(value, path))


def searched(value: str, path: str) -> str | None:
    return trim(storable(short(value, path), path)) or None


def short(value: str, path: str) -> str:
    """Raises BadUserInput for a search longer than anybody types."""
    if len(value) > LONGEST_SEARCH:
        raise BadUserInput(field=path, expected=f"at most {LONGEST_SEARCH} characters")
    return value


def id_of(value: str, row: type[OfSchool], path: str) -> Id[OfSchool]:
    try:
        return Id.parse(value, row)
    except BadUserInput as problem:
        problem.field = path
        raise


def storable(value: str, path: str) -> str:
    """The text. Raises BadUserInput for one that cannot be kept."""
    if not base.is_storable(value):
        raise BadUserInput(field=path, expected="text without NUL and lone surrogates")
    return value
