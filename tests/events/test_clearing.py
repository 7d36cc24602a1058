"""The log does not grow for ever, and whoever was away for longer than it is kept is told so."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from resolvers.events.log import EventLog
from resolvers.services.events.entries import Cursor
from resolvers.services.events.readers import EventTails
from tests.conftest import NOON, Api, Clock, SignIn
from tests.events.listening import (
    JOURNAL,
    MASHA,
    NEVER,
    SET_MARK,
    Desk,
    Listen,
    here,
    mark,
)

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
    await happened(sql, old=2300, new=1020)
    log = EventLog(services.engine, 1)
    assert await log.clear(NOON - WEEK) is True
    assert await left(sql) == (1001, 3320, 2320)
    assert await log.clear(NOON - WEEK) is True
    assert await log.clear(NOON - WEEK) is False
    assert await left(sql) == (2301, 3320, 1020)
    assert await log.clear(NOON - WEEK) is False
    assert await left(sql) == (2301, 3320, 1020)


async def test_the_newest_thousand_stay_however_old_they_are(
    services: Services, sql: AsyncConnection
) -> None:
    await happened(sql, old=1030, new=0)
    await EventLog(services.engine, 1).clear(NOON - WEEK)
    assert await left(sql) == (31, 1030, 1000)


async def test_one_process_at_a_time_clears_events_away(
    services: Services, sql: AsyncConnection
) -> None:
    await happened(sql, old=1030, new=5)
    await sql.execute(LOCK)
    assert await EventLog(services.engine, 1).clear(NOON - WEEK) is False
    assert await left(sql) == (1, 1035, 1035)


async def test_who_follows_the_log_of_a_school_clears_it_every_hour_and_no_other(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, clock: Clock
) -> None:
    await happened(sql, old=1200, new=5)
    await sql.execute(text("INSERT INTO events SELECT 2, n, 'JOURNAL', 'MARK_SET', 'Mark:2-1',"
                           " '2020-01-01', 1, NULL FROM generate_series(1, 1200) n"))  # fmt: skip
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.soon()
    version = (await mark(api, desk, value=2))["version"]
    await hears  # who began to follow has cleared the log before looking what is new
    begin, *_ = await left(sql)
    assert begin in (206, 207)
    for value in (3, 4, 5):  # when one is told of, what followed the one before is done
        clock.now += timedelta(hours=1)  # whoever wakes now may find nothing more to clear yet
        changed = await mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
        assert (await mother.next())["node"]["value"] == value
    assert (await left(sql))[0] > begin
    assert await sql.scalar(text("SELECT count(*) FROM events WHERE school_id = 2")) == 1200


async def test_a_school_that_wakes_after_the_holidays_misses_nothing(
    api: SignIn, desk: Desk, listen: Listen, services: Services, clock: Clock
) -> None:
    """What was newest before them is cleared away by no one until all have heard what came next."""
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.soon()
    version = (await mark(api, desk, value=2))["version"]
    await hears
    clock.now += timedelta(days=90)
    hears = mother.soon()
    elsewhere = replace(api(desk.login).caller, services=replace(services, tails=EventTails(NEVER)))
    for value in (3, 4):
        again = desk.cell(value=value, expectedVersion=version)
        data = await Api(elsewhere)(SET_MARK, input=again)
        version = data["setMark"]["mark"]["version"]
    await EventLog(services.engine, 1).clear(clock.now - WEEK)
    services.tails.wake(1)
    assert (await hears)["kind"] == (await mother.next())["kind"] == "MARK_SET"


async def test_a_cursor_from_before_what_was_cleared_away_is_answered_by_events_missed(
    api: SignIn, desk: Desk, listen: Listen, services: Services, sql: AsyncConnection
) -> None:
    mother, log = api("parent.ivanova"), EventLog(services.engine, 1)
    await happened(sql, old=1030, new=5)
    [cleared], [old], [kept] = [await log.read_since(seq, 1) for seq in (20, 500, 1032)]
    await log.clear(NOON - WEEK)
    now = await here(mother)
    for before in (str(Cursor(1, 0)), cleared.cursor, old.cursor):
        missed = await (await listen(mother, JOURNAL, before, id=MASHA)).next()
        assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_OLD")
        assert missed["cursor"] == now
    stream = await listen(mother, JOURNAL, kept.cursor, id=MASHA)
    made = await mark(api, desk)
    assert (await stream.next())["entityId"] == made["id"]  # the events between are of no mark
