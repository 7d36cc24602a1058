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
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from auth.policy import reach
from auth.rights import Right
from gql.answers import error_type, made, pascal, user_error
from gql.bridge.arguments import arguments_of, ids_among, received
from gql.bridge.nodes import Info, Word
from gql.bridge.types import column_type
from gql.docs import read_doc
from models.base import Id, OfSchool, target_of
from resolvers.core.context import Ctx
from resolvers.core.loading import Way, computed_values, linked_rows
from resolvers.core.reads import Shown
from resolvers.core.shapes import Can as Rights
from resolvers.core.shapes import Computed, Guarded, Ident, Keyed, Own, Via


def behind(parent: Any) -> Any:
    """The row that a report shows, or the row itself."""
    return parent.row if isinstance(parent, Shown) else parent


def told_by(parent: Any) -> tuple[tuple[str, Any], ...]:
    """The arguments of the report that shows a row."""
    return parent.given if isinstance(parent, Shown) else ()


def via(*path: InstrumentedAttribute[Any]) -> Any:
    """A column of the row that references lead to: `via(Student.person_id, Person.full_name)`."""
    *references, column = path
    shape = Via(tuple(references), column)
    optional = any(type(None) in get_args(column_type(reference)) for reference in references)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        row = behind(parent)
        if (way := Way(shape.path, of_row=False)) in row.joined:
            return getattr(row.joined[way], column.key, None)
        return followed(info.context, row, shape)

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


def computed(
    formula: Callable[..., ColumnElement[Any]],
    *,
    told: str | None = None,
    right: Right | None = None,
) -> Any:
    """A value that SQL computes. Its type is the annotation of the attribute.

    right: What it needs, where that is not the right to read the row. On which rows the right
        reaches is for the formula to say; it gives null elsewhere.
    """
    shape = Computed(formula)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return value_of(info.context, behind(parent), shape, told_by(parent))

    return Word(shape, resolve, right=right, told=told or read_doc(formula)[0])


async def value_of(ctx: Ctx, row: Any, shape: Any, given: Any = ()) -> Any:
    return await ctx.together(computed_values, (row.id, shape, given), type(row))


def dressed_arguments(resolve: Any, formula: Any) -> None:
    """Give `resolve` the keyword arguments of the formula, as GraphQL types."""
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    every = [*own, *arguments_of(formula)]
    resolve.__signature__ = inspect.Signature(every)
    resolve.__annotations__ = {p.name: p.annotation for p in every}


def ident(row: type[OfSchool], column: str) -> Any:
    """The id of the row that a key in a report belongs to."""

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return str(Id(row, info.context.actor.school_id, getattr(behind(parent), column)))

    told = f"Id of the {row.__name__.lower()}."
    return Word(Ident(row, column), resolve, strawberry.ID, told=told)


def field(use_case: Callable[..., Any]) -> Any:
    """A value that Python makes; what SQL can say is `computed` instead. The standard executor
    answers a whole root field for it, row by row; of rows in lists use `keyed`."""

    def resolve(parent: strawberry.Parent[Any], info: Info, **arguments: Any) -> Any:
        given = received(ids_among(use_case), arguments)
        return use_case(info.context, parent, **given)

    dressed_arguments(resolve, use_case)
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    return Word(None, resolve, returned, told=read_doc(use_case)[0], make=use_case)


def keyed(use_case: Callable[..., str], *columns: str, when: str | None = None) -> Any:
    """A text that Python makes of columns of the row, with a key that the database does not have.

    columns: Those whose values `use_case(services, actor, row_type, *values)` is given.
    when: One more column that must not be null.
    """
    shape = Keyed(use_case, columns, when)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        ctx: Ctx = info.context
        return shape.of_row(ctx.caller.services, ctx.actor, behind(parent))

    return Word(shape, resolve, str | None, told=read_doc(use_case)[0])


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
    shape = Guarded(word.shape, right)
    if isinstance(word.shape, Keyed):
        return Word(shape, reached_or_null(right, word.resolve), word.type, right, word.told)
    return Word(shape, shape_value(Word(shape, word.resolve)), word.type, right, word.told)


def shape_value(word: Word) -> Callable[..., Any]:
    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return value_of(info.context, parent, word.shape)

    return resolve


def reached_or_null(right: Right, resolve: Callable[..., Any]) -> Callable[..., Any]:
    """A value that Python makes, for rows the right reaches."""
    reached = may(right)

    async def checked(parent: strawberry.Parent[Any], info: Info) -> Any:
        if not await value_of(info.context, parent, reached):
            return None
        value = resolve(parent, info)
        return await value if inspect.isawaitable(value) else value

    return checked


def can(**rights: Right) -> Any:
    """What the viewer may do with this row: a group of booleans to draw buttons by."""
    shape = Rights({name: may(right) for name, right in rights.items()})
    return Can(shape, itself, told="What the viewer may do with it.", rights=rights)


@cache
def may(right: Right) -> Computed:
    """Whether a right reaches a row."""
    return Computed(lambda viewer, row: reach(viewer, row, right))


def itself(parent: strawberry.Parent[Any]) -> Any:
    return parent


@dataclass(frozen=True)
class Can(Word):
    """Learns the name of its type from the class it stands in."""

    rights: Any = None

    def __set_name__(self, owner: type, name: str) -> None:
        def resolver(right: Right) -> Any:
            shape = may(right)

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
    error, codes = error_type(command)

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        language = info.context.caller.language
        return [user_error(error, codes, one, language) for one in parent.problems]

    return Word(None, resolve, list.__class_getitem__(error), told="Empty when all went well.")
