"""The words with which root fields are made of use cases.

query(f)              a root field, `f(ctx, **arguments)`
listing(f, orders)    a root field that is read by pages, filtered and ordered
mutation(f)           a root field with one `input` and a payload
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Annotated, Any, get_args, get_type_hints

import strawberry

from auth.policy import reading
from auth.rights import Right
from gql.answers import Payload, pascal, payload, snake
from gql.bridge.arguments import arguments_of, ids_among, input_type, received
from gql.bridge.filters import condition_of, filter_type, order_of, order_type
from gql.bridge.nodes import Info, deny, requires
from gql.bridge.types import is_report, shown
from gql.bridge.wanted import wanted_of
from gql.docs import read_doc, sentence
from models.base import OfSchool
from models.problems import Problem
from resolvers.context import Ctx
from resolvers.listing import Listing, Window
from resolvers.shapes import SHAPES, Value

UseCase = Callable[..., Any]
WINDOW = {f.name for f in fields(Window)}


def query(use_case: UseCase) -> Any:
    """A root field answered by `use_case(ctx, **arguments)`. It needs the right to read the rows
    it gives. A use case with an argument `wanted` is told what is asked below its rows."""
    annotations, right = ids_among(use_case), right_of(use_case)
    row = row_of(use_case)
    looks_ahead = "wanted" in inspect.signature(use_case).parameters

    is_open = getattr(use_case, "is_open", False)

    async def resolve(info: Info, **arguments: Any) -> Any:
        if not is_open:
            actor = await info.context.identified()
            if right and right not in actor.rights:
                return deny(info, right)
        given = received(annotations, arguments, info.context)
        ahead = {"wanted": asked_below(info, use_case, row)} if looks_ahead else {}
        return await use_case(info.context, **given, **ahead)

    return root_field(resolve, use_case, right, arguments_of(use_case))


def asked_below(info: Info, use_case: UseCase, row: Any) -> Any:
    """What is asked of the rows a use case gives, or of those it `looks_at` inside a report."""
    inside: Mapping[str, Any] | None = getattr(use_case, "looks_at", None)
    if inside is None:
        return wanted_of(info, row)
    return {name: wanted_of(info, *place) for name, place in inside.items()}


def listing(use_case: UseCase, orders: Mapping[str, Value]) -> Any:
    """A root field that is a long list: `use_case(ctx, **arguments) -> Listing`."""
    annotations, right = ids_among(use_case), right_of(use_case)
    row = row_of(use_case)
    assert row  # noqa: S101  # a listing lists rows
    filters, ordering = late_filter(row), order_type(row, orders)

    async def resolve(info: Info, **arguments: Any) -> Any:
        ctx: Ctx = info.context
        actor = await ctx.identified()
        if right and right not in actor.rights:
            return deny(info, right)
        window = Window(**{n: arguments.pop(n) for n in WINDOW if n in arguments})
        asked, order = arguments.pop("filter", None), arguments.pop("order_by", None)
        found: Listing[Any] = await use_case(ctx, **received(annotations, arguments, ctx))
        where = (*found.where, condition_of(ctx, row, asked)) if asked else found.where
        shown_list = Listing(found.row, order_of(order, orders) or found.order, where)
        return await shown_list.page(ctx, window, wanted_of(info, row))

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
    return root_field(
        resolve, use_case, right, [*arguments_of(use_case), *more, *arguments_of(Window)]
    )


def late_filter(row: type[OfSchool]) -> Any:
    return filter_type(row, SHAPES[row])


def root_field(resolve: Any, use_case: UseCase, right: Right | None, arguments: Any) -> Any:
    """Always nullable: a field that fails must not blank its siblings."""
    own = [p for p in inspect.signature(resolve).parameters.values() if p.name != "arguments"]
    returned = inspect.signature(use_case, eval_str=True).return_annotation
    resolve.__name__ = use_case.__name__
    resolve.__signature__ = inspect.Signature([*own, *arguments])
    resolve.__annotations__ = {p.name: p.annotation for p in [*own, *arguments]}
    type_ = shown(returned)
    return strawberry.field(
        resolve,
        graphql_type=type_ if type(None) in get_args(type_) else type_ | None,
        description=sentence(read_doc(use_case)[0], f"Needs `{right}`." if right else None),
        directives=requires(right),
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


def mutation(command: Any) -> Any:
    """A root field that runs a command: one `input`, and a payload that can tell of problems."""
    name = pascal(command.__name__)
    annotations, input_ = ids_among(command), input_type(name, arguments_of(command))
    answer = payload_of(name, command)

    async def resolve(info: Info, input: Any = None) -> Any:
        ctx: Ctx = info.context
        try:
            given = received(annotations, vars(input) if input else {}, ctx)
            return answer.done(await command(ctx, **given))
        except Problem as problem:
            if problem.code() not in answer.codes.__members__:
                raise
            return answer.refused(problem, ctx.caller.language)

    resolve.__name__ = command.__name__
    takes = arguments_of(command)
    told = strawberry.argument(description="All arguments in one.")
    if takes:
        resolve.__annotations__ |= {"input": Annotated[input_, told]}
        parameters = inspect.signature(resolve).parameters
        bare = parameters["input"].replace(default=inspect.Parameter.empty)
        resolve.__signature__ = inspect.Signature([parameters["info"], bare])  # type: ignore[attr-defined]
    else:
        resolve.__signature__ = inspect.Signature([inspect.signature(resolve).parameters["info"]])  # type: ignore[attr-defined]
    right: Right | None = command.right
    return strawberry.mutation(
        resolve,
        graphql_type=answer.type | None,
        description=sentence(read_doc(command)[0], f"Needs `{right}`." if right else None),
        directives=requires(right),
    )


def payload_of(name: str, command: Any) -> Payload:
    """Of a row: one field named after it. Of a dataclass: its fields."""
    returned = inspect.signature(command, eval_str=True).return_annotation
    if is_report(returned):
        hints, texts = get_type_hints(returned), read_doc(returned)[1]
        results = {f: (shown(hints[f]), texts.get(f, "")) for f in hints}
        return payload(name, results, command.problems, single=False)
    row = returned if isinstance(returned, type) else get_args(returned)[0]
    told = "What came of it; after a `CONFLICT`, how it is now."
    field_name = getattr(command, "result", None) or snake(row.__name__)
    return payload(name, {field_name: (shown(row), told)}, command.problems, single=True)
