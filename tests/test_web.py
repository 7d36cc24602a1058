"""HTTP as clients of any kind meet it: shapes of requests, browsers, other origins."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.schema import schema
from gql.settings import Settings
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.serving import settings_in
from tests.test_attacks import Request

TRUSTED = "https://school.example"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path, trusted_origins=TRUSTED)


def code(response: Response) -> str:
    """The code of the one error, in JSON like every error, that no cache keeps."""
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    [error] = response.json()["errors"]
    assert error["message"]
    return str(error["extensions"]["code"])


# -- shapes --------------------------------------------------------------------------

NOT_A_REQUEST = [
    "42", '"x"', "null", "true", "[]", '[{"query":"{a}"}]', "", "{", "{'query':1}",
    '{"query": 5}', '{"query": ["{ a }"]}', '{"query": {}}',
    '{"query": "{ __typename }", "variables": []}',
    '{"query": "{ __typename }", "variables": 0}',
    '{"query": "{ __typename }", "variables": false}',
    '{"query": "{ __typename }", "variables": ""}',
    '{"query": "{ __typename }", "variables": {"n": NaN}}',
    '{"query": "{ __typename }", "variables": {"n": "\\ud800"}}',
    '{"query": "query A { __typename }", "operationName": ["A"]}',
    '{"query": "query A { __typename }", "operationName": {}}',
    '{"query": "query A { __typename }", "operationName": 5}',
    '{"query": "{ __typename }", "extensions": "x"}',
    '{"query": "{ __typename }", "extensions": 5}',
    '{"query": "{ __typename }", "extensions": []}',
    b'{"query": "{ __typename } # \xff"}', b"\xff\xfe", "[" * 100_000,
    '{"a":' * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("body", NOT_A_REQUEST, ids=lambda body: str(body[:50]))
async def test_what_is_no_request_is_a_bad_one(
    http: AsyncClient, api: SignIn, body: str | bytes, signed_in: bool
) -> None:
    token = api("parent.ivanova").caller.token
    headers = JSON | ({"Authorization": f"Bearer {token}"} if signed_in else {})
    response = await http.post("/graphql", content=body, headers=headers)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


async def test_a_refusal_speaks_the_readers_language_and_says_what_belongs_there(
    http: AsyncClient,
) -> None:
    sent = {"query": "{ __typename }", "variables": []}
    for language, word in (("ru", "запрос"), ("en", "request")):
        response = await http.post("/graphql", json=sent, headers={"Accept-Language": language})
        [error] = response.json()["errors"]
        assert word in error["message"]
        assert error["extensions"]["field"] == ["variables"]
        assert error["extensions"]["expected"] == "an object or null"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/graphql", "xapplication/jsonx",
     "application/jsonx", "application/json-patch+json", "multipart/form-data; boundary=x", ""],
)  # fmt: skip
async def test_what_is_not_sent_as_json_is_not_read(http: AsyncClient, kind: str) -> None:
    body = b'{"query": "{ __typename }"}'
    response = await http.post("/graphql", content=body, headers={"Content-Type": kind})
    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("kind", ["APPLICATION/JSON", "application/json ; charset=UTF8"])
async def test_json_is_json_however_it_is_spelled(http: AsyncClient, kind: str) -> None:
    body = b'{"query": "{ __typename }"}'
    response = await http.post("/graphql", content=body, headers={"Content-Type": kind})
    assert response.json() == {"data": {"__typename": "Query"}}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_compiled_answer_is_kept_by_no_cache_either(http: AsyncClient, api: SignIn) -> None:
    headers = {"Authorization": f"Bearer {api('parent.ivanova').caller.token}"}
    response = await http.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
    assert response.headers["gorod-plan"] == "compiled"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_body_that_is_too_long_is_refused(
    http: AsyncClient, api: SignIn, signed_in: bool
) -> None:
    token = api("parent.ivanova").caller.token
    headers = {"Authorization": f"Bearer {token}"} if signed_in else {}
    sent = {"query": "{ __typename } #" + "a" * 300_000}
    response = await http.post("/graphql", json=sent, headers=headers)
    assert (response.status_code, code(response)) == (413, "REQUEST_TOO_LARGE")
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("token", [None, "nonsense", "1." + "a" * 43])
async def test_a_stranger_sends_less(http: AsyncClient, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = {"query": "{ __typename } #" + "a" * 20_000}
    response = await http.post("/graphql", json=sent, headers=headers)
    assert (response.status_code, code(response)) == (413, "REQUEST_TOO_LARGE")
    [error] = response.json()["errors"]
    assert error["extensions"]["most"] == 16_384
    assert "войдите" in error["message"]


async def test_who_brings_a_token_that_ran_out_can_still_sign_in(http: AsyncClient) -> None:
    asked = 'mutation { refreshSession(input: { refreshToken: "1.x" }) { userErrors { code } } }'
    headers = {"Authorization": "Bearer 1.nonsense"}
    response = await http.post("/graphql", json={"query": asked}, headers=headers)
    errors = response.json()["data"]["refreshSession"]["userErrors"]
    assert errors == [{"code": "SESSION_OVER"}]


# -- browsers ------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("ru-RU,ru", "Школьная"), ("en", "A school")])
async def test_the_address_of_a_server_says_what_it_is(
    http: AsyncClient, language: str, word: str
) -> None:
    response = await http.get("/", headers={"Accept-Language": language})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert word in response.text
    assert 'href="/graphiql"' in response.text


async def test_a_browser_is_led_to_the_console_in_development(
    dev: AsyncClient, http: AsyncClient
) -> None:
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    led = await dev.get("/graphql", headers=html)
    assert (led.status_code, led.headers["location"]) == (303, "/graphiql")
    assert (await dev.get("/graphiql")).status_code == 200
    for client, headers in ((http, html), (dev, {"Accept": "application/json"})):
        refused = await client.get("/graphql", headers=headers)
        assert (refused.status_code, code(refused)) == (400, "OPERATION_RESOLUTION_FAILURE")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_another_method_than_get_and_post_is_refused(http: AsyncClient, method: str) -> None:
    refused = await http.request(method, "/graphql")
    assert (refused.status_code, code(refused)) == (405, "BAD_REQUEST")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/graphql", "GET, HEAD, OPTIONS, POST"),
        ("/files/x", "GET, HEAD, OPTIONS, PUT"),
        ("/docs/pass", "OPTIONS, POST"),
        *[
            (path, "GET, HEAD, OPTIONS")
            for path in ("/", "/graphiql", "/healthz", "/readyz", "/metrics", "/docs/", "/schema/")
        ],
    ],
)
async def test_every_address_tells_its_methods(http: AsyncClient, path: str, methods: str) -> None:
    for headers in ({}, {"Origin": "https://page.example"}):
        told = await http.request("OPTIONS", path, headers=headers)
        assert (told.status_code, told.content) == (204, b"")
        assert told.headers["allow"] == methods
        assert "content-type" not in told.headers
        for name in ("cache-control", "vary", "x-content-type-options", "x-request-id"):
            assert told.headers[name]
    assert (await http.request("OPTIONS", "/nothing")).status_code == 404


@pytest.mark.parametrize("path", ["/healthz/", "/graphiql/", "/metrics/", "/files/x/"])
async def test_no_address_leads_to_a_host_that_a_client_names(http: AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        404,
        "NOT_FOUND",
    )
    assert "location" not in answer.headers


async def test_a_pass_is_asked_for_by_post(http: AsyncClient) -> None:
    for method in ("GET", "HEAD", "PUT"):
        answer = await http.request(method, "/docs/pass")
        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    "query",
    [
        "query A { __typename } query B { __typename }",
        "fragment F on Query { __typename }",
        "subscription { noticeEvents { __typename } }",
    ],
)
async def test_what_cannot_be_run_is_told_in_the_language_asked_for(
    http: AsyncClient, query: str
) -> None:
    told = {}
    for language in ("ru", "en"):
        headers = {"Accept-Language": language, "Content-Type": "application/json"}
        answer = await http.post("/graphql", json={"query": query}, headers=headers)
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"
        told[language] = error["message"]
    assert told["ru"] == f"Такую операцию здесь выполнить нельзя: {told['en']}"
    assert "not allowed" not in told["en"], "it says where to go instead"


@pytest.mark.parametrize(("language", "word"), [("ru", "метод"), ("en", "method")])
async def test_refusals_of_addresses_and_methods_are_told_in_the_language_asked_for(
    http: AsyncClient, language: str, word: str
) -> None:
    headers = {"Accept-Language": language}
    for path in ("/", "/files/x", "/docs/pass", "/metrics"):
        refused = await http.request("DELETE", path, headers=headers)
        assert word in refused.json()["errors"][0]["message"]
    nowhere = await http.get("/nothing", headers=headers)
    assert ("адрес" in nowhere.json()["errors"][0]["message"]) == (language == "ru")


@pytest.mark.parametrize("path", ["/nothing", "/graphql/x", "/graphiql/x", "/.env"])
async def test_an_address_where_nothing_is_says_so_in_json(http: AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert (response.status_code, code(response)) == (404, "NOT_FOUND")


async def test_another_method_is_refused_in_json(http: AsyncClient) -> None:
    response = await http.post("/graphiql")
    assert (response.status_code, code(response)) == (405, "BAD_REQUEST")
    assert "GET" in response.headers["allow"]


async def test_a_browser_gets_the_icon_that_it_asks_for(http: AsyncClient) -> None:
    response = await http.get("/favicon.ico")
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/vnd.microsoft.icon"
    assert response.content.startswith(b"\0\0\1\0"), "an icon of Windows"
    assert len(response.content) < 5_000
    page = await http.get("/", headers={"Accept": "text/html"})
    assert "img-src 'self'" in page.headers["content-security-policy"]


# -- leaving -------------------------------------------------------------------------

WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


class Leaver(Request):
    """A client that goes away when it is told to."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.leaves = asyncio.Event()

    async def receive(self) -> Any:
        if self.left:
            return await super().receive()
        await self.leaves.wait()
        return {"type": "http.disconnect"}


