"""What clients send to the API over HTTP at the edges of the specification, and what they get.

Each case is a request, the status that answers it, and the code of its error; None where there is
none. A request is a `POST` of `{"query": "{ __typename }"}` as JSON, except for what a case says.
"""

from collections.abc import Mapping

from tests.transport.edges.bodies import headers, shapes
from tests.transport.edges.documents import documents, persisted
from tests.transport.edges.edge import Edge
from tests.transport.edges.media import accepting, typed
from tests.transport.edges.methods import gets, methods

EDGES: Mapping[str, list[Edge]] = {
    made.__name__: list(made())
    for made in (accepting, typed, methods, gets, shapes, documents, persisted, headers)
}
