"""The words for a value of a row.

via(*references, column) a column of the row that references lead to, as this row's own
computed(formula)        a value that SQL computes, `formula(viewer, row, **arguments)`
ident(Row, column)       the id of a row whose key stands in a column of a report
keyed(f, *columns)       a text that Python makes with a key, `f(services, actor, row, *values)`
field(f)                 a value that Python resolves, `f(ctx, row, **arguments)`
can(name=right, ...)     the actions that the viewer may take on the row
guarded(right, word)     any value of the above that needs a right of its own
problems(command)        the refusals of a row of a batch
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
from gql.bridge.arguments import UseCase, annotations_of, arguments_of, parse_arguments
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
"""The arguments of a report, which the shapes in it get."""
T = TypeVar("T")


def row_behind(parent: OfSchool | ShownRow) -> OfSchool:
    """Return the row that a report shows, or the row itself."""
    return parent.row if isinstance(parent, ShownRow) else parent


def arguments_of_report(parent: OfSchool | ShownRow) -> Given:
    """Return the arguments of the report that shows a row."""
    return parent.given if isinstance(parent, ShownRow) else ()


def via(*path: InstrumentedAttribute[object]) -> Word[Via]:
    """Declare a column of the row that references lead to: `via(Student.person_id,
    Person.full_name)`."""
    *references, column = path
    shape = Via(tuple(references), column)
    optional = any(type(None) in get_args(column_type(reference)) for reference in references)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        row = row_behind(parent)
        if (way := Way(shape.path, of_row=False)) in row.joined:
            return getattr(row.joined[way], column.key, None)
        return load_via(info.context, row, shape)

    type_ = column_type(column)
    description = read_doc(column.class_)[1].get(column.key)
    return Word(shape, resolve, type_ | None if optional else type_, description=description)


async def load_via(ctx: Ctx, row: OfSchool, shape: Via) -> object:
    far = await follow_path(ctx, row, shape.path)
    return getattr(far, shape.column.key) if far is not None else None


async def follow_path(ctx: Ctx, row: OfSchool | None, path: Path) -> OfSchool | None:
    """Return the row at the end of a path, without asking the rules."""
    for reference in path:
        key = getattr(row, reference.key)
        row = await ctx.load(linked_rows, key, target_of(reference)) if key else None
        if row is None:
            return None
    return row


def computed(
    formula: Expression,
    *,
    description: str | None = None,
    right: Right | None = None,
) -> Any:
    """Declare a value that SQL computes. Its type is the annotation of the attribute.

    right: The right that it needs, if not the right to read the row. The formula must return null
        for rows that the right does not reach.
    """
    shape = Computed(formula)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return value_of(info.context, row_behind(parent), shape, arguments_of_report(parent))

    return Word(shape, resolve, right=right, description=description or read_doc(formula)[0])


async def value_of(ctx: Ctx, row: OfSchool, shape: Computed | Guarded, given: Given = ()) -> object:
    return await ctx.load(computed_values, (row.id, shape, given), type(row))


def set_arguments(resolve: Resolver, formula: UseCase) -> None:
    """Give `resolve` the keyword arguments of the formula, as GraphQL types."""
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    every = [*own, *arguments_of(formula)]
    vars(resolve)["__signature__"] = inspect.Signature(every)
    resolve.__annotations__ = {p.name: p.annotation for p in every}


def ident(row: type[OfSchool], column: str) -> Word[Ident]:
    """Declare the id of the row whose key stands in a column of a report."""

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        return str(Id(row, info.context.actor.school_id, getattr(row_behind(parent), column)))

    description = f"Id of the {row.__name__.lower()}."
    return Word(Ident(row, column), resolve, strawberry.ID, description=description)


def field(use_case: UseCase) -> Word[None]:
    """Declare a value that Python resolves. It makes the standard executor answer the whole root
    field, row by row: prefer `computed`, or `keyed` for rows in lists."""

    def resolve(parent: strawberry.Parent[object], info: Info, **arguments: object) -> object:
        given = parse_arguments(annotations_of(use_case), arguments)
        return use_case(info.context, parent, **given)

    set_arguments(resolve, use_case)
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    return Word(None, resolve, returned, description=read_doc(use_case)[0], make=use_case)


def keyed(use_case: Callable[..., str], *columns: str, when: str | None = None) -> Word[Keyed]:
    """Declare a text that Python makes from columns of the row, with a key that the database does
    not have.

    columns: The columns whose values `use_case(services, actor, row_type, *values)` gets.
    when: One more column that must not be null.
    """
    shape = Keyed(use_case, columns, when)

    def resolve(parent: strawberry.Parent[OfSchool | ShownRow], info: Info) -> object:
        ctx: Ctx = info.context
        return shape.of_row(ctx.caller.services, ctx.actor, row_behind(parent))

    return Word(shape, resolve, str | None, description=read_doc(use_case)[0])


def guarded(right: Right, word: Word[Plain] | None = None) -> Any:
    """Declare a value that only holders of `right` see, on the rows that the right reaches. Without
    a `word` it is the column with the name of the attribute."""

    class Named(Word[Guarded | None]):
        """A word that takes its column from the name of the attribute."""

        def __set_name__(self, owner: type, name: str) -> None:
            object.__setattr__(self, "shape", Guarded(Own(name), right))

    if word is None:
        late = Named(None, resolve_parent, right=right)
        object.__setattr__(late, "resolve", resolve_shape(late))
        return late
    shape = Guarded(word.shape, right)
    if isinstance(word.shape, Keyed):
        return Word(
            shape, null_unless_reached(right, word.resolve), word.type, right, word.description
        )
    return Word(shape, resolve_shape(Word(shape, word.resolve)), word.type, right, word.description)


def resolve_shape(word: Word[Guarded | None]) -> Resolver:
    def resolve(parent: strawberry.Parent[OfSchool], info: Info) -> object:
        assert word.shape  # noqa: S101  # `__set_name__` has run
        return value_of(info.context, parent, word.shape)

    return resolve


def null_unless_reached(right: Right, resolve: Resolver) -> Resolver:
    """Make a resolver return null for rows that the right does not reach."""
    reached = has_right(right)

    async def resolve_if_reached(parent: strawberry.Parent[OfSchool], info: Info) -> object:
        if not await value_of(info.context, parent, reached):
            return None
        value = resolve(parent, info)
        return await value if inspect.isawaitable(value) else value

    return resolve_if_reached


def can(**rights: Right) -> Word[Rights]:
    """Declare a group of booleans: whether the viewer may take actions on the row."""
    shape = Rights({name: has_right(right) for name, right in rights.items()})
    return Can(
        shape,
        resolve_parent,
        description="The actions that the viewer may take on it.",
        rights=rights,
    )


@cache
def has_right(right: Right) -> Computed:
    """Return the shape of a boolean: whether a right reaches a row. A rule that compares a null is
    null; then the right does not reach the row."""
    return Computed(lambda viewer, row: func.coalesce(reach(viewer, row, right), false()))


def resolve_parent(parent: strawberry.Parent[T]) -> T:
    return parent


@dataclass(frozen=True)
class Can(Word[Rights]):
    """A word that takes the name of its type from the class it is declared in."""

    rights: Mapping[str, Right] = dataclass_field(default_factory=dict)

    def __set_name__(self, owner: type, name: str) -> None:
        def resolver(right: Right) -> tuple[type[bool], object]:
            shape = has_right(right)

            def resolve(parent: strawberry.Parent[OfSchool], info: Info) -> object:
                return value_of(info.context, parent, shape)

            description = f"Indicates whether the viewer holds `{right}` for it."
            return bool, strawberry.field(resolve, graphql_type=bool, description=description)

        fields = {right: resolver(permission) for right, permission in self.rights.items()}
        description = "The actions that the viewer may take, for drawing buttons."
        type_ = make_type(
            strawberry.type, f"{owner.__name__}{to_pascal(name)}", description, fields
        )
        object.__setattr__(self, "type", type_)


class HasProblems(Protocol):
    """A row of a batch.

    problems: The problems because of which it was not written; empty if it was.
    """

    problems: Sequence[Problem]


def problems(command: UseCase) -> Word[None]:
    """Declare the refusals of a row of a batch, of the type of the batch's own."""
    error, codes = make_error_type(command)

    def resolve(parent: strawberry.Parent[HasProblems], info: Info) -> object:
        language = info.context.caller.language
        return [make_user_error(error, codes, one, language) for one in parent.problems]

    return Word(
        None,
        resolve,
        list.__class_getitem__(error),
        description="The problems of this row; empty if there were none.",
    )
