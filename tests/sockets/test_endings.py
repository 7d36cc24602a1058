"""The socket of a listener without events ends when the right to listen does."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.cli import server as product
from gql.transport.websocket.endpoint import WebSocketEndpoint
from models.access.roles import Role
from resolvers.core.context import Services
from tests.access.asking import REFRESH, sign_in
from tests.conftest import Api, SignIn
from tests.events.listening import NOTICES, PUBLISH
from tests.sockets.client import Client, Connect, wait_for_streams

SIGN_OUT = "mutation { signOut { signedOut } }"
SWITCH = "mutation { switchContext(input: { role: SUBJECT_TEACHER }) { accessToken } }"
OF_BELOVA = """(SELECT a.{column} FROM accounts a JOIN credentials c ON c.id = a.credential_id
    WHERE a.school_id = 1 AND c.login = 'teacher.belova')"""
ACCOUNT, PERSON = (OF_BELOVA.format(column=column) for column in ("id", "person_id"))
LEADS = f"SELECT id FROM staff WHERE person_id = {PERSON}"
ENDS = {
    "the token has run out": (
        f"UPDATE sessions SET access_expires_at = '2026-11-23' WHERE account_id = {ACCOUNT}",
        4401,
    ),
    "the session was revoked": (
        f"UPDATE sessions SET revoked_at = '2026-11-23' WHERE account_id = {ACCOUNT}",
        4401,
    ),
    "the account was locked": (
        f"UPDATE accounts SET status = 'LOCKED' WHERE id = {ACCOUNT}",
        4401,
    ),
    "she leads her class no more": (
        f"UPDATE class_teachers SET valid_to = '2026-11-23' WHERE staff_id IN ({LEADS})",
        4403,
    ),
    "her role lost the right": (
        "DELETE FROM role_rights WHERE role = 'CLASS_TEACHER' AND permission = 'notices:read'",
        4403,
    ),
}


async def wait_for_end(client: Client, services: Services) -> int:
    """Return the code that closes the socket of a silent listener, after a single error."""
    assert (await client.receive())["type"] == "error"
    code, _ = await client.receive_close()
    await wait_for_streams(services, sure=False)
    return code


@pytest.fixture(autouse=True)
def frequent_checks(endpoint: WebSocketEndpoint, services: Services) -> None:
    services.tails.pace = replace(services.tails.pace, recheck=0.02)


@pytest.mark.parametrize("how", ENDS)
async def test_a_silent_teachers_socket_ends_when(
    api: SignIn, connect_client: Connect, services: Services, sql: AsyncConnection, how: str
) -> None:
    statement, code = ENDS[how]
    async with connect_client() as client:
        await client.sign_in(api("teacher.belova", Role.CLASS_TEACHER).caller.token)
        await client.ask(NOTICES)
        await wait_for_streams(services)
        await sql.execute(text(statement))
        assert await wait_for_end(client, services) == code


@pytest.mark.parametrize("deed", [SIGN_OUT, SWITCH], ids=["signs out", "goes on in another role"])
async def test_a_silent_teachers_socket_ends_when_she(
    api: SignIn, connect_client: Connect, services: Services, deed: str
) -> None:
    teacher = api("teacher.belova", Role.CLASS_TEACHER)
    async with connect_client() as client:
        await client.sign_in(teacher.caller.token)
        await client.ask(NOTICES)
        await wait_for_streams(services)
        await teacher(deed)
        assert await wait_for_end(client, services) == 4401


@pytest.mark.parametrize("is_theft", [False, True], ids=["is exchanged", "was stolen"])
async def test_a_silent_teachers_socket_ends_when_her_refresh_token(
    stranger: Api, connect_client: Connect, services: Services, is_theft: bool
) -> None:
    """The access token that opened the socket has become invalid."""
    done = first = await sign_in(stranger, "teacher.belova", role="CLASS_TEACHER")
    if is_theft:
        done = (await stranger(REFRESH, token=first["refreshToken"]))["refreshSession"]
    async with connect_client() as client:
        await client.sign_in(done["accessToken"])
        await client.ask(NOTICES)
        await wait_for_streams(services)
        await stranger.reply(REFRESH, token=first["refreshToken"])
        assert await wait_for_end(client, services) == 4401


@pytest.mark.parametrize(
    ("language", "advice"),
    [("en", "connect again with the new one"), ("ru", "подключитесь снова с новым ключом")],
)
async def test_a_client_that_renewed_its_token_is_told_to_connect_with_the_new_one(
    stranger: Api, connect_client: Connect, services: Services, language: str, advice: str
) -> None:
    first = await sign_in(stranger, "teacher.belova", role="CLASS_TEACHER")
    async with connect_client() as client:
        await client.sign_in(first["accessToken"], language)
        await client.ask(NOTICES)
        await wait_for_streams(services)
        await stranger(REFRESH, token=first["refreshToken"])
        [error] = (await client.receive())["payload"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert advice in error["message"]
        code, reason = await client.receive_close()
        assert (code, reason) == (4401, "Unauthorized: the token was renewed or has ended")
        await wait_for_streams(services, sure=False)


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short time limit. Tests name it before the server, which reads it when it starts."""
    monkeypatch.setattr(product, "UNREAD_MS", 500)


async def test_a_client_that_reads_no_more_is_not_waited_for(
    short_timeout: None, api: SignIn, connect_client: Connect, services: Services
) -> None:
    """Otherwise a client that has gone without closing would be kept, with its stream, for ever."""
    everything = NOTICES.replace("title", "title body")
    target = {"kind": "SCHOOL", "toStaff": True}
    given = {"title": "Длинное", "body": "ы" * 20_000, "targets": [target]}
    async with connect_client(close_timeout=0) as client:
        await client.sign_in(api("teacher.belova", Role.CLASS_TEACHER).caller.token)
        await client.ask(everything)
        await wait_for_streams(services)
        client.connection.transport.pause_reading()
        while services.tails._tails:  # noqa: SLF001
            await api("zavuch")(PUBLISH, input=given)
