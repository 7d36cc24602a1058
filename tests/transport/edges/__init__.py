"""Requests at the edges of the specification of GraphQL over HTTP, and the answers to them.

Each case is a request, the status of its answer, and the code of its error; None if there is none.
A request is a `POST` of `{"query": "{ __typename }"}` as JSON, except for the parts that a case
names.
"""

from collections.abc import Mapping

from tests.transport.edges.bodies import list_body_edges, list_header_edges
from tests.transport.edges.documents import list_document_edges, list_persisted_edges
from tests.transport.edges.edge import Edge
from tests.transport.edges.media import list_accept_edges, list_content_type_edges
from tests.transport.edges.methods import list_get_edges, list_method_edges

EDGES: Mapping[str, list[Edge]] = {
    made.__name__: list(made())
    for made in (
        list_accept_edges,
        list_content_type_edges,
        list_method_edges,
        list_get_edges,
        list_body_edges,
        list_document_edges,
        list_persisted_edges,
        list_header_edges,
    )
}
