"""The word `mutation`, which makes a root field of a command: one `input`, and a payload."""

import inspect
from typing import Annotated, Any, get_args, get_type_hints

import strawberry

from auth.rights import Right
from gql.answers import Payload, make_payload, to_pascal, to_snake
from gql.bridge.arguments import annotations_of, arguments_of, input_type, parse_arguments
from gql.bridge.nodes import Info, requires
from gql.bridge.types import is_report, to_graphql_type
from gql.docs import join_sentences, read_doc
from gql.guard.opened import RUNS
from models.problems import Problem
from resolvers.core.context import Ctx
from resolvers.core.parameters import plain


def mutation(command: Any) -> Any:
    """Return the root field of a command: it takes one `input` and returns a payload with
    `userErrors`."""
    name = to_pascal(command.__name__)
    annotations, input_ = annotations_of(command), input_type(name, arguments_of(command))
    answer = payload_of(command)

    async def resolve(info: Info, input: Any = None) -> Any:
        ctx: Ctx = info.context
        try:
            given = parse_arguments(annotations, vars(input) if input else {})
            return answer.make_result(await command(ctx, **given))
        except Problem as problem:
            if problem.code() not in answer.codes.__members__:
                raise
            ctx.caller.refused = ctx.caller.refused or problem.code()
            return answer.make_refusal(problem, ctx.caller.language)

    resolve.__name__ = command.__name__
    takes = arguments_of(command)
    argument = strawberry.argument(description="The arguments.")
    if takes:
        resolve.__annotations__ |= {"input": Annotated[input_, argument]}
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
    """Return the payload of a command. A row becomes one field named after it, a dataclass becomes
    its fields."""
    returned = plain(inspect.signature(command, eval_str=True).return_annotation)
    if is_report(returned):
        hints, texts = get_type_hints(returned), read_doc(returned)[1]
        results = {f: (to_graphql_type(hints[f]), texts.get(f, "")) for f in hints}
        return make_payload(command, results, single=False)
    row = returned if isinstance(returned, type) else get_args(returned)[0]
    description = "The result; after a `CONFLICT`, the row as it is now."
    field_name = getattr(command, "result", None) or to_snake(row.__name__)
    return make_payload(command, {field_name: (to_graphql_type(row), description)}, single=True)
