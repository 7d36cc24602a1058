"""Writing letters: sending, answering, drafts, and what is refused."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.communication.conftest import Ids
from tests.communication.post import (
    DIRECTOR,
    DRAFT,
    HELLO,
    MOTHER,
    SEND,
    TEACHER,
    THREAD,
    box,
    save,
    send,
)
from tests.conftest import NOON, Clock, SignIn


async def test_a_mother_writes_to_the_class_teacher(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    letter = await send(api(MOTHER), await ids.people("teacher.belova"))

    assert (letter["subject"], letter["body"], letter["version"]) == (*HELLO.values(), 1)
    assert (letter["sentAt"], letter["copy"]["folder"]) == ("2026-11-23T05:00:00Z", "SENT")
    copy = (await box(api(*TEACHER)))[0]
    assert copy["message"]["id"] == letter["id"]
    assert copy["message"]["senderName"] == "Иванова Ольга Сергеевна"
    assert (copy["role"], copy["readAt"]) == ("TO", None)
    [event] = (await sql.execute(text("SELECT * FROM events ORDER BY seq DESC LIMIT 1"))).all()
    assert (event.kind, event.topic, event.entity) == ("MAIL_RECEIVED", "MAIL", letter["id"])
    assert event.persons == [await ids.person_key("teacher.belova")]


@pytest.mark.parametrize("name", ["sendMail", "saveDraft"])
async def test_its_writer_reads_back_plain_fields_alone(api: SignIn, ids: Ids, name: str) -> None:
    """The writer may read a letter because of a copy, which the same statement writes."""
    given = {**HELLO, "to": await ids.people("teacher.belova")}
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
      mailMessage {{ subject }} userErrors {{ code }} }} }}"""

    found = (await api(MOTHER)(document, input=given))[name]

    assert found == {"mailMessage": {"subject": HELLO["subject"]}, "userErrors": []}


@pytest.mark.parametrize(
    ("who", "to"),
    [
        ((MOTHER,), "parent.sokolova"),
        ((MOTHER,), "student.ivanova"),
        ((MOTHER,), "hr"),
        (("student.ivanova",), "student.sokolov"),
        (("student.ivanova",), MOTHER),
        (("teacher.gusev",), "parent.kuznetsova"),
        (TEACHER, "parent.kuznetsova"),
        (TEACHER, "parent.lebedeva"),
        ((DIRECTOR,), "parent.lebedeva"),
        ((DIRECTOR,), "parent.fyodorova"),
        (("hr",), MOTHER),
        (("municipal",), "teacher.belova"),
        (("teacher.orlova", Role.PARENT), "teacher.gusev"),
    ],
)
async def test_who_may_not_write_to_whom(api: SignIn, ids: Ids, who: Any, to: str) -> None:
    known = "secretary"
    given = {**HELLO, "to": await ids.people(known), "cc": await ids.people(known, to)}
    for document in (SEND, DRAFT):
        refusal = await api(*who).expect_refusal(document, input=given)
        assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["cc", "1"])


async def test_nobody_writes_to_another_school(api: SignIn, sql: AsyncConnection) -> None:
    query = "SELECT person_id FROM staff WHERE school_id = 2 LIMIT 1"
    there = f"PublicPerson:2-{(await sql.execute(text(query))).scalar_one()}"
    refusal = await api(DIRECTOR).expect_refusal(SEND, input={**HELLO, "to": [there]})
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["to", "0"])


async def test_whoever_is_named_twice_gets_it_once_as_named_first(api: SignIn, ids: Ids) -> None:
    gusev, klimova = await ids.people("teacher.gusev", "teacher.klimova")
    letter = await send(api(*TEACHER), [gusev, gusev], cc=[klimova, gusev], bcc=[klimova])
    told = [(one["role"], one["personName"]) for one in letter["recipients"]]
    assert told == [("TO", "Гусев Алексей Павлович"), ("CC", "Климова Дарья Андреевна")]
    assert (
        len([c for c in await box(api("teacher.gusev")) if c["message"]["id"] == letter["id"]]) == 1
    )


async def test_one_may_write_to_oneself(api: SignIn, ids: Ids) -> None:
    letter = await send(api(*TEACHER), await ids.people("teacher.belova"))
    for folder in ("INBOX", "SENT"):
        found = [copy["message"]["id"] for copy in await box(api(*TEACHER), folder)]
        assert letter["id"] in found


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"to": []}, "NO_RECIPIENTS", ["to"]),
        ({"subject": "я" * 301}, "TOO_LONG", ["subject"]),
        ({"body": "я" * 50001}, "TOO_LONG", ["body"]),
        ({"to": ["Student:1-1"]}, "BAD_USER_INPUT", ["to", "0"]),
        ({"subject": None}, "BAD_USER_INPUT", ["subject"]),
        ({"expectedVersion": 1}, "DRAFT_VERSION", ["expectedVersion"]),
        ({"replyToId": "MailMessage:1-999999"}, "NOT_FOUND", ["replyToId"]),
        ({"draftId": "MailMessage:1-999999", "expectedVersion": 1}, "NOT_FOUND", ["draftId"]),
    ],
)
async def test_what_is_refused(
    api: SignIn, ids: Ids, given: Any, code: str, field: list[str]
) -> None:
    usual = {**HELLO, "to": await ids.people("teacher.belova")}
    refusal = await api(MOTHER).expect_refusal(SEND, input={**usual, **given})
    assert (refusal["code"], refusal["field"]) == (code, field)


