"""`/schema/` and `/docs/`, to those who may read the schema."""

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
from gql.reference.contract import Described, contract_files, pretty
from gql.reference.stored import Shelf, Stored
from gql.transport.browsers import json_fault, language_of, redirect, root_of
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
"""A client keeps a file and asks with its ETag whether it is the same; who may not read it any
more is refused."""


class Reference:
    """What `/schema/` and `/docs/` answer.

    trusted_only: Whether only registered documents are run: then nobody signs in with GraphiQL.
    """

    def __init__(self, services: Services, limits: Limits, *, trusted_only: bool = False) -> None:
        self.services, self.trusted_only = services, trusted_only
        self.contract = Shelf(lambda: contract_files(limits))
        self.book = Shelf(book_files)
        self.assets = open_assets()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/docs", slash),
            Route("/docs/", self.guarded(self.first_page)),
            Route("/docs/pass", self.give_pass, methods=["POST"]),
            Route("/docs/pass", not_allowed, methods=["GET"]),
            *(Route(f"/docs/{name}", self.asset) for name in self.assets),
            Route("/docs/{path:path}", self.guarded(self.page)),
            Route("/schema", slash),
            Route("/schema/", self.guarded(self.index)),
            Route("/schema/{name}", self.guarded(self.file)),
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
        """Style and script of the page that strangers see, too."""
        found = self.assets[request.url.path.rpartition("/")[2]]
        return await found.respond(request, {**KEPT, "Cache-Control": "no-cache"})

    async def give_pass(self, request: Request) -> Response:
        """Let a browser in whose user is signed in."""
        response = Response(status_code=204, headers={**SAFE, "Cache-Control": "no-store"})
        try:
            await gate.give_pass(self.services, request, response)
        except Unauthenticated as problem:
            return refused(request, problem)
        except ServiceUnavailable as problem:
            return self.unavailable(request, problem)
        return response

    def unavailable(self, request: Request, problem: ServiceUnavailable) -> Response:
        """The response while the database is away."""
        self.services.availability.count_refused()
        return refusal(request, problem, 503, {"Retry-After": str(problem.retry_after)})

    def guarded(self, handler: Handler) -> Handler:
        """Refuses those who may not read the schema."""

        async def answer(request: Request) -> Response:
            try:
                if await gate.may_read(self.services, request):
                    return await handler(request)
            except ServiceUnavailable as problem:
                return self.unavailable(request, problem)
            if wants_html(request):
                return sign_in_page(request, trusted_only=self.trusted_only)
            return refused(request, Unauthenticated())

        return answer

    async def index(self, request: Request) -> Response:
        """The list of files, for people or for programs."""
        files = await self.contract.files()
        if wants_html(request):
            language = language_of(request)
            shown = {"files": files, "root": root_of(request), "links": Links((), up="")}
            return HTMLResponse(render("schema.html", language, **shown), headers=KEPT)
        told = [index_entry(name, file) for name, file in files.items()]
        return await Stored.of(pretty(told), "application/json").respond(request, KEPT)

    async def file(self, request: Request) -> Response:
        found = (await self.contract.files()).get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return await found.stored.respond(request, KEPT)


@cache
def book_files() -> Mapping[str, Stored]:
    """The pages of the reference, by their paths below `/docs/`."""
    from gql.reference.book.pages import MEDIA_TYPES, build

    return {
        path: Stored.of(text, MEDIA_TYPES[f".{path.rpartition('.')[2]}"])
        for path, text in build().items()
    }


def open_assets() -> Mapping[str, Stored]:
    """Files that tell nothing of the schema."""
    style, script = (HERE / "static" / "style.css", HERE / "enter.js")
    return {
        style.name: Stored(style.read_bytes(), "text/css"),
        script.name: Stored(script.read_bytes(), "text/javascript"),
    }


def index_entry(name: str, file: Described) -> dict[str, Any]:
    return {
        "name": name,
        "description": file.english,
        "mediaType": file.stored.media_type,
        "bytes": len(file.stored.content),
        "sha256": file.stored.digest,
    }


async def not_allowed(_: Request) -> Response:
    """An address that takes POST only. Without it the pages below `/docs/` would look for a file of
    that name."""
    raise HTTPException(405, headers={"Allow": "POST"})


async def slash(request: Request) -> Response:
    """Links in the pages are relative: without the slash they would lead elsewhere."""
    to = f"{root_of(request)}{request.url.path.removeprefix(root_of(request))}/"
    return redirect(to, 308, SAFE)


def wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def refused(request: Request, problem: Unauthenticated) -> Response:
    return refusal(request, problem, 401, {"WWW-Authenticate": "Bearer"})


def refusal(
    request: Request, problem: Unauthenticated | ServiceUnavailable, status: int,
    more: Mapping[str, str],
) -> Response:  # fmt: skip
    response = json_fault(problem.describe(language_of(request)), problem.code(), status)
    response.headers.update(more)
    return response


def sign_in_page(request: Request, *, trusted_only: bool) -> Response:
    """How to get in, for people who came by a link."""
    told = {"root": root_of(request), "trusted_only": trusted_only}
    html = render("sign-in.html", language_of(request), **told)
    headers = {**SAFE, "Cache-Control": "no-store", "WWW-Authenticate": "Bearer"}
    return HTMLResponse(html, 401, headers)
