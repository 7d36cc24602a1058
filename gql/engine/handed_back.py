"""Root fields that are handed back to the standard executor."""

from collections.abc import Sequence
from dataclasses import replace

import orjson
import strawberry
from graphql import DocumentNode, FieldNode, SelectionSetNode
from strawberry.types import ExecutionResult

from gql.engine.answer import Answer, first_code, format_errors, join_body
from gql.engine.asker import Asker
from gql.engine.cache import CompiledOperation
from gql.engine.shape import Variables
from gql.errors import find_retry_after
from gql.guard.document import make_valid
from resolvers.core.context import Services


async def execute(
    schema: strawberry.Schema, services: Services, asker: Asker, compiled: CompiledOperation,
    variables: Variables, nodes: Sequence[FieldNode],
) -> ExecutionResult:  # fmt: skip
    """Execute these root fields of an operation."""
    rest = replace(compiled.definition, selection_set=SelectionSetNode(selections=tuple(nodes)))
    parsed = DocumentNode(definitions=(rest, *compiled.fragments.values()))
    text = compiled.document.text
    caller = replace(asker.caller(services), document=make_valid(text, parsed))
    return await schema.execute(text, dict(variables), caller)


async def answer_command(
    schema: strawberry.Schema, services: Services, asker: Asker, compiled: CompiledOperation,
    variables: Variables,
) -> Answer:  # fmt: skip
    """Return the answer of an operation of one command."""
    [node] = compiled.definition.selection_set.selections
    assert isinstance(node, FieldNode)  # noqa: S101  # see `serial.split_commands`
    result = await execute(schema, services, asker, compiled, variables, [node])
    key = node.alias.value if node.alias else node.name.value
    member = b'"%b":%b' % (key.encode(), orjson.dumps((result.data or {}).get(key)))
    errors, seconds = result.errors or (), find_retry_after(result.errors or ())
    formatted = format_errors(errors, asker.language)
    return Answer(join_body([member], formatted), "standard", seconds, code=first_code(formatted))
