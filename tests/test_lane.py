"""The lane: what takes long to read or to plan holds nobody else up, and is done once."""

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
from tests.making import body
from tests.test_attacks import Sent

LONG = f"{{ viewer {{ fullName }} }} # {'long ' * SHORT}"
INVALID = f"{{ viewr {{ fullName }} }} # {'long ' * SHORT}"
SMALL = "{ viewer { role } }"


@pytest.fixture
def door(services: Services, readers: Readers) -> GraphQLOverHTTP:
    return GraphQLOverHTTP(Starlette(), Engine(schema, replace(services, readers=readers)))


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often what was done in the lane."""
    counts: Counter[str] = Counter()
    work = Lane.work

    async def counted(self: Lane, function: Any, *args: Any) -> Any:
        counts[function.__name__] += 1
        return await work(self, function, *args)

    monkeypatch.setattr(Lane, "work", counted)
    return counts


async def test_who_is_known_is_answered_while_others_wait_for_the_lane(
    door: GraphQLOverHTTP, api: SignIn
) -> None:
    token = api("parent.ivanova").caller.token
    known = await Sent(door, body(SMALL), token).answer()
    async with door.executor.documents.lane.turn:
        waiting = [
            asyncio.create_task(Sent(door, body(f"{LONG} {n}"), token).answer()) for n in range(12)
        ]
        assert await Sent(door, body(SMALL), token).answer() == known
        assert not any(task.done() for task in waiting)
    assert all("errors" not in answer for answer in await asyncio.gather(*waiting))


async def test_a_document_is_read_and_planned_once_for_all_who_send_it_at_once(
    door: GraphQLOverHTTP, api: SignIn, worked: Counter[str]
) -> None:
    token = api("parent.ivanova").caller.token
    answers = await asyncio.gather(*(Sent(door, body(LONG), token).answer() for _ in range(12)))
    assert all(answer == answers[0] for answer in answers)
    assert worked == {"parse": 1, "judge": 1, "make_plan": 1}


@pytest.mark.parametrize("login", [None, "parent.ivanova"])
async def test_an_invalid_document_is_validated_once_on_both_roads(
    door: GraphQLOverHTTP, api: SignIn, monkeypatch: pytest.MonkeyPatch, login: str | None
) -> None:
    token = api(login).caller.token if login else None
    asked: Counter[bool] = Counter()
    validate = door.executor.documents.validate

    def counted(node: Any, *, form: bool = False) -> Any:
        asked[form] += 1
        return validate(node, form=form)

    monkeypatch.setattr(door.executor.documents, "validate", counted)
    for text in (INVALID, "{ viewr { role } }"):
        asked.clear()
        for _ in range(3):
            assert (await Sent(door, body(text), token).answer())["errors"]
        assert max(asked.values()) == 1, text


async def test_a_client_that_leaves_the_queue_leaves_the_lane_to_others(
    door: GraphQLOverHTTP, api: SignIn, worked: Counter[str]
) -> None:
    token = api("parent.ivanova").caller.token
    async with door.executor.documents.lane.turn:
        leaving = asyncio.create_task(Sent(door, body(LONG), token).answer())
        staying = asyncio.create_task(Sent(door, body(LONG + " 2"), token).answer())
        await asyncio.sleep(0)
        leaving.cancel()
    assert "errors" not in await staying
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert worked["parse"] == 1
