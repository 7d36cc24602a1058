"""Plans of registered documents, made before anybody asks."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.cache import Cache, families_of
from gql.guard.documents import Documents
from gql.trusted import serving as keeping
from models.database.availability import Availability
from models.database.engine import connect
from resolvers.core.context import Services
from resolvers.trusted.documents import RegisteredDocument, register, retire
from tests.documents.conftest import BOARD, LOGINS, OTHER, WHO, Served, sha256


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what is validated and planned from now on."""
    done: list[str] = []
    validate, made = Documents.validate, Cache.make_plan

    def noting_validate(self: Documents, node: Any, **more: Any) -> Any:
        done.append("validate")
        return validate(self, node, **more)

    def noting_made(self: Cache, *about: Any) -> Any:
        done.append("plan")
        return made(self, *about)

    monkeypatch.setattr(Documents, "validate", noting_validate)
    monkeypatch.setattr(Cache, "make_plan", noting_made)
    return done


@pytest.mark.parametrize("login", LOGINS)
async def test_the_first_who_asks_finds_the_plan_made(
    server: Served, work: list[str], login: str
) -> None:
    await server.add(WHO, BOARD)
    await server.serving.prepare()
    assert {"validate", "plan"} <= set(work)
    work.clear()
    for asked in (
        {"documentId": sha256(WHO)},
        {"documentId": sha256(WHO), "operationName": "Who"},
        {"documentId": sha256(BOARD)},
        {"documentId": sha256(BOARD), "variables": {"first": 20}},
        {"query": BOARD},
    ):
        response = await server.post(login, **asked)
        assert response.headers["gorod-plan"] == "compiled", response.text
    assert work == []
    await server.post(login, query=OTHER)
    assert work == ["validate", "plan"], "so the test can fail"


async def test_the_second_page_is_planned_beforehand(server: Served, work: list[str]) -> None:
    paged = """query Page($after: String) {
        notices(first: 1, after: $after) { nodes { title } pageInfo { endCursor } } }"""
    await server.add(paged)
    await server.serving.prepare()
    work.clear()
    first = (await server.post("director", documentId=sha256(paged))).json()["data"]["notices"]
    after = {"after": first["pageInfo"]["endCursor"]}
    found = await server.post("director", documentId=sha256(paged), variables=after)
    assert found.headers["gorod-plan"] == "compiled"
    assert found.json()["data"]["notices"]["nodes"] != first["nodes"]
    assert work == []


async def test_a_school_that_changed_its_rights_finds_its_plans_made(
    server: Served, work: list[str], sql: AsyncConnection
) -> None:
    await sql.execute(
        text("DELETE FROM role_rights WHERE role = 'DIRECTOR' AND permission = 'health:read'")
    )
    await server.add(BOARD)
    await server.serving.prepare()
    work.clear()
    assert (await server.post("director", documentId=sha256(BOARD))).status_code == 200
    assert work == []


async def test_plans_that_were_made_beforehand_outlive_a_flood_of_others(server: Served) -> None:
    filtered = """query Who($filter: NoticeFilter) {
        notices(first: 5, filter: $filter) { nodes { id } } }"""
    await server.add(filtered)
    await server.serving.prepare()
    document = server.serving.documents.trusted.hashes[sha256(filtered)]
    made = [set(family.pinned) for family in families_of(document)]
    for n in range(120):
        flood = {"filter": {"or": [{"isPinned": {"eq": True}}] * (n % 10), "title": {"eq": str(n)}}}
        name = {"operationName": f"N{n}"}
        await server.post("director", documentId=sha256(filtered), variables=flood)
        await server.post("director", documentId=sha256(filtered), **name)
    assert all(
        before <= set(family.plans)
        for before, family in zip(made, families_of(document), strict=True)
    )
    assert set(document.operations) <= {None, "Who"}


async def test_a_running_process_notices_what_is_registered_and_retired(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "EVERY", 0.05)
    known = server.serving.documents
    task = asyncio.create_task(server.serving.keep())
    try:
        async with asyncio.timeout(60):
            await register(server.url, [RegisteredDocument(sha256(WHO), WHO, ("Who",))])
            while not server.serving.planned:  # noqa: ASYNC110  # another process has no signal
                await asyncio.sleep(0.05)
            assert known.trusted.hashes[sha256(WHO)].registered_name == "Who"
            assert await server.name(documentId=sha256(WHO))
            await retire(server.url, [sha256(WHO)])
            while known.trusted.hashes:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert not server.serving.planned


async def test_a_process_goes_on_with_what_it_knows_while_the_database_is_away(
    server: Served, services: Services
) -> None:
    await server.add(WHO)
    away = connect("postgresql://gorod_app@127.0.0.1:1/nowhere", availability=Availability())
    server.serving.services = replace(services, engine=away)
    await server.serving.refresh_safely()
    assert server.serving.documents.trusted.hashes.keys() == {sha256(WHO)}
    await away.dispose()
