"""Access to the schema and its reference, the same as to introspection."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from gql.engine.asker import Asker, is_signed_in
from gql.transport.browsers import root_of
from resolvers.access.holding import SessionKey, is_alive, session_of
from resolvers.core.context import Services

COOKIE = "gorod-docs"
PASS_LASTS = timedelta(hours=8)


async def may_read(services: Services, request: Request) -> bool:
    """Whether the client may read the schema: it is open to strangers, or the client has a pass or
    a token. Raises ServiceUnavailable."""
    if services.open_introspection or await holds_pass(services, request):
        return True
    held = token_of(request)
    return bool(held) and await is_signed_in(services, Asker(held))


def token_of(request: Request) -> str:
    """Return the access token of a request, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def holds_pass(services: Services, request: Request) -> bool:
    """Whether a browser has a pass whose session is alive. A browser sends no `Authorization` when
    it follows a link. The pass opens the schema and its reference only. Raises ServiceUnavailable.
    """
    content = services.secrets.unsign(request.cookies.get(COOKIE, ""))
    match content.decode().split(" ") if content else []:
        case ["docs", school_id, session_id, expires]:
            if int(expires) > services.now().timestamp():
                return await is_alive(services, SessionKey(int(school_id), int(session_id)))
    return False


async def give_pass(services: Services, request: Request, response: Response) -> None:
    """Set a cookie by which the browser may read the reference for a few hours, while the session
    is alive. The browser sends it nowhere else. Raises Unauthenticated, ServiceUnavailable."""
    key = await session_of(Asker(token_of(request)).caller(services))
    expires = int((services.now() + PASS_LASTS).timestamp())
    for path in ("/docs", "/schema"):
        response.set_cookie(
            COOKIE,
            services.secrets.sign(f"docs {key.school_id} {key.session_id} {expires}".encode()),
            path=root_of(request) + path,
            max_age=int(PASS_LASTS.total_seconds()),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
