"""Drafts: kept, changed and sent, by their writer alone."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.communication.conftest import Ids
from tests.communication.post import (
    DIRECTOR,
    DRAFT,
    HELLO,
    LETTER,
    MOTHER,
    SEND,
    TEACHER,
    box,
    save,
    send,
    subjects,
)
from tests.conftest import SignIn


async def test_a_draft_is_kept_changed_and_sent(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    teacher, head = await ids.people("teacher.belova", DIRECTOR)
    file = await ids.file(MOTHER)
    draft = await save(api(MOTHER), subject="Отпроситься", to=[teacher], fileIds=[file])
    assert (draft["sentAt"], draft["version"], draft["copy"]["folder"]) == (None, 1, "DRAFTS")
    assert "Отпроситься" in await subjects(api(MOTHER), "DRAFTS")
    assert "Отпроситься" not in await subjects(api(*TEACHER))
    assert (await api(*TEACHER)(LETTER, id=draft["id"]))["node"] is None

    seen = {"draftId": draft["id"], "expectedVersion": 1}
    changed = await save(api(MOTHER), **seen, body="В пятницу.", bcc=[head])
    assert (changed["id"], changed["version"]) == (draft["id"], 2)
    assert [one["role"] for one in changed["recipients"]] == ["TO", "BCC"]
    assert changed["copy"]["id"] == draft["copy"]["id"]

    send = {"draftId": draft["id"], "expectedVersion": 2}
    letter = (await api(MOTHER)(SEND, input=send))["sendMail"]["mailMessage"]
    assert (letter["id"], letter["subject"], letter["body"]) == (
        draft["id"], "Отпроситься", "В пятницу.",
    )  # fmt: skip
    assert letter["attachments"] == [{"fileName": "план.pdf"}]
    assert letter["copy"] == {"id": draft["copy"]["id"], "folder": "SENT"}
    assert "Отпроситься" in await subjects(api(*TEACHER))
    assert "Отпроситься" in await subjects(api(DIRECTOR))
    assert "Отпроситься" not in await subjects(api(MOTHER), "DRAFTS")


async def test_recipients_are_shown_in_the_order_of_the_last_draft(api: SignIn, ids: Ids) -> None:
    teacher, head, deputy, psychologist = await ids.people(
        "teacher.belova", DIRECTOR, "zavuch", "psychologist"
    )
    draft = await save(api(MOTHER), to=[teacher, head], cc=[deputy])
    seen = {"draftId": draft["id"], "expectedVersion": 1}
    changed = await save(api(MOTHER), **seen, to=[psychologist, head, teacher], bcc=[deputy])
    shown = [(one["role"], one["personName"].split()[0]) for one in changed["recipients"]]
    expected = [("TO", "Тихонова"), ("TO", "Воронцова"), ("TO", "Белова"), ("CC", "Зайцева")]
    assert shown == expected  # named twice, the deputy has the first role
    given = {**seen, "expectedVersion": 2, "cc": [], "bcc": [head, deputy]}
    letter = (await api(MOTHER)(SEND, input=given))["sendMail"]["mailMessage"]
    shown = [(one["role"], one["personName"].split()[0]) for one in letter["recipients"]]
    assert shown == [*expected[:3], ("BCC", "Зайцева")]
    assert letter["copy"]["id"] == draft["copy"]["id"]
    [copy] = [one for one in await box(api(*TEACHER)) if one["message"]["id"] == letter["id"]]
    assert copy["version"] == 1  # not how often the draft was saved


async def test_a_sent_letter_never_changes(api: SignIn, ids: Ids) -> None:
    letter = await send(api(MOTHER), await ids.people("teacher.belova"))
    change = {"draftId": letter["id"], "expectedVersion": 1, "body": "Нет, больна."}
    for document in (DRAFT, SEND):
        for who in (api(MOTHER), api(*TEACHER)):
            assert await who.expect_code(document, input=change) == "ALREADY_SENT"
    assert (await api(*TEACHER)(LETTER, id=letter["id"]))["node"]["body"] == HELLO["body"]


async def test_nobody_else_changes_or_sends_ones_draft(api: SignIn, ids: Ids) -> None:
    draft = await save(api(MOTHER), subject="Потом", to=await ids.people("teacher.belova"))
    change = {"draftId": draft["id"], "expectedVersion": 1, "body": "Другое."}
    for who in (api(*TEACHER), api(DIRECTOR)):
        for document in (DRAFT, SEND):
            assert await who.expect_code(document, input=change) == "NOT_FOUND"


async def test_a_draft_needs_no_recipients_until_it_is_sent(api: SignIn) -> None:
    draft = await save(api(MOTHER), subject="Потом")
    send = {"draftId": draft["id"], "expectedVersion": 1}
    refusal = await api(MOTHER).expect_refusal(SEND, input=send)
    assert (refusal["code"], refusal["field"]) == ("NO_RECIPIENTS", ["to"])


async def test_a_right_lost_since_the_draft_stops_the_letter(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    people = await ids.people("secretary", MOTHER)
    draft = await save(api(*TEACHER), subject="Потом", to=people)
    await sql.execute(
        text("""UPDATE guardian_links l SET may_contact = false FROM guardians g
        WHERE g.id = l.guardian_id AND g.school_id = l.school_id AND g.person_id = :person"""),
        {"person": await ids.person_key(MOTHER)},
    )
    send = {"draftId": draft["id"], "expectedVersion": 1}
    refusal = await api(*TEACHER).expect_refusal(SEND, input=send)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["to", "1"])


async def test_a_draft_sent_from_two_tabs_is_sent_once(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    draft = await save(api(MOTHER), **HELLO, to=await ids.people("teacher.belova"))
    send = {"draftId": draft["id"], "expectedVersion": 1}
    replies = await asyncio.gather(*(api(MOTHER).reply(SEND, input=send) for _ in range(2)))
    codes = sorted(
        error["code"] for reply in replies for error in (reply.data or {})["sendMail"]["userErrors"]
    )
    assert codes == ["CONFLICT"]
    assert (await subjects(api(*TEACHER))).count(HELLO["subject"]) == 1
    told = "SELECT count(*) FROM events WHERE kind = 'MAIL_RECEIVED'"
    assert (await sql.execute(text(told))).scalar_one() == 1
