"""The words with which root fields that read are made of use cases.

query(f)              what `f(viewer, **arguments)` says in SQL: rows, a row, a report
listing(f, orders)    a long list, read by pages, filtered and ordered
resolved(f)           what Python makes, `f(ctx, **arguments)`
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
from gql.bridge.arguments import UseCase, arguments_of, ids_among, received
from gql.bridge.filters import condition_of, filter_type, order_of, order_type
from gql.bridge.nodes import Info, Resolver, requires
from gql.bridge.types import shown
from gql.bridge.wanted import Below
from gql.docs import join_sentences, read_doc
from gql.guard.opened import IS_NULL, RUNS
from models.base import OfSchool
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Window
from resolvers.core.parameters import Annotation, Make, in_parameters, sent_as
from resolvers.core.parts import load_part
from resolvers.core.shapes import SHAPES, Plain

Told: TypeAlias = tuple[tuple[str, object], ...]
"""Arguments by their names, as a use case is given them."""
WINDOW = {f.name for f in fields(Window)}


@dataclass(frozen=True, slots=True)
class Read:
    """A root field that SQL answers.

    orders: By what its rows can be ordered; None where it is no listing.
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

    def said(self, actor: Actor, arguments: dict[str, Any], make: Make) -> object:
        """What the use case says with the arguments a client sent: rows, a report, a listing.

        Raises BadUserInput, Forbidden.
        """
        asked, order = arguments.pop("filter", None), arguments.pop("order_by", None)
        given = received(dict(self.annotations), arguments)
        if self.check:
            self.check(actor, **given)
        told = {
            name: in_parameters(self.annotations[name], value, make, name)
            for name, value in given.items()
        }
        if all(map(lasts, told.values())):
            found = said_once(self.use_case, actor.viewer, tuple(told.items()))
        else:
            found = self.use_case(actor.viewer, **told)
        if self.orders is None or not isinstance(found, Listing):
            return found
        row, where = found.row, found.where
        where = (*where, condition_of(actor.viewer, row, asked, make)) if asked else where
        ordered = order_of(actor.viewer, row, order, self.orders)
        return Listing(row, ordered or found.order, where)


MOST_SAID = 1000


@lru_cache(MOST_SAID)
def said_once(use_case: UseCase, viewer: Viewer, told: Told) -> object:
    """What a use case says to all with the same grants: to say it takes longer than to write it."""
    return use_case(viewer, **dict(told))


def lasts(value: object) -> bool:
    """Whether it is the same in another request: a parameter whose value is not known yet, or what
    decides how a statement is written."""
    if isinstance(value, BindParameter):
        return value.required
    return value is None or isinstance(value, bool | Enum)


def query(use_case: UseCase) -> object:
    """A root field answered by what `use_case(viewer, **arguments)` says. It needs the right to
    read the rows it gives."""
    read = Read(use_case, right_of(use_case), ids_among(use_case))
    is_open = getattr(use_case, "is_open", False)

    async def resolve(info: Info, **arguments: object) -> object:
        ctx: Ctx = info.context
        if is_open and ctx.caller.token is None:
            return None
        actor = await ctx.identify()
        if read.right and read.right not in actor.rights:
            return None
        part = read.said(actor, dict(arguments), valued(ctx))
        found = await load_part(ctx, part, Below(info))
        if found is None and read.why_null:
            await read.why_null(ctx, **received(dict(read.annotations), arguments))
        return found

    opening = IS_NULL if is_open else None
    return root_field(resolve, use_case, read.right, arguments_of(use_case), read, opening)


def valued(ctx: Ctx) -> Make:
    """Makes parameters that hold their values."""

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
    """A root field that Python makes: `use_case(ctx, **arguments)`."""
    annotations, right = ids_among(use_case), right_of(use_case)
    is_open = getattr(use_case, "is_open", False)

    async def resolve(info: Info, **arguments: object) -> object:
        if not is_open:
            actor = await info.context.identify()
            if right and right not in actor.rights:
                return None
        return await use_case(info.context, **received(annotations, arguments))

    opening = RUNS if is_open else None
    return root_field(resolve, use_case, right, arguments_of(use_case), opening=opening)


def listing(use_case: UseCase, orders: Mapping[str, Plain]) -> object:
    """A root field that is a long list: `use_case(viewer, **arguments) -> Listing`."""
    read = Read(use_case, right_of(use_case), ids_among(use_case), orders)
    row = row_of(use_case)
    assert row  # noqa: S101  # a listing lists rows
    filters, ordering = filter_type(row, SHAPES[row]), order_type(row, orders)

    async def resolve(info: Info, **arguments: object) -> object:
        ctx: Ctx = info.context
        actor = await ctx.identify()
        if read.right and read.right not in actor.rights:
            return None
        window = window_of(arguments)
        found = read.said(actor, arguments, valued(ctx))
        assert isinstance(found, Listing)  # noqa: S101  # that is what a listing says
        return await found.page(ctx, window, Below(info)(row))

    explained = {
        "filter": (filters, "Only rows for which this holds."),
        "order_by": (list.__class_getitem__(ordering), "What to order by; ties go by id."),
    }
    more = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[type_ | None, strawberry.argument(told)],
        )
        for name, (type_, told) in explained.items()
    ]
    takes = [*arguments_of(use_case), *more, *arguments_of(Window)]
    return root_field(resolve, use_case, read.right, takes, read)


def window_of(arguments: dict[str, Any]) -> Window:
    """Which part of a list is asked for; what is left of the arguments says of what list."""
    return Window(**{name: arguments.pop(name) for name in WINDOW if name in arguments})


def root_field(
    resolve: Resolver,
    use_case: UseCase,
    right: Right | None,
    arguments: Sequence[inspect.Parameter],
    read: Read | None = None,
    opening: str | None = None,
) -> object:
    """Always nullable: a field that fails must not blank its siblings.

    opening: What it does for strangers, as `gql.guard.strangers` says it.
    """
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    resolve.__name__ = use_case.__name__
    vars(resolve)["__signature__"] = inspect.Signature([*own, *arguments])
    resolve.__annotations__ = {p.name: p.annotation for p in [*own, *arguments]}
    type_ = shown(returned)
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
    """The row type among what a use case returns, if there is one."""
    todo = [inspect.signature(use_case, eval_str=True).return_annotation]
    while todo:
        annotation = todo.pop()
        if isinstance(annotation, type) and issubclass(annotation, OfSchool):
            return annotation
        todo += get_args(annotation)
    return None


def right_of(use_case: UseCase) -> Right | None:
    """What a root field needs: what its use case says, or else the right to read its rows."""
    declared: Right | None = getattr(use_case, "right", None)
    row = row_of(use_case)
    return declared or (reading.get(row) if row and row is not OfSchool else None)