async def test_a_letter_has_no_more_recipients_than_the_school_allows(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    await sql.execute(text("UPDATE schools SET mail_recipients = 2 WHERE id = 1"))
    people = await ids.people("teacher.gusev", "teacher.klimova", DIRECTOR)
    refusal = await api(*TEACHER).expect_refusal(SEND, input={**HELLO, "to": people})
    assert (refusal["code"], refusal["field"], refusal["most"]) == ("LIMIT", ["to"], 2)
    await send(api(*TEACHER), people[:2], cc=people[:2])


async def test_files_go_with_a_letter(api: SignIn, ids: Ids) -> None:
    note, other = await ids.file(MOTHER, "справка.pdf"), await ids.file(DIRECTOR)
    teacher = await ids.people("teacher.belova")
    await send(api(MOTHER), teacher, fileIds=[note])
    copy = (await box(api(*TEACHER)))[0]
    file = {"fileName": "справка.pdf", "mediaType": "application/pdf", "size": 2048}
    assert copy["message"]["attachments"] == [file]
    given = {**HELLO, "to": teacher, "fileIds": [note, other]}
    refusal = await api(MOTHER).expect_refusal(SEND, input=given)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["fileIds", "1"])


async def test_a_letter_sent_again_under_its_key_is_sent_once(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    key, to = uuid4(), await ids.people("teacher.belova")
    tries = [send(api(MOTHER), to, idempotencyKey=key) for _ in range(3)]
    assert len({letter["id"] for letter in await asyncio.gather(*tries)}) == 1
    told = "SELECT count(*) FROM events WHERE kind = 'MAIL_RECEIVED'"
    assert (await sql.execute(text(told))).scalar_one() == 1


async def test_a_key_does_not_send_another_letter_nor_another_command(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    key, to = uuid4(), await ids.people("teacher.belova")
    letter = {**HELLO, "to": to, "idempotencyKey": key, "body": "Пароль от кабинета: 1234"}
    await api(MOTHER)(SEND, input=letter)
    for other in ({"body": "Другое"}, {"replyToId": None}, {"to": [*to, *to]}):
        assert await api(MOTHER).expect_code(SEND, input=letter | other) == "IDEMPOTENCY_KEY_REUSED"
    assert await api(MOTHER).expect_code(DRAFT, input=letter) == "IDEMPOTENCY_KEY_REUSED"
    told = "SELECT count(*) FROM events WHERE kind = 'MAIL_RECEIVED'"
    assert (await sql.execute(text(told))).scalar_one() == 1
    kept = "SELECT attempts::text FROM attempts WHERE key = :key"
    row = (await sql.execute(text(kept), {"key": key})).scalar_one()
    assert "1234" not in row


async def test_thirty_recipients_cost_what_one_costs(
    api: SignIn, sql: AsyncConnection, statements: Callable[[], Any]
) -> None:
    query = "SELECT person_id FROM staff WHERE school_id = 1 AND dismissed_on IS NULL LIMIT 30"
    keys = (await sql.execute(text(query))).scalars().all()
    people = [f"PublicPerson:1-{key}" for key in keys]
    costs = []
    for to in (people[:1], people):
        with statements() as cost:
            await send(api(DIRECTOR), to)
        costs.append(len(cost))
    assert costs[0] == costs[1]


# -- answering ------------------------------------------------------------------------


async def test_an_answer_joins_the_conversation(api: SignIn, ids: Ids, clock: Clock) -> None:
    first = await send(api(MOTHER), await ids.people("teacher.belova"), subject="Вопрос")
    clock.now = NOON.replace(hour=6)
    reply = await send(
        api(*TEACHER), await ids.people(MOTHER), subject="Ответ", replyToId=first["id"]
    )
    clock.now = NOON.replace(hour=7)
    aside = {"cc": await ids.people("psychologist"), "replyToId": reply["id"]}
    last = await send(api(MOTHER), await ids.people("teacher.belova"), subject="Спасибо", **aside)

    assert (reply["thread"], last["thread"]) == ({"id": first["id"]}, {"id": first["id"]})
    for who in (api(MOTHER), api(*TEACHER)):
        for letter in (first, reply, last):
            found = (await who(THREAD, id=letter["id"]))["mailThread"]["nodes"]
            assert [one["subject"] for one in found] == ["Вопрос", "Ответ", "Спасибо"]
    aside_only = (await api("psychologist")(THREAD, id=last["id"]))["mailThread"]["nodes"]
    assert [one["subject"] for one in aside_only] == ["Спасибо"]


async def test_one_may_always_answer_whoever_wrote(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    teacher, masha = await ids.people("teacher.klimova", "student.ivanova")
    letter = await send(api("teacher.klimova"), [masha])
    assert await api("student.ivanova")(SEND, input={**HELLO, "to": [teacher]})
    await sql.execute(
        text("""UPDATE section_memberships m SET valid_to = '2026-11-22' FROM students s
        WHERE s.id = m.student_id AND s.school_id = m.school_id AND s.person_id = :person
        AND m.valid_to IS NULL"""),
        {"person": await ids.person_key("student.ivanova")},
    )
    given = {**HELLO, "to": [teacher]}
    assert await api("student.ivanova").expect_code(SEND, input=given) == "NOT_FOUND"
    await send(api("student.ivanova"), [teacher], replyToId=letter["id"])


async def test_one_answers_only_what_one_holds(api: SignIn, ids: Ids) -> None:
    letter = await send(api(MOTHER), await ids.people("teacher.belova"))
    draft = await save(api("teacher.gusev"), subject="Потом")
    given = {**HELLO, "to": await ids.people(DIRECTOR)}
    for other in (letter, draft):
        answer = {**given, "replyToId": other["id"]}
        refusal = await api("teacher.gusev").expect_refusal(SEND, input=answer)
        assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["replyToId"])
