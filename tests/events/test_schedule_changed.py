"""What is scheduled, and then changed or taken back before its time."""

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
    mark,
    notice,
    open_desk,
    titles,
)


async def test_a_notice_that_is_put_off_is_told_of_at_its_new_time_alone(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    mother = await listen(api("parent.ivanova"), NOTICES)
    hears = mother.soon()
    made = await notice(leader, ours, "Когда?", visibleFrom=TOMORROW.isoformat())
    later = TOMORROW + timedelta(days=1)
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    await leader(EDIT, input={**given, "visibleFrom": later.isoformat()})
    it_is(TOMORROW)
    await notice(leader, ours, "Ещё нет")
    assert (await hears)["notice"]["title"] == "Ещё нет"
    hears = mother.soon()
    it_is(later)
    assert (await hears)["notice"]["title"] == "Когда?"


async def test_a_notice_that_is_brought_forward_is_told_of_at_once(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    made = await notice(leader, ours, "Сейчас же", visibleFrom=TOMORROW.isoformat())
    mother = await listen(api("parent.ivanova"), NOTICES)
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    hears = mother.soon()
    await leader(EDIT, input={**given, "visibleFrom": NOON.isoformat()})
    assert (await hears)["kind"] == "NOTICE_EDITED"
    assert await titles(mother, 1) == [("NOTICE_PUBLISHED", "Сейчас же")]
    hears = mother.soon()
    it_is(TOMORROW)
    await notice(leader, ours, "Потом")
    assert (await hears)["notice"]["title"] == "Потом"


async def test_a_notice_withdrawn_before_its_time_is_never_put_up_for_anyone(
    leader: Api, api: SignIn, listen: Listen, ours: str, it_is: Pass
) -> None:
    made = await notice(leader, ours, "Отмена", visibleFrom=TOMORROW.isoformat())
    mother = await listen(api("parent.ivanova"), NOTICES)
    overseer = await listen(api("zavuch"), NOTICES)
    hear: list[Any] = [mother.soon(), overseer.soon()]
    given = {"noticeId": made["id"], "expectedVersion": made["version"]}
    await leader(WITHDRAW, input=given)
    assert (await hear[1])["kind"] == "NOTICE_WITHDRAWN"
    it_is(TOMORROW)
    await notice(leader, ours, "Потом")
    assert (await hear[0])["notice"]["title"] == "Потом"
    assert await titles(overseer, 1) == [("NOTICE_PUBLISHED", "Потом")]


async def test_a_mark_taken_back_before_it_is_published_is_never_told_of(
    api: SignIn, sql: AsyncConnection, listen: Listen, it_is: Pass
) -> None:
    later, at_once = await open_desk(sql, publish_at=TOMORROW), await open_desk(sql)
    made = await mark(api, later, value=2)
    given = {"markId": made["id"], "expectedVersion": made["version"]}
    await api(later.login)(CLEAR_MARK, input=given)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    hears = mother.soon()
    it_is(TOMORROW)
    await mark(api, at_once, value=5)
    assert (await hears)["node"]["value"] == 5
