"""What browsers meet around the API: its start page, its icon, addresses where nothing is."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gql.transport.headers import NAMES, fault
from gql.transport.requests import language_in

HOME = {
    "ru": {
        "what": "Школьная информационная система как один типизированный GraphQL API.",
        "api": "API: запросы методом <code>POST</code>, подписки по "
        "<code>graphql-transport-ws</code>",
        "console": "консоль GraphiQL: запросы, документация, примеры",
        "docs": "справочник схемы по разделам и ролям",
        "schema": "файлы схемы для программ",
    },
    "en": {
        "what": "A school information system as one typed GraphQL API.",
        "api": "the API: requests by <code>POST</code>, subscriptions over "
        "<code>graphql-transport-ws</code>",
        "console": "the GraphiQL console: queries, documentation, examples",
        "docs": "a reference of the schema, by room and by role",
        "schema": "files of the schema for programs",
    },
}
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gorod</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; }}
body {{ max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }}
</style>
<h1>Gorod</h1>
<p>{what}</p>
<ul>
<li><a href="{root}/graphiql">/graphiql</a> — {console}</li>
<li><a href="{root}/docs/">/docs</a> — {docs}</li>
<li><a href="{root}/schema/">/schema</a> — {schema}</li>
<li><code>{root}/graphql</code> — {api}</li>
</ul>
</html>
"""
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
}
NOWHERE = {"ru": "По этому адресу ничего нет.", "en": "There is nothing at this address."}
OTHER_METHOD = {
    "ru": "Этот метод здесь не годится: заголовок `Allow` перечисляет допустимые.",
    "en": "This method cannot be used here: the header `Allow` lists those that can.",
}


def language_of(request: Request) -> str:
    """`ru` or `en`."""
    return language_in(dict(request.scope["headers"]))


def redirect(to: str, status: int, headers: Mapping[str, str]) -> Response:
    """A redirect whose body tells where it leads, for clients that do not follow it (RFC 9110,
    15.4)."""
    link = escape(to)
    body = f'<!doctype html>\n<title>{link}</title>\n<p>→ <a href="{link}">{link}</a></p>\n'
    return HTMLResponse(body, status, {**headers, "Location": to})


def json_fault(message: str, code: str, status: int, allow: str | None = None) -> Response:
    headers = {**NAMES, "Allow": allow} if allow else NAMES
    return Response(fault(message, code), status, headers)


async def home(request: Request) -> Response:
    """What this is, for people who open the address of a server."""
    language = language_of(request)
    page = PAGE.format(language=language, root=escape(root_of(request)), **HOME[language])
    return HTMLResponse(page, headers=PAGE_HEADERS)


async def icon(_: Request) -> Response:
    """What browsers ask for without being told to, for the tab of a page that names no icon."""
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(icon_file(), headers=headers, media_type="image/vnd.microsoft.icon")


@cache
def icon_file() -> bytes:
    return Path(__file__).with_name("favicon.ico").read_bytes()


def root_of(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def tell_methods(allow: str, request_id: str | None = None) -> Response:
    """The response to `OPTIONS` (RFC 9110, 9.3.7), which may be asked of every address.

    allow: The methods of the address.
    request_id: Of the request, where nobody else adds it.
    """
    headers = {name: value for name, value in NAMES.items() if name != "content-type"}
    named = {"X-Request-Id": request_id} if request_id else {}
    return Response(status_code=204, headers={**headers, "Allow": allow, **named})


async def http_fault(request: Request, exception: Exception) -> Response:
    """The response to an address where nothing is, or a method that it does not know, in the shape
    of every error."""
    assert isinstance(exception, HTTPException)  # noqa: S101  # no other is handed over
    status, headers = exception.status_code, exception.headers or {}
    if status == 404:
        return json_fault(NOWHERE[language_of(request)], "NOT_FOUND", 404)
    if "Allow" not in headers:
        return json_fault(exception.detail or "This cannot be asked.", "BAD_REQUEST", status)
    # Starlette joins a set: without an order each process would answer in another.
    allow = ", ".join(sorted({*headers["Allow"].split(", "), "OPTIONS"}))
    if request.method == "OPTIONS":
        return tell_methods(allow)
    return json_fault(OTHER_METHOD[language_of(request)], "BAD_REQUEST", status, allow)
