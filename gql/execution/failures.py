"""The answer to an operation that failed as a whole: each root field is null, with an error of its
own, as if each had failed by itself."""

from graphql import FieldNode, GraphQLError

from auth.actor import Viewer
from gql.execution.denials import find_denials, make_errors
from gql.execution.error_order import sort_errors
from gql.execution.operation import Operation

Failed = tuple[dict[str, str | None], list[GraphQLError]]
"""The data of an answer, and its errors."""


def fail_operation(operation: Operation, failure: GraphQLError, viewer: Viewer | None) -> Failed:
    """Return the answer to an operation of which nothing could be read or written.

    failure: As a client may know it.
    viewer: None if it is not known who asks.
    """
    denied = find_denials(operation, viewer) if viewer else ()
    refused = {route[0] for one in denied for route, _ in one.places if len(route) == 1}
    data: dict[str, str | None] = {}
    errors: list[GraphQLError] = []
    for asked in operation.fields(operation.root, [operation.selections]):
        is_name = asked.name == "__typename"
        data[asked.key] = operation.root.name if is_name else None
        if not is_name and asked.key not in refused:
            errors.append(place_error(failure, asked.key, asked.nodes))
    return data, sort_errors([*errors, *make_errors(denied, data)], data)


def place_error(failure: GraphQLError, key: str, nodes: list[FieldNode]) -> GraphQLError:
    """Return the failure as the error of a root field."""
    return GraphQLError(
        failure.message, nodes, path=[key], original_error=failure.original_error,
        extensions=failure.extensions,
    )  # fmt: skip
