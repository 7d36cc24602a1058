"""Properties of every response: an id, headers, one form of errors, compression if it is long."""

import gzip
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from gql.schema import schema
from gql.settings import Settings
from gql.transport.exchange import Exchange
from gql.transport.execution import Executor
from gql.transport.http import GraphQLOverHTTP
from models.problems import ServiceUnavailable
from resolvers.core.context import Services
from resolvers.core.request_ids import new_request_id
from tests.conftest import SignIn
from tests.events.listening import PUBLISH
from tests.journal.desk import Desk
from tests.outages.school import EVERYONE
from tests.postgres import Server
from tests.serving import client_of
from tests.test_attacks import Request

SET_MARK = """mutation ($input: SetMarkInput!) {
    setMark(input: $input) { mark { value } userErrors { code } } }"""
Q = {"query": "{ __typename }"}
NEW = re.compile("[0-9a-f]{32}")
LONG = {"query": "{ __schema { types { name description fields { name description } } } }"}
PATHS = ("/", "/graphql", "/graphiql", "/files/x", "/nothing", "/healthz", "/schema/")


@pytest.fixture
async def http(settings: Settings, postgres: Server, database: str) -> AsyncIterator[AsyncClient]:
    shown = settings.model_copy(update={"open_introspection": True})
    async for client in client_of(shown, postgres.url("gorod_app", database)):
        yield client


# -- ids ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
async def test_a_response_has_the_id_of_its_request(http: AsyncClient, path: str) -> None:
    given = "Root=1-67891233:a/b+c.d_e~f@g"
    assert (await http.get(path, headers={"X-Request-Id": given})).headers["x-request-id"] == given
    made = [(await http.get(path)).headers["x-request-id"] for _ in range(2)]
    assert all(map(NEW.fullmatch, made))
    assert made[0] != made[1]


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "a;b", '"x"', "<x>", "a%0a"])
async def test_an_id_that_could_break_a_log_is_replaced(http: AsyncClient, given: str) -> None:
    for path in ("/graphql", "/nothing"):
        response = await http.post(path, json=Q, headers={"X-Request-Id": given})
        assert NEW.fullmatch(response.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/graphql", "/nothing", "/schema/"])
async def test_a_bug_is_reported_by_its_id_in_json(
    http: AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, capfd: Any
) -> None:
    def raise_bug(*_: object) -> Any:
        raise RuntimeError("a secret")

    async def fail(*_: object) -> Any:
        raise_bug()

    monkeypatch.setattr(Executor, "read_document", fail)
    monkeypatch.setattr("gql.transport.browsers.error_response", raise_bug)
    monkeypatch.setattr("gql.reference.stored.StoredFile.respond", fail)
    headers = {"X-Request-Id": "mine", "Accept-Language": "en"}
    response = await (
        http.post(path, json=Q, headers=headers)
        if path == "/graphql"
        else http.get(path, headers=headers)
    )
    assert response.status_code == 500
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "mine"}
    assert error["message"] == "Unexpected error."
    assert "secret" not in response.text
    log = capfd.readouterr().err
    assert "mine" in log
    assert "RuntimeError" in log


async def test_the_audit_log_has_the_id_of_the_request(
    http: AsyncClient, api: SignIn, sql: AsyncConnection
) -> None:
    director = api("director")
    notice = {"title": "Собрание", "body": "…", "targets": [EVERYONE]}
    body = {"query": PUBLISH, "variables": {"input": notice}}
    headers = {"Authorization": f"Bearer {director.caller.token}", "X-Request-Id": "a-tracing-id"}
    response = await http.post("/graphql", json=body, headers=headers)
    assert "errors" not in response.json()
    assert response.json()["data"]["publishNotice"]["userErrors"] == []
    asked = text("SELECT count(*) FROM audit_events WHERE request_id = 'a-tracing-id'")
    assert await sql.scalar(asked) == 1


async def test_the_audit_log_has_the_id_also_for_commands_that_are_one_statement(
    http: AsyncClient, api: SignIn, sql: AsyncConnection, desk: Desk
) -> None:
    given = {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 4}
    body = {"query": SET_MARK, "variables": {"input": given}}
    token = api(desk.teacher).caller.token
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "of-a-mark"}
    response = await http.post("/graphql", json=body, headers=headers)
    assert response.json() == {"data": {"setMark": {"mark": {"value": 4}, "userErrors": []}}}
    assert response.headers["gorod-plan"] == "compiled"
    asked = text("SELECT action FROM audit_events WHERE request_id = 'of-a-mark'")
    assert await sql.scalar(asked) == "setMark"


