"""The log: told in order, without gaps, from where one left off, or not at all; and its costs."""

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
    class_named,
    here,
    mark,
    notice,
)


async def test_a_lost_connection_goes_on_without_gaps_or_doubles(
    api: SignIn, desk: Desk, listen: Listen
) -> None:
    mother = api("parent.ivanova")
    stream = await listen(mother, JOURNAL, id=MASHA)
    version = (await mark(api, desk, value=2))["version"]
    last = await stream.next()
    await stream.hang_up()
    for value in (3, 4, 5):
        changed = await mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
        await mark(api, desk, desk.others[value], value=value)
    stream = await listen(mother, JOURNAL, last["cursor"], id=MASHA)
    events = [await stream.next() for _ in range(3)]
    assert len({event["cursor"] for event in events} - {last["cursor"]}) == 3
    seqs = [Cursor.parse(event["cursor"], 1).seq for event in (last, *events)]
    assert seqs == [1, 2, 4, 6]


async def test_numbers_have_no_gaps_though_commands_race_and_fail(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    stream = await listen(api(desk.login), JOURNAL, id=MASHA)
    marks = [mark(api, desk, student, value=4) for student in (*desk.others[:9], MASHA)]
    wrong = [
        api(desk.login).reply(SET_MARKS, input={"items": [desk.cell(student, value=9)]})
        for student in desk.others[9:14]
    ]
    await asyncio.gather(*marks, *wrong)
    seqs = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert seqs == [*range(1, 11)]
    assert (await stream.next())["studentId"] == MASHA


async def test_what_another_process_did_is_seen_at_the_next_look(
    api: SignIn, desk: Desk, listen: Listen, services: Services, pace: Callable[[Pace], None]
) -> None:
    pace(Pace(poll=0.02, recheck=3600))
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.soon()
    elsewhere = replace(api(desk.login).caller, services=replace(services, tails=EventTails(NEVER)))
    await Api(elsewhere)(SET_MARKS, input={"items": [desk.cell()]})
    assert (await hears)["kind"] == "MARK_SET"


async def test_who_reads_slowly_gets_what_the_ring_has_no_more(
    api: SignIn, desk: Desk, listen: Listen, pace: Callable[[Pace], None]
) -> None:
    pace(replace(NEVER, ring=2))
    slow = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    quick = await listen(api(desk.login), JOURNAL, id=MASHA)
    version, heard = (await mark(api, desk, value=2))["version"], [await slow.next()]
    storm = [desk.cell(student, value=4) for student in desk.others[:9]]
    await api(desk.login)(SET_MARKS, input={"items": storm})
    for value in (3, 4, 5):
        changed = await mark(api, desk, value=value, expectedVersion=version)
        version = changed["version"]
    assert [(await quick.next())["kind"] for _ in range(4)] == ["MARK_SET"] * 4
    heard += [await slow.next() for _ in range(3)]
    seqs = [Cursor.parse(event["cursor"], 1).seq for event in heard]
    assert seqs == [1, 11, 12, 13]


@pytest.mark.parametrize("bad", ["", "x", "-1", "9" * 19, "MS4xLg", "٣", "a" * 5000, "\0", "é"])
async def test_a_bad_cursor_is_the_clients_mistake(api: SignIn, listen: Listen, bad: str) -> None:
    stream = await api("parent.ivanova").listen(NOTICES, after=bad)
    assert await Listener(stream).code() == "BAD_USER_INPUT"


async def test_a_cursor_of_another_school_is_no_cursor(api: SignIn, listen: Listen) -> None:
    there = await here(api("parent.morozova", school=2))
    stream = await listen(api("parent.morozova", school=1), NOTICES, there)
    assert await stream.code() == "BAD_USER_INPUT"


async def test_who_was_away_for_too_long_is_told_to_read_anew(
    api: SignIn, desk: Desk, listen: Listen, clock: Clock
) -> None:
    mother = api("parent.ivanova")
    before = await here(mother)
    version = (await mark(api, desk, value=2))["version"]
    clock.now += timedelta(days=8)
    stream = await listen(mother, JOURNAL, before, id=MASHA)
    missed = await stream.next()
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_OLD")
    await mark(api, desk, value=5, expectedVersion=version)
    assert (await stream.next())["node"]["value"] == 5
    again = await listen(mother, JOURNAL, missed["cursor"], id=MASHA)
    assert (await again.next())["node"]["value"] == 5


async def test_who_is_too_far_behind_is_told_to_read_anew(
    api: SignIn, desk: Desk, listen: Listen, pace: Callable[[Pace], None]
) -> None:
    pace(replace(NEVER, backlog=1, ring=1))
    mother = api("parent.ivanova")
    before = await here(mother)
    version = (await mark(api, desk, value=2))["version"]
    await mark(api, desk, value=3, expectedVersion=version)
    missed = await (await listen(mother, JOURNAL, before, id=MASHA)).next()
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "TOO_MANY")


async def test_a_log_that_was_restored_from_a_backup_knows_no_later_cursors(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, services: Services
) -> None:
    mother = api("parent.ivanova")
    stream = await listen(mother, JOURNAL, id=MASHA)
    made = await mark(api, desk, value=2)
    heard = await stream.next()
    waits = stream.soon()
    await sql.execute(text("UPDATE events SET at = at - interval '1 minute'"))
    await mark(api, desk, value=3, expectedVersion=made["version"])
    missed = await waits
    assert (missed["__typename"], missed["reason"]) == ("EventsMissed", "UNKNOWN_CURSOR")
    late = await listen(mother, JOURNAL, heard["cursor"], id=MASHA)
    assert (await late.next())["reason"] == "UNKNOWN_CURSOR"


# -- what it costs ------------------------------------------------------------


async def test_an_event_costs_a_listener_few_statements_and_waiting_none(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, statements: Callable[[], Any],
    services: Services,
) -> None:  # fmt: skip
    streams = [await listen(api(login), NOTICES) for login in ("parent.ivanova", "parent.ivanov")]
    first = [stream.soon() for stream in streams]
    await notice(api("teacher.belova", Role.CLASS_TEACHER), await class_named(sql, "7А"))
    await asyncio.gather(*first)
    waiting = [stream.soon() for stream in streams]
    await asyncio.sleep(0)
    with statements() as idle:
        services.tails.wake(1)
        await asyncio.wait_for(quiet(services), 60)
    assert len(idle) == 2, idle  # one look for all: whose school, and what is new
    with statements() as told:
        await notice(api("teacher.belova", Role.CLASS_TEACHER), await class_named(sql, "7А"))
        with statements() as heard:
            await asyncio.gather(*waiting)
    mine = [line for line in told if "notices.withdrawn_at" in line and "notice_targets" in line]
    assert len(mine) <= 3, mine
    assert len(heard) <= 2 + 2 * 3, heard


async def quiet(services: Services) -> None:
    """Until the log has been looked at."""
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
    made = await mark(api, desk)
    await mark(api, desk, value=3, expectedVersion=made["version"])
    await mother.next()  # and the second one is not asked for
    assert "Checked out connections: 0" in services.engine.pool.status()
