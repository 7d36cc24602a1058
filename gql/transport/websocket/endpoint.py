"""Where sockets are opened: an ASGI application that speaks `graphql-transport-ws`.

Strawberry's handler is not used. Here a message that is none of the protocol closes the connection,
and an operation that fails, also one with a syntax error, ends only itself. What a client may send
and leave unread is limited. One statement finds all connections whose session has ended.
"""

from collections.abc import Collection

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import (
    is_same_origin,
    normalize_allowed_origins,
    normalize_origin,
)

from gql.engine.run import Engine
from gql.guard.limits_of_use import LimitsOfSockets
from gql.transport.exchange import Admission, Observer, admit_all
from gql.transport.execution import Executor
from gql.transport.origins import Untrusted
from gql.transport.websocket.census import Census
from gql.transport.websocket.connection import INIT_TIMEOUT, Connection
from gql.transport.websocket.messages import PROTOCOL, Code


class WebSocketEndpoint:
    """An ASGI application for sockets.

    origins: Of web pages that may open sockets from a browser, besides the server's own.
    untrusted: What is known of all others.
    init_timeout: Seconds in which `connection_init` must come.
    """

    def __init__(
        self,
        engine: Engine,
        origins: Collection[str] = (),
        limits: LimitsOfSockets | None = None,
        *,
        untrusted: Untrusted | None = None,
        admission: Admission = admit_all,
        observe: Observer | None = None,
    ) -> None:
        self.engine, self.services = engine, engine.services
        self.origins = normalize_allowed_origins(origins)
        self.limits = limits or LimitsOfSockets()
        self.untrusted = untrusted or Untrusted()
        self.admission, self.observe = admission, observe
        self.init_timeout = INIT_TIMEOUT
        self.executor = Executor(engine)
        self.census = Census[Connection](self.services, self.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self.is_allowed(socket):
            await socket.close()  # before it was accepted: the client gets a 403
        elif PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(Code.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await socket.accept(PROTOCOL)
            await Connection(self, socket).serve()

    def is_allowed(self, socket: WebSocket) -> bool:
        """Whether the page that opens the socket may: browsers do not ask beforehand, as they do
        for HTTP, and name the origin of the page. Other clients name none."""
        headers = socket.headers
        origin = headers.get("origin")
        if origin is None or headers.get("sec-fetch-site") == "same-origin":
            return True
        if is_same_origin(origin, headers.get("host")) or normalize_origin(origin) in self.origins:
            return True
        self.untrusted.note(origin)
        return False
