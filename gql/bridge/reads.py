"""The words that make root fields of use cases that read.

query(f)              rows, a row or a report that `f(viewer, **arguments)` declares in SQL
listing(f, orders)    a long list, with pages, a filter and orders
resolved(f)           a value that Python returns, `f(ctx, **arguments)`
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, get_args

import strawberry
from sqlalchemy import BindParameter, bindparam
from sqlalchemy.types import TypeEngine

from auth.actor import Actor, Viewer
from auth.policy import reading
from auth.rights import Right
from gql.bridge.arguments import UseCase, annotations_of, arguments_of, parse_arguments
from gql.bridge.filters import condition_of, filter_type, order_of, order_type
from gql.bridge.nodes import Info, Resolver, requires
from gql.bridge.types import to_graphql_type
from gql.bridge.wanted import FieldLookahead
from gql.docs import join_sentences, read_doc
from gql.guard.opened import IS_NULL, RUNS
from models.base import OfSchool
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Window
from resolvers.core.parameters import Annotation, Make, in_parameters, sent_as
from resolvers.core.parts import load_part
from resolvers.core.shapes import SHAPES, Plain

Arguments: TypeAlias = tuple[tuple[str, object], ...]
"""The arguments of a use case, by their names."""
WINDOW = {f.name for f in fields(Window)}


@dataclass(frozen=True, slots=True)
class Read:
    """A root field that SQL answers.

    orders: The keys by which its rows can be ordered; None if it is no listing.
    """

    use_case: UseCase
    right: Right | None
    annotations: Mapping[str, Annotation]
    orders: Mapping[str, Plain] | None = None

    @property
    def check(self) -> Callable[..., None] | None:
        return getattr(self.use_case, "check", None)

    @property
    def why_null(self) -> Callable[..., Awaitable[None]] | None:
        return getattr(self.use_case, "why_null", None)

    def call_use_case(self, actor: Actor, arguments: dict[str, Any], make: Make) -> object:
        """Call the use case with the arguments that a client sent, and return the rows, report or
        listing that it declares.

        Raises BadUserInput, Forbidden.
        """
        asked, order = arguments.pop("filter", None), arguments.pop("order_by", None)
        parsed = parse_arguments(dict(self.annotations), arguments)
        if self.check:
            self.check(actor, **parsed)
        parameters = {
            name: in_parameters(self.annotations[name], value, make, name)
            for name, value in parsed.items()
        }
        if all(map(is_cacheable, parameters.values())):
            found = call_cached(self.use_case, actor.viewer, tuple(parameters.items()))
        else:
            found = self.use_case(actor.viewer, **parameters)
        if self.orders is None or not isinstance(found, Listing):
            return found
        row, where = found.row, found.where
        where = (*where, condition_of(actor.viewer, row, asked, make)) if asked else where
        ordered = order_of(actor.viewer, row, order, self.orders)
        return Listing(row, ordered or found.order, where)


MOST_CACHED = 1000


@lru_cache(MOST_CACHED)
def call_cached(use_case: UseCase, viewer: Viewer, arguments: Arguments) -> object:
    """Call a use case, or return what it returned to a viewer with the same rights: building the
    conditions takes longer than writing them as SQL."""
    return use_case(viewer, **dict(arguments))


def is_cacheable(value: object) -> bool:
    """Whether an argument is the same in other requests: a parameter whose value comes later, or a
    value on which the text of the statement depends."""
    if isinstance(value, BindParameter):
        return value.required
    return value is None or isinstance(value, bool | Enum)


def query(use_case: UseCase) -> object:
    """Return the root field of `use_case(viewer, **arguments)`, which declares what is read. It
    needs the right to read its rows."""
    read = Read(use_case, right_of(use_case), annotations_of(use_case))
    is_open = getattr(use_case, "is_open", False)

    async def resolve(info: Info, **arguments: object) -> object:
        ctx: Ctx = info.context
        if is_open and ctx.caller.token is None:
            return None
        actor = await ctx.identify()
        if read.right and read.right not in actor.rights:
            return None
        part = read.call_use_case(actor, dict(arguments), make_binder(ctx))
        found = await load_part(ctx, part, FieldLookahead(info))
        if found is None and read.why_null:
            await read.why_null(ctx, **parse_arguments(dict(read.annotations), arguments))
        return found

    opening = IS_NULL if is_open else None
    return root_field(resolve, use_case, read.right, arguments_of(use_case), read, opening)


def make_binder(ctx: Ctx) -> Make:
    """Return a function that makes parameters which hold their values."""

    def make(
        type_: Annotation,
        sql_type: TypeEngine[Any],
        value: object,
        path: str,
        *,
        is_nullable: bool = False,
    ) -> BindParameter[Any]:
        return bindparam(
            None, sent_as(ctx.actor, ctx.caller.services.secrets, type_, value), type_=sql_type
        )

    return make


def resolved(use_case: Callable[..., Awaitable[object]]) -> object:
    """Return a root field that Python resolves: `use_case(ctx, **arguments)`."""
    annotations, right = annotations_of(use_case), right_of(use_case)
    is_open = getattr(use_case, "is_open", False)

    async def resolve(info: Info, **arguments: object) -> object:
        if not is_open:
            actor = await info.context.identify()
            if right and right not in actor.rights:
                return None
        return await use_case(info.context, **parse_arguments(annotations, arguments))

    opening = RUNS if is_open else None
    return root_field(resolve, use_case, right, arguments_of(use_case), opening=opening)


def listing(use_case: UseCase, orders: Mapping[str, Plain]) -> object:
    """Return the root field of a long list: `use_case(viewer, **arguments) -> Listing`."""
    read = Read(use_case, right_of(use_case), annotations_of(use_case), orders)
    row = row_of(use_case)
    assert row  # noqa: S101  # a listing lists rows
    filters, ordering = filter_type(row, SHAPES[row]), order_type(row, orders)

    async def resolve(info: Info, **arguments: object) -> object:
        ctx: Ctx = info.context
        actor = await ctx.identify()
        if read.right and read.right not in actor.rights:
            return None
        window = window_of(arguments)
        found = read.call_use_case(actor, arguments, make_binder(ctx))
        assert isinstance(found, Listing)  # noqa: S101  # its use case returns one
        return await found.page(ctx, window, FieldLookahead(info)(row))

    explained = {
        "filter": (filters, "Only rows for which this holds."),
        "order_by": (
            list.__class_getitem__(ordering),
            "The keys of the order; rows that are equal in them are ordered by id.",
        ),
    }
    more = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[type_ | None, strawberry.argument(description)],
        )
        for name, (type_, description) in explained.items()
    ]
    takes = [*arguments_of(use_case), *more, *arguments_of(Window)]
    return root_field(resolve, use_case, read.right, takes, read)


def window_of(arguments: dict[str, Any]) -> Window:
    """Take the arguments that choose a page out of the arguments, as a Window."""
    return Window(**{name: arguments.pop(name) for name in WINDOW if name in arguments})


def root_field(
    resolve: Resolver,
    use_case: UseCase,
    right: Right | None,
    arguments: Sequence[inspect.Parameter],
    read: Read | None = None,
    opening: str | None = None,
) -> object:
    """Make a root field. It is nullable: the failure of a non-null field would make its siblings
    null.

    opening: How it answers strangers; see `gql.guard.strangers`.
    """
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    resolve.__name__ = use_case.__name__
    vars(resolve)["__signature__"] = inspect.Signature([*own, *arguments])
    resolve.__annotations__ = {p.name: p.annotation for p in [*own, *arguments]}
    type_ = to_graphql_type(returned)
    return strawberry.field(
        resolve,
        graphql_type=type_ if type(None) in get_args(type_) else type_ | None,
        description=join_sentences(read_doc(use_case)[0], f"Needs `{right}`." if right else None),
        directives=requires(right),
        metadata={
            "read": read,
            "right": right,
            "open": opening,
            "at_hand": getattr(use_case, "at_hand", None),
        },
    )


def row_of(use_case: UseCase) -> type[OfSchool] | None:
    """Return the row type in the return annotation of a use case, if there is one."""
    todo = [inspect.signature(use_case, eval_str=True).return_annotation]
    while todo:
        annotation = todo.pop()
        if isinstance(annotation, type) and issubclass(annotation, OfSchool):
            return annotation
        todo += get_args(annotation)
    return None


def right_of(use_case: UseCase) -> Right | None:
    """Return the right that a root field needs: the one that its use case declares, or else the
    right to read its rows."""
    declared: Right | None = getattr(use_case, "right", None)
    row = row_of(use_case)
    return declared or (reading.get(row) if row and row is not OfSchool else None)
