"""The word with which a mutation is made of a command: one `input`, and a payload."""

import inspect
from typing import Annotated, Any, get_args, get_type_hints

import strawberry

from auth.rights import Right
from gql.answers import Payload, make_payload, to_pascal, to_snake
from gql.bridge.arguments import arguments_of, ids_among, input_type, received
from gql.bridge.nodes import Info, requires
from gql.bridge.types import is_report, shown
from gql.docs import join_sentences, read_doc
from gql.guard.opened import RUNS
from models.problems import Problem
from resolvers.core.context import Ctx
from resolvers.core.parameters import plain


def mutation(command: Any) -> Any:
    """A root field that runs a command: one `input`, and a payload that can tell of problems."""
    name = to_pascal(command.__name__)
    annotations, input_ = ids_among(command), input_type(name, arguments_of(command))
    answer = payload_of(command)

    async def resolve(info: Info, input: Any = None) -> Any:
        ctx: Ctx = info.context
        try:
            given = received(annotations, vars(input) if input else {})
            return answer.make_result(await command(ctx, **given))
        except Problem as problem:
            if problem.code() not in answer.codes.__members__:
                raise
            ctx.caller.refused = ctx.caller.refused or problem.code()
            return answer.make_refusal(problem, ctx.caller.language)

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
    is_open = getattr(command, "is_open", False)
    return strawberry.mutation(
        resolve,
        graphql_type=answer.type | None,
        description=join_sentences(read_doc(command)[0], f"Needs `{right}`." if right else None),
        directives=requires(right),
        metadata={"command": command, "payload": answer, "open": RUNS if is_open else None},
    )


def payload_of(command: Any) -> Payload:
    """Of a row: one field named after it. Of a dataclass: its fields."""
    returned = plain(inspect.signature(command, eval_str=True).return_annotation)
    if is_report(returned):
        hints, texts = get_type_hints(returned), read_doc(returned)[1]
        results = {f: (shown(hints[f]), texts.get(f, "")) for f in hints}
        return make_payload(command, results, single=False)
    row = returned if isinstance(returned, type) else get_args(returned)[0]
    told = "What came of it; after a `CONFLICT`, how it is now."
    field_name = getattr(command, "result", None) or to_snake(row.__name__)
    return make_payload(command, {field_name: (shown(row), told)}, single=True)
