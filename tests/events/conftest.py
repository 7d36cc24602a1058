"""Quiet, in which only what a test does can be heard, and people who listen."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.context import Services
from resolvers.events.tail import Pace
from tests.conftest import Api
from tests.events.listening import NEVER, Desk, Listen, Listener, here, open_desk


@pytest.fixture(autouse=True)
def pace(services: Services) -> Callable[[Pace], None]:
    """Tests set the pace before anyone listens."""

    def set_pace(pace: Pace) -> None:
        services.tails.pace = pace

    set_pace(NEVER)
    return set_pace


@pytest.fixture
async def desk(sql: AsyncConnection) -> Desk:
    return await open_desk(sql)


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """`await listen(person, NOTICES)`: an open stream, from where the log stands now."""
    opened: list[Listener] = []

    async def begin(person: Api, document: str, after: str | None = "", **given: Any) -> Listener:
        where = {} if after is None else {"after": after or await here(person)}
        opened.append(Listener(await person.listen(document, **where, **given)))
        return opened[-1]

    yield begin
    for one in opened:
        await one.hang_up()
