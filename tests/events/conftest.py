"""Quiet, in which only what a test does can be heard, and people who listen."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from models.database.readers import Readers
from resolvers.core.context import Services
from resolvers.services.events.tail import Pace
from tests.conftest import Api, Clock, SignIn
from tests.events.listening import (
    NEVER,
    Desk,
    Listen,
    Listener,
    Pass,
    class_named,
    here,
    open_desk,
)


@pytest.fixture
def services(services: Services, readers: Readers) -> Services:
    return replace(services, readers=readers)


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


@pytest.fixture
def leader(api: SignIn) -> Api:
    """The class teacher of Masha's class."""
    return api("teacher.belova", Role.CLASS_TEACHER)


@pytest.fixture
async def ours(sql: AsyncConnection) -> str:
    """Masha's class."""
    return await class_named(sql, "7А")


@pytest.fixture
def it_is(clock: Clock, services: Services) -> Pass:
    """`it_is(TOMORROW)`: time passes, and whoever follows the log looks at it."""

    def pass_time(moment: datetime) -> None:
        clock.now = moment
        services.tails.wake(1)

    return pass_time
