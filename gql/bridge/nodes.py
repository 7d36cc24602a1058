"""How a type is read off a row or a report: `node(Row)`, and what its fields may need.

Annotated names are columns of the row, or parts of the report; other fields are made by words.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, get_args

import strawberry
from strawberry.types import get_object_definition

import auth  # noqa: F401  # the rules must be known before types are made of them
from auth.policy import reading, scopes_of
from auth.rights import Right
from gql.answers import Requires
from gql.bridge.types import required, shown
from gql.bridge.wanted import Below
from gql.docs import join_sentences, read_doc
from models.base import OfSchool
from resolvers.core.context import Ctx
from resolvers.core.parameters import Annotation
from resolvers.core.parts import load_part
from resolvers.core.reads import Report, ShownRow
from resolvers.core.shapes import NEEDS, REPORTS, SHAPES, Own, Shape

T = TypeVar("T")
Info = strawberry.Info[Ctx, None]
S_co = TypeVar("S_co", bound=Shape | None, covariant=True)
Resolver: TypeAlias = Callable[..., object]
"""`resolve(parent, info, **arguments)`, with which the standard executor answers a field."""


@dataclass(frozen=True)
class Word(Generic[S_co]):
    """A declared field before its type is known: what it reads, and how the reference executor
    resolves it."""

    shape: S_co
    resolve: Resolver
    type: Annotation = None
    right: Right | None = None
    told: str | None = None
    make: Callable[..., object] | None = None
    """What Python makes it with, where SQL does not: `make(ctx, row)`."""

    def plain(self, row: object) -> object:
        """What Python makes of a row that is but a value, and needs nothing else for it."""
        assert self.make  # noqa: S101  # other words are of rows
        return self.make(None, row)


def node(row: type) -> Callable[[type[T]], type[T]]:
    """Show a row or a report: annotated names are read off it, texts come from its docstring."""

    def decorate(cls: type[T]) -> type[T]:
        summary, texts = read_doc(row)
        annotations = inspect.get_annotations(cls)
        shapes: dict[str, Shape | None] = {}
        shapes |= {name: Own(name) for name in annotations if hasattr(row, name)}
        for name, word in list(vars(cls).items()):
            if isinstance(word, Word):
                shapes[name] = word.shape
                NEEDS[row, name] = word.right
                annotation = annotations.pop(name, word.type)
                setattr(cls, name, made_field(name, word, annotation, texts.get(name)))
        if not issubclass(row, OfSchool):
            for name, annotation in annotations.items():
                right = right_of_part(row, name)
                if issubclass(row, Report) or right:
                    resolve = part_of(name) if issubclass(row, Report) else attribute(name)
                    setattr(cls, name, part_field(resolve, annotation, right, texts.get(name)))
        (SHAPES if issubclass(row, OfSchool) else REPORTS)[row] = shapes
        cls.__annotations__ = {name: shown(type_) for name, type_ in annotations.items()}
        cls.is_type_of = staticmethod(lambda item, _: shows(item, row))  # type: ignore[attr-defined]
        type_ = strawberry.type(cls, description=summary)
        for item in get_object_definition(type_, strict=True).fields:
            item.description = item.description or texts.get(item.python_name)
        ROWS[cls.__name__] = row
        return type_

    return decorate


ROWS: dict[str, type] = {}
"""The row or report that a type shows, by its name."""


def shows(item: object, row: type) -> bool:
    return item.shown_as is row if isinstance(item, ShownRow) else isinstance(item, row)


def right_of_part(report: type, name: str) -> Right | None:
    """What a part of a report needs: what the report says, or else the right to read the rows of
    which it is. Without it the part is refused: an empty list would say that there is nothing."""
    declared: Mapping[str, Right | None] = getattr(report, "rights_to", {})
    if name in declared:
        return declared[name]
    todo = [inspect.get_annotations(report, eval_str=True).get(name)]
    while todo:
        part = todo.pop()
        if isinstance(part, type) and issubclass(part, OfSchool):
            return reading.get(part)
        todo += get_args(part)
    return None


def part_field(
    resolve: Resolver, annotation: Annotation, right: Right | None, told: str | None
) -> object:
    """The Strawberry field of a part of a report. With a right it may be null, and says so."""
    if right is None:
        return strawberry.field(resolve)
    type_ = shown(annotation)
    return strawberry.field(
        denied_or(right, resolve),
        graphql_type=type_ | None if required(type_) else type_,
        description=join_sentences(told, f"Needs `{right}`."),
        directives=requires(right),
        metadata={"right": right},
    )


def attribute(name: str) -> Resolver:
    """The resolver of a part that is a value already."""

    def resolve(parent: strawberry.Parent[object], info: Info) -> object:
        return getattr(parent, name)

    return resolve


def part_of(name: str) -> Resolver:
    """The resolver of a part of a report, which may have been read already."""

    async def resolve(parent: strawberry.Parent[object], info: Info) -> object:
        return await load_part(info.context, getattr(parent, name), Below(info))

    return resolve


def made_field(
    name: str, word: Word[Shape | None], annotation: Annotation, told: str | None
) -> object:
    """The Strawberry field of a word. With a right it may be null, and says so."""
    type_ = shown(annotation)
    if word.right:
        type_ = type_ if not required(type_) else type_ | None
    return strawberry.field(
        denied_or(word.right, word.resolve) if word.right else word.resolve,
        graphql_type=type_,
        name=None,
        description=join_sentences(
            told or word.told, f"Needs `{word.right}`." if word.right else None
        ),
        directives=requires(word.right),
        metadata={"word": word, "right": word.right},
    )


REQUIRED: dict[Right, Requires] = {}


def requires(right: Right | None) -> list[Requires]:
    if right is None:
        return []
    return [REQUIRED.setdefault(right, Requires(permission=right.value, scope=[]))]


def tell_scopes() -> None:
    """How far each right can reach. For that all the rules must be made, and only who prints the
    schema should wait for it."""
    for right, told in REQUIRED.items():
        told.scope = scopes_of(right)


def denied_or(right: Right, resolve: Resolver) -> Resolver:
    """Refuse a field by grant: it is null, and an error tells why, once for its coordinate; see
    `gql.engine.denials`."""

    def guarded(parent: strawberry.Parent[object], info: Info, **arguments: object) -> object:
        held = right in info.context.actor.rights
        return resolve(parent, info, **arguments) if held else None

    guarded.__annotations__ = {**resolve.__annotations__}
    vars(guarded)["__signature__"] = inspect.signature(resolve)
    return guarded
