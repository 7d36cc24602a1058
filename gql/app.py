"""The ASGI application: middleware and routes of HTTP and sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from gql import graphiql
from gql.admission.admission import Admission
from gql.admission.store import Store
from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.lane import Lane
from gql.reference.serving import Reference
from gql.schema import schema
from gql.settings import Settings
from gql.transport import browsers, file_transfer
from gql.transport.admission import AdmissionAdapter
from gql.transport.http import GraphQLOverHTTP
from gql.transport.observability import Observability
from gql.transport.origins import OriginMiddleware, UntrustedOrigins
from gql.transport.proxies import trust_proxies
from gql.transport.requests import language_in
from gql.transport.response_middleware import ResponseMiddleware, reraise
from gql.transport.websocket.endpoint import WebSocketEndpoint
from gql.trusted.serving import TrustedServing
from models.database.availability import Availability, trouble_of
from models.database.engine import connect
from models.database.problems import DatabaseProblem
from models.database.readers import Readers
from models.database.space import MB
from models.database.writers import Writers
from models.secrets import Secrets
from resolvers.access.sweeping import sweep_access
from resolvers.core.context import Services
from resolvers.files.sweeping import sweep_files
from resolvers.services.events.readers import EventTails
from resolvers.services.events.tail import Pace
from resolvers.services.storage import Storage
from resolvers.services.tries import Tries, TryLimits


def language_of(connection: HTTPConnection) -> str:
    return language_in(dict(connection.headers.raw))


def services_of(settings: Settings, url: str, availability: Availability) -> Services:
    engine = connect(
        url,
        availability=availability,
        statement_timeout_ms=settings.statement_timeout_ms,
        caches=settings.statement_caches,
        pool_size=settings.pool_size,
        max_overflow=0,
    )
    # A pooler moves statements between sessions, so no session can be prepared.
    compiles = settings.statement_caches and settings.executor != "standard"
    pool: dict[str, Any] = {
        "size": settings.pool_size,
        "statement_timeout_ms": settings.statement_timeout_ms,
        "availability": availability,
    }
    secrets, storage = (
        Secrets(settings.key),
        Storage(settings.storage, settings.disk_minimum_mb * MB, follows=True),
    )
    kept = timedelta(days=settings.events_kept_days)
    pace = Pace(recheck=settings.socket_recheck_seconds, retention=kept)
    tails = EventTails(pace, connections=max(1, settings.pool_size // 2))
    return Services(
        engine,
        secrets,
        storage,
        public_url=settings.public,
        tails=tails,
        open_introspection=settings.open_introspection,
        readers=Readers(url, **pool) if compiles else None,
        writers=Writers(url, **pool) if compiles else None,
        availability=availability,
        tries=Tries(tries_of(settings)),
    )


def tries_of(settings: Settings) -> TryLimits:
    return TryLimits(
        most=settings.most_tries,
        most_of_address=settings.most_address_tries,
        most_of_login=settings.most_login_tries,
        most_refreshes=settings.most_refresh_tries,
        device_lasts=timedelta(days=settings.known_device_days),
    )


def create_app(
    settings: Settings,
    url: str | None = None,
    logins: "Logins | None" = None,
    availability: Availability | None = None,
    lane: Lane | None = None,
    *,
    made_up: bool = False,
) -> ASGIApp:
    """Make the ASGI application, on the database at `url` or of the settings.

    availability: The state of the database, if other parts of the process use it, too.
    lane: The thread in which long documents are parsed and plans are made.
    made_up: Whether made-up people may sign in with the public password of the demo.
    """
    if url is None:
        assert settings.database_url  # noqa: S101  # callers without the setting pass `url`
        url = settings.database_url.get_secret_value()
    services = services_of(settings, url, availability or Availability(url))
    services = replace(services, made_up=made_up)
    core = schema._schema  # noqa: SLF001  # graphql-core's
    documents = Documents(
        core, settings, suggests=settings.open_introspection, trusted_only=settings.trusted_only,
        lane=lane,
    )  # fmt: skip
    engine = Engine(schema, services, settings.executor == "engine", documents)
    serving = TrustedServing(documents, engine.cache, services)
    watching = Observability(settings, services, documents, url)
    shared = settings.rate_limit_url
    store = Store(shared.get_secret_value() if shared else None)
    admission = Admission(settings, settings.pool_size, store)
    admitting = watching.note_statements(AdmissionAdapter(admission, services.now))
    untrusted = UntrustedOrigins()
    sockets = WebSocketEndpoint(
        engine,
        settings.trusted_origins,
        settings,
        untrusted=untrusted,
        admission=admitting,
        observe=watching.observe,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await serving.refresh_safely()  # before the first request
        keeping = {asyncio.create_task(keep(services)) for keep in (sweep_files, sweep_access)}
        keeping.add(asyncio.create_task(serving.keep()))
        watching.lag.start()
        yield
        for task in keeping:
            task.cancel()
        await asyncio.wait(keeping)
        watching.close()
        await services.availability.close()
        await store.close()
        await services.storage.reach.close()
        for connections in (services.readers, services.writers):
            if connections:
                await connections.close()
        await services.engine.dispose()

    routes: list[BaseRoute] = [
        Route("/", browsers.show_home),
        Route("/favicon.ico", browsers.send_icon),
        WebSocketRoute("/graphql", sockets),
        *file_transfer.routes(services, language_of, watching.observers.notify),
        *watching.probes.routes(),
        Route("/graphiql/logins.json", make_logins_handler(logins)),
        *graphiql.routes(trusted_only=settings.trusted_only),
        *Reference(services, settings, trusted_only=settings.trusted_only).routes(),
    ]
    faults = {HTTPException: browsers.answer_http_exception, Exception: reraise}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=faults)
    app.router.redirect_slashes = False  # it would redirect to the `Host` that the client sends
    door = GraphQLOverHTTP(
        ResponseMiddleware(app),
        engine,
        admission=admitting,
        observe=watching.observe,
        console=settings.demo,
    )
    gate = admission.gate
    watching.gauges |= {
        ("gorod_in_flight", "Requests that are being answered."): lambda: door.running,
        ("gorod_running_weight", "Weight of the operations that run."): lambda: gate.inside,
        ("gorod_queue", "Operations that wait for others to end."): lambda: len(gate.waiting),
        ("gorod_sockets", "Open sockets."): lambda: len(sockets.registry.connections),
    }
    made = OriginMiddleware(door, settings.trusted_origins, untrusted)
    return trust_proxies(made, settings.trusted_proxies)


Logins = Callable[[], Awaitable[list[dict[str, str]]]]


def make_logins_handler(logins: Logins | None) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler that lists the demo's logins for GraphiQL; the list is empty elsewhere."""

    async def answer(_: Request) -> Response:
        try:
            return JSONResponse(await logins() if logins else [])
        except Exception as error:
            if isinstance(error, DatabaseProblem) or trouble_of(error):
                return JSONResponse([], 503)  # GraphiQL shows none until it is reloaded
            raise

    return answer
