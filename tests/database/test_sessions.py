"""What takes the short way to the driver gives what SQLAlchemy gives."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.orm.exc import StaleDataError

from models.database.sessions import Session
from models.school.rooms import Room
from models.school.schools import School
from resolvers.core.context import set_school


async def test_both_ways_give_equal_rows(engine: AsyncEngine) -> None:
    other = aliased(Room)
    query = select(School, School.id.in_([1, 2]), other).outerjoin(
        other, other.school_id == School.id
    )
    found = []
    for kind in (Session, AsyncSession):
        async with kind(engine) as session:
            await set_school(session, 1)
            lines = (await session.execute(query.order_by(other.id).limit(3))).all()
            found.append([[read(one) for one in line] for line in lines])
    assert found[0] == found[1] != []


def read(one: Any) -> Any:
    return {k: v for k, v in vars(one).items() if k[0] != "_"} if hasattr(one, "version") else one


async def test_who_changes_a_row_that_another_has_changed_is_told(engine: AsyncEngine) -> None:
    async with Session(engine, expire_on_commit=False) as session:
        await set_school(session, 1)
        room = Room(number="12а")
        session.add(room)
        await session.flush()
        assert (room.id > 0, room.version) == (True, 1)
        await session.execute(text("UPDATE rooms SET version = 7 WHERE id = :id"), {"id": room.id})
        room.number = "13"
        with pytest.raises(StaleDataError):
            await session.flush()


async def test_the_errors_are_those_of_sqlalchemy(
    engine: AsyncEngine, statements: Callable[[], Any]
) -> None:
    async with Session(engine) as session:
        await set_school(session, 1)
        session.add_all([Room(number="12б"), Room(number="12б")])
        with statements() as sent, pytest.raises(IntegrityError):
            await session.flush()
    assert len(sent) == 2