def test_no_two_requests_have_one_id_whichever_thread_asks() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_request_id(), range(20_000)))
    assert len(set(made)) == len(made)
    assert all(map(NEW.fullmatch, made))


@pytest.mark.parametrize("path", ["/graphql", "/healthz"])
async def test_a_request_with_two_ids_has_neither(http: AsyncClient, path: str) -> None:
    headers = [("X-Request-Id", "a"), ("X-Request-Id", "b")]
    response = await http.get(path, headers=headers)
    assert NEW.fullmatch(response.headers["x-request-id"])


# -- compression -------------------------------------------------------------------------

UNPACK = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: decompress_zstd(body),
}


def decompress_zstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


async def fetch_raw(client: AsyncClient, encodings: str, body: Any) -> tuple[str | None, bytes]:
    """Return the encoding of an answer, and its bytes as they were sent."""
    headers = {"Accept-Encoding": encodings}
    async with client.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert "Accept-Encoding" in response.headers["vary"]
        content = b"".join([part async for part in response.aiter_raw()])
        return response.headers.get("content-encoding"), content


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"),
     ("gzip, br;q=0", "gzip"), ("GZIP", "gzip"), ("*", "zstd"), ("identity", None),
     ("deflate", None), ("gzip;q=0", None), ("", None), ("nonsense;q=x", None)],
)  # fmt: skip
async def test_a_long_answer_is_compressed(
    http: AsyncClient, accepted: str, sent: str | None
) -> None:
    _, plain = await fetch_raw(http, "identity", LONG)
    encoding, content = await fetch_raw(http, accepted, LONG)
    assert encoding == sent
    assert (UNPACK[sent](content) if sent else content) == plain
    assert len(content) < len(plain) / 3 or sent is None


async def test_a_short_answer_is_not_compressed(http: AsyncClient) -> None:
    encoding, content = await fetch_raw(http, "gzip, br, zstd", Q)
    assert (encoding, content) == (None, b'{"data":{"__typename":"Query"}}')


async def test_the_console_is_compressed_once(http: AsyncClient) -> None:
    page = (await http.get("/graphiql")).text
    [asset] = re.findall(r'src="(/graphiql/assets/[^"]+\.js)"', page)[:1]
    response = await http.get(asset, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert "import" in response.text


# -- who is told -------------------------------------------------------------------------


async def test_each_operation_is_observed_once(api: SignIn, services: Services) -> None:
    seen: list[Exchange] = []
    door: Any = GraphQLOverHTTP(None, Engine(schema, services), observe=seen.append)  # type: ignore[arg-type]
    token = api("zavuch").caller.token
    bodies = {
        b'{"query":"query Named { viewer { role } }"}': (200, None),
        b'{"query":"{ nothing }"}': (200, "GRAPHQL_VALIDATION_FAILED"),
        b'{"query":"{"}': (200, "GRAPHQL_PARSE_FAILED"),
        b"[]": (400, "BAD_REQUEST"),
        b'{"query":"subscription { noticeEvents { __typename } }"}': (
            400,
            "OPERATION_RESOLUTION_FAILURE",
        ),
    }
    for body, (status, code) in bodies.items():
        await Request(door, body, token).answer()
        exchange = seen.pop()
        assert not seen
        assert (exchange.status, exchange.code) == (status, code)
        assert exchange.seconds > 0
        assert (exchange.plan is None) == (code not in (None, "GRAPHQL_VALIDATION_FAILED"))


async def test_admission_can_refuse_and_add_headers(api: SignIn, services: Services) -> None:
    class Full:
        def __init__(self, exchange: Exchange) -> None:
            exchange.headers.append((b"ratelimit", b"0"))

        async def __aenter__(self) -> None:
            raise ServiceUnavailable(retry_after=7)

        async def __aexit__(self, *_: object) -> None: ...

    door: Any = GraphQLOverHTTP(None, Engine(schema, services), admission=Full)  # type: ignore[arg-type]
    sent = Request(door, b'{"query":"{ __typename }"}', api("zavuch").caller.token)
    headers: list[Any] = []
    taken = sent.send

    async def send(message: Any) -> None:
        headers.extend(message.get("headers", ()))
        await taken(message)

    sent.send = send  # type: ignore[method-assign]
    await sent.answer()
    assert sent.code() == "SERVICE_UNAVAILABLE"
    assert (b"ratelimit", b"0") in headers
    assert (b"retry-after", b"7") in headers