@pytest.mark.parametrize("executor", ["compiled", "standard"])
async def test_the_sql_of_a_client_that_left_ends(
    api: SignIn, services: Services, readers: Readers, sql: AsyncConnection, executor: str
) -> None:
    compiled = executor == "compiled"
    door = GraphQLOverHTTP(
        Starlette(), Engine(schema, replace(services, readers=readers if compiled else None))
    )
    body = b'{"query": "{ rooms { nodes { number } } }"}'
    who = api("zavuch").caller.token
    assert "errors" not in await Request(door, body, who).answer()
    async with sql.engine.connect() as locking:
        await locking.execution_options(isolation_level="READ COMMITTED")
        transaction = await locking.begin()
        await locking.execute(text("LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE"))
        leaver = Leaver(door, body, who)
        asking = asyncio.create_task(door(leaver.scope, leaver.receive, leaver.send))
        await wait_until(sql, 1)
        leaver.leaves.set()
        await asyncio.wait_for(asking, 30)
        assert not leaver.answered
        await wait_until(sql, 0)
        await transaction.rollback()


async def wait_until(sql: AsyncConnection, waiting: int) -> None:
    """Until so many statements wait for a lock; they have no other signal."""
    async with asyncio.timeout(30):
        while (await sql.scalar(text(WAITING))) != waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
