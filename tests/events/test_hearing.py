"""The events that people receive: all that they may read, and no others."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import NOON, Api, SignIn
from tests.events.listening import (
    CLEAR_MARK,
    EGOR,
    JOURNAL,
    MAIL,
    MASHA,
    NOTICES,
    PRESENT,
    SEND,
    SET_HOMEWORK,
    WITHDRAW,
    Desk,
    Listen,
    find_class,
    find_person,
    find_student,
    get_cursor,
    open_desk,
    publish_notice,
    set_mark,
)


async def test_a_mark_reaches_the_mother_and_no_other_parent(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    egor = await find_student(sql, EGOR)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    other = await listen(api("parent.sokolova"), JOURNAL, id=egor)
    hears = mother.start_waiting()
    made = await set_mark(api, desk)
    event = await hears
    assert (event["kind"], event["studentId"], event["entityId"]) == ("MARK_SET", MASHA, made["id"])
    student = {"fullName": "Иванова Мария Петровна"}
    assert event["node"] == {
        "__typename": "Mark", "id": made["id"], "value": 5, "student": student,
    }  # fmt: skip
    await set_mark(api, desk, egor, value=4)
    assert (await other.next_event())["node"]["value"] == 4


async def test_nobody_listens_to_a_child_that_is_not_theirs(api: SignIn, listen: Listen) -> None:
    stream = await listen(api("parent.sokolova"), JOURNAL, id=MASHA)
    assert await stream.read_code() == "NOT_FOUND"
    stream = await listen(api("parent.sokolova"), JOURNAL, id="Student:2-1")
    assert await stream.read_code() == "NOT_FOUND"


async def test_a_stranger_hears_nothing(stranger: Api, listen: Listen) -> None:
    assert await (await listen(stranger, NOTICES, None)).read_code() == "UNAUTHENTICATED"


async def test_a_notice_reaches_only_those_it_is_addressed_to(
    api: SignIn, listen: Listen, sql: AsyncConnection
) -> None:
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    ours, theirs = await find_class(sql, "7А"), await find_class(sql, "7Б")
    addressed = await listen(api("parent.ivanova"), NOTICES)
    not_addressed = await listen(api("parent.kuznetsova"), NOTICES)
    put_up = await publish_notice(leader, ours)
    await publish_notice(api("zavuch"), theirs, "Для 7Б")
    event = await addressed.next_event()
    assert (event["kind"], event["noticeId"]) == ("NOTICE_PUBLISHED", put_up["id"])
    assert event["notice"] == {"id": put_up["id"], "title": "Собрание"}
    assert (await not_addressed.next_event())["notice"]["title"] == "Для 7Б"


async def test_the_readers_of_a_notice_hear_that_it_was_taken_down(
    api: SignIn, listen: Listen, sql: AsyncConnection
) -> None:
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    put_up = await publish_notice(leader, await find_class(sql, "7А"))
    reader = await listen(api("parent.ivanova"), NOTICES)
    author = await listen(leader, NOTICES)
    not_addressed = await listen(api("parent.kuznetsova"), NOTICES)
    given = {"noticeId": put_up["id"], "expectedVersion": put_up["version"]}
    await leader(WITHDRAW, input=given)
    event = await reader.next_event()
    assert (event["kind"], event["noticeId"]) == ("NOTICE_WITHDRAWN", put_up["id"])
    assert event["notice"] is None
    assert (await author.next_event())["notice"]["id"] == put_up["id"]
    await publish_notice(api("zavuch"), await find_class(sql, "7Б"), "Для 7Б")
    assert (await not_addressed.next_event())["notice"]["title"] == "Для 7Б"


async def test_a_letter_reaches_its_recipient_alone(
    api: SignIn, listen: Listen, sql: AsyncConnection
) -> None:
    teacher, mother = api("teacher.belova", Role.CLASS_TEACHER), api("parent.ivanova")
    gets, gets_not = await listen(mother, MAIL), await listen(api("parent.sokolova"), MAIL)
    people = [await find_person(sql, login) for login in ("parent.ivanova", "parent.sokolova")]
    for person, subject in zip(people, ("Маша", "Егор"), strict=True):
        to = [f"PublicPerson:1-{person}"]
        await teacher(SEND, input={"to": to, "subject": subject, "body": "Здравствуйте"})
    event = await gets.next_event()
    assert (event["kind"], event["message"]["subject"]) == ("MAIL_RECEIVED", "Маша")
    assert event["messageId"] == event["message"]["id"]
    assert (await gets_not.next_event())["message"]["subject"] == "Егор"


async def test_homework_reaches_the_families_of_its_section(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    mother, other = api("parent.ivanova"), api("parent.kuznetsova")
    theirs = await find_student(sql, "student.kuznetsov")
    before = await get_cursor(mother)
    open_now = await listen(mother, JOURNAL, id=MASHA), await listen(other, JOURNAL, id=theirs)
    given = {"lessonId": desk.lesson, "text": "§ 12, № 345"}
    query = "SELECT version FROM homework WHERE lesson_id = :id"
    if version := await sql.scalar(text(query), {"id": desk.lesson_key}):
        given["expectedVersion"] = version
    await api(desk.login)(SET_HOMEWORK, input=given)
    await set_mark(api, await open_desk(sql, letter="Б"), theirs)
    resumed = (
        await listen(mother, JOURNAL, before, id=MASHA),
        await listen(other, JOURNAL, before, id=theirs),
    )
    for ours, others in (open_now, resumed):
        event = await ours.next_event()
        assert (event["kind"], event["studentId"]) == ("HOMEWORK_SET", MASHA)
        assert event["node"]["text"] == "§ 12, № 345"
        assert (await others.next_event())["kind"] == "MARK_SET"


async def test_confirming_a_lesson_tells_each_family_of_its_child(
    api: SignIn, desk: Desk, listen: Listen, sql: AsyncConnection
) -> None:
    query = text("DELETE FROM attendance_records WHERE lesson_id = :id")
    await sql.execute(query, {"id": desk.lesson_key})
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    await api(desk.login)(PRESENT, input={"lessonId": desk.lesson})
    event = await mother.next_event()
    assert (event["kind"], event["node"]["__typename"]) == ("ATTENDANCE_SET", "AttendanceRecord")
    assert event["node"]["code"] == "PRESENT"


async def test_a_withdrawn_mark_is_announced_by_its_assignment(
    api: SignIn, desk: Desk, listen: Listen
) -> None:
    made = await set_mark(api, desk)
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    given = {"markId": made["id"], "expectedVersion": made["version"]}
    await api(desk.login)(CLEAR_MARK, input=given)
    event = await mother.next_event()
    assert (event["kind"], event["entityId"]) == ("MARK_WITHDRAWN", desk.assignment)
    assert event["node"]["title"] == "Проверка"


async def test_a_mark_for_later_is_not_heard_of_by_the_family_nor_is_its_end(
    api: SignIn, sql: AsyncConnection, listen: Listen
) -> None:
    later = await open_desk(sql, publish_at=NOON + timedelta(days=2))
    mother = await listen(api("parent.ivanova"), JOURNAL, id=MASHA)
    teacher = await listen(api(later.login), JOURNAL, id=MASHA)
    made = await set_mark(api, later, value=2)
    assert (await teacher.next_event())["kind"] == "MARK_SET"
    given = {"markId": made["id"], "expectedVersion": made["version"]}
    await api(later.login)(CLEAR_MARK, input=given)
    assert (await teacher.next_event())["kind"] == "MARK_WITHDRAWN"
    at_once = await open_desk(sql)
    await set_mark(api, at_once, value=5)
    assert (await mother.next_event())["node"]["value"] == 5
