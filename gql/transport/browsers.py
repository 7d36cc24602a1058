"""What browsers meet around the API: its start page, other origins, addresses where nothing is."""

from collections.abc import Awaitable, Callable, Collection
from html import escape

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from gql.transport.requests import language_in
from gql.transport.responses import NAMES, fault

HOME = {
    "ru": {
        "what": "Школьная информационная система как один типизированный GraphQL API.",
        "api": "API: запросы методом <code>POST</code>, подписки по "
        "<code>graphql-transport-ws</code>",
        "console": "консоль GraphiQL: запросы, документация, примеры",
    },
    "en": {
        "what": "A school information system as one typed GraphQL API.",
        "api": "the API: requests by <code>POST</code>, subscriptions over "
        "<code>graphql-transport-ws</code>",
        "console": "the GraphiQL console: queries, documentation, examples",
    },
}
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gorod</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto }}
</style>
<h1>Gorod</h1>
<p>{what}</p>
<ul>
<li><a href="{root}/graphiql">/graphiql</a> — {console}</li>
<li><code>{root}/graphql</code> — {api}</li>
</ul>
</html>
"""
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[Request], Awaitable[Response]]


def json_fault(message: str, code: str, status: int, allow: str | None = None) -> Response:
    headers = {**NAMES, "Allow": allow} if allow else NAMES
    return Response(fault(message, code), status, headers)


async def home(request: Request) -> Response:
    """What this is, for people who open the address of a server."""
    language = language_in(dict(request.scope["headers"]))
    page = PAGE.format(language=language, root=escape(root_of(request)), **HOME[language])
    return HTMLResponse(page, headers=PAGE_HEADERS)


def root_of(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def without_post(*, console: bool) -> Handler:
    """Answers at the address of the API to all that is no POST: a browser is led to the console
    where that is wanted."""

    async def answer(request: Request) -> Response:
        if console and request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            headers = {"Cache-Control": "no-store", "Vary": "Accept"}
            return RedirectResponse(f"{root_of(request)}/graphiql", 303, headers)
        told = "GraphQL is asked by POST, with a JSON body."
        return json_fault(told, "BAD_REQUEST", 405, "POST")

    return answer


async def http_fault(request: Request, exception: Exception) -> Response:
    """An address where nothing is, or a method it does not know, in the shape of every error."""
    status = exception.status_code if isinstance(exception, HTTPException) else 500
    headers = getattr(exception, "headers", None) or {}
    if status == 404:
        return json_fault("There is nothing at this address.", "NOT_FOUND", 404)
    if status >= 500:
        return json_fault("Unexpected error.", "INTERNAL_SERVER_ERROR", status)
    told = getattr(exception, "detail", "") or "This cannot be asked."
    return json_fault(told, "BAD_REQUEST", status, headers.get("Allow"))


class Origins(CORSMiddleware):
    """Lets pages of other origins use the API, each origin by its name."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PUT"),
            allow_headers=("*",),
            expose_headers=("Gorod-Plan", "Retry-After"),
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        refused = response.status_code != 200
        body = fault(bytes(response.body).decode(), "FORBIDDEN") if refused else b""
        headers = {name: value for name, value in response.headers.items() if "content" not in name}
        return Response(body, 403 if refused else 204, headers | (NAMES if refused else {}))
