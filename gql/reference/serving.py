"""The routes `/schema/` and `/docs/`, for clients that may read the schema."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gql.guard.limits import Limits
from gql.reference import gate
from gql.reference.book.links import Links
from gql.reference.book.templates import HERE, render
from gql.reference.contract import DescribedFile, contract_files, prettify
from gql.reference.stored import FileCache, StoredFile
from gql.transport.browsers import error_response, language_of, redirect, root_of
from models.problems import ServiceUnavailable, Unauthenticated
from resolvers.core.context import Services

Handler = Callable[[Request], Awaitable[Response]]
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
KEPT = {
    **SAFE,
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Accept-Encoding, Accept-Language, Authorization, Cookie",
}
"""Headers of a file that a client may cache. It must revalidate by ETag each time, so that a client
that lost the right is refused."""


class Reference:
    """The routes of `/schema/` and `/docs/`.

    trusted_only: Whether the server runs registered documents only, so that GraphiQL cannot sign
        in.
    """

    def __init__(self, services: Services, limits: Limits, *, trusted_only: bool = False) -> None:
        self.services, self.trusted_only = services, trusted_only
        self.contract = FileCache(lambda: contract_files(limits))
        self.book = FileCache(book_files)
        self.assets = open_assets()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/docs", add_slash),
            Route("/docs/", self.guard(self.first_page)),
            Route("/docs/pass", self.give_pass, methods=["POST"]),
            Route("/docs/pass", refuse_get, methods=["GET"]),
            *(Route(f"/docs/{name}", self.asset) for name in self.assets),
            Route("/docs/{path:path}", self.guard(self.page)),
            Route("/schema", add_slash),
            Route("/schema/", self.guard(self.index)),
            Route("/schema/{name}", self.guard(self.file)),
        ]

    async def first_page(self, request: Request) -> Response:
        to = f"{root_of(request)}/docs/{language_of(request)}/index.html"
        return redirect(to, 303, KEPT)

    async def page(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = (await self.book.files()).get(f"{path}index.html" if path.endswith("/") else path)
        if found is None:
            raise HTTPException(404)
        return await found.respond(request, KEPT)

    async def asset(self, request: Request) -> Response:
        """Send the style or the script of the sign-in page, which strangers see."""
        found = self.assets[request.url.path.rpartition("/")[2]]
        return await found.respond(request, {**KEPT, "Cache-Control": "no-cache"})

    async def give_pass(self, request: Request) -> Response:
        """Give a pass to the browser of a signed-in user."""
        response = Response(status_code=204, headers={**SAFE, "Cache-Control": "no-store"})
        try:
            await gate.give_pass(self.services, request, response)
        except Unauthenticated as problem:
            return unauthenticated_response(request, problem)
        except ServiceUnavailable as problem:
            return self.unavailable(request, problem)
        return response

    def unavailable(self, request: Request, problem: ServiceUnavailable) -> Response:
        """Return the response while the database is unavailable."""
        self.services.availability.count_refused()
        return problem_response(request, problem, 503, {"Retry-After": str(problem.retry_after)})

    def guard(self, handler: Handler) -> Handler:
        """Wrap a handler so that it refuses clients that may not read the schema."""

        async def answer(request: Request) -> Response:
            try:
                if await gate.may_read(self.services, request):
                    return await handler(request)
            except ServiceUnavailable as problem:
                return self.unavailable(request, problem)
            if wants_html(request):
                return sign_in_page(request, trusted_only=self.trusted_only)
            return unauthenticated_response(request, Unauthenticated())

        return answer

    async def index(self, request: Request) -> Response:
        """Send the list of files, for people or for programs."""
        files = await self.contract.files()
        if wants_html(request):
            language = language_of(request)
            shown = {"files": files, "root": root_of(request), "links": Links((), up="")}
            return HTMLResponse(render("schema.html", language, **shown), headers=KEPT)
        told = [index_entry(name, file) for name, file in files.items()]
        return await StoredFile.from_text(prettify(told), "application/json").respond(request, KEPT)

    async def file(self, request: Request) -> Response:
        found = (await self.contract.files()).get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return await found.stored.respond(request, KEPT)


@cache
def book_files() -> Mapping[str, StoredFile]:
    """Return the pages of the reference by their paths below `/docs/`."""
    from gql.reference.book.pages import MEDIA_TYPES, build

    return {
        path: StoredFile.from_text(text, MEDIA_TYPES[f".{path.rpartition('.')[2]}"])
        for path, text in build().items()
    }


def open_assets() -> Mapping[str, StoredFile]:
    """Return the files that reveal nothing of the schema, by name."""
    style, script = (HERE / "static" / "style.css", HERE / "enter.js")
    return {
        style.name: StoredFile(style.read_bytes(), "text/css"),
        script.name: StoredFile(script.read_bytes(), "text/javascript"),
    }


def index_entry(name: str, file: DescribedFile) -> dict[str, Any]:
    return {
        "name": name,
        "description": file.english,
        "mediaType": file.stored.media_type,
        "bytes": len(file.stored.content),
        "sha256": file.stored.digest,
    }


async def refuse_get(_: Request) -> Response:
    """Refuse a GET of an address that takes POST only. Otherwise the route of the pages would
    search for a file of that name."""
    raise HTTPException(405, headers={"Allow": "POST"})


async def add_slash(request: Request) -> Response:
    """Redirect to the address with a slash, which the relative links of the pages need."""
    to = f"{root_of(request)}{request.url.path.removeprefix(root_of(request))}/"
    return redirect(to, 308, SAFE)


def wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def unauthenticated_response(request: Request, problem: Unauthenticated) -> Response:
    return problem_response(request, problem, 401, {"WWW-Authenticate": "Bearer"})


def problem_response(
    request: Request, problem: Unauthenticated | ServiceUnavailable, status: int,
    more: Mapping[str, str],
) -> Response:  # fmt: skip
    response = error_response(problem.describe(language_of(request)), problem.code(), status)
    response.headers.update(more)
    return response


def sign_in_page(request: Request, *, trusted_only: bool) -> Response:
    """Return the page that says how to sign in, for people who followed a link."""
    told = {"root": root_of(request), "trusted_only": trusted_only}
    html = render("sign-in.html", language_of(request), **told)
    headers = {**SAFE, "Cache-Control": "no-store", "WWW-Authenticate": "Bearer"}
    return HTMLResponse(html, 401, headers)
