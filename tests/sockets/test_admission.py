"""Operations on sockets cost points and are queued like those over HTTP."""

import asyncio

import pytest

from gql.admission.admission import Admission
from gql.engine.run import Engine
from gql.guard.limits_of_use import LimitsOfUse
from gql.schema import schema
from gql.transport.admission import AdmissionAdapter
from gql.transport.websocket.endpoint import WebSocketEndpoint
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import NEVER
from tests.sockets.client import Client, Connect

STATE = "{ viewer { role } rateLimit { cost limit remaining resetAt } }"
LISTEN = "subscription { noticeEvents { __typename } }"


@pytest.fixture
def admission() -> Admission:
    return Admission(LimitsOfUse(most_points=1_000, most_running=1, most_waiting=0), 10)


@pytest.fixture
def endpoint(services: Services, admission: Admission) -> WebSocketEndpoint:
    services.tails.pace = NEVER
    engine = Engine(schema, services)
    return WebSocketEndpoint(engine, admission=AdmissionAdapter(admission, services.now))


async def ask(client: Client, query: str, id: str = "1", **extensions: object) -> None:
    payload = {"query": query, "extensions": extensions}
    await client.send("subscribe", id=id, payload=payload)


async def test_the_numbers_are_told_on_a_socket(connect_client: Connect, api: SignIn) -> None:
    async with connect_client() as mother:
        await mother.sign_in(api("parent.ivanova").caller.token)
        await ask(mother, STATE, cost=True)
        told = (await mother.receive())["payload"]
        assert told["extensions"]["cost"] == told["data"]["rateLimit"]
        assert told["data"]["rateLimit"]["limit"] == 1_000
        assert (await mother.receive())["type"] == "complete"
        await ask(mother, STATE)
        again = (await mother.receive())["payload"]
        assert "extensions" not in again
        state, before = again["data"]["rateLimit"], told["data"]["rateLimit"]
        assert state["remaining"] == before["remaining"] - state["cost"]


async def test_a_client_without_points_loses_the_operation_and_keeps_the_socket(
    connect_client: Connect, api: SignIn
) -> None:
    async with connect_client() as mother:
        await mother.sign_in(api("parent.ivanova").caller.token)
        await ask(mother, LISTEN, "events")
        await ask(mother, "{ notices(first: 100) { nodes { id } } }", "0")
        number = 0
        while (message := await mother.receive())["type"] != "error":
            if message["type"] == "complete":
                number += 1
                query = "{ notices(first: 100) { nodes { id } } }"
                await ask(mother, query, str(number))
        [error] = message["payload"]
        assert message["id"] == str(number)
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["extensions"]["retryAfter"] >= 1
        await mother.send("ping")
        assert (await mother.receive())["type"] == "pong"


async def test_a_subscription_takes_no_place_and_is_paid_for_once(
    connect_client: Connect, api: SignIn, admission: Admission
) -> None:
    async with connect_client() as mother:
        await mother.sign_in(api("parent.ivanova").caller.token)
        for number in range(5):
            await ask(mother, LISTEN, f"events {number}")
        while admission.admitted < 5:  # noqa: ASYNC110  # it has no signal for it
            await asyncio.sleep(0.01)
        assert admission.gate.inside == 0
        await ask(mother, STATE)
        state = (await mother.receive())["payload"]["data"]["rateLimit"]
        assert state["remaining"] == state["limit"] - 5 * 1 - state["cost"]


async def test_on_a_socket_too_much_at_once_is_refused(
    connect_client: Connect, api: SignIn, admission: Admission
) -> None:
    place = admission.place(None, "192.0.2.1", 1)
    await place.enter()
    async with connect_client() as mother:
        await mother.sign_in(api("parent.ivanova").caller.token)
        await ask(mother, STATE)
        assert await mother.receive_error() == "SERVICE_UNAVAILABLE"
        place.leave()
        await ask(mother, STATE)
        assert (await mother.receive())["type"] == "next"
