"""Clients over HTTP that leave before they are answered: their SQL ends within a second."""

import asyncio
import socket
from functools import partial
from secrets import token_hex
from urllib.parse import urlsplit

import pytest

from gql.admission import admission, gate
from gql.transport import connections
from tests.events.listening import PUBLISH
from tests.files.sending import FILE, PDF, REQUEST
from tests.sockets import client as sockets
from tests.sockets.test_leaving import NOTICE
from tests.transport.leaving.asking import (
    BY_ID,
    MOST_SECONDS,
    ROOMS,
    WAYS,
    Connect,
    Database,
    Running,
    assert_all_is_free,
    assert_many_are_answered,
    check_sql_ends,
    leave,
    make_get,
    make_post,
    make_post_by_hash,
    make_requests,
    read_answer,
    wait_for_metrics,
    with_settings,
)

STANDARD = [
    pytest.param("standard", way, marks=() if way == "closes" else pytest.mark.endurance)
    for way in WAYS
]


@pytest.mark.parametrize(
    ("settings", "way"), [*(("auto", way) for way in WAYS), *STANDARD], indirect=["settings"]
)
@pytest.mark.usefixtures("no_faults")
async def test_the_sql_of_a_client_that_left_ends_within_a_second(
    connect: Connect, watched: Database, token: str, way: str
) -> None:
    first = await connect()
    await first.send(make_post_by_hash(token, ROOMS, text=True), make_post(token, query=BY_ID))
    assert "errors" not in await read_answer(first)
    assert "errors" not in await read_answer(first)
    for name, request in make_requests(token).items():
        left = partial(leave, watched, connect, request, way)
        assert await check_sql_ends(watched, "rooms", left), name
    await assert_all_is_free(connect, token)


async def test_nobody_watches_for_clients_that_leave_when_nobody_waits(
    connect: Connect, watched: Database, token: str
) -> None:
    for request in (make_post(token, query=ROOMS), make_post(token, query=PUBLISH)):
        left = partial(leave, watched, connect, request, "closes")
        assert await check_sql_ends(watched, "sessions", left)
    await assert_all_is_free(connect, token)


@pytest.mark.usefixtures("no_faults")
async def test_the_rest_of_a_body_that_nobody_reads_hides_no_client_that_leaves(
    connect: Connect, watched: Database, token: str
) -> None:
    async def ask_and_leave() -> None:
        raw = await connect()
        request = make_get(token, ROOMS, b"a" * 20)
        await raw.send(request[:-10])
        await watched.wait_for_statements(1)
        await asyncio.sleep(0.7)  # the server has begun to watch for clients that leave
        await raw.send(request[-10:])
        await asyncio.sleep(0.1)
        raw.writer.close()

    assert await check_sql_ends(watched, "rooms", ask_and_leave)
    await assert_all_is_free(connect, token)


