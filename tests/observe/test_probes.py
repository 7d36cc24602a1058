"""Probes of supervisors and Prometheus, and who else may read them."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.observe.conftest import Serve, Served
from tests.postgres import Server

TOKEN = "the token of Prometheus"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_each_is_asked_by_get_and_head_and_by_nothing_else(server: Served, path: str) -> None:
    async with server.asks() as http:
        got, headed, posted = await http.get(path), await http.head(path), await http.post(path)
    assert (got.status_code, headed.status_code, posted.status_code) == (200, 200, 405)
    assert headed.content == b""
    assert got.content
    assert got.headers["cache-control"] == "no-store"
    assert set(posted.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert posted.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_server_is_ready_when_its_database_is(server: Served) -> None:
    async with server.asks(peer="192.0.2.9") as http:
        assert (await http.get("/readyz")).json() == {"status": "ready", "degraded": []}


async def test_a_server_without_its_database_lives_and_is_not_ready(
    serve: Serve, postgres: Server
) -> None:
    nowhere = "postgresql://gorod_app@127.0.0.1:1/gorod"
    async with serve(nowhere) as served, served.asks() as http:
        assert (await http.get("/healthz")).status_code == 200
        told = await http.get("/readyz")
        assert told.status_code == 503
        assert int(told.headers["retry-after"]) > 0
        [error] = told.json()["errors"]
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "reasons": ["database"]}
        assert "127.0.0.1" not in told.text, "nothing of hosts"


async def test_tables_of_another_version_are_no_reason_to_be_asked(
    server: Served, sql: AsyncConnection, database: str
) -> None:
    await sql.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    async with server.asks() as http:
        told = await http.get("/readyz")
    assert told.json()["errors"][0]["extensions"]["reasons"] == ["migrations"]
    assert "0000" not in told.text


async def test_the_database_is_asked_once_in_a_while_however_many_ask(
    server: Served, sql: AsyncConnection, database: str
) -> None:
    async with server.asks() as http:
        assert (await http.get("/readyz")).status_code == 200
        await sql.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        assert (await http.get("/readyz")).status_code == 200, "as it was a moment ago"


# -- metrics -------------------------------------------------------------------------


async def test_the_metrics_are_not_for_the_world(server: Served) -> None:
    for peer, headers, status in (
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.9", {}, 403),
        ("10.0.0.7", {}, 403),
        ("nonsense", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.9"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.9"}, 403),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.9"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ):
        async with server.asks(peer=peer) as http:
            answer = await http.get("/metrics", headers=headers)
            assert (answer.status_code, peer) == (status, peer), headers
            if status == 403:
                assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_token_opens_the_metrics_from_anywhere_and_nothing_else_does(serve: Serve) -> None:
    async with serve(metrics_token=TOKEN) as served:
        for peer in ("127.0.0.1", "192.0.2.9"):
            async with served.asks(peer=peer) as http:
                shown = {"Authorization": f"Bearer {TOKEN}"}
                assert (await http.get("/metrics", headers=shown)).status_code == 200
                for header in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer тайна"):
                    wrong = await http.get("/metrics", headers={b"Authorization": header.encode()})
                    assert wrong.status_code == 401, header
                    assert wrong.headers["www-authenticate"] == "Bearer"
                    assert wrong.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_in_development_everybody_reads_the_metrics(serve: Serve) -> None:
    async with serve(demo=True) as served, served.asks(peer="192.0.2.9") as http:
        assert (await http.get("/metrics")).status_code == 200


async def test_the_metrics_name_what_operators_need(server: Served) -> None:
    async with server.asks() as http:
        told = await http.get("/metrics")
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for name in (
        "gorod_info", "gorod_in_flight", "gorod_sockets", "gorod_subscriptions",
        "gorod_documents_bytes", "gorod_database_sessions", "gorod_database_waiting",
        "gorod_events_silence_seconds", "process_resident_memory_bytes", "python_gc_objects",
    ):  # fmt: skip
        assert f"\n{name}" in told.text, name
    assert 'gorod_database_trouble{trouble="away"} 0.0' in told.text


async def test_the_metrics_tell_of_an_outage(serve: Serve) -> None:
    nowhere = "postgresql://gorod_app@127.0.0.1:1/gorod"
    async with serve(nowhere) as served, served.asks("parent.ivanova") as http:
        asked = await http.post("/graphql", json={"query": "{ viewer { fullName } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert 'gorod_database_trouble{trouble="away"} 1.0' in (await http.get("/metrics")).text


@pytest.mark.parametrize(("language", "token"), [("ru", "токен"), ("en", "token")])
async def test_refusals_of_metrics_are_told_in_the_language_asked_for(
    serve: Serve, language: str, token: str
) -> None:
    headers = {"Accept-Language": language}
    for given, peer in (({"metrics_token": TOKEN}, "127.0.0.1"), ({}, "192.0.2.9")):
        async with serve(**given) as server, server.asks(peer=peer) as http:
            refused = await http.get("/metrics", headers=headers)
            assert refused.status_code in (401, 403)
            assert token in refused.json()["errors"][0]["message"]
