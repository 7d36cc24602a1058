"""The word `node`, which makes a GraphQL type of a row or a report.

Annotated names are columns of the row, or parts of the report; other fields are declared by words.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, get_args

import strawberry
from strawberry.types import get_object_definition

import auth  # noqa: F401  # types ask for the rules, which register by being imported
from auth.policy import reading, scopes_of
from auth.rights import Right
from gql.answers import Requires
from gql.bridge.types import is_required, to_graphql_type
from gql.bridge.wanted import FieldLookahead
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
    """A declared field before its GraphQL type is made: its shape, and the resolver by which the
    standard executor answers it."""

    shape: S_co
    resolve: Resolver
    type: Annotation = None
    right: Right | None = None
    description: str | None = None
    make: Callable[..., object] | None = None
    """`make(ctx, row)` resolves the field if SQL does not."""

    def resolve_value(self, value: object) -> object:
        """Resolve a field of a value that is no row, which needs no context."""
        assert self.make  # noqa: S101  # other words belong to rows
        return self.make(None, value)


def node(row: type) -> Callable[[type[T]], type[T]]:
    """Make a GraphQL type of a row or a report. Its annotated names are fields of the row, and its
    descriptions are in the row's docstring."""

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
                setattr(cls, name, make_field(name, word, annotation, texts.get(name)))
        if not issubclass(row, OfSchool):
            for name, annotation in annotations.items():
                right = right_of_part(row, name)
                if issubclass(row, Report) or right:
                    resolve = (
                        resolve_part(name) if issubclass(row, Report) else resolve_attribute(name)
                    )
                    setattr(cls, name, make_part_field(resolve, annotation, right, texts.get(name)))
        (SHAPES if issubclass(row, OfSchool) else REPORTS)[row] = shapes
        cls.__annotations__ = {name: to_graphql_type(type_) for name, type_ in annotations.items()}
        cls.is_type_of = staticmethod(lambda item, _: shows(item, row))  # type: ignore[attr-defined]
        type_ = strawberry.type(cls, description=summary)
        for item in get_object_definition(type_, strict=True).fields:
            item.description = item.description or texts.get(item.python_name)
        ROWS[cls.__name__] = row
        return type_

    return decorate


ROWS: dict[str, type] = {}
"""The row or report of each GraphQL type, by the type's name."""


def shows(item: object, row: type) -> bool:
    return item.shown_as is row if isinstance(item, ShownRow) else isinstance(item, row)


def right_of_part(report: type, name: str) -> Right | None:
    """Return the right that a part of a report needs: the one that the report declares, or else the
    right to read the part's rows. Without it the part is refused: an empty list would say that
    there is nothing."""
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


def make_part_field(
    resolve: Resolver, annotation: Annotation, right: Right | None, description: str | None
) -> object:
    """Make the Strawberry field of a part of a report. With a right it is nullable, and its
    description names the right."""
    if right is None:
        return strawberry.field(resolve)
    type_ = to_graphql_type(annotation)
    return strawberry.field(
        deny_without(right, resolve),
        graphql_type=type_ | None if is_required(type_) else type_,
        description=join_sentences(description, f"Needs `{right}`."),
        directives=requires(right),
        metadata={"right": right},
    )


def resolve_attribute(name: str) -> Resolver:
    """Return the resolver of a part that is a plain value."""

    def resolve(parent: strawberry.Parent[object], info: Info) -> object:
        return getattr(parent, name)

    return resolve


def resolve_part(name: str) -> Resolver:
    """Return the resolver of a part of a report. The part may have been loaded already."""

    async def resolve(parent: strawberry.Parent[object], info: Info) -> object:
        return await load_part(info.context, getattr(parent, name), FieldLookahead(info))

    return resolve


def make_field(
    name: str, word: Word[Shape | None], annotation: Annotation, description: str | None
) -> object:
    """Make the Strawberry field of a word. With a right it is nullable, and its description names
    the right."""
    type_ = to_graphql_type(annotation)
    if word.right:
        type_ = type_ if not is_required(type_) else type_ | None
    return strawberry.field(
        deny_without(word.right, word.resolve) if word.right else word.resolve,
        graphql_type=type_,
        name=None,
        description=join_sentences(
            description or word.description, f"Needs `{word.right}`." if word.right else None
        ),
        directives=requires(word.right),
        metadata={"word": word, "right": word.right},
    )


REQUIRED: dict[Right, Requires] = {}


def requires(right: Right | None) -> list[Requires]:
    if right is None:
        return []
    return [REQUIRED.setdefault(right, Requires(permission=right.value, scope=[]))]


def fill_in_scopes() -> None:
    """Fill in the scopes of each `@requires`. It builds all rules, so only printing the schema
    calls it: a server should not wait for it at its start."""
    for right, directive in REQUIRED.items():
        directive.scope = scopes_of(right)


def deny_without(right: Right, resolve: Resolver) -> Resolver:
    """Make a resolver return null for an actor without a right. `gql.execution.denials` adds the
    error, once for each coordinate."""

    def resolve_if_held(
        parent: strawberry.Parent[object], info: Info, **arguments: object
    ) -> object:
        held = right in info.context.actor.rights
        return resolve(parent, info, **arguments) if held else None

    resolve_if_held.__annotations__ = {**resolve.__annotations__}
    vars(resolve_if_held)["__signature__"] = inspect.signature(resolve)
    return resolve_if_held
