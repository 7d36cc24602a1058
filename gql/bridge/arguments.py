"""Arguments: GraphQL arguments are made from the signature of a use case, and their values parsed
for it."""

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
from gql.bridge.types import is_report, to_graphql_type
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
    """Return the keyword arguments as GraphQL arguments, described by the docstring's `name: text`
    lines."""
    texts = TEXTS | read_doc(use_case)[1]
    signature = inspect.signature(use_case, eval_str=True)
    return [
        argument.replace(
            annotation=Annotated[
                make_nullable_for_keep(to_input_type(plain(argument.annotation)), argument.default),
                strawberry.argument(texts.get(name), name=strip_underscore(name)),
            ],
            default=UNSET if argument.default is KEEP else argument.default,
        )
        for name, argument in signature.parameters.items()
        if argument.kind is argument.KEYWORD_ONLY
    ]


def strip_underscore(name: str) -> str | None:
    """Return `from` for `from_`; None for other names, which Strawberry converts itself."""
    return name.rstrip("_") if name.endswith("_") else None


def make_nullable_for_keep(type_: Annotation, default: object) -> Annotation:
    """Make the type of an argument with the default KEEP nullable: without a default, GraphQL lets
    clients leave out only nullable arguments."""
    return type_ | None if default is KEEP else type_


def to_input_type(annotation: Annotation) -> Annotation:
    """Return the GraphQL input type for a Python type. A dataclass of ours becomes an input
    object."""
    inner = get_args(annotation)
    if is_report(annotation):
        return input_of(annotation)
    if origin_of(annotation) in (list, Sequence, tuple):
        return list.__class_getitem__(to_input_type(inner[0]))
    if type(None) in inner:
        return to_input_type(next(part for part in inner if part is not type(None))) | None
    return to_graphql_type(annotation)


def input_of(report: type) -> type:
    """Return the input object for a dataclass: `MarkItemInput` for `MarkItem`."""
    if report not in INPUTS:
        summary, texts = read_doc(report)
        hints = get_type_hints(report)
        contents = {}
        for item in fields(report):
            default = {} if item.default is MISSING else {"default": item.default}
            default = {"default": UNSET} if item.default is KEEP else default
            field_ = strawberry.field(description=texts.get(item.name), **default)
            type_ = make_nullable_for_keep(to_input_type(plain(hints[item.name])), item.default)
            contents[item.name] = (type_, field_)
        kind = partial(strawberry.input, one_of=True if getattr(report, "one_of", False) else None)
        INPUTS[report] = make_type(kind, f"{report.__name__}Input", summary, contents)
    return INPUTS[report]


def input_type(name: str, arguments: list[inspect.Parameter]) -> type:
    """Return the input object of a command, such as `SetMarkInput`: one field per argument."""

    def make_input_field(argument: inspect.Parameter) -> tuple[Annotation, object]:
        [argument_] = argument.annotation.__metadata__[-1:]
        default = {} if argument.default is argument.empty else {"default": argument.default}
        type_ = argument.annotation.__origin__
        return type_, strawberry.field(description=argument_.description, **default)

    contents = {argument.name: make_input_field(argument) for argument in arguments}
    input_: type = make_type(strawberry.input, f"{name}Input", f"Arguments of `{name}`.", contents)
    return input_


def annotations_of(use_case: UseCase) -> dict[str, Annotation]:
    """Return the annotations of the keyword arguments, by which their values are parsed."""
    parameters = inspect.signature(use_case, eval_str=True).parameters.values()
    return {p.name: p.annotation for p in parameters if p.kind is p.KEYWORD_ONLY}


def parse_arguments(
    annotations: Mapping[str, Annotation], sent: Mapping[str, object]
) -> dict[str, object]:
    """Parse the arguments that a client sent: ids, texts, input objects to dataclasses. Arguments
    that were not sent are left out. Raises BadUserInput with the path of the argument."""
    return {
        name: parse_value(plain(annotations[name]), value, name)
        for name, value in sent.items()
        if value is not UNSET
    }


def parse_value(annotation: Annotation, value: object, path: str) -> object:
    inner = get_args(annotation)
    if value is None and type(None) not in inner:
        raise BadUserInput(field=path, expected="a value; leave it out to keep what is there")
    if value is None:
        return None
    if type(None) in inner:
        return parse_value(next(a for a in inner if a is not type(None)), value, path)
    if origin_of(annotation) is Id:
        return parse_id(str(value), inner[0], path)
    if is_report(annotation):
        hints = get_type_hints(annotation)
        given = {n: v for n, v in vars(value).items() if v is not UNSET}
        parts = {n: parse_value(plain(hints[n]), v, f"{path}.{n}") for n, v in given.items()}
        return annotation(**parts)
    if isinstance(value, list):
        if origin_of(annotation) is Few and len(value) > Few.most:
            raise BadUserInput(field=path, expected=f"at most {Few.most}")
        parts_of = (parse_value(inner[0], one, f"{path}.{n}") for n, one in enumerate(value))
        return list(parts_of)
    if isinstance(value, str):
        return make_text_parser(annotation, path)(value)
    return value


def make_parser(annotation: Annotation, path: str) -> Callable[[Any], object]:
    """Return a function like `parse_value` for one type, to be used for many values."""
    if origin_of(annotation) is Id:
        row = get_args(annotation)[0]
        return lambda value: parse_id(value, row, path)
    if annotation in (str, strawberry.ID, Secret, Part):
        return make_text_parser(annotation, path)
    if (optional(annotation) or annotation) in UNPARSED:
        return return_value
    return lambda value: parse_value(annotation, value, path)


UNPARSED = {bool, date, datetime, Decimal, int, UUID}
"""Types whose values GraphQL has parsed already."""


def return_value(value: T) -> T:
    return value


def make_text_parser(annotation: Annotation, path: str) -> Callable[[str], str | None]:
    """Return the parser of a text. It strips spaces and invisible characters from the ends: a name
    with a space behind it is the same name, and a text that shows nothing is empty. A Secret keeps
    them."""
    if annotation is Secret:
        return lambda value: check_storable(value, path)
    if annotation is Search:
        return lambda value: parse_search(value, path)
    if annotation is Part:
        return lambda value: trim(check_storable(check_search(value, path), path))
    return lambda value: trim(check_storable(value, path))


def parse_search(value: str, path: str) -> str | None:
    return trim(check_storable(check_search(value, path), path)) or None


def check_search(value: str, path: str) -> str:
    """Raise BadUserInput for a search that is too long."""
    if len(value) > LONGEST_SEARCH:
        raise BadUserInput(field=path, expected=f"at most {LONGEST_SEARCH} characters")
    return value


def parse_id(value: str, row: type[OfSchool], path: str) -> Id[OfSchool]:
    try:
        return Id.parse(value, row)
    except BadUserInput as problem:
        problem.field = path
        raise


def check_storable(value: str, path: str) -> str:
    """Raise BadUserInput for a text that PostgreSQL cannot store."""
    if not base.is_storable(value):
        raise BadUserInput(field=path, expected="text without NUL and lone surrogates")
    return value
