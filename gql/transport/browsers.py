"""Pages for browsers around the API: the start page, the icon, errors of unknown addresses."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gql.transport.headers import NAMES, error_body
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
    """Return a redirect whose body names its target, for clients that do not follow it (RFC 9110,
    15.4)."""
    link = escape(to)
    body = f'<!doctype html>\n<title>{link}</title>\n<p>→ <a href="{link}">{link}</a></p>\n'
    return HTMLResponse(body, status, {**headers, "Location": to})


def error_response(message: str, code: str, status: int, allow: str | None = None) -> Response:
    headers = {**NAMES, "Allow": allow} if allow else NAMES
    return Response(error_body(message, code), status, headers)


async def show_home(request: Request) -> Response:
    """Show the start page, for people who open the address of a server."""
    language = language_of(request)
    page = PAGE.format(language=language, root=escape(root_of(request)), **HOME[language])
    return HTMLResponse(page, headers=PAGE_HEADERS)


async def send_icon(_: Request) -> Response:
    """Send `favicon.ico`, which browsers request for a page that names no icon."""
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(read_icon(), headers=headers, media_type="image/vnd.microsoft.icon")


@cache
def read_icon() -> bytes:
    return Path(__file__).with_name("favicon.ico").read_bytes()


def root_of(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def answer_options(allow: str, request_id: str | None = None) -> Response:
    """Answer `OPTIONS` (RFC 9110, 9.3.7), which every address supports.

    allow: The methods of the address.
    request_id: Of the request, where no middleware adds it.
    """
    headers = {name: value for name, value in NAMES.items() if name != "content-type"}
    named = {"X-Request-Id": request_id} if request_id else {}
    return Response(status_code=204, headers={**headers, "Allow": allow, **named})


async def answer_http_exception(request: Request, exception: Exception) -> Response:
    """Answer a request to an unknown address, or by an unknown method, in the shape of every
    error."""
    assert isinstance(exception, HTTPException)  # noqa: S101  # Starlette passes no other
    status, headers = exception.status_code, exception.headers or {}
    if status == 404:
        return error_response(NOWHERE[language_of(request)], "NOT_FOUND", 404)
    if "Allow" not in headers:
        return error_response(exception.detail or "This cannot be asked.", "BAD_REQUEST", status)
    # Starlette joins a set, whose order differs from process to process.
    allow = ", ".join(sorted({*headers["Allow"].split(", "), "OPTIONS"}))
    if request.method == "OPTIONS":
        return answer_options(allow)
    return error_response(OTHER_METHOD[language_of(request)], "BAD_REQUEST", status, allow)
