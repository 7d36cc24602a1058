"""Changing a notice, its files, and taking it down: by whom, and what is left of it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.communication.notices import saw_notice
from models.access.roles import Role
from models.base import Id
from models.communication.notices import Notice
from tests.communication.conftest import Ids
from tests.communication.noticeboard import (
    DEPUTY,
    HEAD,
    MOTHER,
    ONE,
    PUBLISH,
    TEACHER,
    TRIP,
    for_class,
    publish,
    titles,
)
from tests.conftest import NOON, SignIn

EDIT = """mutation ($input: EditNoticeInput!) { editNotice(input: $input) {
  notice { id title body version editedAt visibleUntil isPinned
    targets { kind } attachments { id fileName position } }
  userErrors { code field } } }"""
WITHDRAW = """mutation ($input: WithdrawNoticeInput!) { withdrawNotice(input: $input) {
  notice { id withdrawnAt version } userErrors { code field } } }"""
STAFF = {"kind": "SCHOOL", "toStaff": True}


# -- editing --------------------------------------------------------------------------


async def test_an_edit_keeps_the_text_before_it_and_says_that_there_was_one(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    notice = await publish(api(*TEACHER), for_class(await ids.school_class("7А")))
    change = {"noticeId": notice["id"], "expectedVersion": 1, "body": "В воскресенье."}
    edited = (await api(*TEACHER)(EDIT, input=change))["editNotice"]["notice"]

    assert (edited["title"], edited["body"]) == (TRIP["title"], "В воскресенье.")
    assert (edited["version"], edited["editedAt"]) == (2, "2026-11-23T05:00:00Z")
    [before] = (await api(*TEACHER)(ONE, id=notice["id"]))["node"]["versions"]
    assert before["body"] == TRIP["body"]
    assert before["editorName"] == "Белова Наталья Ивановна"
    assert len((await api(DEPUTY)(ONE, id=notice["id"]))["node"]["versions"]) == 1
    seen_by_a_mother = (await api(MOTHER)(ONE, id=notice["id"]))["node"]
    assert (seen_by_a_mother["versions"], seen_by_a_mother["body"]) == ([], "В воскресенье.")
    [event] = (await sql.execute(text("SELECT * FROM events ORDER BY seq DESC LIMIT 1"))).all()
    assert (event.kind, event.entity) == ("NOTICE_EDITED", notice["id"])


async def test_what_is_left_out_of_an_edit_stays(api: SignIn, ids: Ids) -> None:
    klass = for_class(await ids.school_class("7А"))
    until = (NOON + timedelta(days=3)).isoformat()
    notice = await publish(api(*TEACHER), klass, visibleUntil=until, isPinned=True)
    seen = {"noticeId": notice["id"], "expectedVersion": 1}
    edited = (await api(*TEACHER)(EDIT, input=seen))["editNotice"]["notice"]
    assert (edited["version"], edited["editedAt"], edited["isPinned"]) == (2, None, True)
    assert (edited["targets"], edited["visibleUntil"]) == (
        [{"kind": "SCHOOL_CLASS"}],
        "2026-11-26T05:00:00Z",
    )
    endless = {**seen, "expectedVersion": 2, "visibleUntil": None, "isPinned": False}
    edited = (await api(*TEACHER)(EDIT, input=endless))["editNotice"]["notice"]
    assert (edited["visibleUntil"], edited["isPinned"]) == (None, False)
    nothing = {**seen, "expectedVersion": 3, "title": None}
    assert await api(*TEACHER).expect_code(EDIT, input=nothing) == "BAD_USER_INPUT"


async def test_the_audience_can_be_changed_within_ones_reach(api: SignIn, ids: Ids) -> None:
    notice = await publish(api(*TEACHER), for_class(await ids.school_class("7А")))
    seen = {"noticeId": notice["id"], "expectedVersion": 1}
    everyone = {**seen, "targets": [{"kind": "SCHOOL", "toStudents": True}]}
    assert await api(*TEACHER).expect_code(EDIT, input=everyone) == "FORBIDDEN"
    algebra = {"kind": "SECTION", "sectionId": await ids.section("7А Алгебра")}
    await api(*TEACHER)(EDIT, input={**seen, "targets": [{**algebra, "toStudents": True}]})
    assert TRIP["title"] in await titles(api("student.ivanova"))
    assert TRIP["title"] not in await titles(api(MOTHER))


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("psychologist", "FORBIDDEN"),
        ("hr", "FORBIDDEN"),
        ("admin", "FORBIDDEN"),
        ("teacher.gusev", "FORBIDDEN"),
        (MOTHER, "FORBIDDEN"),
        ("student.ivanova", "FORBIDDEN"),
    ],
)
@pytest.mark.parametrize("document", [EDIT, WITHDRAW], ids=["edit", "withdraw"])
async def test_who_may_not_touch_what_the_director_wrote(
    api: SignIn, ids: Ids, document: str, login: str, code: str
) -> None:
    seen = {"noticeId": await ids.notice("Режим работы школы"), "expectedVersion": 2}
    assert await api(login).expect_code(document, input=seen) == code


async def test_what_one_does_not_see_one_cannot_touch(api: SignIn, ids: Ids) -> None:
    seen = {"noticeId": await ids.notice("Экскурсия в краеведческий музей"), "expectedVersion": 1}
    assert await api("teacher.gusev").expect_code(WITHDRAW, input=seen) == "NOT_FOUND"


async def test_the_deputy_corrects_a_teachers_notice(api: SignIn, ids: Ids) -> None:
    seen = {"noticeId": await ids.notice("Экскурсия в краеведческий музей"), "expectedVersion": 1}
    edited = await api(DEPUTY)(EDIT, input={**seen, "title": "Экскурсия в музей"})
    assert edited["editNotice"]["notice"]["version"] == 2
    node = (await api(MOTHER)(ONE, id=seen["noticeId"]))["node"]
    assert (node["title"], node["authorName"]) == ("Экскурсия в музей", "Белова Наталья Ивановна")


async def test_of_two_edits_the_later_sees_the_earlier(api: SignIn) -> None:
    notice = await publish(api(HEAD), STAFF)
    seen = {"noticeId": notice["id"], "expectedVersion": 1}
    tries = [api(who).reply(EDIT, input={**seen, "title": who}) for who in (HEAD, DEPUTY)]
    payloads = [(reply.data or {})["editNotice"] for reply in await asyncio.gather(*tries)]
    done, lost = sorted(payloads, key=lambda payload: len(payload["userErrors"]))
    assert lost["userErrors"] == [{"code": "CONFLICT", "field": ["noticeId"]}]
    assert (lost["notice"], done["notice"]["version"]) == (done["notice"], 2)


async def test_a_notice_that_is_seen_cannot_be_put_off(api: SignIn) -> None:
    later = (NOON + timedelta(days=1)).isoformat()
    seen = {"expectedVersion": 1, "visibleFrom": later}
    out = await publish(api(HEAD), STAFF)
    refusal = await api(HEAD).expect_refusal(EDIT, input={**seen, "noticeId": out["id"]})
    assert (refusal["code"], refusal["field"]) == ("ALREADY_VISIBLE", ["visibleFrom"])
    planned = await publish(api(HEAD), STAFF, visibleFrom=(NOON + timedelta(hours=1)).isoformat())
    await api(HEAD)(EDIT, input={**seen, "noticeId": planned["id"]})


# -- taking down ----------------------------------------------------------------------


async def test_a_notice_that_is_taken_down_is_gone_for_its_readers(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    notice = await publish(api(*TEACHER), for_class(await ids.school_class("7А")))
    seen = {"noticeId": notice["id"], "expectedVersion": 1}
    down = (await api(*TEACHER)(WITHDRAW, input=seen))["withdrawNotice"]["notice"]

    assert (down["withdrawnAt"], down["version"]) == ("2026-11-23T05:00:00Z", 2)
    assert TRIP["title"] not in await titles(api(MOTHER))
    assert TRIP["title"] not in await titles(api(MOTHER), hidden=True)
    assert (await api(MOTHER)(ONE, id=notice["id"]))["node"] is None
    assert TRIP["title"] not in await titles(api(*TEACHER))
    assert TRIP["title"] in await titles(api(*TEACHER), hidden=True)
    [event] = (await sql.execute(text("SELECT * FROM events ORDER BY seq DESC LIMIT 1"))).all()
    assert (event.kind, event.entity) == ("NOTICE_WITHDRAWN", notice["id"])
    for document in (WITHDRAW, EDIT):
        again = {**seen, "expectedVersion": 2}
        assert await api(*TEACHER).expect_code(document, input=again) == "NOTICE_WITHDRAWN"


async def test_those_who_saw_it_can_be_told_that_it_is_gone(api: SignIn, ids: Ids) -> None:
    notice = await publish(api(*TEACHER), for_class(await ids.school_class("7А")))
    seen = {"noticeId": notice["id"], "expectedVersion": 1}
    await api(*TEACHER)(WITHDRAW, input=seen)
    key = Id.parse(notice["id"], Notice).key

    async def is_told(login: str, role: Role | None = None) -> bool:
        async with api(login, role).caller.open() as ctx:
            viewer = (await ctx.identify()).viewer
            told = saw_notice(viewer, Notice)
            of_school = Notice.school_id == viewer.school_id
            return bool(await ctx.lines(select(Notice.id).where(of_school, Notice.id == key, told)))

    assert await is_told(MOTHER)
    assert await is_told("student.sokolov")
    assert await is_told(*TEACHER)
    assert not await is_told("parent.kuznetsova")
    assert not await is_told("teacher.gusev")


# -- files ----------------------------------------------------------------------------


async def test_files_go_with_a_notice_and_its_readers_see_what_they_are(
    api: SignIn, ids: Ids
) -> None:
    plan, menu = await ids.file(TEACHER[0]), await ids.file(TEACHER[0], "меню.pdf")
    klass = for_class(await ids.school_class("7А"))
    notice = await publish(api(*TEACHER), klass, fileIds=[menu, plan, menu])
    node = (await api(MOTHER)(ONE, id=notice["id"]))["node"]
    shown = [(f["fileName"], f["mediaType"], f["size"]) for f in node["attachments"]]
    assert shown == [("меню.pdf", "application/pdf", 2048), ("план.pdf", "application/pdf", 2048)]


async def test_only_ones_own_files_that_have_come_are_attached(api: SignIn, ids: Ids) -> None:
    klass = for_class(await ids.school_class("7А"))
    own = await ids.file(TEACHER[0])
    given = {**TRIP, "targets": [klass]}
    for other, code in (
        (await ids.file("teacher.gusev"), "NOT_FOUND"),
        (await ids.file(TEACHER[0], status="PENDING"), "NOT_UPLOADED"),
    ):
        refusal = await api(*TEACHER).expect_refusal(
            PUBLISH, input={**given, "fileIds": [own, other]}
        )
        assert (refusal["code"], refusal["field"]) == (code, ["fileIds", "1"])
    many = await ids.files(TEACHER[0], 21)
    refusal = await api(*TEACHER).expect_refusal(PUBLISH, input={**given, "fileIds": many})
    assert (refusal["code"], refusal["most"]) == ("LIMIT", 20)


async def test_files_are_added_and_taken_away(api: SignIn, ids: Ids) -> None:
    klass = for_class(await ids.school_class("7А"))
    plan, menu = await ids.file(TEACHER[0]), await ids.file(TEACHER[0], "меню.pdf")
    notice = await publish(api(*TEACHER), klass, fileIds=[plan])
    [there] = (await api(*TEACHER)(ONE, id=notice["id"]))["node"]["attachments"]
    change = {"noticeId": notice["id"], "expectedVersion": 1, "fileIds": [menu]}
    edited = await api(*TEACHER)(EDIT, input={**change, "removedAttachmentIds": [there["id"]]})
    assert [f["fileName"] for f in edited["editNotice"]["notice"]["attachments"]] == ["меню.pdf"]
    again = {**change, "expectedVersion": 2, "removedAttachmentIds": [there["id"]]}
    assert await api(*TEACHER).expect_code(EDIT, input=again) == "NOT_FOUND"
