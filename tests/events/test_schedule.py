"""What comes into view with time is told of then: once, whatever happens meanwhile."""

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.core.context import Services
from resolvers.events.log import EventLog
from resolvers.events.schedule import release
from resolvers.services.events.entries import Cursor
from resolvers.services.events.readers import EventTails
from tests.conftest import NOON, Api, Clock, SignIn
from tests.events.listening import (
    CLEAR_MARK,
    EDIT,
    JOURNAL,
    MASHA,
    NEVER,
    NOTICES,
    TOMORROW,
    WITHDRAW,
    Listen,
    Pass,
    here,
    mark,
    notice,
    open_desk,
    titles,
)


async def test_a_notice_for_tomorrow_reaches_the_mother_tomorrow(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    mother, author = await listen(api("parent.ivanova"), NOTICES), await listen(leader, NOTICES)
    hears = mother.soon()
    await notice(leader, ours, "Завтра", visibleFrom=TOMORROW.isoformat())
    await notice(leader, ours, "Сегодня")
    assert (await hears)["notice"]["title"] == "Сегодня"
    hears = mother.soon()
    it_is(TOMORROW - timedelta(seconds=1))
    await notice(leader, ours, "Накануне")
    assert (await hears)["notice"]["title"] == "Накануне"
    hears = mother.soon()
    it_is(TOMORROW)
    event = await hears
    assert (event["kind"], event["notice"]["title"]) == ("NOTICE_PUBLISHED", "Завтра")
    assert datetime.fromisoformat(event["occurredAt"]) == TOMORROW
    told = await titles(author, 4)  # what one wrote is told at once, and when others see it
    assert [title for _, title in told] == ["Завтра", "Сегодня", "Накануне", "Завтра"]


async def test_a_mark_for_thursday_reaches_the_mother_on_thursday_as_it_is_then(
    api: SignIn, sql: AsyncConnection, listen: Listen, it_is: Pass
) -> None:
    later = await open_desk(sql, publish_at=TOMORROW)
    at_once = await open_desk(sql)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.soon()
    made = await mark(api, later, value=2)
    await mark(api, later, value=4, expectedVersion=made["version"])
    known = await mark(api, at_once, value=3)
    assert (await hears)["node"]["value"] == 3
    hears = mother.soon()
    it_is(TOMORROW)
    event = await hears
    assert (event["kind"], event["node"]["value"]) == ("MARK_SET", 4)
    await mark(api, at_once, value=5, expectedVersion=known["version"])
    assert (await mother.next())["node"]["value"] == 5  # and not the four once more


async def test_who_comes_back_hears_what_came_into_view_while_nobody_listened(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    mother = api("parent.ivanova")
    await notice(leader, ours, "Завтра", visibleFrom=TOMORROW.isoformat())
    before = await here(mother)
    it_is(TOMORROW + timedelta(hours=3))
    stream = await listen(mother, NOTICES, before)
    first = await stream.next()
    assert first["notice"]["title"] == "Завтра"
    again = await listen(mother, NOTICES, first["cursor"])
    await notice(leader, ours, "Потом")
    assert (await again.next())["notice"]["title"] == "Потом"


async def test_the_hour_strikes_though_nobody_looks_at_the_log(
    leader: Api, listen: Listen, ours: str, services: Services
) -> None:
    """Polling is off: what wakes the process is that it knows when something will be due."""
    began = time.monotonic()

    def running() -> datetime:
        return NOON + timedelta(seconds=time.monotonic() - began)

    at_work = replace(services, now=running)
    mother = Api(replace(leader.caller, services=at_work))
    stream = await listen(mother, NOTICES)
    soon = running() + timedelta(seconds=0.3)
    await notice(mother, ours, "Сейчас", visibleFrom=soon.isoformat())
    assert await titles(stream, 2) == [("NOTICE_PUBLISHED", "Сейчас")] * 2
    assert running() >= soon


async def test_two_processes_that_see_the_hour_strike_tell_of_it_once(
    leader: Api, api: SignIn, listen: Listen, ours: str, services: Services, clock: Clock,
    sql: AsyncConnection,
) -> None:  # fmt: skip
    elsewhere = replace(services, tails=EventTails(NEVER))
    processes = services, elsewhere
    mothers = [
        await listen(Api(replace(api("parent.ivanova").caller, services=one)), NOTICES)
        for one in processes
    ]
    hear = [mother.soon() for mother in mothers]
    for number in range(5):
        title = {"title": f"Завтра {number}", "visibleFrom": TOMORROW.isoformat()}
        await notice(leader, ours, **title)
    await notice(leader, ours, "Сегодня")
    elsewhere.tails.wake(1)
    await asyncio.gather(*hear)
    hear = [mother.soon() for mother in mothers]
    clock.now = TOMORROW
    for one in processes:
        one.tails.wake(1)
    await asyncio.wait(hear, return_when=asyncio.FIRST_COMPLETED)
    for one in processes:  # one may have looked while the other had claimed all, and not told yet
        one.tails.wake(1)
    heard = [[(await soon)["notice"]["title"]] for soon in hear]
    for told, mother in zip(heard, mothers, strict=True):
        told += [title for _, title in await titles(mother, 4)]
    first, second = heard
    assert first == second  # in one order, though who claimed what is chance
    assert sorted(first) == [f"Завтра {number}" for number in range(5)]
    seqs = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert seqs == [*range(1, 12)]


async def dies_before_it_commits(services: Services, sql: AsyncConnection) -> None:
    async with EventLog(services.engine, 1).open_session() as session:
        await release(session, 1, TOMORROW)
        its = await session.scalar(text("SELECT pg_backend_pid()"))
        await sql.execute(text("SELECT pg_terminate_backend(:its)"), {"its": its})
        await session.commit()


async def test_a_process_that_dies_while_it_tells_loses_nothing_and_doubles_nothing(
    leader: Api, api: SignIn, listen: Listen, ours: str, services: Services, sql: AsyncConnection,
    it_is: Pass,
) -> None:  # fmt: skip
    mother = await listen(api("parent.ivanova"), NOTICES)
    hears = mother.soon()
    await notice(leader, ours, "Завтра", visibleFrom=TOMORROW.isoformat())
    await notice(leader, ours, "Сегодня")
    assert (await hears)["notice"]["title"] == "Сегодня"
    hears = mother.soon()
    with pytest.raises(DBAPIError):
        await dies_before_it_commits(services, sql)
    it_is(TOMORROW)
    assert (await hears)["notice"]["title"] == "Завтра"
    await notice(leader, ours, "Потом")
    assert await titles(mother, 1) == [("NOTICE_PUBLISHED", "Потом")]


async def test_what_is_due_and_what_is_done_at_that_moment_share_one_row_of_numbers(
    leader: Api, listen: Listen, ours: str, sql: AsyncConnection, it_is: Pass
) -> None:
    stream = await listen(leader, NOTICES)
    first = stream.soon()
    for number in range(10):
        await notice(leader, ours, f"Завтра {number}", visibleFrom=TOMORROW.isoformat())
    await first
    it_is(TOMORROW)
    await asyncio.gather(*(notice(leader, ours, f"Сейчас {number}") for number in range(10)))
    heard = [await stream.next() for _ in range(29)]
    assert [Cursor.parse(event["cursor"], 1).seq for event in heard] == [*range(2, 31)]
    assert (await sql.scalar(text("SELECT count(*) FROM scheduled_events"))) == 0


AFTER = TOMORROW + timedelta(hours=3)


async def all_heard(mother: Api, listen: Listen, *where: Any, **of: Any) -> list[tuple[str, str]]:
    """Everything that a stream from an old cursor tells, up to an event that is told last."""
    document, cursor, last = where
    stream, heard = await listen(mother, document, cursor, **of), []
    while (event := await stream.next())["cursor"] != last:
        heard.append((event["kind"], event.get("noticeId") or event["entityId"]))
    return heard


async def test_who_comes_back_with_an_older_cursor_hears_once_of_what_came_into_view(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    """Its author hears that it was written, all others that it came up."""
    mother = api("parent.ivanova")
    before = await here(mother)
    plain = await notice(leader, ours, "Сегодня")
    late = await notice(leader, ours, "Завтра", visibleFrom=TOMORROW.isoformat())
    edit = {"noticeId": late["id"], "expectedVersion": late["version"], "body": "В четверг"}
    await leader(EDIT, input=edit)
    gone = await notice(leader, ours, "Никогда", visibleFrom=TOMORROW.isoformat())
    await leader(WITHDRAW, input={"noticeId": gone["id"], "expectedVersion": gone["version"]})
    follower = await listen(mother, NOTICES)
    hears = follower.soon()
    it_is(AFTER)
    await hears
    end = await notice(leader, ours, "Конец")
    heard = await all_heard(mother, listen, NOTICES, before, await here(mother))
    published = [("NOTICE_PUBLISHED", plain["id"]), ("NOTICE_PUBLISHED", late["id"])]
    assert heard == published
    by_author = await all_heard(leader, listen, NOTICES, before, await here(leader))
    assert [kind for kind, which in by_author if which == late["id"]] == [
        "NOTICE_PUBLISHED", "NOTICE_EDITED", "NOTICE_PUBLISHED",
    ]  # fmt: skip
    assert ("NOTICE_WITHDRAWN", gone["id"]) in by_author
    assert end["id"] not in [which for _, which in heard]


async def test_a_family_that_comes_back_hears_once_of_a_mark_published_meanwhile(
    api: SignIn, sql: AsyncConnection, listen: Listen, it_is: Pass
) -> None:
    """Nor does it hear that a mark was taken back which it never saw."""
    mother = api("parent.ivanova")
    later, dropped, at_once = [
        await open_desk(sql, publish_at=moment) for moment in (TOMORROW, TOMORROW, None)
    ]
    before = await here(mother)
    made = await mark(api, later, value=2)
    await mark(api, later, value=4, expectedVersion=made["version"])
    lost = await mark(api, dropped, value=2)
    cleared = {"markId": lost["id"], "expectedVersion": lost["version"]}
    await api(dropped.login)(CLEAR_MARK, input=cleared)
    follower = await listen(mother, JOURNAL, id=MASHA)
    hears = follower.soon()
    it_is(AFTER)
    await hears
    await mark(api, at_once, value=5)
    heard = await all_heard(mother, listen, JOURNAL, before, await here(mother), id=MASHA)
    assert heard == [("MARK_SET", made["id"])]
