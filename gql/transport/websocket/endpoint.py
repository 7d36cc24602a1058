"""The ASGI application for sockets, which speaks `graphql-transport-ws`.

It replaces Strawberry's handler. Here an invalid message closes the connection, and a failed
operation, even with a syntax error, ends only itself. The messages that a client may send or leave
unread are limited. One statement finds all connections whose session has ended.
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
from gql.transport.origins import UntrustedOrigins
from gql.transport.websocket.connection import INIT_TIMEOUT, Connection
from gql.transport.websocket.messages import PROTOCOL, Code
from gql.transport.websocket.registry import ConnectionRegistry


class WebSocketEndpoint:
    """An ASGI application for sockets.

    origins: Of web pages that may open sockets, besides the server's own.
    untrusted: The origins that were refused.
    init_timeout: Seconds in which `connection_init` must come.
    """

    def __init__(
        self,
        engine: Engine,
        origins: Collection[str] = (),
        limits: LimitsOfSockets | None = None,
        *,
        untrusted: UntrustedOrigins | None = None,
        admission: Admission = admit_all,
        observe: Observer | None = None,
    ) -> None:
        self.engine, self.services = engine, engine.services
        self.origins = normalize_allowed_origins(origins)
        self.limits = limits or LimitsOfSockets()
        self.untrusted = untrusted or UntrustedOrigins()
        self.admission, self.observe = admission, observe
        self.init_timeout = INIT_TIMEOUT
        self.executor = Executor(engine)
        self.registry = ConnectionRegistry[Connection](self.services, self.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self.is_allowed(socket):
            await socket.close()  # before `accept`, so the client gets a 403
        elif PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(Code.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await socket.accept(PROTOCOL)
            await Connection(self, socket).serve()

    def is_allowed(self, socket: WebSocket) -> bool:
        """Whether the origin of the page may open a socket. Browsers send no preflight for sockets;
        other clients send no `Origin`."""
        headers = socket.headers
        origin = headers.get("origin")
        if origin is None or headers.get("sec-fetch-site") == "same-origin":
            return True
        if is_same_origin(origin, headers.get("host")) or normalize_origin(origin) in self.origins:
            return True
        self.untrusted.note(origin)
        return False
