"""The lane: slow parsing and planning delays nobody else, and is done once."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.guard.lane import SHORT, Lane
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from models.database.readers import Readers
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.making import pack
from tests.test_attacks import Request

LONG = f"{{ viewer {{ fullName }} }} # {'long ' * SHORT}"
INVALID = f"{{ viewr {{ fullName }} }} # {'long ' * SHORT}"
SMALL = "{ viewer { role } }"


@pytest.fixture
def door(services: Services, readers: Readers) -> GraphQLOverHTTP:
    return GraphQLOverHTTP(Starlette(), Engine(schema, replace(services, readers=readers)))


@pytest.fixture
def lane_calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return a counter of the functions that run in the lane."""
    counts: Counter[str] = Counter()
    work = Lane.work

    async def count_and_work(self: Lane, function: Any, *args: Any) -> Any:
        counts[function.__name__] += 1
        return await work(self, function, *args)

    monkeypatch.setattr(Lane, "work", count_and_work)
    return counts


async def test_a_known_document_is_answered_while_others_wait_for_the_lane(
    door: GraphQLOverHTTP, api: SignIn
) -> None:
    token = api("parent.ivanova").caller.token
    known = await Request(door, pack(SMALL), token).answer()
    async with door.executor.documents.lane.turn:
        waiting = [
            asyncio.create_task(Request(door, pack(f"{LONG} {n}"), token).answer())
            for n in range(12)
        ]
        assert await Request(door, pack(SMALL), token).answer() == known
        assert not any(task.done() for task in waiting)
    assert all("errors" not in answer for answer in await asyncio.gather(*waiting))


async def test_a_document_is_read_and_planned_once_for_all_who_send_it_at_once(
    door: GraphQLOverHTTP, api: SignIn, lane_calls: Counter[str]
) -> None:
    token = api("parent.ivanova").caller.token
    answers = await asyncio.gather(*(Request(door, pack(LONG), token).answer() for _ in range(12)))
    assert all(answer == answers[0] for answer in answers)
    assert lane_calls == {"parse": 1, "judge": 1, "make_plan": 1}


@pytest.mark.parametrize("login", [None, "parent.ivanova"])
async def test_an_invalid_document_is_validated_once_by_both_executors(
    door: GraphQLOverHTTP, api: SignIn, monkeypatch: pytest.MonkeyPatch, login: str | None
) -> None:
    token = api(login).caller.token if login else None
    asked: Counter[bool] = Counter()
    validate = door.executor.documents.validate

    def count_and_validate(node: Any, *, form: bool = False) -> Any:
        asked[form] += 1
        return validate(node, form=form)

    monkeypatch.setattr(door.executor.documents, "validate", count_and_validate)
    for text in (INVALID, "{ viewr { role } }"):
        asked.clear()
        for _ in range(3):
            assert (await Request(door, pack(text), token).answer())["errors"]
        assert max(asked.values()) == 1, text


async def test_a_client_that_leaves_the_queue_leaves_the_lane_to_others(
    door: GraphQLOverHTTP, api: SignIn, lane_calls: Counter[str]
) -> None:
    token = api("parent.ivanova").caller.token
    async with door.executor.documents.lane.turn:
        leaving = asyncio.create_task(Request(door, pack(LONG), token).answer())
        staying = asyncio.create_task(Request(door, pack(LONG + " 2"), token).answer())
        await asyncio.sleep(0)
        leaving.cancel()
    assert "errors" not in await staying
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert lane_calls["parse"] == 1
