"""HTTP and sockets: who is at the door, and where what is served."""

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
from gql.transport.addresses import Addresses, hand_on
from gql.transport.admitting import Admitting
from gql.transport.http import GraphQLOverHTTP
from gql.transport.origins import Origins, Untrusted
from gql.transport.proxies import behind_proxies
from gql.transport.requests import language_in
from gql.transport.watching import Watching
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
from resolvers.services.events.readers import Tails
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
    # A pooler moves statements between sessions: nothing can be told to one beforehand.
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
    tails = Tails(pace, connections=max(1, settings.pool_size // 2))
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
    """The API, GraphiQL and file transfer, on the database at `url` or of the settings.

    availability: What is known of the database, where others look after it, too.
    lane: Where long documents are read and plans are made.
    made_up: Whether the password that everybody knows lets made-up people in.
    """
    if url is None:
        assert settings.database_url  # noqa: S101  # whoever starts it without one gives `url`
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
    watching = Watching(settings, services, documents, url)
    shared = settings.rate_limit_url
    store = Store(shared.get_secret_value() if shared else None)
    admission = Admission(settings, settings.pool_size, store)
    admitting = watching.watched(Admitting(admission, services.now))
    untrusted = Untrusted()
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
        await serving.refresh_safely()  # before the first request asks for one of them
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
        Route("/", browsers.home),
        Route("/favicon.ico", browsers.icon),
        WebSocketRoute("/graphql", sockets),
        *file_transfer.routes(services, language_of, watching.observers.finished),
        *watching.probes.routes(),
        Route("/graphiql/logins.json", known_logins(logins)),
        *graphiql.routes(trusted_only=settings.trusted_only),
        *Reference(services, settings, trusted_only=settings.trusted_only).routes(),
    ]
    faults = {HTTPException: browsers.http_fault, Exception: hand_on}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=faults)
    app.router.redirect_slashes = False  # it would lead to the host that the client names
    door = GraphQLOverHTTP(
        Addresses(app),
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
        ("gorod_sockets", "Open sockets."): lambda: len(sockets.census.connections),
    }
    made = Origins(door, settings.trusted_origins, untrusted)
    return behind_proxies(made, settings.trusted_proxies)


Logins = Callable[[], Awaitable[list[dict[str, str]]]]


def known_logins(logins: Logins | None) -> Callable[[Request], Awaitable[Response]]:
    """How the made-up people sign in, for GraphiQL to offer; nobody outside of the demo."""

    async def answer(_: Request) -> Response:
        try:
            return JSONResponse(await logins() if logins else [])
        except Exception as error:
            if isinstance(error, DatabaseProblem) or trouble_of(error):
                return JSONResponse([], 503)  # GraphiQL shows none until it is reloaded
            raise

    return answer
