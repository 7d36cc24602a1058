"""The addresses of clients behind proxies."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gql.logs import log

FORWARDED = b"x-forwarded-for"


def trust_proxies(app: ASGIApp, trusted: tuple[str, ...]) -> ASGIApp:
    """Return the application with the client's address taken from trusted proxies: the last address
    in `X-Forwarded-For` that is not theirs. A forged address stands before it.

    `Forwarded` is not read: a proxy that writes only `X-Forwarded-For` passes on a `Forwarded` that
    the client forged.
    """
    if trusted:
        return ProxyHeadersMiddleware(app, list(trusted))  # type: ignore[arg-type, return-value]
    return UnproxiedMiddleware(app)


class UnproxiedMiddleware:
    """ASGI middleware without trusted proxies. It logs one warning if there is a proxy: all clients
    then have the proxy's address and share its limits."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.is_told = app, False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Look for the header of a proxy. This is no coroutine, as nothing waits here."""
        if not self.is_told:
            for name, _ in scope.get("headers", ()):
                if name == FORWARDED:
                    self.tell()
                    break
        return self.app(scope, receive, send)

    def tell(self) -> None:
        self.is_told = True
        log.warning(
            "a request has X-Forwarded-For, which is not read: if there is a proxy before this "
            "server, set GOROD_TRUSTED_PROXIES to its address"
        )
