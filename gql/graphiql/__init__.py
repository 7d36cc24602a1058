"""The GraphQL console: GraphiQL, served from this package and from nowhere else.

``static/`` is built from ``source/`` by ``npm ci && npm run build``. ``examples/`` has the queries
of its first tabs, in the order of their file names. A user who must still choose a password gets
only ``first-password.graphql``. The server reads these files at its start; they need no build. Each
begins with a comment in Russian, a line ``# ---``, and the same in English.
"""

import gzip
import json
from functools import lru_cache
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

__all__ = ["examples", "first_password", "routes"]

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_ASSETS = _STATIC / "assets"

_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}

_SECURITY = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            # Monaco writes rules of its own into the page.
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' data:",
            # `'self'` includes the host's WebSockets.
            "connect-src 'self'",
            "base-uri 'none'",
            # Without it, a form would put the password into the address if the script failed.
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def examples() -> dict[str, list[str]]:
    """Return the queries of the first tabs, by language."""
    found = [_in_languages(file) for file in sorted((_HERE / "examples").glob("*.graphql"))]
    return {language: [one[language] for one in found] for language in ("ru", "en")}


def first_password() -> dict[str, str]:
    """Return the mutation that replaces the one-time password, by language."""
    return _in_languages(_HERE / "first-password.graphql")


def _in_languages(file: Path) -> dict[str, str]:
    comment, _, english = file.read_text(encoding="utf-8").partition("# ---\n")
    query = english[english.index("\n\n") :]
    return {"ru": comment.rstrip() + query, "en": english}


def routes(
    path: str = "/graphiql",
    *,
    endpoint: str = "/graphql",
    docs: str = "/docs/",
    trusted_only: bool = False,
) -> list[BaseRoute]:
    """Return the routes of the page at ``path`` and of its assets. It uses the API at ``endpoint``.

    docs: Where the reference of the schema is.
    trusted_only: Whether the API refuses documents that are not registered. The console says so.
    """
    template = (_STATIC / "index.html").read_text(encoding="utf-8")
    # Only these files are served, by name, so that no path can lead out of the folder.
    assets = {file.name: file for file in _ASSETS.iterdir() if file.suffix in _MEDIA_TYPES}
    queries, password = examples(), first_password()

    @lru_cache(maxsize=4)
    def page(root: str) -> str:
        config = {
            "path": root + path,
            "endpoint": root + endpoint,
            "docs": root + docs,
            "trustedOnly": trusted_only,
            "examples": queries,
            "firstPassword": password,
        }
        # Inside a script element, only "<" could end the text early.
        text = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
        html = template.replace('="./', f'="{escape(root + path)}/')
        return html.replace('id="gorod-config">null<', f'id="gorod-config">{text}<')

    async def index(request: Request) -> Response:
        root = request.scope.get("root_path", "").rstrip("/")
        return HTMLResponse(page(root), headers={"Cache-Control": "no-cache", **_SECURITY})

    def asset(request: Request) -> Response:
        file = assets.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
            **_SECURITY,
        }
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(
            _content(file, packed), headers=headers, media_type=_MEDIA_TYPES[file.suffix]
        )

    return [
        Route(path, index, name="graphiql"),
        Route(f"{path}/assets/{{name:path}}", asset, name="graphiql-asset"),
    ]


@lru_cache(maxsize=64)
def _content(file: Path, packed: bool) -> bytes:
    """Return the content of a built file; its compressed form is cached."""
    content = file.read_bytes()
    return gzip.compress(content, mtime=0) if packed else content
