"""Listeners, and a pace at which they are woken only by what a test does."""

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
    find_class,
    get_cursor,
    open_desk,
)


@pytest.fixture
def services(services: Services, readers: Readers) -> Services:
    return replace(services, readers=readers)


@pytest.fixture(autouse=True)
def pace(services: Services) -> Callable[[Pace], None]:
    """A function that sets the pace; tests call it before anyone listens."""

    def set_pace(pace: Pace) -> None:
        services.tails.pace = pace

    set_pace(NEVER)
    return set_pace


@pytest.fixture
async def desk(sql: AsyncConnection) -> Desk:
    return await open_desk(sql)


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Open a stream from the present end of the log: `await listen(person, NOTICES)`."""
    opened: list[Listener] = []

    async def begin(person: Api, document: str, after: str | None = "", **given: Any) -> Listener:
        where = {} if after is None else {"after": after or await get_cursor(person)}
        opened.append(Listener(await person.listen(document, **where, **given)))
        return opened[-1]

    yield begin
    for one in opened:
        await one.close()


@pytest.fixture
def leader(api: SignIn) -> Api:
    """The class teacher of Masha's class."""
    return api("teacher.belova", Role.CLASS_TEACHER)


@pytest.fixture
async def class_of_masha(sql: AsyncConnection) -> str:
    """The id of Masha's class."""
    return await find_class(sql, "7А")


@pytest.fixture
def pass_time(clock: Clock, services: Services) -> Pass:
    """Move the clock and wake the readers of the log: `pass_time(TOMORROW)`."""

    def move_clock(moment: datetime) -> None:
        clock.now = moment
        services.tails.wake(1)

    return move_clock
