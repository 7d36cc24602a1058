"""Old events are deleted, and a listener who was away for longer than they are kept is told so."""

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
    get_cursor,
    set_mark,
)

WEEK = timedelta(days=7)
MANY = text("""
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT 1, n, 'JOURNAL', 'MARK_SET', 'Mark:1-1', CAST(:at AS timestamptz), 1
    FROM generate_series(CAST(:first AS bigint), :last) n""")
HEAD = text("UPDATE school_heads SET event_seq = :last WHERE school_id = 1")
LEFT = text("SELECT min(seq), max(seq), count(*) FROM events WHERE school_id = 1")
LOCK = text("SELECT pg_advisory_lock(hashtextextended('gorod clears events', 1))")


async def insert_events(sql: AsyncConnection, old: int, new: int) -> None:
    """Insert events of ten days ago, then some of today."""
    await sql.execute(MANY, {"first": 1, "last": old, "at": NOON - timedelta(days=10)})
    await sql.execute(MANY, {"first": old + 1, "last": old + new, "at": NOON})
    await sql.execute(HEAD, {"last": old + new})


async def fetch_rest(sql: AsyncConnection) -> tuple[int, ...]:
    return tuple((await sql.execute(LEFT)).one())


async def test_old_events_are_deleted_a_thousand_at_a_time(
    services: Services, sql: AsyncConnection
) -> None:
    await insert_events(sql, old=2300, new=1020)
    log = EventLog(services.engine, 1)
    assert await log.clear(NOON - WEEK) is True
    assert await fetch_rest(sql) == (1001, 3320, 2320)
    assert await log.clear(NOON - WEEK) is True
    assert await log.clear(NOON - WEEK) is False
    assert await fetch_rest(sql) == (2301, 3320, 1020)
    assert await log.clear(NOON - WEEK) is False
    assert await fetch_rest(sql) == (2301, 3320, 1020)


async def test_the_newest_thousand_stay_however_old_they_are(
    services: Services, sql: AsyncConnection
) -> None:
    await insert_events(sql, old=1030, new=0)
    await EventLog(services.engine, 1).clear(NOON - WEEK)
    assert await fetch_rest(sql) == (31, 1030, 1000)


async def test_one_process_at_a_time_deletes_events(
    services: Services, sql: AsyncConnection
) -> None:
    await insert_events(sql, old=1030, new=5)
    await sql.execute(LOCK)
    assert await EventLog(services.engine, 1).clear(NOON - WEEK) is False
    assert await fetch_rest(sql) == (1, 1035, 1035)


async def test_a_reader_clears_the_log_of_its_own_school_every_hour(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, clock: Clock
) -> None:
    await insert_events(sql, old=1200, new=5)
    await sql.execute(text("INSERT INTO events SELECT 2, n, 'JOURNAL', 'MARK_SET', 'Mark:2-1',"
                           " '2020-01-01', 1, NULL FROM generate_series(1, 1200) n"))  # fmt: skip
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.start_waiting()
    version = (await set_mark(api, desk, value=2))["version"]
    await hears  # the reader cleared the log when it began, before it read new events
    begin, *_ = await fetch_rest(sql)
    assert begin in (206, 207)
    for value in (3, 4, 5):  # when an event arrives, the clearing after the one before is done
        clock.now += timedelta(
            hours=1
        )  # a reader that wakes now may find nothing more to clear yet
        changed = await set_mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
        assert (await mother.next_event())["node"]["value"] == value
    assert (await fetch_rest(sql))[0] > begin
    assert await sql.scalar(text("SELECT count(*) FROM events WHERE school_id = 2")) == 1200


async def test_a_school_that_wakes_after_the_holidays_misses_nothing(
    api: SignIn, desk: Desk, listen: Listen, services: Services, clock: Clock
) -> None:
    """The newest event before the holidays is kept until all have received the one after it."""
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.start_waiting()
    version = (await set_mark(api, desk, value=2))["version"]
    await hears
    clock.now += timedelta(days=90)
    hears = mother.start_waiting()
    elsewhere = replace(api(desk.login).caller, services=replace(services, tails=EventTails(NEVER)))
    for value in (3, 4):
        again = desk.make_input(value=value, expectedVersion=version)
        data = await Api(elsewhere)(SET_MARK, input=again)
        version = data["setMark"]["mark"]["version"]
    await EventLog(services.engine, 1).clear(clock.now - WEEK)
    services.tails.wake(1)
    assert (await hears)["kind"] == (await mother.next_event())["kind"] == "MARK_SET"


async def test_a_cursor_before_the_deleted_events_is_answered_by_events_missed(
    api: SignIn, desk: Desk, listen: Listen, services: Services, sql: AsyncConnection
) -> None:
    mother, log = api("parent.ivanova"), EventLog(services.engine, 1)
    await insert_events(sql, old=1030, new=5)
    [cleared], [old], [kept] = [await log.read_since(seq, 1) for seq in (20, 500, 1032)]
    await log.clear(NOON - WEEK)
    now = await get_cursor(mother)
    for before in (str(Cursor(1, 0)), cleared.cursor, old.cursor):
        missed = await (await listen(mother, JOURNAL, before, id=MASHA)).next_event()
        assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_OLD")
        assert missed["cursor"] == now
    stream = await listen(mother, JOURNAL, kept.cursor, id=MASHA)
    made = await set_mark(api, desk)
    assert (await stream.next_event())["entityId"] == made[
        "id"
    ]  # the events between are about no mark
