"""The words with which a type is read off a row.

node(Row)                a type; annotated names are columns of the row
via(*references, column) a column of the row that references lead to, as this row's own
one(reference)           the row a reference leads to, if the reader may see it
many(reference, to=...)  the rows that refer to this one, or the rows behind them
only(reference, to=...)  the one such row
computed(formula)        a value that SQL computes, `formula(viewer, row, **arguments)`
field(f)                 a value that Python makes, `f(ctx, row, **arguments)`
can(name=right, ...)     what the viewer may do with the row
guarded(right, word)     any value of the above that needs a right of its own
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

import auth  # noqa: F401  # the rules must be known before types are made of them
from auth.policy import reach, reading, scopes_of
from auth.rights import Right
from gql.answers import Requires, error_type, made, pascal, user_error
from gql.bridge.arguments import arguments_of, ids_among, received
from gql.bridge.types import column_type, required, shown
from gql.bridge.wanted import wanted_of
from gql.docs import read_doc, sentence
from models.base import OfSchool, target_of
from models.problems import Forbidden
from resolvers.context import Ctx
from resolvers.loading import Way, computed_values, linked_rows, many_rows, rows_by
from resolvers.shapes import NEEDS, SHAPES, Computed, Guarded, Many, One, Own, Via

T = TypeVar("T")
Info = strawberry.Info[Ctx, None]


@dataclass(frozen=True)
class Word:
    """A declared field before its type is known: what it reads, and how the reference executor
    resolves it."""

    shape: Any
    resolve: Callable[..., Any]
    type: Any = None
    right: Right | None = None
    told: str | None = None


def node(row: type[Any]) -> Callable[[type[T]], type[T]]:
    """Show a row or a report: annotated names are read off it, texts come from its docstring."""

    def decorate(cls: type[T]) -> type[T]:
        summary, texts = read_doc(row)
        annotations = inspect.get_annotations(cls)
        shapes: dict[str, Any] = {name: Own(name) for name in annotations if hasattr(row, name)}
        for name, word in list(vars(cls).items()):
            if isinstance(word, Word):
                shapes[name] = word.shape
                NEEDS[row, name] = word.right
                annotation = annotations.pop(name, word.type)
                setattr(cls, name, made_field(name, word, annotation, texts.get(name)))
        if issubclass(row, OfSchool):
            SHAPES[row] = shapes
        cls.__annotations__ = {name: shown(type_) for name, type_ in annotations.items()}
        cls.is_type_of = staticmethod(lambda item, _: isinstance(item, row))  # type: ignore[attr-defined]
        type_ = strawberry.type(cls, description=summary)
        for item in type_.__strawberry_definition__.fields:  # type: ignore[attr-defined]
            item.description = item.description or texts.get(item.python_name)
        return type_

    return decorate


def made_field(name: str, word: Word, annotation: Any, told: str | None) -> Any:
    """The Strawberry field of a word. With a right it may be null, and says so."""
    type_ = shown(annotation)
    if word.right:
        type_ = type_ if not required(type_) else type_ | None
    return strawberry.field(
        denied_or(word.right, word.resolve) if word.right else word.resolve,
        graphql_type=type_,
        name=None,
        description=sentence(told or word.told, f"Needs `{word.right}`." if word.right else None),
        directives=requires(word.right),
    )


def requires(right: Right | None) -> list[Any]:
    return [Requires(permission=right.value, scope=scopes_of(right))] if right else []


def denied_or(right: Right, resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a field by grant: null each time, and one error for its coordinate."""

    def guarded(parent: strawberry.Parent[Any], info: Info, **arguments: Any) -> Any:
        if right in info.context.actor.rights:
            return resolve(parent, info, **arguments)
        deny(info, right)
        return None

    guarded.__annotations__ = {**resolve.__annotations__}
    guarded.__signature__ = inspect.signature(resolve)  # type: ignore[attr-defined]
    return guarded


def deny(info: Info, right: Right) -> None:
    """Raises Forbidden the first time a field is asked for in an operation."""
    raw = info._raw_info  # noqa: SLF001  # strawberry offers the parent type nowhere else
    coordinate = f"{raw.parent_type.name}.{raw.field_name}"
    if coordinate not in info.context.denied:
        info.context.denied.add(coordinate)
        raise Forbidden(coordinate=coordinate, requires=right.value)


# -- values ---------------------------------------------------------------------------


def via(*path: InstrumentedAttribute[Any]) -> Any:
    """A column of the row that references lead to: `via(Student.person_id, Person.full_name)`."""
    *references, column = path
    shape = Via(tuple(references), column)
    optional = any(type(None) in get_args(column_type(reference)) for reference in references)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        if (way := Way(shape.path, of_row=False)) in parent.joined:
            return getattr(parent.joined[way], column.key, None)
        return followed(info.context, parent, shape)

    type_ = column_type(column)
    told = read_doc(column.class_)[1].get(column.key)
    return Word(shape, resolve, type_ | None if optional else type_, told=told)


async def followed(ctx: Ctx, row: Any, shape: Via) -> Any:
    row = await stepped(ctx, row, shape.path)
    return getattr(row, shape.column.key) if row is not None else None


async def stepped(ctx: Ctx, row: Any, path: Any) -> Any:
    """The row at the end of a path, whoever may see it."""
    for reference in path:
        key = getattr(row, reference.key)
        row = await ctx.together(linked_rows, key, target_of(reference)) if key else None
        if row is None:
            return None
    return row


