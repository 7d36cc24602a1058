"""The words for one value of a row.

via(*references, column) a column of the row that references lead to, as this row's own
computed(formula)        a value that SQL computes, `formula(viewer, row, **arguments)`
ident(Row, column)       the id of a row that a column of a report names
keyed(f, *columns)       a text that Python makes with a key, `f(services, actor, row, *values)`
field(f)                 a value that Python makes, `f(ctx, row, **arguments)`
can(name=right, ...)     what the viewer may do with the row
guarded(right, word)     any value of the above that needs a right of its own
problems(command)        the refusals of one row of a batch
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from typing import Any, Protocol, TypeAlias, TypeVar, get_args

import strawberry
from sqlalchemy import false, func
from sqlalchemy.orm import InstrumentedAttribute

from auth.policy import reach
from auth.rights import Right
from gql.answers import make_error_type, make_type, make_user_error, to_pascal
from gql.bridge.arguments import UseCase, arguments_of, ids_among, received
from gql.bridge.nodes import Info, Resolver, Word
from gql.bridge.types import column_type
from gql.docs import read_doc
from models.base import Id, OfSchool, target_of
from models.problems import Problem
from resolvers.core.context import Ctx
from resolvers.core.loading import Way, computed_values, linked_rows
from resolvers.core.reads import ShownRow
from resolvers.core.shapes import Can as Rights
from resolvers.core.shapes import (
    Computed,
    Expression,
    Guarded,
    Ident,
    Keyed,
    Own,
    Path,
    Plain,
    Via,
)

Given: TypeAlias = tuple[tuple[str, object], ...]
"""The arguments of a report, which the shapes in it are told."""
T = TypeVar("T")


def behind(parent: OfSchool | ShownRow) -> OfSchool:
    """The row that a report shows, or the row itself."""
    return parent.row if isinstance(parent, ShownRow) else parent


def told_by(parent: OfSchool | ShownRow) -> Given:
    """The arguments of the report that shows a row."""
    return parent.given if isinstance(parent, ShownRow) else ()


def via(*path: InstrumentedAttribute[object]) -> Word[Via]:
    """A column of the row that references lead to: `via(Student.person_id, Person.full_name)`."""
    *references, column = path
    shape = Via(tuple(references), column)
    optional = any(type(None) in get_args(column_type(reference)) for reference in references)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        row = behind(parent)
        if (way := Way(shape.path, of_row=False)) in row.joined:
            return getattr(row.joined[way], column.key, None)
        return followed(info.context, row, shape)

    type_ = column_type(column)
    told = read_doc(column.class_)[1].get(column.key)
    return Word(shape, resolve, type_ | None if optional else type_, told=told)


async def followed(ctx: Ctx, row: OfSchool, shape: Via) -> object:
    far = await stepped(ctx, row, shape.path)
    return getattr(far, shape.column.key) if far is not None else None


async def stepped(ctx: Ctx, row: OfSchool | None, path: Path) -> OfSchool | None:
    """The row at the end of a path, whoever may see it."""
    for reference in path:
        key = getattr(row, reference.key)
        row = await ctx.load(linked_rows, key, target_of(reference)) if key else None
        if row is None:
            return None
    return row


def computed(
    formula: Expression,
    *,
    told: str | None = None,
    right: Right | None = None,
) -> Any:
    """A value that SQL computes. Its type is the annotation of the attribute.

    right: What it needs, where that is not the right to read the row. On which rows the right
        reaches is for the formula to say; it gives null elsewhere.
    """
    shape = Computed(formula)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return value_of(info.context, behind(parent), shape, told_by(parent))

    return Word(shape, resolve, right=right, told=told or read_doc(formula)[0])


async def value_of(ctx: Ctx, row: OfSchool, shape: Computed | Guarded, given: Given = ()) -> object:
    return await ctx.load(computed_values, (row.id, shape, given), type(row))


def dressed_arguments(resolve: Resolver, formula: UseCase) -> None:
    """Give `resolve` the keyword arguments of the formula, as GraphQL types."""
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    every = [*own, *arguments_of(formula)]
    vars(resolve)["__signature__"] = inspect.Signature(every)
    resolve.__annotations__ = {p.name: p.annotation for p in every}


def ident(row: type[OfSchool], column: str) -> Word[Ident]:
    """The id of the row that a key in a report belongs to."""

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return str(Id(row, info.context.actor.school_id, getattr(behind(parent), column)))

    told = f"Id of the {row.__name__.lower()}."
    return Word(Ident(row, column), resolve, strawberry.ID, told=told)


def field(use_case: UseCase) -> Word[None]:
    """A value that Python makes; what SQL can say is `computed` instead. The standard executor
    answers a whole root field for it, row by row; of rows in lists use `keyed`."""

    def resolve(parent: strawberry.Parent[object], info: Info, **arguments: object) -> object:
        given = received(ids_among(use_case), arguments)
        return use_case(info.context, parent, **given)

    dressed_arguments(resolve, use_case)
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    return Word(None, resolve, returned, told=read_doc(use_case)[0], make=use_case)


def keyed(use_case: Callable[..., str], *columns: str, when: str | None = None) -> Word[Keyed]:
    """A text that Python makes of columns of the row, with a key that the database does not have.

    columns: Those whose values `use_case(services, actor, row_type, *values)` is given.
    when: One more column that must not be null.
    """
    shape = Keyed(use_case, columns, when)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        ctx: Ctx = info.context
        return shape.of_row(ctx.caller.services, ctx.actor, behind(parent))

    return Word(shape, resolve, str | None, told=read_doc(use_case)[0])


def guarded(right: Right, word: Word[Plain] | None = None) -> Any:
    """A value that only holders of `right` see, on the rows which it reaches for them. Without a
    `word` it is the column of the attribute's own name."""

    class Named(Word[Guarded | None]):
        """Learns its column from the name it is given in the class."""

        def __set_name__(self, owner: type, name: str) -> None:
            object.__setattr__(self, "shape", Guarded(Own(name), right))

    if word is None:
        late = Named(None, itself, right=right)
        object.__setattr__(late, "resolve", shape_value(late))
        return late
    shape = Guarded(word.shape, right)
    if isinstance(word.shape, Keyed):
        return Word(shape, reached_or_null(right, word.resolve), word.type, right, word.told)
    return Word(shape, shape_value(Word(shape, word.resolve)), word.type, right, word.told)


