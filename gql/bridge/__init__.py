"""The words that turn rows and use cases into GraphQL."""

from gql.bridge.nodes import can, computed, field, guarded, many, node, one, only, problems, via
from gql.bridge.operations import listing, mutation, query

__all__ = [
    "can", "computed", "field", "guarded", "listing", "many", "mutation", "node", "one", "only",
    "problems", "query", "via",
]  # fmt: skip
