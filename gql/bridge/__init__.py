"""The words by which features declare GraphQL types and fields from rows and use cases."""

from gql.bridge.mutations import mutation
from gql.bridge.nodes import node
from gql.bridge.reads import listing, query, resolved
from gql.bridge.relations import items, many, one, only, same
from gql.bridge.values import can, computed, field, guarded, ident, keyed, problems, via

__all__ = [
    "can", "computed", "field", "guarded", "ident", "items", "keyed", "listing", "many", "mutation",
    "node", "one", "only", "problems", "query", "resolved", "same", "via",
]  # fmt: skip