@pytest.mark.usefixtures("no_faults")
async def test_the_sql_of_a_download_ends_within_a_second(
    connect: Connect, watched: Database, token: str
) -> None:
    raw, size = await connect(), len(PDF)
    announced = {"name": "a.pdf", "type": "application/pdf", "size": size}
    await raw.send(make_post(token, query=REQUEST, variables=announced))
    invited = (await read_answer(raw))["data"]["requestUpload"]
    way = urlsplit(invited["url"]).path
    await raw.send(f"PUT {way} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode(), PDF)
    assert b" 204 " in await raw.reader.readuntil(b"\r\n\r\n")
    await raw.send(make_post(token, query=FILE, variables={"id": invited["file"]["id"]}))
    link = urlsplit((await read_answer(raw))["data"]["node"]["url"]).path
    request = f"GET {link} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    left = partial(leave, watched, connect, request, "closes")
    assert await check_sql_ends(watched, "sessions, files", left)
    await assert_all_is_free(connect, token)


# -- those who wait -----------------------------------------------------------------------


@pytest.mark.usefixtures("no_faults")
async def test_a_client_that_waits_for_a_connection_and_leaves_takes_none(
    connect: Connect, watched: Database, token: str
) -> None:
    async with watched.lock_table("rooms"):
        staying = [await connect() for _ in range(2)]
        for raw in staying:
            await raw.send(make_post(token, query=ROOMS))
        await watched.wait_for_statements(2)
        waiting = [await connect() for _ in range(3)]
        for raw in waiting:
            await raw.send(make_post(token, query=ROOMS))
        await wait_for_metrics(connect, in_flight=5)
        for raw in waiting:
            raw.writer.close()
        await wait_for_metrics(connect, in_flight=2, running_weight=2)
        assert await watched.wait_for_statements(2)
    for raw in staying:
        assert "errors" not in await read_answer(raw)
    await assert_all_is_free(connect, token)


@with_settings({"most_account_running": 1}, {"most_running": 1})
@pytest.mark.usefixtures("no_faults")
async def test_an_operation_in_a_queue_is_not_begun_when_its_client_has_left(
    connect: Connect, watched: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "LONGEST_WAIT", 30.0)
    monkeypatch.setattr(gate, "BRIEFLY", 30.0)
    async with watched.lock_table("rooms"):
        first = await connect()
        await first.send(make_post(token, query=ROOMS))
        await watched.wait_for_statements(1)
        waiting = [await connect() for _ in range(2)]
        await waiting[0].send(make_post(token, query=PUBLISH, variables={"input": NOTICE}))
        await waiting[1].send(make_post(token, query=ROOMS))
        await wait_for_metrics(connect, in_flight=3)
        for raw in waiting:
            raw.writer.close()
        await wait_for_metrics(connect, in_flight=1, queue=0)
    assert "errors" not in await read_answer(first)
    await assert_all_is_free(connect, token)
    assert await watched.count_published() == 0


# -- commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["closes", "resets"])
@pytest.mark.usefixtures("no_faults")
async def test_a_command_that_has_begun_is_done_to_its_end(
    connect: Connect, watched: Database, token: str, way: str
) -> None:
    request = make_post(token, query=PUBLISH, variables={"input": NOTICE})
    async with watched.lock_table("notices"):
        raw = await connect()
        await raw.send(request)
        await watched.wait_for_statements(1)
        await WAYS[way](raw, request)
        await asyncio.sleep(1.0)  # there is no signal for something that does not happen
        await watched.wait_for_statements(1)
    await assert_all_is_free(connect, token)
    assert await watched.count_published() == 1


# -- time ---------------------------------------------------------------------------------


@with_settings({"statement_timeout_ms": 300})
async def test_sql_that_takes_too_long_ends(
    connect: Connect, watched: Database, token: str
) -> None:
    warm = await connect()
    await warm.send(make_post(token, query=ROOMS))
    assert "errors" not in await read_answer(warm)
    async with watched.lock_table("rooms"):
        raw = await connect()
        await raw.send(make_post(token, query=ROOMS))
        [error] = (await read_answer(raw))["errors"]
        assert error["extensions"]["code"] == "OPERATION_TIMEOUT"
        assert await watched.measure_seconds_until_gone() <= MOST_SECONDS
    await assert_all_is_free(connect, token)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.usefixtures("no_faults")
async def test_a_client_that_does_not_read_holds_nothing_and_is_disconnected(
    running: Running,
    connect: Connect,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 3.0)
    fields = " ".join(f"a{token_hex(5_000)}: number" for _ in range(4))
    request = make_post(token, query=f"{{ rooms {{ nodes {{ {fields} }} }} }}")
    raw = await connect()
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await sockets.wait_until(lambda: running[0].server_state.connections)
    for one in running[0].server_state.connections:
        wire = one.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)  # a small buffer is soon full
    await raw.send(request.replace(b"\r\n", f"\r\nAccept-Encoding: {encoding}\r\n".encode(), 1))

    def stuck() -> bool:
        return any(one.flow.write_paused for one in running[0].server_state.connections)  # type: ignore[union-attr]

    await sockets.wait_until(stuck)
    await wait_for_metrics(connect, running_weight=0, queue=0)
    await assert_many_are_answered(connect, token)
    assert stuck()
    await sockets.wait_until(lambda: not stuck())
    await assert_all_is_free(connect, token)
