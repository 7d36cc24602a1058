"""What supervisors and Prometheus ask: `/healthz`, `/readyz`, `/metrics`, by GET or HEAD."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from secrets import compare_digest

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gql.observe.metrics import TEXT, Metrics
from gql.observe.readiness import Readiness
from gql.transport.browsers import json_fault, language_of
from gql.transport.headers import NAMES
from models.problems import ServiceUnavailable

RETRY_AFTER = 2
"""Seconds."""
NOT_READY = {"ru": "Этот сервер не готов.", "en": "This server is not ready."}
NO_TOKEN = {
    "ru": "Покажите токен показателей: `Authorization: Bearer …` со значением GOROD_METRICS_TOKEN.",
    "en": "Show the token of the metrics: `Authorization: Bearer …` with GOROD_METRICS_TOKEN.",
}
NOT_HERE = {
    "ru": "Показатели читают с этой машины или с токеном из GOROD_METRICS_TOKEN.",
    "en": "Metrics are read from this machine, or with the token of GOROD_METRICS_TOKEN.",
}
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""Headers by which a proxy tells that the client is not the one who connected."""


async def is_alive(_: Request) -> Response:
    """Whether the process lives: it does if this is answered. The database is not asked, for to
    start the process anew would not bring it back."""
    return Response(b'{"status":"ok"}', headers=NAMES)


class Probes:
    """Answers that need the state of the server.

    token: Who shows it may read the metrics. Empty: programs on this machine may.
    is_open: Whether everybody may read the metrics.
    """

    def __init__(
        self, readiness: Readiness, metrics: Metrics, *, token: str = "", is_open: bool = False
    ) -> None:
        self.readiness, self.metrics = readiness, metrics
        self.token, self.is_open = token, is_open

    async def is_ready(self, request: Request) -> Response:
        """Whether requests should be sent here. Names of reasons only: strangers may ask."""
        found = await self.readiness.look()
        if not found.reasons:
            said = {"status": "ready", "degraded": found.degraded}
            return Response(orjson.dumps(said), headers=NAMES)
        code = {"code": ServiceUnavailable.code(), "reasons": found.reasons}
        error = {"message": NOT_READY[language_of(request)], "extensions": code}
        headers = {**NAMES, "Retry-After": str(RETRY_AFTER)}
        return Response(orjson.dumps({"errors": [error]}), 503, headers)

    async def figures(self, request: Request) -> Response:
        """The metrics, which tell how busy a school is: not for the world."""
        if self.token and not self.is_shown(request.headers.get("authorization", "")):
            refused = json_fault(NO_TOKEN[language_of(request)], "UNAUTHENTICATED", 401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        if not (self.token or self.is_open or is_near(request)):
            return json_fault(NOT_HERE[language_of(request)], "FORBIDDEN", 403)
        body = self.metrics.text(request.query_params.getlist("name[]"))
        return Response(body, headers={**NAMES, "content-type": TEXT})

    def is_shown(self, header: str) -> bool:
        scheme, _, shown = header.partition(" ")
        return scheme.lower() == "bearer" and compare_digest(
            shown.strip().encode(), self.token.encode()
        )

    def routes(self) -> list[BaseRoute]:
        answers: Mapping[str, object] = {
            "/healthz": is_alive,
            "/readyz": self.is_ready,
            "/metrics": self.figures,
        }
        return [Route(path, answer) for path, answer in answers.items()]  # type: ignore[arg-type]


def is_near(request: Request) -> bool:
    """Whether a program on this machine asks, and for itself: a proxy on this machine, which is not
    among the trusted ones, asks for others."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
