"""Pages of other origins: trusted ones may send requests, all others are told the reason."""

import pytest
from httpx2 import AsyncClient

from gql.transport.origins import MOST_LOGGED
from tests.conftest import SignIn
from tests.test_web import code
from tests.transport.conftest import TRUSTED


def make_preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-apollo-operation-name",
    }


@pytest.mark.parametrize(("path", "method"), [("/graphql", "POST"), ("/files/x", "PUT")])
async def test_a_page_of_a_trusted_origin_may_ask(
    http: AsyncClient, path: str, method: str
) -> None:
    response = await http.options(path, headers=make_preflight(TRUSTED, method))
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == TRUSTED
    assert method in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"]
    assert "Origin" in response.headers["vary"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://school.example", f"{TRUSTED}:8443",
               f"{TRUSTED}.evil.example", "*"],
)  # fmt: skip
async def test_a_page_of_another_origin_may_not(http: AsyncClient, origin: str) -> None:
    response = await http.options("/graphql", headers=make_preflight(origin))
    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert not [name for name in response.headers if name.startswith("access-control")]
    answer = await http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Origin": origin}
    )
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_a_page_of_another_origin_is_told_the_setting_and_logged_once(
    http: AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    for language, told in {"en": "Pages of this origin", "ru": "Страницам с этого"}.items():
        headers = {**make_preflight("https://new.example"), "Accept-Language": language}
        response = await http.options("/graphql", headers=headers)
        [error] = response.json()["errors"]
        assert error["message"].startswith(told)
        assert "GOROD_TRUSTED_ORIGINS" in error["message"]
        assert "Accept-Language" in response.headers["vary"]
    [line] = [one for one in capfd.readouterr().err.splitlines() if "new.example" in one]
    assert "GOROD_TRUSTED_ORIGINS" in line


async def test_strangers_do_not_fill_the_log_with_origins(
    http: AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(MOST_LOGGED + 20):
        await http.options("/graphql", headers=make_preflight(f"https://s{number}.example"))
    await http.options("/graphql", headers=make_preflight("no origin\tat all"))
    lines = [one for one in capfd.readouterr().err.splitlines() if "GOROD_TRUSTED_ORIGINS" in one]
    assert len(lines) == MOST_LOGGED
    assert [one for one in lines if "last_logged=True" in one] == lines[-1:]


async def test_a_page_of_a_trusted_origin_is_told_the_methods(http: AsyncClient) -> None:
    response = await http.options("/graphql", headers=make_preflight(TRUSTED, "DELETE"))
    assert (response.status_code, code(response)) == (403, "FORBIDDEN")
    assert "GET, HEAD, POST, PUT" in response.json()["errors"][0]["message"]


async def test_answers_and_refusals_can_be_read_by_a_page_of_a_trusted_origin(
    http: AsyncClient, api: SignIn
) -> None:
    token = api("parent.ivanova").caller.token
    headers = {"Origin": TRUSTED, "Authorization": f"Bearer {token}"}
    for sent in ({"query": "{ viewer { role } }"}, {"query": 5}, {"query": "{"}):
        response = await http.post("/graphql", json=sent, headers=headers)
        assert response.headers["access-control-allow-origin"] == TRUSTED
        assert "Origin" in response.headers["vary"]
    file = await http.get("/files/nonsense", headers={"Origin": TRUSTED})
    assert file.headers["access-control-allow-origin"] == TRUSTED
    assert file.headers["cache-control"] == "no-store"


async def test_scripts_of_a_trusted_origin_may_read_our_headers(http: AsyncClient) -> None:
    response = await http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Origin": TRUSTED}
    )
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"X-Request-Id", "Retry-After", "Gorod-Plan"} <= set(exposed)
    assert response.headers["vary"].split(", ").count("Origin") == 1
    preflight = {
        "Origin": TRUSTED,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "graphql-require-preflight,x-request-id",
    }
    allowed = await http.options("/graphql", headers=preflight)
    assert allowed.status_code == 204
    assert "GET" in allowed.headers["access-control-allow-methods"]
    assert "x-request-id" in allowed.headers["access-control-allow-headers"]
    assert allowed.headers["x-request-id"]
