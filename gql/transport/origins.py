"""CORS: web pages of trusted origins may use the API; all others get a reason."""

import re
from collections.abc import Awaitable, Collection
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gql.logs import log
from gql.transport.headers import NAMES, error_body
from gql.transport.requests import headers_of, language_in, request_id_in

EXPOSED = (
    "Gorod-Plan",
    "Retry-After",
    "X-Request-Id",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
)
"""Headers of responses that scripts of other origins may read."""
METHODS = ("GET", "HEAD", "POST", "PUT")
UNTRUSTED = {
    "ru": "Страницам с этого адреса (`Origin`) нельзя обращаться к API. Кто управляет сервером, "
    "разрешает это переменной `GOROD_TRUSTED_ORIGINS`.",
    "en": "Pages of this origin may not use the API. The operator of the server allows it by "
    "`GOROD_TRUSTED_ORIGINS`.",
}
OTHER_METHOD = {
    "ru": f"Страницам доступны только методы {', '.join(METHODS)}.",
    "en": f"Pages may use the methods {', '.join(METHODS)} only.",
}
PREFLIGHT_VARY = (
    "Accept-Language, Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
)
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[A-Za-z0-9.:\[\]_-]{1,260}|null")
"""An origin as browsers write it. Another text came from no page, and is not logged."""
MOST_LOGGED = 50
"""The number of origins. Without it, strangers who invent origins could fill the log."""


@dataclass
class UntrustedOrigins:
    """The origins that were refused since the server started. Each is logged once, up to
    MOST_LOGGED."""

    known: set[str] = field(default_factory=set)

    def note(self, origin: str) -> None:
        is_full = len(self.known) >= MOST_LOGGED
        if is_full or origin in self.known or not ORIGIN.fullmatch(origin):
            return
        self.known.add(origin)
        log.warning(
            "a page of an origin that is not in GOROD_TRUSTED_ORIGINS was refused",
            origin=origin,
            last_logged=len(self.known) == MOST_LOGGED,
        )


class OriginMiddleware:
    """ASGI middleware that lets pages of named origins use the API."""

    def __init__(self, app: ASGIApp, origins: Collection[str], untrusted: UntrustedOrigins) -> None:
        self.app, self.sharing = app, CorsResponses(app, origins, untrusted)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on a request without `Origin` at once: the library takes 16 µs to do so
        (measured)."""
        for name, _ in scope.get("headers", ()):
            if name == b"origin":
                return self.sharing(scope, receive, send)
        return self.app(scope, receive, send)


class CorsResponses(CORSMiddleware):
    """Starlette's CORS with answers in our shape."""

    def __init__(self, app: ASGIApp, origins: Collection[str], untrusted: UntrustedOrigins) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=("*",),
            expose_headers=EXPOSED,
            allow_private_network=True,  # the operator named the origin and knows the network
        )
        exposed = ", ".join(EXPOSED).encode()
        self.granted = [(b"access-control-expose-headers", exposed)]
        self.untrusted = untrusted

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        sent = headers_of(request_headers.raw)
        headers = {name: value for name, value in response.headers.items() if "content" not in name}
        if not self.is_allowed_origin(request_headers["origin"]):
            headers = {}  # nothing is granted
        headers |= {"vary": PREFLIGHT_VARY, "X-Request-Id": request_id_in(sent)}
        if response.status_code == 200:
            return Response(b"", 204, headers | {"X-Content-Type-Options": "nosniff"})
        told, origin = OTHER_METHOD, request_headers["origin"]
        if not self.is_allowed_origin(origin):
            self.untrusted.note(origin)
            told = UNTRUSTED
        body = error_body(told[language_in(sent)], "FORBIDDEN")
        return Response(body, 403, NAMES | headers)

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Add the permission to a response; it varies by `Origin` already."""
        if message["type"] == "http.response.start":
            origin = request_headers.get("origin")
            if origin is not None and self.is_allowed_origin(origin):
                leave = (b"access-control-allow-origin", origin.encode("latin-1"))
                message = {**message, "headers": [*message["headers"], leave, *self.granted]}
        await send(message)
