"""The GraphQL console: everything it needs comes from its own routes, and nothing else does."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from graphql import OperationDefinitionNode, parse, print_ast
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.routing import Mount

from gql.graphiql import examples, first_password, routes
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import WHO, give_one_time_password, sign_in
from tests.conftest import Api

REFERENCE = re.compile(r'(?:src|href)="([^"]+)"')
CONFIG = re.compile(r'<script type="application/json" id="gorod-config">(.*?)</script>', re.DOTALL)


def browse(app: Starlette) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://school.test")


def config_of(html: str) -> dict[str, Any]:
    match = CONFIG.search(html)
    assert match is not None
    config: dict[str, Any] = json.loads(match[1])
    return config


@pytest_asyncio.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with browse(Starlette(routes=routes())) as client:
        yield client


async def test_page_answers_and_is_always_revalidated(client: AsyncClient) -> None:
    response = await client.get("/graphiql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert '<div id="root"></div>' in response.text


async def test_page_with_a_trailing_slash_leads_to_the_page(client: AsyncClient) -> None:
    response = await client.get("/graphiql/", follow_redirects=True)
    assert response.status_code == 200
    assert response.url.path == "/graphiql"


async def test_page_knows_its_paths_and_examples(client: AsyncClient) -> None:
    config = config_of((await client.get("/graphiql")).text)
    assert config == {
        "path": "/graphiql",
        "endpoint": "/graphql",
        "docs": "/docs/",
        "trustedOnly": False,
        "examples": examples(),
        "firstPassword": first_password(),
    }


async def test_page_knows_that_only_registered_documents_are_run() -> None:
    async with browse(Starlette(routes=routes(trusted_only=True))) as client:
        assert config_of((await client.get("/graphiql")).text)["trustedOnly"] is True


async def test_everything_the_page_references_is_served_with_its_type(client: AsyncClient) -> None:
    references = REFERENCE.findall((await client.get("/graphiql")).text)
    types = {}
    for reference in references:
        assert reference.startswith("/graphiql/assets/")
        response = await client.get(reference)
        assert response.status_code == 200, reference
        assert response.content
        assert "immutable" in response.headers["cache-control"]
        types[reference.rpartition(".")[2]] = response.headers["content-type"]
    assert types == {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }


async def test_everything_the_scripts_load_later_is_served(client: AsyncClient) -> None:
    """Chunks and workers name one another; following the names reaches no missing file."""
    waiting = REFERENCE.findall((await client.get("/graphiql")).text)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = await client.get(path)
        assert response.status_code == 200, path
        if path.endswith(".js"):
            names = re.findall(
                r'["\'`/]([\w.-]+-[\w-]{8}\.(?:js|css|svg|ttf))["\'`]', response.text
            )
            waiting += [f"/graphiql/assets/{name}" for name in names]
    for worker in ("editor.worker", "json.worker", "graphql.worker"):
        assert any(worker in path for path in seen), worker


async def test_page_refers_to_no_other_host(client: AsyncClient) -> None:
    html = (await client.get("/graphiql")).text
    assert not re.search(r"https?://", html)
    assert not re.search(r'(?:src|href)="//', html)


async def test_styles_load_nothing_from_elsewhere(client: AsyncClient) -> None:
    html = (await client.get("/graphiql")).text
    [style] = [reference for reference in REFERENCE.findall(html) if reference.endswith(".css")]
    css = (await client.get(style)).text
    assert "@import" not in css
    sources = re.findall(r"url\(\s*[\"']?([^\"')]{0,40})", css)
    assert sources
    assert [source for source in sources if not source.startswith("data:")] == []


async def test_security_headers_on_page_and_assets(client: AsyncClient) -> None:
    page = await client.get("/graphiql")
    script = next(path for path in REFERENCE.findall(page.text) if path.endswith(".js"))
    for response in (page, await client.get(script)):
        policy = dict(
            directive.split(" ", 1)
            for directive in response.headers["content-security-policy"].split("; ")
        )
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "worker-src": "'self'",
            "style-src": "'self' 'unsafe-inline'",
            "font-src": "'self' data:",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_page_runs_no_inline_script(client: AsyncClient) -> None:
    """The policy would refuse one; what is inline is data."""
    html = (await client.get("/graphiql")).text
    inline = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]
    assert inline == ['<script type="application/json" id="gorod-config">']


async def test_unknown_asset_is_not_found(client: AsyncClient) -> None:
    assert (await client.get("/graphiql/assets/nothing-12345678.js")).status_code == 404
    assert (await client.get("/graphiql/assets/")).status_code == 404
    assert (await client.get("/graphiql/logins.json")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/assets/../index.html",
        "/graphiql/assets/../../__init__.py",
        "/graphiql/assets/..%2F..%2F__init__.py",
        "/graphiql/assets/%2e%2e/%2e%2e/__init__.py",
        "/graphiql/assets/..%5C..%5C__init__.py",
        "/graphiql/assets//etc/passwd",
        "/graphiql/assets/%2Fetc%2Fpasswd",
        "/graphiql/assets/index.html%00.js",
    ],
)
async def test_no_path_leads_out_of_the_assets(path: str) -> None:
    """Sent as it is: a client would tidy the dots away before the server sees them."""
    app = Starlette(routes=routes())
    async with AsyncClient(transport=RawPath(app, path), base_url="http://school.test") as client:
        assert (await client.get("/")).status_code == 404


class RawPath(ASGITransport):
    """A transport that puts a path into the request untouched, decoded the way a server does."""

    def __init__(self, app: Starlette, path: str) -> None:
        async def with_path(scope: Any, receive: Any, send: Any) -> None:
            scope = {**scope, "path": unquote(path), "raw_path": path.encode()}
            await app(scope, receive, send)

        super().__init__(app=with_path)


async def test_assets_are_packed_for_those_who_ask(client: AsyncClient) -> None:
    html = (await client.get("/graphiql")).text
    style = next(path for path in REFERENCE.findall(html) if path.endswith(".css"))
    plain = await client.get(style, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    async with client.stream("GET", style, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content


async def test_another_path_and_a_prefix_reach_every_reference() -> None:
    console = routes("/console", endpoint="/api/graphql")
    async with browse(Starlette(routes=[Mount("/school", routes=console)])) as client:
        html = (await client.get("/school/console")).text
        config = config_of(html)
        assert (config["path"], config["endpoint"]) == ("/school/console", "/school/api/graphql")
        assert config["docs"] == "/school/docs/"
        for reference in REFERENCE.findall(html):
            assert reference.startswith("/school/console/assets/")
            assert (await client.get(reference)).status_code == 200


def test_each_example_speaks_one_language() -> None:
    shown = examples()
    assert len(shown["ru"]) == len(shown["en"])
    for russian, english in zip(shown["ru"], shown["en"], strict=True):
        assert print_ast(parse(russian)) == print_ast(parse(english))
        told = russian.partition("\n\n")[0]
        assert re.search("[а-я]", told)
        assert not re.search("[а-яА-Я]", english.partition("\n\n")[0])
        assert "# ---" not in russian + english


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_newcomer_chooses_a_password_by_the_prepared_mutation(
    stranger: Api, sql: AsyncConnection, language: str
) -> None:
    await give_one_time_password(sql, "teacher.belova")
    token = (await sign_in(stranger, "teacher.belova"))["accessToken"]
    newcomer = Api(replace(stranger.caller, token=token))
    assert await newcomer.expect_code(WHO) == "PASSWORD_MUST_CHANGE"
    chosen = {"old": DEMO_PASSWORD, "new": "сирень у крыльца"}
    changed = await newcomer(first_password()[language], **chosen)
    assert changed["changePassword"]["changedAt"]
    assert await newcomer(WHO)
    assert bool(re.search("[а-яА-Я]", first_password()[language])) == (language == "ru")


def test_each_example_is_one_named_operation_with_its_own_tab() -> None:
    names = []
    for example in examples()["en"]:
        [operation] = parse(example).definitions
        assert isinstance(operation, OperationDefinitionNode)
        assert operation.name is not None
        names.append((operation.operation.value, operation.name.value))
        # GraphiQL names a tab after the first such line; a comment must not be one.
        title = re.search(r"^(?!#).*(query|subscription|mutation)\s+(\w+)", example, re.MULTILINE)
        assert title is not None
        assert title[2] == operation.name.value
    assert names[0] == ("query", "WhoAmI")
    assert ("subscription", "NoticeEvents") in names
    assert len(set(names)) == len(names)
