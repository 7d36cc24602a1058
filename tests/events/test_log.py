"""The log is read in order, without gaps, from the place of a cursor, or not at all; and its
costs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from resolvers.core.context import Services
from resolvers.services.events.entries import Cursor
from resolvers.services.events.readers import EventTails
from resolvers.services.events.tail import Pace
from tests.conftest import Api, Clock, SignIn
from tests.events.listening import (
    JOURNAL,
    MASHA,
    NEVER,
    NOTICES,
    SET_MARKS,
    Desk,
    Listen,
    Listener,
    find_class,
    get_cursor,
    publish_notice,
    set_mark,
)


async def test_a_lost_connection_goes_on_without_gaps_or_doubles(
    api: SignIn, desk: Desk, listen: Listen
) -> None:
    mother = api("parent.ivanova")
    stream = await listen(mother, JOURNAL, id=MASHA)
    version = (await set_mark(api, desk, value=2))["version"]
    last = await stream.next_event()
    await stream.close()
    for value in (3, 4, 5):
        changed = await set_mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
        await set_mark(api, desk, desk.others[value], value=value)
    stream = await listen(mother, JOURNAL, last["cursor"], id=MASHA)
    events = [await stream.next_event() for _ in range(3)]
    assert len({event["cursor"] for event in events} - {last["cursor"]}) == 3
    seqs = [Cursor.parse(event["cursor"], 1).seq for event in (last, *events)]
    assert seqs == [1, 2, 4, 6]


async def test_numbers_have_no_gaps_though_commands_race_and_fail(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    stream = await listen(api(desk.login), JOURNAL, id=MASHA)
    marks = [set_mark(api, desk, student, value=4) for student in (*desk.others[:9], MASHA)]
    wrong = [
        api(desk.login).reply(SET_MARKS, input={"items": [desk.make_input(student, value=9)]})
        for student in desk.others[9:14]
    ]
    await asyncio.gather(*marks, *wrong)
    seqs = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert seqs == [*range(1, 11)]
    assert (await stream.next_event())["studentId"] == MASHA


async def test_an_event_of_another_process_is_seen_at_the_next_poll(
    api: SignIn, desk: Desk, listen: Listen, services: Services, pace: Callable[[Pace], None]
) -> None:
    pace(Pace(poll=0.02, recheck=3600))
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.start_waiting()
    elsewhere = replace(api(desk.login).caller, services=replace(services, tails=EventTails(NEVER)))
    await Api(elsewhere)(SET_MARKS, input={"items": [desk.make_input()]})
    assert (await hears)["kind"] == "MARK_SET"


async def test_a_slow_reader_gets_events_that_the_buffer_no_longer_holds(
    api: SignIn, desk: Desk, listen: Listen, pace: Callable[[Pace], None]
) -> None:
    pace(replace(NEVER, ring=2))
    slow = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    quick = await listen(api(desk.login), JOURNAL, id=MASHA)
    version, heard = (await set_mark(api, desk, value=2))["version"], [await slow.next_event()]
    storm = [desk.make_input(student, value=4) for student in desk.others[:9]]
    await api(desk.login)(SET_MARKS, input={"items": storm})
    for value in (3, 4, 5):
        changed = await set_mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
    assert [(await quick.next_event())["kind"] for _ in range(4)] == ["MARK_SET"] * 4
    heard += [await slow.next_event() for _ in range(3)]
    seqs = [Cursor.parse(event["cursor"], 1).seq for event in heard]
    assert seqs == [1, 11, 12, 13]


@pytest.mark.parametrize("bad", ["", "x", "-1", "9" * 19, "MS4xLg", "٣", "a" * 5000, "\0", "é"])
async def test_a_bad_cursor_is_the_clients_mistake(api: SignIn, listen: Listen, bad: str) -> None:
    stream = await api("parent.ivanova").listen(NOTICES, after=bad)
    assert await Listener(stream).read_code() == "BAD_USER_INPUT"


async def test_a_cursor_of_another_school_is_no_cursor(api: SignIn, listen: Listen) -> None:
    there = await get_cursor(api("parent.morozova", school=2))
    stream = await listen(api("parent.morozova", school=1), NOTICES, there)
    assert await stream.read_code() == "BAD_USER_INPUT"


async def test_a_client_that_was_away_for_too_long_is_told_to_read_everything_again(
    api: SignIn, desk: Desk, listen: Listen, clock: Clock
) -> None:
    mother = api("parent.ivanova")
    before = await get_cursor(mother)
    version = (await set_mark(api, desk, value=2))["version"]
    clock.now += timedelta(days=8)
    stream = await listen(mother, JOURNAL, before, id=MASHA)
    missed = await stream.next_event()
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_OLD")
    await set_mark(api, desk, value=5, expectedVersion=version)
    assert (await stream.next_event())["node"]["value"] == 5
    again = await listen(mother, JOURNAL, missed["cursor"], id=MASHA)
    assert (await again.next_event())["node"]["value"] == 5


async def test_a_client_that_is_too_far_behind_is_told_to_read_everything_again(
    api: SignIn, desk: Desk, listen: Listen, pace: Callable[[Pace], None]
) -> None:
    pace(replace(NEVER, backlog=1, ring=1))
    mother = api("parent.ivanova")
    before = await get_cursor(mother)
    version = (await set_mark(api, desk, value=2))["version"]
    await set_mark(api, desk, value=3, expectedVersion=version)
    missed = await (await listen(mother, JOURNAL, before, id=MASHA)).next_event()
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_MANY")


async def test_a_log_that_was_restored_from_a_backup_refuses_later_cursors(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, services: Services
) -> None:
    mother = api("parent.ivanova")
    stream = await listen(mother, JOURNAL, id=MASHA)
    made = await set_mark(api, desk, value=2)
    heard = await stream.next_event()
    waits = stream.start_waiting()
    await sql.execute(text("UPDATE events SET at = at - interval '1 minute'"))
    await set_mark(api, desk, value=3, expectedVersion=made["version"])
    missed = await waits
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "UNKNOWN_CURSOR")
    late = await listen(mother, JOURNAL, heard["cursor"], id=MASHA)
    assert (await late.next_event())["reason"] == "UNKNOWN_CURSOR"


# -- what it costs ------------------------------------------------------------


async def test_an_event_costs_a_listener_few_statements_and_waiting_none(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, statements: Callable[[], Any],
    services: Services,
) -> None:  # fmt: skip
    streams = [await listen(api(login), NOTICES) for login in ("parent.ivanova", "parent.ivanov")]
    first = [stream.start_waiting() for stream in streams]
    await publish_notice(api("teacher.belova", Role.CLASS_TEACHER), await find_class(sql, "7А"))
    await asyncio.gather(*first)
    waiting = [stream.start_waiting() for stream in streams]
    await asyncio.sleep(0)
    with statements() as idle:
        services.tails.wake(1)
        await asyncio.wait_for(wait_until_read(services), 60)
    assert len(idle) == 2, idle  # two statements for all listeners: the school, and its new events
    with statements() as told:
        await publish_notice(api("teacher.belova", Role.CLASS_TEACHER), await find_class(sql, "7А"))
        with statements() as heard:
            await asyncio.gather(*waiting)
    mine = [line for line in told if "notices.withdrawn_at" in line and "notice_targets" in line]
    assert len(mine) <= 3, mine
    assert len(heard) <= 2 + 2 * 3, heard


async def wait_until_read(services: Services) -> None:
    """Wait until the log has been read."""
    while services.tails._tails[1].woken.is_set():  # noqa: ASYNC110, SLF001
        await asyncio.sleep(0)
    for _ in range(1000):
        await asyncio.sleep(0.001)
        if "Checked out connections: 0" in services.engine.pool.status():
            return


async def test_no_connection_waits_for_a_slow_client(
    api: SignIn, desk: Desk, listen: Listen, services: Services
) -> None:
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    made = await set_mark(api, desk)
    await set_mark(api, desk, value=3, expectedVersion=made["version"])
    await mother.next_event()  # the second event is not awaited
    assert "Checked out connections: 0" in services.engine.pool.status()
