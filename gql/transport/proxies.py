"""Where clients call from, if there are proxies before the server."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gql.logs import log

FORWARDED = b"x-forwarded-for"


def behind_proxies(app: ASGIApp, trusted: tuple[str, ...]) -> ASGIApp:
    """The application, told the address of the client by the proxies that are trusted: the last one
    in `X-Forwarded-For` that is none of theirs. Whatever a client writes there stands before it.

    `Forwarded` is not read: proxies that write only `X-Forwarded-For` hand on whatever `Forwarded`
    a client has sent.
    """
    if trusted:
        return ProxyHeadersMiddleware(app, list(trusted))  # type: ignore[arg-type, return-value]
    return Unproxied(app)


class Unproxied:
    """An application whose clients call directly. If they do not, all of them have the proxy's
    address, and fail together: the log says so once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.is_told = app, False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Nothing waits here, so it is no coroutine around that of the application."""
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
