"""The mail: what one sees of a letter, and where one keeps it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.communication.conftest import Ids
from tests.communication.post import (
    BOX,
    DIRECTOR,
    HELLO,
    LETTER,
    MOTHER,
    MOVE,
    READ,
    TEACHER,
    THREAD,
    box,
    recipients,
    save,
    send,
    subjects,
)
from tests.conftest import NOON, Clock, SignIn

IVANOVA, OTHER_MOTHER = "Иванова Ольга Сергеевна", "Соколова Татьяна Игоревна"
GUSEV, KLIMOVA = "Гусев Алексей Павлович", "Климова Дарья Андреевна"
HEAD = "Воронцова Елена Викторовна"


# -- what one sees --------------------------------------------------------------------


async def test_nobody_reads_a_letter_that_is_not_theirs(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    letter = await send(api(MOTHER), await ids.people("teacher.belova"))
    copies = await sql.execute(
        text("SELECT id FROM mail_copies WHERE message_id = :id"),
        {"id": int(letter["id"].rpartition("-")[2])},
    )
    keys = copies.scalars().all()
    assert len(keys) == 2
    for login in (DIRECTOR, "zavuch", "admin", "parent.ivanov", "student.ivanova"):
        who = api(login)
        assert (await who(LETTER, id=letter["id"]))["node"] is None
        assert (await who(THREAD, id=letter["id"]))["mailThread"]["totalCount"] == 0
        for key in keys:
            for kind in ("MailCopy", "MailRecipient"):
                found = await who("query ($id: ID!) { node(id: $id) { id } }", id=f"{kind}:1-{key}")
                assert found["node"] is None


async def test_the_audit_log_says_that_a_letter_was_sent_but_not_what_and_to_whom(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    bcc = await ids.people("psychologist")
    await send(api(*TEACHER), await ids.people(MOTHER), bcc=bcc)
    query = "SELECT action, entity, details FROM audit_events ORDER BY seq DESC LIMIT 1"
    [(action, entity, details)] = (await sql.execute(text(query))).all()
    assert (action, entity, details) == ("sendMail", None, [])


async def test_a_blind_copy_is_seen_by_its_holder_and_the_writer_alone(
    api: SignIn, ids: Ids
) -> None:
    gusev, klimova, head = await ids.people("teacher.gusev", "teacher.klimova", DIRECTOR)
    letter = await send(api(*TEACHER), [gusev], cc=[klimova], bcc=[head])
    open_ = [("TO", GUSEV), ("CC", KLIMOVA)]
    assert await recipients(api("teacher.gusev"), letter["id"]) == open_
    assert await recipients(api("teacher.klimova"), letter["id"]) == open_
    assert await recipients(api(DIRECTOR), letter["id"]) == [*open_, ("BCC", HEAD)]
    assert await recipients(api(*TEACHER), letter["id"]) == [*open_, ("BCC", HEAD)]


async def test_parents_do_not_learn_who_else_was_written_to(api: SignIn, ids: Ids) -> None:
    both = await ids.people(MOTHER, "parent.sokolova")
    letter = await send(api(*TEACHER), both)
    assert letter["showsRecipients"] is False
    assert await recipients(api(MOTHER), letter["id"]) == [("TO", IVANOVA)]
    assert await recipients(api("parent.sokolova"), letter["id"]) == [("TO", OTHER_MOTHER)]
    assert len(await recipients(api(*TEACHER), letter["id"])) == 2

    hidden = await send(api(*TEACHER), both[:1], bcc=both[1:])
    assert await recipients(api("parent.sokolova"), hidden["id"]) == [("BCC", OTHER_MOTHER)]


async def test_in_a_group_thread_parents_see_each_other(api: SignIn, ids: Ids) -> None:
    both = await ids.people(MOTHER, "parent.sokolova")
    letter = await send(api(*TEACHER), both, groupThread=True)
    seen = [("TO", IVANOVA), ("TO", OTHER_MOTHER)]
    assert await recipients(api(MOTHER), letter["id"]) == seen


async def test_a_mother_among_colleagues_may_know_who_else_got_it(api: SignIn, ids: Ids) -> None:
    people = await ids.people(MOTHER, "teacher.gusev", "psychologist")
    letter = await send(api(*TEACHER), people)
    assert letter["showsRecipients"] is True
    assert len(await recipients(api(MOTHER), letter["id"])) == 3


async def test_words_are_found_in_ones_own_mail_only(api: SignIn, ids: Ids) -> None:
    await send(api(MOTHER), await ids.people("teacher.belova"))
    assert await subjects(api(*TEACHER), search="справки -завтра") == ["Справка от врача"]
    assert await subjects(api(MOTHER), "SENT", search='"справка от врача"') == ["Справка от врача"]
    assert await subjects(api("teacher.gusev"), search="справка") == []
    assert await subjects(api(*TEACHER), search="%") == []


# -- reading and putting away ---------------------------------------------------------


async def test_reading_counts_once(api: SignIn, ids: Ids, clock: Clock) -> None:
    await send(api(MOTHER), await ids.people("teacher.belova"))
    waiting = "{ unreadCounts { mail } }"
    before = (await api(*TEACHER)(waiting))["unreadCounts"]["mail"]
    copy = (await box(api(*TEACHER)))[0]
    assert (copy["readAt"], copy["message"]["subject"]) == (None, HELLO["subject"])
    for hour in (6, 7):
        clock.now = NOON.replace(hour=hour)
        read = (await api(*TEACHER)(READ, id=copy["id"]))["markMailRead"]["mailCopy"]
        assert (read["readAt"], read["version"]) == ("2026-11-23T06:00:00Z", 2)
    assert (await api(*TEACHER)(waiting))["unreadCounts"]["mail"] == before - 1
    assert await api(MOTHER).expect_code(READ, id=copy["id"]) == "NOT_FOUND"


@pytest.mark.parametrize(
    ("kind", "to", "refused"),
    [
        ("received", "TRASH", False), ("received", "ARCHIVE", False),
        ("received", "SENT", True), ("received", "DRAFTS", True),
        ("sent", "TRASH", False), ("sent", "ARCHIVE", False),
        ("sent", "INBOX", True), ("sent", "DRAFTS", True),
        ("draft", "TRASH", False), ("draft", "ARCHIVE", True),
        ("draft", "INBOX", True), ("draft", "SENT", True),
    ],
)  # fmt: skip
async def test_a_copy_goes_away_and_back_to_where_it_is_from(
    api: SignIn, ids: Ids, kind: str, to: str, refused: bool
) -> None:
    who = api(*TEACHER)
    if kind == "received":
        await send(api(MOTHER), await ids.people("teacher.belova"))
        copy, home = (await box(who))[0], "INBOX"
    elif kind == "sent":
        copy, home = (await send(who, await ids.people(MOTHER)))["copy"], "SENT"
    else:
        copy, home = (await save(who, subject="Потом"))["copy"], "DRAFTS"
    move = {"mailCopyId": copy["id"], "expectedVersion": 1, "folder": to}
    if refused:
        refusal = await who.expect_refusal(MOVE, input=move)
        assert (refusal["code"], refusal["field"]) == ("WRONG_FOLDER", ["folder"])
        return
    moved = (await who(MOVE, input=move))["moveMail"]["mailCopy"]
    assert moved == {"id": copy["id"], "folder": to, "version": 2}
    back = {**move, "expectedVersion": 2, "folder": home}
    assert (await who(MOVE, input=back))["moveMail"]["mailCopy"]["folder"] == home
    assert await who.expect_code(MOVE, input=back) == "CONFLICT"


async def test_throwing_away_ones_copy_leaves_the_others(api: SignIn, ids: Ids) -> None:
    letter = await send(api(MOTHER), await ids.people("teacher.belova"))
    copy = (await box(api(*TEACHER)))[0]
    move = {"mailCopyId": copy["id"], "expectedVersion": 1, "folder": "TRASH"}
    assert await api(MOTHER).expect_code(MOVE, input=move) == "NOT_FOUND"
    await api(*TEACHER)(MOVE, input=move)
    assert HELLO["subject"] in await subjects(api(*TEACHER), "TRASH")
    assert HELLO["subject"] not in await subjects(api(*TEACHER))
    assert HELLO["subject"] in await subjects(api(MOTHER), "SENT")
    assert (await api(*TEACHER)(LETTER, id=letter["id"]))["node"]["body"] == HELLO["body"]


async def test_a_page_of_mail_costs_the_same_however_much_is_on_it(
    api: SignIn, ids: Ids, statements: Callable[[], Any]
) -> None:
    costs = []
    for _ in range(2):
        with statements() as cost:
            await api(*TEACHER)(BOX)
        costs.append(len(cost))
        for number in range(4):
            files = await ids.files(MOTHER, 1)
            to = await ids.people("teacher.belova", "psychologist")
            await send(api(MOTHER), to, subject=f"Письмо {number}", fileIds=files)
    assert costs[0] == costs[1] <= 12
