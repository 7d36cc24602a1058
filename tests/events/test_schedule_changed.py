"""Scheduled events of rows that are changed or withdrawn before their time."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import NOON, Api, SignIn
from tests.events.listening import (
    CLEAR_MARK,
    EDIT,
    JOURNAL,
    MASHA,
    NOTICES,
    TOMORROW,
    WITHDRAW,
    Listen,
    Pass,
    open_desk,
    publish_notice,
    read_titles,
    set_mark,
)


async def test_a_notice_that_is_postponed_is_announced_at_its_new_time_alone(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    mother = await listen(api("parent.ivanova"), NOTICES)
    hears = mother.start_waiting()
    made = await publish_notice(leader, class_of_masha, "Когда?", visibleFrom=TOMORROW.isoformat())
    later = TOMORROW + timedelta(days=1)
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    await leader(EDIT, input={**given, "visibleFrom": later.isoformat()})
    pass_time(TOMORROW)
    await publish_notice(leader, class_of_masha, "Ещё нет")
    assert (await hears)["notice"]["title"] == "Ещё нет"
    hears = mother.start_waiting()
    pass_time(later)
    assert (await hears)["notice"]["title"] == "Когда?"


async def test_a_notice_that_is_brought_forward_is_announced_at_once(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    made = await publish_notice(
        leader, class_of_masha, "Сейчас же", visibleFrom=TOMORROW.isoformat()
    )
    mother = await listen(api("parent.ivanova"), NOTICES)
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    hears = mother.start_waiting()
    await leader(EDIT, input={**given, "visibleFrom": NOON.isoformat()})
    assert (await hears)["kind"] == "NOTICE_EDITED"
    assert await read_titles(mother, 1) == [("NOTICE_PUBLISHED", "Сейчас же")]
    hears = mother.start_waiting()
    pass_time(TOMORROW)
    await publish_notice(leader, class_of_masha, "Потом")
    assert (await hears)["notice"]["title"] == "Потом"


async def test_a_notice_withdrawn_before_its_time_is_never_announced(
    leader: Api, api: SignIn, listen: Listen, class_of_masha: str, pass_time: Pass
) -> None:
    made = await publish_notice(leader, class_of_masha, "Отмена", visibleFrom=TOMORROW.isoformat())
    mother = await listen(api("parent.ivanova"), NOTICES)
    overseer = await listen(api("zavuch"), NOTICES)
    hear: list[Any] = [mother.start_waiting(), overseer.start_waiting()]
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    await leader(WITHDRAW, input=given)
    assert (await hear[1])["kind"] == "NOTICE_WITHDRAWN"
    pass_time(TOMORROW)
    await publish_notice(leader, class_of_masha, "Потом")
    assert (await hear[0])["notice"]["title"] == "Потом"
    assert await read_titles(overseer, 1) == [("NOTICE_PUBLISHED", "Потом")]


async def test_a_mark_withdrawn_before_it_is_published_is_never_announced(
    api: SignIn, sql: AsyncConnection, listen: Listen, pass_time: Pass
) -> None:
    later, at_once = await open_desk(sql, publish_at=TOMORROW), await open_desk(sql)
    made = await set_mark(api, later, value=2)
    given = {"markId": made["id"], "expectedVersion": made["version"]}
    await api(later.login)(CLEAR_MARK, input=given)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.start_waiting()
    pass_time(TOMORROW)
    await set_mark(api, at_once, value=5)
    assert (await hears)["node"]["value"] == 5
