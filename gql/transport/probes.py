"""Probes of supervisors and Prometheus: `/healthz`, `/readyz`, `/metrics`, by GET or HEAD."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from secrets import compare_digest

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gql.observe.metrics import TEXT, Metrics
from gql.observe.readiness import Readiness
from gql.transport.browsers import error_response, language_of
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
"""Headers by which a proxy says that it connects in place of a client."""


async def is_alive(_: Request) -> Response:
    """Answer that the process is alive. The database is not asked: a restart of this process would
    not bring it back."""
    return Response(b'{"status":"ok"}', headers=NAMES)


class Probes:
    """The probes that need the state of the server.

    token: The bearer token of the metrics. If it is empty, programs on this machine may read them.
    is_open: Whether everybody may read the metrics.
    """

    def __init__(
        self, readiness: Readiness, metrics: Metrics, *, token: str = "", is_open: bool = False
    ) -> None:
        self.readiness, self.metrics = readiness, metrics
        self.token, self.is_open = token, is_open

    async def is_ready(self, request: Request) -> Response:
        """Answer whether requests should be sent here, with names of reasons only: strangers may
        read them."""
        found = await self.readiness.check()
        if not found.reasons:
            said = {"status": "ready", "degraded": found.degraded}
            return Response(orjson.dumps(said), headers=NAMES)
        code = {"code": ServiceUnavailable.code(), "reasons": found.reasons}
        error = {"message": NOT_READY[language_of(request)], "extensions": code}
        headers = {**NAMES, "Retry-After": str(RETRY_AFTER)}
        return Response(orjson.dumps({"errors": [error]}), 503, headers)

    async def show_metrics(self, request: Request) -> Response:
        """Answer with the metrics. They are not public: they show how busy a school is."""
        if self.token and not self.has_token(request.headers.get("authorization", "")):
            refused = error_response(NO_TOKEN[language_of(request)], "UNAUTHENTICATED", 401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        if not (self.token or self.is_open or is_local(request)):
            return error_response(NOT_HERE[language_of(request)], "FORBIDDEN", 403)
        body = self.metrics.render(request.query_params.getlist("name[]"))
        return Response(body, headers={**NAMES, "content-type": TEXT})

    def has_token(self, header: str) -> bool:
        scheme, _, shown = header.partition(" ")
        return scheme.lower() == "bearer" and compare_digest(
            shown.strip().encode(), self.token.encode()
        )

    def routes(self) -> list[BaseRoute]:
        answers: Mapping[str, object] = {
            "/healthz": is_alive,
            "/readyz": self.is_ready,
            "/metrics": self.show_metrics,
        }
        return [Route(path, answer) for path, answer in answers.items()]  # type: ignore[arg-type]


def is_local(request: Request) -> bool:
    """Whether a program on this machine asks for itself. An untrusted proxy on this machine asks in
    place of others."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
