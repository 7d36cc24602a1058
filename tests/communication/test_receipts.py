"""Receipts of notices, counts of what waits to be read, and searching for it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.communication.conftest import Ids
from tests.communication.noticeboard import (
    DEPUTY,
    HEAD,
    LIST,
    MOTHER,
    TEACHER,
    for_class,
    publish,
    titles,
)
from tests.conftest import NOON, Clock, SignIn

READ = """mutation ($id: ID!) { markNoticeRead(input: {noticeId: $id}) {
  notice { id isRead acknowledgedAt } userErrors { code field } } }"""
CONFIRM = """mutation ($id: ID!) { acknowledgeNotice(input: {noticeId: $id}) {
  notice { id isRead acknowledgedAt } userErrors { code field } } }"""
COUNTS = "query ($id: ID!) { node(id: $id) { ... on Notice { readCount acknowledgedCount } } }"
RECEIPTS = """query ($id: ID!, $confirmed: Boolean) {
  noticeReceipts(noticeId: $id, acknowledged: $confirmed, first: 100) {
    nodes { personName readAt acknowledgedAt notice { id } } totalCount } }"""
WAITING = "{ unreadCounts { notices mail } }"
MUSEUM = "Экскурсия в краеведческий музей"


async def forget_reading(sql: AsyncConnection) -> None:
    await sql.execute(text("DELETE FROM notice_receipts"))


async def test_a_mother_reads_and_then_confirms(
    api: SignIn, ids: Ids, sql: AsyncConnection, clock: Clock
) -> None:
    await forget_reading(sql)
    museum = await ids.notice(MUSEUM)
    read = (await api(MOTHER)(READ, id=museum))["markNoticeRead"]["notice"]
    assert read == {"id": museum, "isRead": True, "acknowledgedAt": None}
    clock.now = NOON.replace(hour=6)
    done = (await api(MOTHER)(CONFIRM, id=museum))["acknowledgeNotice"]["notice"]
    assert done["acknowledgedAt"] == "2026-11-23T06:00:00Z"
    clock.now = NOON.replace(hour=7)
    again = (await api(MOTHER)(CONFIRM, id=museum))["acknowledgeNotice"]["notice"]
    assert again == done
    await api(MOTHER)(READ, id=museum)
    [row] = (await sql.execute(text("SELECT * FROM notice_receipts"))).all()
    assert (row.read_at, row.acknowledged_at) == (NOON, NOON.replace(hour=6))


async def test_a_hasty_reader_confirms_from_five_tabs_at_once(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await forget_reading(sql)
    museum = await ids.notice(MUSEUM)
    both = [api(MOTHER)(document, id=museum) for document in (CONFIRM, READ) * 3]
    for reply in await asyncio.gather(*both):
        [payload] = reply.values()
        assert payload["notice"]["isRead"]
    [row] = (await sql.execute(text("SELECT * FROM notice_receipts"))).all()
    assert row.acknowledged_at == NOON


@pytest.mark.parametrize(
    ("login", "title", "code"),
    [
        (MOTHER, "Неделя психологии", "NOTHING_TO_ACKNOWLEDGE"),
        (DEPUTY, MUSEUM, "NOTHING_TO_ACKNOWLEDGE"),
        ("parent.kuznetsova", MUSEUM, "NOT_FOUND"),
        ("parent.kuznetsova", "Замена уроков в 7 классах", "NOT_FOUND"),
        (MOTHER, "Школьная ярмарка", "NOT_FOUND"),
    ],
)
async def test_who_has_nothing_to_confirm(
    api: SignIn, ids: Ids, login: str, title: str, code: str
) -> None:
    assert await api(login).expect_code(CONFIRM, id=await ids.notice(title)) == code


async def test_the_author_and_the_administration_see_who_has_read_it(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await forget_reading(sql)
    museum = await ids.notice(MUSEUM)
    await api(MOTHER)(CONFIRM, id=museum)
    await api("student.sokolov")(READ, id=museum)

    for who in (api(*TEACHER), api(DEPUTY), api(HEAD)):
        counts = (await who(COUNTS, id=museum))["node"]
        assert counts == {"readCount": 2, "acknowledgedCount": 1}
        found = (await who(RECEIPTS, id=museum))["noticeReceipts"]
        names = [receipt["personName"] for receipt in found["nodes"]]
        assert names == ["Иванова Ольга Сергеевна", "Соколов Егор Дмитриевич"]
        late = (await who(RECEIPTS, id=museum, confirmed=False))["noticeReceipts"]["nodes"]
        assert [receipt["personName"] for receipt in late] == ["Соколов Егор Дмитриевич"]


async def test_readers_see_their_own_receipt_and_no_counts(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await forget_reading(sql)
    museum = await ids.notice(MUSEUM)
    await api("student.sokolov")(READ, id=museum)
    await api(MOTHER)(READ, id=museum)

    found = (await api(MOTHER)(RECEIPTS, id=museum))["noticeReceipts"]
    assert [r["personName"] for r in found["nodes"]] == ["Иванова Ольга Сергеевна"]
    assert found["totalCount"] == 1
    reply = await api(MOTHER).reply(COUNTS, id=museum)
    assert (reply.data or {})["node"] == {"readCount": None, "acknowledgedCount": None}
    codes = {(e.extensions or {})["code"] for e in reply.errors or []}
    assert codes == {"FORBIDDEN"}


async def test_a_psychologist_sees_no_counts_of_what_the_director_wrote(
    api: SignIn, ids: Ids
) -> None:
    mine, others = await ids.notice("Неделя психологии"), await ids.notice("Педагогический совет")
    assert (await api("psychologist")(COUNTS, id=mine))["node"]["readCount"] > 0
    counts = (await api("psychologist")(COUNTS, id=others))["node"]
    assert counts == {"readCount": None, "acknowledgedCount": None}


async def test_what_waits_to_be_read_is_counted_and_listed_alike(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await forget_reading(sql)
    for login in (MOTHER, "student.ivanova", "director", "teacher.gusev", "municipal"):
        who = api(login)
        listed = (await who(LIST, unread=True))["notices"]["totalCount"]
        assert (await who(WAITING))["unreadCounts"]["notices"] == listed, login
    before = await titles(api(MOTHER), unread=True)
    assert MUSEUM in before
    await api(MOTHER)(READ, id=await ids.notice(MUSEUM))
    assert await titles(api(MOTHER), unread=True) == [one for one in before if one != MUSEUM]


async def test_nobody_is_told_to_read_what_they_wrote_or_what_is_for_others(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await forget_reading(sql)
    klass = for_class(await ids.school_class("7А"))
    await publish(api(HEAD), klass, {"kind": "SCHOOL", "toStaff": True})
    await publish(api(HEAD), klass, title="Только для 7А")
    assert "Поездка в театр" not in await titles(api(HEAD), unread=True)
    unread = await titles(api(DEPUTY), unread=True)
    assert "Поездка в театр" in unread
    assert "Только для 7А" not in unread


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("экскурсии", [MUSEUM]),
        ("классы", ["Неделя психологии"]),
        ("психологии -родителей", []),
        ("копию OR полис", ["Документы для личного дела"]),
        ("%", []),
        ("  ", None),
        ("'); DROP TABLE notices; --", []),
    ],
)
async def test_a_mother_looks_for_a_notice_by_any_form_of_its_words(
    api: SignIn, search: str, found: list[str] | None
) -> None:
    everything = await titles(api(MOTHER))
    assert await titles(api(MOTHER), search=search) == (everything if found is None else found)


async def test_nobody_searches_for_a_novel(api: SignIn) -> None:
    refusal = await api(MOTHER).expect_refusal(LIST, search="я" * 201)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["search"])


async def test_a_page_costs_the_same_however_much_is_on_it(
    api: SignIn, ids: Ids, statements: Callable[[], Any]
) -> None:
    document = """{ notices(first: 100) { nodes { title authorName isRead acknowledgedAt
      author { fullName } targets { kind } attachments { fileName } viewerCan { edit } } } }"""
    costs = []
    for _ in range(2):
        with statements() as sent:
            await api(MOTHER)(document)
        costs.append(len(sent))
        for number in range(5):
            klass = for_class(await ids.school_class("7А"))
            files = await ids.files("teacher.belova", 2)
            await publish(api(*TEACHER), klass, title=f"Объявление {number}", fileIds=files)
    assert costs[0] == costs[1] <= 8


async def test_publishing_costs_the_same_for_a_hundred_targets(
    api: SignIn, sql: AsyncConnection, statements: Callable[[], Any]
) -> None:
    found = await sql.execute(text("SELECT id FROM persons WHERE school_id = 1 LIMIT 99"))
    people = [
        {"kind": "PERSON", "personId": f"PublicPerson:1-{key}"} for key in found.scalars().all()
    ]
    costs = []
    for targets in (people[:1], people):
        with statements() as sent:
            await publish(api(HEAD), *targets)
        costs.append(len(sent))
    assert costs[0] == costs[1]
