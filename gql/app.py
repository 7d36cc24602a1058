"""HTTP and sockets: who is at the door, and where what is served."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from gql import graphiql
from gql.door import Door, language_in
from gql.engine.run import Engine
from gql.errors import WHICH
from gql.files import transfer
from gql.schema import schema
from gql.settings import Settings
from gql.sockets import Socket, Wire
from models.database.availability import Availability, trouble_of
from models.database.engine import connect
from models.database.problems import DatabaseProblem
from models.database.readers import Readers
from models.database.space import MB
from models.database.writers import Writers
from models.secrets import Secrets
from resolvers.context import Caller, Services
from resolvers.events.readers import Tails
from resolvers.events.tail import Pace
from resolvers.files.storage import Storage
from resolvers.files.sweeping import keep_clean


class Api(GraphQL[Caller, None]):
    """Lets a Caller in; each of its operations opens its own Ctx."""

    websocket_adapter_class = Wire
    graphql_transport_ws_handler_class = Socket

    def __init__(self, services: Services, origins: tuple[str, ...] = ()) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            allowed_origins=origins,
            connection_init_wait_timeout=timedelta(seconds=5),
        )
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive=receive, send=send))
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as refusal:
            unclear = isinstance(refusal.__cause__, WHICH)
            code = "OPERATION_RESOLUTION_FAILURE" if unclear else "BAD_REQUEST"
            response = malformed(refusal.reason, refusal.status_code, code)
        except (UnicodeDecodeError, RecursionError):
            response = malformed("The body is not UTF-8 JSON.", 400)
        await response(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Caller:
        return Caller(
            services=self.services,
            token=bearer(request.headers.get("authorization")),
            language=language_of(request),
            user_agent=request.headers.get("user-agent"),
        )

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """A GraphQL answer is a 200 in any case; while the database is away a header tells
        clients that read no bodies when to come back."""
        given = [error.get("extensions") or {} for error in response_data.get("errors") or ()]
        if later := [one["retryAfter"] for one in given if "retryAfter" in one]:
            sub_response.headers["Retry-After"] = str(max(later))
        return super().create_response(response_data, sub_response)

    def encode_json(self, data: object) -> bytes:
        return written(data)

    async def on_ws_connect(self, context: Caller) -> Any:
        """A socket brings its token in `connection_init`: browsers cannot set headers there."""
        given: Mapping[str, Any] = context.connection_params or {}
        said = {str(name).lower(): value for name, value in given.items()}
        if isinstance(token := said.get("authorization"), str):
            context.token = bearer(token)
        if said.get("accept-language") in ("ru", "en"):
            context.language = said["accept-language"]
        return await super().on_ws_connect(context)


def written(answer: object) -> bytes:
    """JSON in UTF-8, for people read it in consoles and logs."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # half a character of the request, quoted in an error: no UTF-8 can hold it
        return json.dumps(answer, separators=(",", ":")).encode()


def malformed(reason: str, status: int, code: str = "BAD_REQUEST") -> Response:
    """A request that is no GraphQL request at all, in the shape of every other error."""
    error = {"message": reason, "extensions": {"code": code}}
    headers = {"Allow": "POST"} if status == 405 else None
    return Response(written({"errors": [error]}), status, headers, "application/json")


def bearer(header: str | None) -> str | None:
    """The token of `Bearer …`; whatever else is there is no token."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


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
        Storage(settings.storage, settings.disk_minimum_mb * MB),
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
    )


def create_app(
    settings: Settings,
    url: str | None = None,
    logins: "Logins | None" = None,
    availability: Availability | None = None,
    *,
    made_up: bool = False,
) -> ASGIApp:
    """The API, GraphiQL and file transfer, on the database at `url` or of the settings.

    availability: What is known of the database, where others look after it, too.
    made_up: Whether the password that everybody knows lets made-up people in.
    """
    if url is None:
        assert settings.database_url  # noqa: S101  # whoever starts it without one gives `url`
        url = settings.database_url.get_secret_value()
    services = services_of(settings, url, availability or Availability(url))
    services = replace(services, made_up=made_up)
    api = Api(services, settings.trusted_origins)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(keep_clean(services))
        yield
        sweeping.cancel()
        await asyncio.wait({sweeping})
        await services.availability.close()
        for connections in (services.readers, services.writers):
            if connections:
                await connections.close()
        await services.engine.dispose()

    routes: list[BaseRoute] = [Route("/graphql", api), WebSocketRoute("/graphql", api)]
    files = transfer.routes(services, language_of)
    people = Route("/graphiql/logins.json", known_logins(logins))
    app = Starlette(routes=[*routes, *files, people, *graphiql.routes()], lifespan=lifespan)
    return Door(app, Engine(schema, services, forced=settings.executor == "engine"))


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