def computed(formula: Callable[..., ColumnElement[Any]], *, told: str | None = None) -> Any:
    """A value that SQL computes. Its type is the annotation of the attribute."""
    shape, ids = Computed(formula), ids_among(formula)

    def resolve(parent: strawberry.Parent[Any], info: Info, **arguments: Any) -> Any:
        given = tuple(sorted(received(ids, arguments, info.context).items()))
        return value_of(info.context, parent, shape, given)

    dressed_arguments(resolve, formula)
    return Word(shape, resolve, told=told or read_doc(formula)[0])


async def value_of(ctx: Ctx, row: Any, shape: Any, given: Any = ()) -> Any:
    return await ctx.together(computed_values, (row.id, shape, given), type(row))


def dressed_arguments(resolve: Any, formula: Any) -> None:
    """Give `resolve` the keyword arguments of the formula, as GraphQL types."""
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    every = [*own, *arguments_of(formula)]
    resolve.__signature__ = inspect.Signature(every)
    resolve.__annotations__ = {p.name: p.annotation for p in every}


def field(use_case: Callable[..., Any]) -> Any:
    """A value that Python makes; what SQL can say is `computed` instead."""

    def resolve(parent: strawberry.Parent[Any], info: Info, **arguments: Any) -> Any:
        given = received(ids_among(use_case), arguments, info.context)
        return use_case(info.context, parent, **given)

    dressed_arguments(resolve, use_case)
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    return Word(None, resolve, returned, told=read_doc(use_case)[0])


def guarded(right: Right, word: Any = None) -> Any:
    """A value that only holders of `right` see, on the rows which it reaches for them. Without a
    `word` it is the column of the attribute's own name."""

    class Named(Word):
        """Learns its column from the name it is given in the class."""

        def __set_name__(self, owner: type, name: str) -> None:
            object.__setattr__(self, "shape", Guarded(Own(name), right))

    if word is None:
        late = Named(None, itself, right=right)
        object.__setattr__(late, "resolve", shape_value(late))
        return late
    if word.shape is None:
        return Word(None, reached_or_null(right, word.resolve), word.type, right, word.told)
    shape = Guarded(word.shape, right)
    return Word(shape, shape_value(Word(shape, word.resolve)), word.type, right, word.told)


def shape_value(word: Word) -> Callable[..., Any]:
    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return value_of(info.context, parent, word.shape)

    return resolve


def reached_or_null(right: Right, resolve: Callable[..., Any]) -> Callable[..., Any]:
    """A value that Python makes, for rows the right reaches."""
    reached = Computed(lambda viewer, row: reach(viewer, row, right))

    async def checked(parent: strawberry.Parent[Any], info: Info) -> Any:
        if not await value_of(info.context, parent, reached):
            return None
        value = resolve(parent, info)
        return await value if inspect.isawaitable(value) else value

    return checked


def can(**rights: Right) -> Any:
    """What the viewer may do with this row: a group of booleans to draw buttons by."""
    return Can(None, itself, told="What the viewer may do with it.", rights=rights)


def itself(parent: strawberry.Parent[Any]) -> Any:
    return parent


@dataclass(frozen=True)
class Can(Word):
    """Learns the name of its type from the class it stands in."""

    rights: Any = None

    def __set_name__(self, owner: type, name: str) -> None:
        def resolver(right: Right) -> Any:
            shape = Computed(lambda viewer, row: reach(viewer, row, right))

            def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
                return value_of(info.context, parent, shape)

            told = f"Indicates whether the viewer holds `{right}` for it."
            return bool, strawberry.field(resolve, graphql_type=bool, description=told)

        fields = {right: resolver(permission) for right, permission in self.rights.items()}
        told = "What the viewer may do; ask, then draw the button."
        type_ = made(strawberry.type, f"{owner.__name__}{pascal(name)}", told, fields)
        object.__setattr__(self, "type", type_)


def problems(command: Any) -> Any:
    """The refusals of one row of a batch, typed as the batch's own."""
    error, codes = error_type(pascal(command.__name__), command.problems)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        language = info.context.caller.language
        return [user_error(error, codes, one, language) for one in parent.problems]

    return Word(None, resolve, list.__class_getitem__(error), told="Empty when all went well.")


# -- relations ------------------------------------------------------------------------


def one(*path: InstrumentedAttribute[Any], told: str | None = None) -> Any:
    """The row that references lead to; null when there is none or it is not for the reader."""
    shape = One(path)
    way = Way(path, of_row=True)

    async def resolve_late(parent: Any, info: Info) -> Any:
        near = await stepped(info.context, parent, path[:-1])
        key = getattr(near, path[-1].key) if near is not None else None
        if key is None:
            return None
        wanted = wanted_of(info, shape.target)
        return await info.context.together(rows_by, key, shape.target.id, wanted)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        if way in parent.joined:
            return parent.joined[way]
        return resolve_late(parent, info)

    told = told or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, reading.get(shape.target), told)


def many(reference: InstrumentedAttribute[Any], *, told: str | None = None, **how: Any) -> Any:
    """All visible rows that refer to this one. Only where that list is short by nature."""
    shape = Many(reference, **how)

    async def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        wanted = wanted_of(info, shape.target)
        return await info.context.together(many_rows, shape.key(parent), shape, wanted) or []

    type_ = list.__class_getitem__(shape.target)
    return Word(shape, resolve, type_, reading.get(shape.target), told)


def only(reference: InstrumentedAttribute[Any], *, told: str | None = None, **how: Any) -> Any:
    """The one row that refers to this one; null when there is none or it is not for the reader."""
    shape = Many(reference, single=True, **how)

    async def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        wanted = wanted_of(info, shape.target)
        found = await info.context.together(many_rows, shape.key(parent), shape, wanted)
        return found[0] if found else None

    told = told or read_doc(shape.target)[0]
    return Word(shape, resolve, shape.target | None, reading.get(shape.target), told)
