"""The files of the contract: readers, headers and encodings."""

import gzip
import json
from datetime import timedelta
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from httpx2 import AsyncClient

from gql.reference.contract import contract_files
from gql.settings import Settings
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import REFRESH, SIGN_IN, SIGN_OUT
from tests.conftest import SignIn
from tests.serving import client_of
from tests.test_web import code

PARENT = "parent.ivanova"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def signed_in(api: SignIn, login: str = PARENT) -> dict[str, str]:
    return {"Authorization": f"Bearer {api(login).caller.token}"}


async def test_a_stranger_reads_no_file(http: AsyncClient) -> None:
    for name in ("", *contract_files()):
        response = await http.get(f"/schema/{name}")
        assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED"), name
        assert response.headers["www-authenticate"] == "Bearer", name


@pytest.mark.parametrize("token", ["", "nonsense", "1." + "a" * 43])
async def test_nobody_reads_a_file_with_a_token_that_is_not_good(
    http: AsyncClient, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert (await http.get("/schema/schema.graphql", headers=headers)).status_code == 401


async def test_a_refusal_does_not_tell_which_files_exist(http: AsyncClient) -> None:
    there, nowhere = [await http.get(f"/schema/{n}") for n in ("client.json", "nothing")]
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)


async def test_a_refusal_speaks_the_readers_language(http: AsyncClient) -> None:
    for language, word in (("ru", "войдите"), ("en", "Sign in")):
        response = await http.get("/schema/", headers={"Accept-Language": language})
        assert word in response.json()["errors"][0]["message"]


async def test_who_is_signed_in_reads_every_file(http: AsyncClient, api: SignIn) -> None:
    for name, file in contract_files().items():
        response = await http.get(f"/schema/{name}", headers=signed_in(api))
        assert response.status_code == 200, name
        assert response.headers["cache-control"] == "private, no-cache"
        assert response.headers["x-content-type-options"] == "nosniff"
        if name != "client.json":  # which tells the limits of this server
            assert response.content == file.stored.content


