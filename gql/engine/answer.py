"""The body of an answer: the texts that SQL wrote, with known values and errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from graphql import GraphQLError, GraphQLFormattedError

from gql.engine.commands import CommandPlan
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
    """The body of an answer, and the kind of its plan: compiled, command, mixed or standard.

    code: The code of its first error, or of the first user error of a mutation.
    """

    body: bytes
    kind: str
    retry_after: int | None = None
    """Seconds, if the database could not be used."""
    refused: GraphQLError | None = None
    """The error because of which the operation was not executed; None if it was."""
    code: str | None = None


NOT_COMPILED = Answer(
    b'{"errors":[{"message":"This is not compiled.","extensions":{"code":"NOT_COMPILED"}}]}',
    "standard",
)


def answer_refusal(problem: Problem, language: str) -> Answer:
    """Return the answer of an operation that is refused as a whole."""
    error = describe_problem(GraphQLError(str(problem)), problem, language)
    body = orjson.dumps({"errors": [error.formatted]})
    return Answer(body, "compiled", refused=error, code=problem.code())


def code_of(error: GraphQLError) -> str | None:
    """Return the code in the extensions of an error."""
    return (error.extensions or {}).get("code")


def first_code(errors: Errors) -> str | None:
    """Return the code of the first error of an answer."""
    code: str | None = errors[0]["extensions"]["code"] if errors else None
    return code


def errors_in(
    plan: Plan | CommandPlan | UseCasePlan,
    parts: Sequence[bytes],
    language: str,
    others: Sequence[GraphQLError] = (),
) -> Errors:
    """Return the errors of an answer in order, formatted: those of fields refused by grant, and
    others.

    parts: The members of `data`. They are parsed only if a path or the order depends on them.
    """
    is_read = len(plan.denied) + len(others) > 1 or any(one.depends_on_data for one in plan.denied)
    data = orjson.loads(b"{%b}" % b"".join(parts)) if is_read else None
    return format_errors(sort_errors([*make_errors(plan.denied, data), *others], data), language)


def format_errors(errors: Iterable[GraphQLError], language: str) -> Errors:
    """Format errors for JSON; those of expected problems in the language."""
    return [
        (
            describe_problem(error, cause, language) if isinstance(cause, Problem) else error
        ).formatted
        for error in errors
        for cause in [error.original_error]
    ]


def members_of_data(
    plan: Plan, found: Sequence[bytes], put_in: Mapping[str, object]
) -> list[bytes]:
    """Return the members of `data` in order.

    found: The texts that SQL wrote, which are not parsed.
    put_in: The other values that are not in the plan, by their keys.
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


def join_body(parts: Sequence[bytes], errors: Errors) -> bytes:
    """Join the members of `data`, which are parts in order, and the errors to a body."""
    end = b'},"errors":%b}' % orjson.dumps(errors) if errors else b"}}"
    return b"".join((b'{"data":{', *parts, end))