def shape_value(word: Word[Guarded | None]) -> Resolver:
    def resolve(parent: strawberry.Parent[OfSchool], info: Info) -> object:
        assert word.shape  # noqa: S101  # by now it has learnt its name
        return value_of(info.context, parent, word.shape)

    return resolve


def reached_or_null(right: Right, resolve: Resolver) -> Resolver:
    """A value that Python makes, for rows the right reaches."""
    reached = may(right)

    async def checked(parent: strawberry.Parent[OfSchool], info: Info) -> object:
        if not await value_of(info.context, parent, reached):
            return None
        value = resolve(parent, info)
        return await value if inspect.isawaitable(value) else value

    return checked


def can(**rights: Right) -> Word[Rights]:
    """What the viewer may do with this row: a group of booleans to draw buttons by."""
    shape = Rights({name: may(right) for name, right in rights.items()})
    return Can(shape, itself, told="What the viewer may do with it.", rights=rights)


@cache
def may(right: Right) -> Computed:
    """Whether a right reaches a row. Of what a row has not, a rule tells null: then it does not."""
    return Computed(lambda viewer, row: func.coalesce(reach(viewer, row, right), false()))


def itself(parent: strawberry.Parent[T]) -> T:
    return parent


@dataclass(frozen=True)
class Can(Word[Rights]):
    """Learns the name of its type from the class it stands in."""

    rights: Mapping[str, Right] = dataclass_field(default_factory=dict)

    def __set_name__(self, owner: type, name: str) -> None:
        def resolver(right: Right) -> tuple[type[bool], object]:
            shape = may(right)

            def resolve(parent: strawberry.Parent[OfSchool], info: Info) -> object:
                return value_of(info.context, parent, shape)

            told = f"Indicates whether the viewer holds `{right}` for it."
            return bool, strawberry.field(resolve, graphql_type=bool, description=told)

        fields = {right: resolver(permission) for right, permission in self.rights.items()}
        told = "What the viewer may do; ask, then draw the button."
        type_ = make_type(strawberry.type, f"{owner.__name__}{to_pascal(name)}", told, fields)
        object.__setattr__(self, "type", type_)


class Refused(Protocol):
    """One row of a batch.

    problems: Why nothing came of it; empty if something did.
    """

    problems: Sequence[Problem]


def problems(command: UseCase) -> Word[None]:
    """The refusals of one row of a batch, typed as the batch's own."""
    error, codes = make_error_type(command)

    def resolve(parent: strawberry.Parent[Refused], info: Info) -> object:
        language = info.context.caller.language
        return [make_user_error(error, codes, one, language) for one in parent.problems]

    return Word(None, resolve, list.__class_getitem__(error), told="Empty when all went well.")
