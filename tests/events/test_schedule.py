"""Rows that become visible at a later time are announced then: once, whatever happens before."""

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
    get_cursor,
    open_desk,
    publish_notice,
    read_titles,
    set_mark,
)


async def test_a_notice_for_tomorrow_reaches_the_mother_tomorrow(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    mother, author = await listen(api("parent.ivanova"), NOTICES), await listen(leader, NOTICES)
    hears = mother.start_waiting()
    await publish_notice(leader, class_of_masha, "Завтра", visibleFrom=TOMORROW.isoformat())
    await publish_notice(leader, class_of_masha, "Сегодня")
    assert (await hears)["notice"]["title"] == "Сегодня"
    hears = mother.start_waiting()
    pass_time(TOMORROW - timedelta(seconds=1))
    await publish_notice(leader, class_of_masha, "Накануне")
    assert (await hears)["notice"]["title"] == "Накануне"
    hears = mother.start_waiting()
    pass_time(TOMORROW)
    event = await hears
    assert (event["kind"], event["notice"]["title"]) == ("NOTICE_PUBLISHED", "Завтра")
    assert datetime.fromisoformat(event["occurredAt"]) == TOMORROW
    told = await read_titles(
        author, 4
    )  # the author is told at once, and again when others see the notice
    assert [title for _, title in told] == ["Завтра", "Сегодня", "Накануне", "Завтра"]


async def test_a_mark_for_thursday_reaches_the_mother_on_thursday_as_it_is_then(
    api: SignIn, sql: AsyncConnection, listen: Listen, pass_time: Pass
) -> None:
    later = await open_desk(sql, publish_at=TOMORROW)
    at_once = await open_desk(sql)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.start_waiting()
    made = await set_mark(api, later, value=2)
    await set_mark(api, later, value=4, expectedVersion=made["version"])
    known = await set_mark(api, at_once, value=3)
    assert (await hears)["node"]["value"] == 3
    hears = mother.start_waiting()
    pass_time(TOMORROW)
    event = await hears
    assert (event["kind"], event["node"]["value"]) == ("MARK_SET", 4)
    await set_mark(api, at_once, value=5, expectedVersion=known["version"])
    assert (await mother.next_event())["node"]["value"] == 5  # and not the four once more


async def test_a_mother_who_comes_back_hears_of_notices_that_became_visible_meanwhile(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    mother = api("parent.ivanova")
    await publish_notice(leader, class_of_masha, "Завтра", visibleFrom=TOMORROW.isoformat())
    before = await get_cursor(mother)
    pass_time(TOMORROW + timedelta(hours=3))
    stream = await listen(mother, NOTICES, before)
    first = await stream.next_event()
    assert first["notice"]["title"] == "Завтра"
    again = await listen(mother, NOTICES, first["cursor"])
    await publish_notice(leader, class_of_masha, "Потом")
    assert (await again.next_event())["notice"]["title"] == "Потом"


async def test_a_notice_is_announced_in_time_though_nobody_polls(
    leader: Api, listen: Listen, class_of_masha: str, services: Services
) -> None:
    """Polling is off: the process wakes because it knows when something will be due."""
    began = time.monotonic()

    def running() -> datetime:
        return NOON + timedelta(seconds=time.monotonic() - began)

    at_work = replace(services, now=running)
    mother = Api(replace(leader.caller, services=at_work))
    stream = await listen(mother, NOTICES)
    soon = running() + timedelta(seconds=0.3)
    await publish_notice(mother, class_of_masha, "Сейчас", visibleFrom=soon.isoformat())
    assert await read_titles(stream, 2) == [("NOTICE_PUBLISHED", "Сейчас")] * 2
    assert running() >= soon


async def test_two_processes_announce_a_due_notice_once(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, services: Services, clock: Clock,
    sql: AsyncConnection,
) -> None:  # fmt: skip
    elsewhere = replace(services, tails=EventTails(NEVER))
    processes = services, elsewhere
    mothers = [
        await listen(Api(replace(api("parent.ivanova").caller, services=one)), NOTICES)
        for one in processes
    ]
    hear = [mother.start_waiting() for mother in mothers]
    for number in range(5):
        title = {"title": f"Завтра {number}", "visibleFrom": TOMORROW.isoformat()}
        await publish_notice(leader, class_of_masha, **title)
    await publish_notice(leader, class_of_masha, "Сегодня")
    elsewhere.tails.wake(1)
    await asyncio.gather(*hear)
    hear = [mother.start_waiting() for mother in mothers]
    clock.now = TOMORROW
    for one in processes:
        one.tails.wake(1)
    await asyncio.wait(hear, return_when=asyncio.FIRST_COMPLETED)
    for one in (
        processes
    ):  # one may have read while the other had claimed all events, but not announced them
        one.tails.wake(1)
    heard = [[(await soon)["notice"]["title"]] for soon in hear]
    for told, mother in zip(heard, mothers, strict=True):
        told += [title for _, title in await read_titles(mother, 4)]
    first, second = heard
    assert first == second  # in one order, though it is chance which process claimed which event
    assert sorted(first) == [f"Завтра {number}" for number in range(5)]
    seqs = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert seqs == [*range(1, 12)]


async def die_before_commit(services: Services, sql: AsyncConnection) -> None:
    async with EventLog(services.engine, 1).open_session() as session:
        await release(session, 1, TOMORROW)
        its = await session.scalar(text("SELECT pg_backend_pid()"))
        await sql.execute(text("SELECT pg_terminate_backend(:its)"), {"its": its})
        await session.commit()


async def test_a_process_that_dies_while_it_announces_loses_nothing_and_doubles_nothing(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, services: Services,
    sql: AsyncConnection, pass_time: Pass,
) -> None:  # fmt: skip
    mother = await listen(api("parent.ivanova"), NOTICES)
    hears = mother.start_waiting()
    await publish_notice(leader, class_of_masha, "Завтра", visibleFrom=TOMORROW.isoformat())
    await publish_notice(leader, class_of_masha, "Сегодня")
    assert (await hears)["notice"]["title"] == "Сегодня"
    hears = mother.start_waiting()
    with pytest.raises(DBAPIError):
        await die_before_commit(services, sql)
    pass_time(TOMORROW)
    assert (await hears)["notice"]["title"] == "Завтра"
    await publish_notice(leader, class_of_masha, "Потом")
    assert await read_titles(mother, 1) == [("NOTICE_PUBLISHED", "Потом")]


async def test_due_events_and_new_events_share_one_sequence_of_numbers(
    leader: Api, listen: Listen, class_of_masha: str, sql: AsyncConnection, pass_time: Pass
) -> None:
    stream = await listen(leader, NOTICES)
    first = stream.start_waiting()
    for number in range(10):
        await publish_notice(
            leader, class_of_masha, f"Завтра {number}", visibleFrom=TOMORROW.isoformat()
        )
    await first
    pass_time(TOMORROW)
    await asyncio.gather(
        *(publish_notice(leader, class_of_masha, f"Сейчас {number}") for number in range(10))
    )
    heard = [await stream.next_event() for _ in range(29)]
    assert [Cursor.parse(event["cursor"], 1).seq for event in heard] == [*range(2, 31)]
    assert (await sql.scalar(text("SELECT count(*) FROM scheduled_events"))) == 0


AFTER = TOMORROW + timedelta(hours=3)


async def read_all(mother: Api, listen: Listen, *where: Any, **of: Any) -> list[tuple[str, str]]:
    """Return all events of a stream from an old cursor, up to a given last one."""
    document, cursor, last = where
    stream, heard = await listen(mother, document, cursor, **of), []
    while (event := await stream.next_event())["cursor"] != last:
        heard.append((event["kind"], event.get("noticeId") or event["entityId"]))
    return heard


async def test_a_client_with_an_older_cursor_hears_once_of_a_notice_that_became_visible(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    """The author hears that the notice was written, all others that it became visible."""
    mother = api("parent.ivanova")
    before = await get_cursor(mother)
    plain = await publish_notice(leader, class_of_masha, "Сегодня")
    late = await publish_notice(leader, class_of_masha, "Завтра", visibleFrom=TOMORROW.isoformat())
    edit = {"noticeId": late["id"], "expectedVersion": late["version"], "body": "В четверг"}
    await leader(EDIT, input=edit)
    gone = await publish_notice(leader, class_of_masha, "Никогда", visibleFrom=TOMORROW.isoformat())
    await leader(WITHDRAW, input={"noticeId": gone["id"], "expectedVersion": gone["version"]})
    follower = await listen(mother, NOTICES)
    hears = follower.start_waiting()
    pass_time(AFTER)
    await hears
    end = await publish_notice(leader, class_of_masha, "Конец")
    heard = await read_all(mother, listen, NOTICES, before, await get_cursor(mother))
    published = [("NOTICE_PUBLISHED", plain["id"]), ("NOTICE_PUBLISHED", late["id"])]
    assert heard == published
    by_author = await read_all(leader, listen, NOTICES, before, await get_cursor(leader))
    assert [kind for kind, which in by_author if which == late["id"]] == [
        "NOTICE_PUBLISHED", "NOTICE_EDITED", "NOTICE_PUBLISHED",
    ]  # fmt: skip
    assert ("NOTICE_WITHDRAWN", gone["id"]) in by_author
    assert end["id"] not in [which for _, which in heard]


async def test_a_family_that_comes_back_hears_once_of_a_mark_published_meanwhile(
    api: SignIn, sql: AsyncConnection, listen: Listen, pass_time: Pass
) -> None:
    """They do not hear either of the withdrawal of a mark that they never saw."""
    mother = api("parent.ivanova")
    later, dropped, at_once = [
        await open_desk(sql, publish_at=moment) for moment in (TOMORROW, TOMORROW, None)
    ]
    before = await get_cursor(mother)
    made = await set_mark(api, later, value=2)
    await set_mark(api, later, value=4, expectedVersion=made["version"])
    lost = await set_mark(api, dropped, value=2)
    cleared = {"markId": lost["id"], "expectedVersion": lost["version"]}
    await api(dropped.login)(CLEAR_MARK, input=cleared)
    follower = await listen(mother, JOURNAL, id=MASHA)
    hears = follower.start_waiting()
    pass_time(AFTER)
    await hears
    await set_mark(api, at_once, value=5)
    heard = await read_all(mother, listen, JOURNAL, before, await get_cursor(mother), id=MASHA)
    assert heard == [("MARK_SET", made["id"])]