async def test_everybody_reads_the_files_where_the_schema_is_open(dev: AsyncClient) -> None:
    response = await dev.get("/schema/schema.graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith('"""')


async def test_the_manifest_tells_the_limits_of_this_server(dev: AsyncClient) -> None:
    limits = (await dev.get("/schema/client.json")).json()["limits"]
    assert {"GOROD_MOST_DEPTH": 11}.items() <= {i["setting"]: i["value"] for i in limits}.items()


async def test_the_index_is_a_page_for_people_and_json_for_programs(dev: AsyncClient) -> None:
    listed = (await dev.get("/schema/")).json()
    assert [one["name"] for one in listed] == list(contract_files())
    for one in listed:
        content = (await dev.get(f"/schema/{one['name']}")).content
        assert one["bytes"] == len(content)
    for language, described in (("ru", "без <code>id</code>"), ("en", "an <code>id</code>")):
        page = await dev.get("/schema/", headers={**HTML, "Accept-Language": language})
        assert described in page.text
        assert "`" not in page.text
    page = await dev.get("/schema/", headers={**HTML, "Accept-Language": "ru"})
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="ru">' in page.text
    for name in contract_files():
        assert f'href="{name}"' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_the_address_without_a_slash_leads_to_the_index(dev: AsyncClient) -> None:
    response = await dev.get("/schema")
    assert (response.status_code, response.headers["location"]) == (308, "/schema/")


async def test_a_client_that_follows_no_redirect_is_told_where_it_leads(dev: AsyncClient) -> None:
    for path, to in (
        ("/docs/", "/docs/en/index.html"),
        ("/docs", "/docs/"),
        ("/schema", "/schema/"),
    ):
        led = await dev.get(path, headers={"Accept-Language": "en"})
        assert led.headers["location"] == to
        assert f'href="{to}"' in led.text
        assert led.headers["content-type"].startswith("text/html")


async def test_a_person_who_is_not_signed_in_is_told_how_to_get_in(http: AsyncClient) -> None:
    response = await http.get("/schema/", headers={**HTML, "Accept-Language": "en"})
    assert response.status_code == 401
    assert "Sign in" in response.text
    assert 'href="/graphiql"' in response.text


async def test_where_the_console_signs_nobody_in_the_page_says_what_to_do_instead(
    settings: Settings, application_url: str
) -> None:
    only = settings.model_copy(update={"trusted_only": True})
    async for client in client_of(only, application_url):
        for path in ("/docs/", "/schema/"):
            response = await client.get(path, headers={**HTML, "Accept-Language": "en"})
            assert response.status_code == 401
            assert "GOROD_TRUSTED_ONLY" in response.text
            assert "gorod docs build" in response.text
            assert "/graphiql" not in response.text


async def test_a_file_that_does_not_exist_is_not_found(dev: AsyncClient) -> None:
    for path in ("/schema/schema.json", "/schema/../pyproject.toml", "/schema/a/b"):
        assert (await dev.get(path)).status_code == 404


# -- caches and compression -----------------------------------------------------------


async def test_a_client_that_has_a_file_is_not_sent_it_again(dev: AsyncClient) -> None:
    plain = {"Accept-Encoding": "identity"}
    first = await dev.get("/schema/introspection.json", headers=plain)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await dev.get(
            "/schema/introspection.json", headers={**plain, "If-None-Match": sent}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = await dev.get("/schema/introspection.json", headers={**plain, "If-None-Match": '"a"'})
    assert other.status_code == 200


async def test_who_may_not_read_a_file_learns_nothing_by_its_tag(
    http: AsyncClient, api: SignIn
) -> None:
    tag = (await http.get("/schema/client.json", headers=signed_in(api))).headers["etag"]
    refused = await http.get("/schema/client.json", headers={"If-None-Match": tag})
    assert refused.status_code == 401
    assert "etag" not in refused.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("gzip, br", "br"), ("GZIP;q=0.5", "gzip"), ("*", "br"), ("identity", ""),
     ("zstd", ""), ("br;q=0, gzip", "gzip"), ("br; q=0", ""), ("", ""), ("deflate", "")],
)  # fmt: skip
async def test_a_file_comes_in_an_encoding_that_the_client_accepts(
    dev: AsyncClient, accepted: str, encoding: str
) -> None:
    path, headers = "/schema/introspection.json", {"Accept-Encoding": accepted}
    async with dev.stream("GET", path, headers=headers) as response:
        raw = b"".join([part async for part in response.aiter_raw()])
    assert response.headers.get("content-encoding", "") == encoding
    assert "Accept-Encoding" in response.headers["vary"]
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(encoding, bytes)
    content = contract_files()["introspection.json"].stored.content
    assert unpack(raw) == content
    if encoding:
        assert len(raw) < len(content) / 4
        assert encoding in response.headers["etag"]
    assert json.loads(content)


# -- the pages at /docs ----------------------------------------------------------------


async def test_a_stranger_is_shown_how_to_get_in_and_no_page(http: AsyncClient) -> None:
    for path in ("/docs/", "/docs/ru/index.html", "/docs/names.js", "/docs/nothing"):
        refused = await http.get(path)
        assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")
        shown = await http.get(path, headers={**HTML, "Accept-Language": "ru"})
        assert shown.status_code == 401
        assert "Сначала войдите" in shown.text
        assert "Student" not in shown.text
    for asset in ("style.css", "enter.js"):
        assert (await http.get(f"/docs/{asset}")).status_code == 200


