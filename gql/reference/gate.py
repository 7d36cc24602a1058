"""Who may read the schema, its reference included: those who may ask it by introspection."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from gql.engine.asker import Asker, is_known
from gql.transport.browsers import root_of
from resolvers.context import Services

COOKIE = "gorod-docs"
PASS_LASTS = timedelta(hours=8)


async def may_read(services: Services, request: Request) -> bool:
    """Whether strangers may read it here, or this is none. Raises ServiceUnavailable."""
    if services.open_introspection or holds_pass(services, request):
        return True
    return await is_signed_in(services, request)


async def is_signed_in(services: Services, request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    held = token.strip() if scheme.lower() == "bearer" else ""
    return bool(held) and await is_known(services, Asker(held))


def holds_pass(services: Services, request: Request) -> bool:
    """Whether a browser shows that its user was signed in some hours ago. It sends no
    `Authorization` when a link is followed; the pass opens what this module guards, nothing else.
    """
    content = services.secrets.unsign(request.cookies.get(COOKIE, ""))
    match content.decode().split(" ") if content else []:
        case ["docs", expires] if expires.isdecimal():
            return int(expires) > services.now().timestamp()
    return False


def give_pass(services: Services, request: Request, response: Response) -> None:
    """Let the browser read the reference for a few hours. It sends the pass nowhere else."""
    expires = int((services.now() + PASS_LASTS).timestamp())
    for path in ("/docs", "/schema"):
        response.set_cookie(
            COOKIE,
            services.secrets.sign(f"docs {expires}".encode()),
            path=root_of(request) + path,
            max_age=int(PASS_LASTS.total_seconds()),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
