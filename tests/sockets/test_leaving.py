"""Clients that leave, and a server that stops: operations that are cancelled or completed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import NOTICES, PUBLISH
from tests.sockets.client import Client, Connect, wait_for_streams, wait_until

WAITING = text("""SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'""")
ROOMS = "{ rooms { nodes { number } } }"
NOTICE = {
    "title": "Собрание",
    "body": "В среду",
    "targets": [{"kind": "SCHOOL", "toStaff": True}],
}
NUMBER = text("SELECT count(*) FROM notices WHERE title = 'Собрание'")


@asynccontextmanager
async def lock_table(sql: AsyncConnection, table: str) -> AsyncIterator[None]:
    """Lock a table, so that nobody reads or writes it meanwhile."""
    async with sql.engine.connect() as locking:
        await locking.execution_options(isolation_level="READ COMMITTED")
        transaction = await locking.begin()
        await locking.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield
        await transaction.rollback()


async def wait_for_waiting(sql: AsyncConnection, number: int) -> None:
    """Wait until so many statements wait for a lock."""
    async with asyncio.timeout(30):
        while (await sql.scalar(WAITING)) != number:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def publish(client: Client) -> None:
    payload = {"query": PUBLISH, "variables": {"input": NOTICE}}
    await client.send("subscribe", id="1", payload=payload)


@pytest.mark.parametrize("how", ["completes it", "leaves"])
async def test_the_sql_of_a_query_ends_when_its_client(
    api: SignIn, connect_client: Connect, sql: AsyncConnection, how: str
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("zavuch").caller.token)
        async with lock_table(sql, "rooms"):
            await client.ask(ROOMS)
            await wait_for_waiting(sql, 1)
            if how == "leaves":
                await client.connection.close()
            else:
                await client.send("complete", id="1")
            await wait_for_waiting(sql, 0)
        if how == "completes it":
            await client.send("ping")
            assert await client.receive() == {"type": "pong"}


@pytest.mark.parametrize("how", ["completes it", "leaves", "is cut off"])
async def test_a_mutation_is_done_to_its_end_though_its_client(
    api: SignIn,
    connect_client: Connect,
    sql: AsyncConnection,
    endpoint: WebSocketEndpoint,
    how: str,
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("zavuch").caller.token)
        async with lock_table(sql, "notices"):
            await publish(client)
            await wait_for_waiting(sql, 1)
            if how == "completes it":
                await client.send("complete", id="1")
                await client.send("ping")
                assert await client.receive() == {"type": "pong"}
            elif how == "leaves":
                await client.connection.close()
            else:
                client.connection.transport.abort()
                await wait_until(lambda: not endpoint.registry.connections)
            assert await sql.scalar(WAITING) == 1
        await wait_for_waiting(sql, 0)
        async with asyncio.timeout(30):
            while not await sql.scalar(NUMBER):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        if how == "completes it":
            await client.send("ping")
            assert await client.receive() == {"type": "pong"}  # and no message about its result


async def test_a_server_that_stops_answers_what_it_is_doing_and_says_when_to_come_again(
    api: SignIn,
    connect_client: Connect,
    server: tuple[uvicorn.Server, str],
    services: Services,
    sql: AsyncConnection,
) -> None:
    async with connect_client() as client, connect_client() as listener:
        await client.sign_in(api("zavuch").caller.token)
        await listener.sign_in(api("parent.ivanova").caller.token)
        await listener.ask(NOTICES)
        await wait_for_streams(services)
        async with lock_table(sql, "notices"):
            await publish(client)
            await wait_for_waiting(sql, 1)
            server[0].should_exit = True
            for_listener = (
                await listener.receive_close()
            )  # and no `complete`, after which it would not begin again
        heard: list[Any] = [await client.receive(), await client.receive()]
        assert [one["type"] for one in heard] == ["next", "complete"]
        assert heard[0]["payload"]["data"]["publishNotice"]["notice"]["id"]
        for code, reason in (for_listener, await client.receive_close()):
            assert code == 1012
            assert len(reason.encode()) <= 123
            assert 0.5 <= json.loads(reason)["retryAfter"] <= 2
    await wait_for_streams(services, sure=False)