async def test_who_is_signed_in_reads_the_pages(http: AsyncClient, api: SignIn) -> None:
    headers = signed_in(api) | {"Accept-Language": "en"}
    first = await http.get("/docs/", headers=headers)
    assert (first.status_code, first.headers["location"]) == (303, "/docs/en/index.html")
    page = await http.get("/docs/en/types/Student.html", headers=headers)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    again = await http.get(
        "/docs/en/types/Student.html", headers={**headers, "If-None-Match": page.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await http.get("/docs/ru/", headers=headers)).status_code == 200
    assert (await http.get("/docs/ru/types/Nothing.html", headers=headers)).status_code == 404


async def test_everybody_reads_the_pages_where_the_schema_is_open(dev: AsyncClient) -> None:
    assert (await dev.get("/docs/ru/index.html")).status_code == 200
    response = await dev.get("/docs")
    assert (response.status_code, response.headers["location"]) == (308, "/docs/")


async def test_a_browser_gets_a_pass_for_the_pages_and_nothing_else(
    http: AsyncClient, api: SignIn
) -> None:
    assert (await http.post("/docs/pass")).status_code == 401
    given = await http.post("/docs/pass", headers=signed_in(api))
    assert given.status_code == 204
    cookies = given.headers.get_list("set-cookie")
    assert [one.partition("Path=")[2].partition(";")[0] for one in cookies] == ["/docs", "/schema"]
    for one in cookies:
        assert {"httponly", "samesite=strict"} <= set(one.lower().split("; "))
    cookie = {"Cookie": cookies[0].partition(";")[0]}
    for path in ("/docs/en/index.html", "/schema/schema.graphql"):
        assert (await http.get(path, headers=cookie)).status_code == 200
    asked = await http.post("/graphql", json={"query": "{ viewer { role } }"}, headers=cookie)
    assert asked.json() == {"data": {"viewer": None}}


async def test_a_pass_ends_with_its_session(demo: AsyncClient) -> None:
    """A token that is renewed does not end it; to sign out does, and opens no other session."""

    async def ask(document: str, bearer: str = "", **variables: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        body = {"query": document, "variables": variables}
        answer = (await demo.post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        found: dict[str, Any] = next(iter(answer["data"].values()))
        return found

    async def status(cookie: dict[str, str]) -> set[int]:
        pages = ("/docs/en/index.html", "/schema/schema.graphql")
        return {(await demo.get(path, headers=cookie)).status_code for path in pages}

    keys = [await ask(SIGN_IN, login=PARENT, password=DEMO_PASSWORD) for _ in range(2)]
    cookies = []
    for one in keys:
        headers = {"Authorization": f"Bearer {one['accessToken']}"}
        given = await demo.post("/docs/pass", headers=headers)
        cookies.append({"Cookie": given.headers["set-cookie"].partition(";")[0]})
        demo.cookies.clear()
    renewed = await ask(REFRESH, token=keys[0]["refreshToken"])
    assert await status(cookies[0]) == {200}
    await ask(SIGN_OUT, renewed["accessToken"])
    assert await status(cookies[0]) == {401}
    assert await status(cookies[1]) == {200}, "another session goes on"
    await ask(SIGN_OUT, keys[1]["accessToken"])
    assert await status(cookies[1]) == {401}


async def test_a_pass_ends_and_cannot_be_made_up(
    http: AsyncClient, api: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = await http.post("/docs/pass", headers=signed_in(api))
    signed = given.headers["set-cookie"].partition(";")[0].partition("=")[2]
    content, mac = signed.split(".")
    for made_up in (f"{content}.{mac[:-2]}AA", f"{content[:-2]}AA.{mac}", content, "x", "а.б"):
        headers = {"Cookie": f"gorod-docs={made_up}".encode()}
        response = await http.get("/docs/en/index.html", headers=headers)  # type: ignore[arg-type]
        assert response.status_code == 401
    monkeypatch.setattr("gql.reference.gate.PASS_LASTS", timedelta(seconds=-1))
    ended = await http.post("/docs/pass", headers=signed_in(api))
    cookie = ended.headers["set-cookie"].partition(";")[0]
    response = await http.get("/docs/en/index.html", headers={"Cookie": cookie})
    assert response.status_code == 401
