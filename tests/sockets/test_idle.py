"""Idle sockets end when the right to them does: with their token, their session, their role."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.transport.websocket.endpoint import WebSocketEndpoint
from models.access.roles import Role
from resolvers.core.context import Services
from tests.access.asking import REFRESH, RESET, SIGN_OUT, SWITCH, sign_in
from tests.access.test_accounts import find_account
from tests.conftest import Api, SignIn
from tests.sockets.client import Connect, limit_sockets
from tests.sockets.test_endings import ENDS, LEADS

IN_SQL = {why: ends for why, ends in ENDS.items() if why != "her role lost the right"} | {
    "she was dismissed": (
        f"UPDATE staff SET dismissed_on = '2026-11-23' WHERE id IN ({LEADS})",
        4403,
    ),
}
"""A connection needs no right as long as it has no operation."""


@pytest.fixture
def frequent_checks(endpoint: WebSocketEndpoint, services: Services) -> None:
    """The server itself checks the sockets, as in real use."""
    services.tails.pace = replace(services.tails.pace, recheck=0.02)


@pytest.mark.usefixtures("frequent_checks")
@pytest.mark.parametrize("how", IN_SQL)
async def test_an_idle_socket_ends_when(
    api: SignIn, connect_client: Connect, sql: AsyncConnection, how: str
) -> None:
    statement, code = IN_SQL[how]
    async with connect_client() as client, connect_client() as other:
        await client.sign_in(api("teacher.belova", Role.CLASS_TEACHER).caller.token)
        await other.sign_in(api("parent.ivanova").caller.token)
        await sql.execute(text(statement))
        assert (await client.receive_close())[0] == code
        await other.send("ping")
        assert await other.receive() == {"type": "pong"}


@pytest.mark.usefixtures("frequent_checks")
@pytest.mark.parametrize("deed", ["signs out", "goes on in another role", "is given a password"])
async def test_an_idle_socket_ends_when_its_teacher(
    api: SignIn, connect_client: Connect, deed: str
) -> None:
    teacher = api("teacher.belova", Role.CLASS_TEACHER)
    async with connect_client() as client:
        await client.sign_in(teacher.caller.token)
        if deed == "signs out":
            await teacher(SIGN_OUT)
        elif deed == "goes on in another role":
            await teacher(SWITCH, role="SUBJECT_TEACHER")
        else:
            there = await find_account(api("director"), "Белова")
            await api("director")(RESET, id=there["id"], version=there["version"])
        assert (await client.receive_close())[0] == 4401


@pytest.mark.usefixtures("frequent_checks")
async def test_an_idle_socket_ends_when_its_token_was_exchanged(
    stranger: Api, connect_client: Connect
) -> None:
    first = await sign_in(stranger, "teacher.belova", role="CLASS_TEACHER")
    async with connect_client() as client:
        await client.sign_in(first["accessToken"])
        await stranger(REFRESH, token=first["refreshToken"])
        assert (await client.receive_close())[0] == 4401


async def test_a_socket_with_a_good_token_may_be_idle_for_ever(
    api: SignIn, connect_client: Connect, endpoint: WebSocketEndpoint
) -> None:
    async with connect_client() as client:
        await client.sign_in(api("parent.ivanova").caller.token)
        [connection] = endpoint.registry.connections
        connection.idle_since -= 100_000
        await endpoint.registry.look()
        await client.send("ping")
        assert await client.receive() == {"type": "pong"}


async def test_a_thousand_sockets_are_checked_by_one_statement(
    api: SignIn,
    connect_client: Connect,
    endpoint: WebSocketEndpoint,
    statements: Callable[[], Any],
) -> None:
    people = ("parent.ivanova", "teacher.belova", "director", "zavuch", "parent.sokolova")
    asked = []
    async with AsyncExitStack() as open_:
        for number in range(30):
            client = await open_.enter_async_context(connect_client())
            await client.sign_in(api(people[number % len(people)]).caller.token)
            if number in (0, 29):
                with statements() as sent:
                    await endpoint.registry.look()
                asked.append([one.split()[0] for one in sent])
    assert asked[0] == asked[1]
    assert asked[0].count("SELECT") == 1


# -- strangers -------------------------------------------------------------------------


@limit_sockets(stranger_socket_seconds=60)
@pytest.mark.parametrize("token", [None, "1.wrong"])
async def test_a_stranger_who_does_nothing_is_not_kept(
    connect_client: Connect, endpoint: WebSocketEndpoint, token: str | None
) -> None:
    async with connect_client() as client:
        await client.sign_in(token)
        await endpoint.registry.look()
        await client.ask("{ __typename }")
        assert (await client.receive())["type"] == "next"
        assert (await client.receive())["type"] == "complete"
        [connection] = endpoint.registry.connections
        connection.idle_since -= 61
        await endpoint.registry.look()
        assert (await client.receive_close())[0] == 4401
