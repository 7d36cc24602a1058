"""The body of an answer: what SQL wrote is put together with what is known, and with errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from graphql import GraphQLError, GraphQLFormattedError

from gql.engine.commands import Doing
from gql.engine.plan import Plan
from gql.engine.use_cases import UseCasePlan
from gql.errors import describe_problem
from gql.execution.denials import make_errors
from gql.execution.error_order import sort_errors
from models.problems import Problem

Errors: TypeAlias = Sequence[GraphQLFormattedError]
"""The errors of an answer, as JSON has them."""


@dataclass(slots=True)
class Answer:
    """The body of an answer, and how it was found: compiled, command, mixed or standard.

    code: Of its first error, or of the first user error of a mutation.
    """

    body: bytes
    kind: str
    retry_after: int | None = None
    """Seconds, where the database could not be used."""
    refused: GraphQLError | None = None
    """Why the operation was not executed; None if it was."""
    code: str | None = None


NOT_COMPILED = Answer(
    b'{"errors":[{"message":"This is not compiled.","extensions":{"code":"NOT_COMPILED"}}]}',
    "standard",
)


def refusal(problem: Problem, language: str) -> Answer:
    """Nothing but why."""
    error = describe_problem(GraphQLError(str(problem)), problem, language)
    body = orjson.dumps({"errors": [error.formatted]})
    return Answer(body, "compiled", refused=error, code=problem.code())


def code_of(error: GraphQLError) -> str | None:
    """The code in the extensions of an error."""
    return (error.extensions or {}).get("code")


def first_code(errors: Errors) -> str | None:
    """The code of the first of the errors of an answer."""
    code: str | None = errors[0]["extensions"]["code"] if errors else None
    return code


def errors_in(
    plan: Plan | Doing | UseCasePlan,
    parts: Sequence[bytes],
    language: str,
    others: Sequence[GraphQLError] = (),
) -> Errors:
    """The errors of an answer in order, as JSON has them: of fields refused by grant, and others.

    parts: The members of `data`. They are read only where a path depends on them, or the order.
    """
    is_read = len(plan.denied) + len(others) > 1 or any(one.depends_on_data for one in plan.denied)
    data = orjson.loads(b"{%b}" % b"".join(parts)) if is_read else None
    return formatted(sort_errors([*make_errors(plan.denied, data), *others], data), language)


def formatted(errors: Iterable[GraphQLError], language: str) -> Errors:
    """Errors as JSON has them, those of expected problems in the language."""
    return [
        (
            describe_problem(error, cause, language) if isinstance(cause, Problem) else error
        ).formatted
        for error in errors
        for cause in [error.original_error]
    ]


def members(plan: Plan, found: Sequence[bytes], put_in: Mapping[str, object]) -> list[bytes]:
    """The members of `data` in order.

    found: What SQL wrote, which is not parsed.
    put_in: By their keys, all that is neither in `found` nor known by the plan.
    """
    texts = iter(found)
    parts: list[bytes] = []
    for key, known in plan.keys:
        if known is None:
            text = next(texts)
        else:
            text = known.encode() if known else orjson.dumps(put_in.get(key))
        parts += (b',"%b":' % key.encode() if parts else b'"%b":' % key.encode(), text)
    return parts


def body(parts: Sequence[bytes], errors: Errors) -> bytes:
    """The whole of the members of `data`, which stand in parts one after another."""
    end = b'},"errors":%b}' % orjson.dumps(errors) if errors else b"}}"
    return b"".join((b'{"data":{', *parts, end))
