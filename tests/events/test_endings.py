"""The end of listening: nothing more is received, not even events from before the end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.services.events.tail import Pace
from tests.conftest import Clock, SignIn
from tests.events.listening import (
    JOURNAL,
    MASHA,
    NEVER,
    NOTICES,
    PUBLISH,
    Desk,
    Listen,
    find_person,
    set_mark,
)


async def take_right_away(sql: AsyncConnection, login: str, how: str) -> None:
    await sql.execute(
        text(
            f"UPDATE guardian_links SET {how} WHERE guardian_id = (SELECT g.id FROM guardians g"
            " JOIN accounts a ON a.person_id = g.person_id AND a.school_id = g.school_id"
            " JOIN credentials c ON c.id = a.credential_id WHERE c.login = :login)"
        ),
        {"login": login},
    )


@pytest.mark.parametrize(
    "how",
    ["legal_status = 'TERMINATED'", "may_receive_info = false",
     "valid_to = '2026-11-23'"],
)  # fmt: skip
async def test_a_father_whose_right_ended_hears_nothing_more(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, how: str
) -> None:
    father = await listen(api("parent.ivanov"), JOURNAL, id=MASHA)
    hears = father.start_waiting()
    made = await set_mark(api, desk)
    await hears
    await set_mark(
        api, desk, value=3, expectedVersion=made["version"]
    )  # the father has not received it yet
    await take_right_away(sql, "parent.ivanov", how)
    assert await father.read_code() == "ACCESS_REVOKED"


async def test_the_family_of_a_child_that_comes_of_age_hears_nothing_more_from_midnight_on(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, clock: Clock
) -> None:
    await sql.execute(
        text(
            "UPDATE persons SET birth_date = '2008-11-24'"
            " WHERE id = (SELECT person_id FROM students WHERE id = 1)"
        )
    )
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    midnight = datetime(2026, 11, 23, 17, tzinfo=UTC)
    clock.now = midnight - timedelta(seconds=1)
    made = await set_mark(api, desk)
    assert (await mother.next_event())["node"]["id"] == made["id"]
    await set_mark(api, desk, value=3, expectedVersion=made["version"])
    clock.now = midnight
    assert await mother.read_code() == "ACCESS_REVOKED"


async def test_a_teacher_dismissed_hears_nothing_more(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    stream = await listen(api(desk.login), NOTICES)
    author = api("zavuch")
    target = {"kind": "SCHOOL", "toStaff": True}
    for title in ("Первое", "Второе"):
        await author(PUBLISH, input={"title": title, "body": "…", "targets": [target]})
    assert (await stream.next_event())["notice"]["title"] == "Первое"
    query = "UPDATE staff SET dismissed_on = '2026-11-23' WHERE person_id = :id"
    await sql.execute(text(query), {"id": await find_person(sql, desk.login)})
    assert await stream.read_code() == "ACCESS_REVOKED"


async def test_after_signing_out_nothing_is_heard(api: SignIn, desk: Desk, listen: Listen) -> None:
    mother = api("parent.ivanova")
    stream = await listen(mother, JOURNAL, id=MASHA)
    await set_mark(api, desk)
    await mother("mutation { signOut { signedOut } }")
    assert await stream.read_code() == "UNAUTHENTICATED"


async def test_a_listener_without_rights_is_checked_again_after_a_while(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection, pace: Callable[[Pace], None]
) -> None:
    pace(replace(NEVER, recheck=0.02))
    father = await listen(api("parent.ivanov"), JOURNAL, id=MASHA)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hear = father.start_waiting(), mother.start_waiting()
    await set_mark(api, desk)
    await asyncio.gather(*hear)
    ends = asyncio.ensure_future(father.read_code()), asyncio.ensure_future(mother.read_code())
    await take_right_away(sql, "parent.ivanov", "may_receive_info = false")
    assert await ends[0] == "ACCESS_REVOKED"
    await api("parent.ivanova")("mutation { signOut { signedOut } }")
    assert await ends[1] == "UNAUTHENTICATED"
