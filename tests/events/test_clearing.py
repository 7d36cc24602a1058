"""The log does not grow for ever, and whoever was away for longer than it is kept is told so."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.context import Services
from resolvers.events.entries import Cursor
from resolvers.events.log import Log
from tests.conftest import NOON, Clock, SignIn
from tests.events.listening import JOURNAL, MASHA, Desk, Listen, here, mark

WEEK = timedelta(days=7)
MANY = text("""
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT 1, n, 'JOURNAL', 'MARK_SET', 'Mark:1-1', CAST(:at AS timestamptz), 1
    FROM generate_series(CAST(:first AS bigint), :last) n""")
HEAD = text("UPDATE school_heads SET event_seq = :last WHERE school_id = 1")
LEFT = text("SELECT min(seq), max(seq), count(*) FROM events WHERE school_id = 1")
LOCK = text("SELECT pg_advisory_lock(hashtextextended('gorod clears events', 1))")


async def happened(sql: AsyncConnection, old: int, new: int) -> None:
    """Events of ten days ago, then some of today."""
    await sql.execute(MANY, {"first": 1, "last": old, "at": NOON - timedelta(days=10)})
    await sql.execute(MANY, {"first": old + 1, "last": old + new, "at": NOON})
    await sql.execute(HEAD, {"last": old + new})


async def left(sql: AsyncConnection) -> tuple[int, ...]:
    return tuple((await sql.execute(LEFT)).one())


async def test_old_events_are_cleared_away_a_thousand_at_a_time(
    services: Services, sql: AsyncConnection
) -> None:
    await happened(sql, old=2300, new=20)
    log = Log(services.engine, 1)
    assert await log.clear(NOON - WEEK) is True
    assert await left(sql) == (1001, 2320, 1320)
    assert await log.clear(NOON - WEEK) is True
    assert await log.clear(NOON - WEEK) is False
    assert await left(sql) == (2301, 2320, 20)
    assert await log.clear(NOON - WEEK) is False
    assert await left(sql) == (2301, 2320, 20)


async def test_the_newest_event_stays_however_old_it_is(
    services: Services, sql: AsyncConnection
) -> None:
    await happened(sql, old=30, new=0)
    await Log(services.engine, 1).clear(NOON - WEEK)
    assert await left(sql) == (30, 30, 1)


async def test_one_process_at_a_time_clears_events_away(
    services: Services, sql: AsyncConnection
) -> None:
    await happened(sql, old=30, new=5)
    await sql.execute(LOCK)
    assert await Log(services.engine, 1).clear(NOON - WEEK) is False
    assert await left(sql) == (1, 35, 35)


async def test_one_school_is_cleared_by_the_clock_of_who_follows_it_and_others_are_not(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, clock: Clock, services: Services
) -> None:
    mother = await listen(api("parent.ivanova"), JOURNAL, None, id=MASHA)
    hears = mother.soon()
    await sql.execute(text("INSERT INTO events SELECT 2, n, 'JOURNAL', 'MARK_SET', 'Mark:2-1',"
                           " '2020-01-01', 1, NULL FROM generate_series(1, 5) n"))  # fmt: skip
    version = (await mark(api, desk, value=2))["version"]
    await mark(api, desk, desk.others[0], value=3)
    assert (await hears)["kind"] == "MARK_SET"
    clock.now += WEEK
    for value in (3, 4, 5):  # when one is told of, what followed the one before is done
        clock.now += timedelta(hours=1)
        changed = await mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
        assert (await mother.next())["node"]["value"] == value
    assert await left(sql) == (3, 5, 3)
    assert await sql.scalar(text("SELECT count(*) FROM events WHERE school_id = 2")) == 5


async def test_a_cursor_from_before_what_was_cleared_away_is_answered_by_events_missed(
    api: SignIn, desk: Desk, listen: Listen, services: Services, sql: AsyncConnection
) -> None:
    mother, log = api("parent.ivanova"), Log(services.engine, 1)
    at_first = str(Cursor(1, 0))
    await happened(sql, old=30, new=5)
    [cleared, *_, kept] = await log.since(20, 12)
    await log.clear(NOON - WEEK)
    now = await here(mother)
    for old in (at_first, cleared.cursor):
        missed = await (await listen(mother, JOURNAL, old, id=MASHA)).next()
        assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_OLD")
        assert missed["cursor"] == now
    stream = await listen(mother, JOURNAL, kept.cursor, id=MASHA)
    made = await mark(api, desk)
    assert (await stream.next())["entityId"] == made["id"]  # the events between are of no mark
