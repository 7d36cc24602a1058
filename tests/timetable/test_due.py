"""Homework is due in the next lesson, and follows it through the timetable."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn

SET = """mutation ($input: SetHomeworkInput!) { setHomework(input: $input) {
  homework { id text dueOn dueLesson { id date } version }
  userErrors { code field message warnings { code field } } } }"""
CANCEL = """mutation ($input: CancelLessonInput!) { cancelLesson(input: $input) {
  lesson { id version } userErrors { code field } } }"""
RESTORE = """mutation ($input: RestoreLessonInput!) { restoreLesson(input: $input) {
  lesson { id version } userErrors { code field } } }"""
MOVE = """mutation ($input: MoveLessonInput!) { moveLesson(input: $input) {
  lesson { id version date } userErrors { code field } } }"""
SCHEDULE = """mutation ($input: ScheduleLessonInput!) { scheduleLesson(input: $input) {
  lesson { id date } userErrors { code field } } }"""
DUE = """query ($from: Date!, $to: Date!) { diary(studentId: "Student:1-1", from: $from, to: $to) {
  days { date lessons { lesson { id } homework { text } }
    homeworkDue { id text dueOn subject { name } lesson { id } dueLesson { id } } } } }"""
ALGEBRA = 68
REASON = {"overrideReason": "Проверка"}


async def lessons_of(sql: AsyncConnection, day: date = date(2026, 11, 23)) -> list[Any]:
    """Those of 7А algebra from a day on."""
    query = """SELECT id, date, starts_at, ends_at, ordinal, version FROM lessons
        WHERE section_id = :section AND date >= :day AND status = 'PLANNED'
        ORDER BY date, starts_at"""
    return list(await sql.execute(text(query), {"section": ALGEBRA, "day": day}))


async def due_of(sql: AsyncConnection, lesson: int) -> tuple[int | None, date | None, int]:
    query = "SELECT due_lesson_id, due_on, version FROM homework WHERE lesson_id = :id"
    return tuple((await sql.execute(text(query), {"id": lesson})).one())


def make_input(lesson: Any, **more: Any) -> dict[str, Any]:
    return {"lessonId": f"Lesson:1-{lesson.id}", "text": "№ 5", **more}


def day_after(lessons: list[Any], first: Any) -> Any:
    return next(one for one in lessons if one.date > first.date)


async def test_all_homework_of_the_demo_that_a_lesson_follows_is_due_in_it(
    sql: AsyncConnection,
) -> None:
    wrong = text("""SELECT count(*) FROM homework h JOIN lessons l ON l.id = h.lesson_id
        LEFT JOIN LATERAL (SELECT n.id, n.date FROM lessons n WHERE n.section_id = l.section_id
            AND n.date > l.date AND n.status <> 'CANCELLED'
            ORDER BY n.date, n.starts_at LIMIT 1) d ON true
        WHERE (h.due_lesson_id, h.due_on) IS DISTINCT FROM (d.id, d.date)""")
    assert await sql.scalar(wrong) == 0
    every, known = (
        await sql.execute(text("SELECT count(*), count(due_lesson_id) FROM homework"))
    ).one()
    assert known == every > 2_000


async def test_homework_is_due_in_the_next_lesson_and_moves_with_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first = lessons[0]
    following = day_after(lessons, first)
    teacher, zavuch = api("teacher.belova", Role.SUBJECT_TEACHER), api("zavuch")
    made = (await teacher(SET, input=make_input(first)))["setHomework"]["homework"]
    assert made["dueOn"] == str(following.date)
    assert made["dueLesson"]["id"] == f"Lesson:1-{following.id}"
    later = {"startsAt": "17:30", "endsAt": "18:10", "ordinal": 9, **REASON}
    later |= {"lessonId": f"Lesson:1-{following.id}", "expectedVersion": following.version}
    same_week = day_after(lessons, following).date
    await zavuch(MOVE, input=later | {"date": str(following.date)})
    assert await due_of(sql, first.id) == (following.id, following.date, 1)
    moved = later | {"date": "2026-11-28", "expectedVersion": following.version + 1}
    done = await zavuch(MOVE, input=moved)
    assert done["moveLesson"]["userErrors"] == []
    expected = following.id if same_week > date(2026, 11, 28) else None
    key, day, version = await due_of(sql, first.id)
    assert version == 1, "the timetable changes no homework that somebody is writing"
    assert (key, day) == ((following.id, date(2026, 11, 28)) if expected else (key, same_week))


async def test_a_cancelled_lesson_hands_its_homework_on_and_gets_it_back(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first, zavuch = lessons[0], api("zavuch")
    following = day_after(lessons, first)
    await api("teacher.belova", Role.SUBJECT_TEACHER)(SET, input=make_input(first))
    there = {"lessonId": f"Lesson:1-{following.id}"}
    await zavuch(CANCEL, input=there | {"expectedVersion": following.version})
    after = next(one for one in lessons if one.date > first.date and one.id != following.id)
    assert await due_of(sql, first.id) == (after.id, after.date, 1)
    await zavuch(RESTORE, input=there | {"expectedVersion": following.version + 1})
    assert await due_of(sql, first.id) == (following.id, following.date, 1)


async def test_without_a_later_lesson_it_is_due_when_one_is_put_into_the_timetable(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first = lessons[0]
    gone = "UPDATE lessons SET status = 'CANCELLED' WHERE section_id = :section AND date > :day"
    await sql.execute(text(gone), {"section": ALGEBRA, "day": first.date})
    made = await api("teacher.belova", Role.SUBJECT_TEACHER)(SET, input=make_input(first))
    assert made["setHomework"]["homework"]["dueOn"] is None
    assert made["setHomework"]["homework"]["dueLesson"] is None
    new = {"sectionId": f"Section:1-{ALGEBRA}", "date": "2026-11-28", "startsAt": "17:30"}
    done = await api("zavuch")(SCHEDULE, input=new | {"endsAt": "18:10", "ordinal": 9, **REASON})
    lesson = done["scheduleLesson"]["lesson"]
    key, day, _ = await due_of(sql, first.id)
    assert (f"Lesson:1-{key}", day) == (lesson["id"], date(2026, 11, 28))


async def test_a_day_that_the_teacher_names_stays(api: SignIn, sql: AsyncConnection) -> None:
    lessons = await lessons_of(sql)
    first, teacher = lessons[0], api("teacher.belova", Role.SUBJECT_TEACHER)
    second = day_after(lessons, first)
    third = day_after(lessons, second)
    named = make_input(first, dueOn=str(third.date))
    made = (await teacher(SET, input=named))["setHomework"]["homework"]
    assert (made["dueOn"], made["dueLesson"]) == (str(third.date), None)
    there = {"lessonId": f"Lesson:1-{third.id}", "expectedVersion": third.version}
    await api("zavuch")(CANCEL, input=there)
    assert await due_of(sql, first.id) == (None, third.date, 1)
    again = make_input(first, expectedVersion=1) | {"text": "№ 6"}
    changed = (await teacher(SET, input=again))["setHomework"]["homework"]
    assert (changed["text"], changed["dueOn"], changed["dueLesson"]) == (
        "№ 6",
        str(third.date),
        None,
    )
    next_one = make_input(first, expectedVersion=2, dueOn=None)
    changed = (await teacher(SET, input=next_one))["setHomework"]["homework"]
    assert changed["dueOn"] == str(second.date)
    assert changed["dueLesson"]["id"] == f"Lesson:1-{second.id}"


async def test_homework_keeps_its_unusual_day_and_the_reason_when_its_text_is_corrected(
    api: SignIn, sql: AsyncConnection
) -> None:
    first, teacher = (await lessons_of(sql))[0], api("teacher.belova", Role.SUBJECT_TEACHER)
    await teacher(SET, input=make_input(first, dueOn="2026-11-29", **REASON))
    changed = await teacher(SET, input=make_input(first, expectedVersion=1) | {"text": "№ 6"})
    assert changed["setHomework"]["homework"]["dueOn"] == "2026-11-29"
    kept = "SELECT overridden_warnings, override_reason FROM homework WHERE lesson_id = :id"
    row = (await sql.execute(text(kept), {"id": first.id})).one()
    assert tuple(row) == (["NO_LESSON_THAT_DAY"], REASON["overrideReason"])
    usual = make_input(first, expectedVersion=2, dueOn=None)
    await teacher(SET, input=usual)
    row = (await sql.execute(text(kept), {"id": first.id})).one()
    assert tuple(row) == ([], None)


async def test_homework_without_a_named_day_follows_the_next_lesson_when_it_is_corrected(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first, teacher = lessons[0], api("teacher.belova", Role.SUBJECT_TEACHER)
    await teacher(SET, input=make_input(first))
    changed = (await teacher(SET, input=make_input(first, expectedVersion=1)))["setHomework"]
    following = day_after(lessons, first)
    assert changed["homework"]["dueLesson"]["id"] == f"Lesson:1-{following.id}"


async def test_a_day_needs_to_be_possible_and_usual(api: SignIn, sql: AsyncConnection) -> None:
    first, teacher = (await lessons_of(sql))[0], api("teacher.belova", Role.SUBJECT_TEACHER)
    for day, code in (("2026-11-20", "DUE_BEFORE_LESSON"), ("2030-01-01", "OUTSIDE_YEAR")):
        refused = await teacher.expect_refusal(SET, input=make_input(first, dueOn=day, **REASON))
        assert (refused["code"], refused["field"]) == (code, ["dueOn"])
    refused = await teacher.expect_refusal(SET, input=make_input(first, dueOn="2026-11-29"))
    assert refused["code"] == "WARNING_NEEDS_REASON"
    assert refused["warnings"] == [{"code": "NO_LESSON_THAT_DAY", "field": ["dueOn"]}]
    assert await sql.scalar(text("SELECT count(*) FROM homework WHERE text = '№ 5'")) == 0
    made = await teacher(SET, input=make_input(first, dueOn="2026-11-29", **REASON))
    assert made["setHomework"]["homework"]["dueOn"] == "2026-11-29"


async def test_homework_set_while_its_next_lesson_is_cancelled_is_due_in_another(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first = lessons[0]
    following = day_after(lessons, first)
    there = {"lessonId": f"Lesson:1-{following.id}", "expectedVersion": following.version}
    await asyncio.gather(
        api("teacher.belova", Role.SUBJECT_TEACHER)(SET, input=make_input(first)),
        api("zavuch")(CANCEL, input=there),
    )
    due, _, _ = await due_of(sql, first.id)
    status = await sql.scalar(text("SELECT status FROM lessons WHERE id = :id"), {"id": due})
    assert (status, due == following.id) == ("PLANNED", False)


@pytest.mark.parametrize(
    ("login", "role"), [("parent.ivanova", None), ("student.ivanova", None), ("zavuch", None)]
)
async def test_the_diary_of_a_day_shows_what_is_to_be_done_for_it(
    api: SignIn, sql: AsyncConnection, login: str, role: Role | None
) -> None:
    lessons = await lessons_of(sql)
    first = lessons[0]
    following = day_after(lessons, first)
    await api("teacher.belova", Role.SUBJECT_TEACHER)(SET, input=make_input(first))
    day = {"from": str(following.date), "to": str(following.date)}
    [shown] = (await api(login, role)(DUE, **day))["diary"]["days"]
    [mine] = [one for one in shown["homeworkDue"] if one["text"] == "№ 5"]
    assert (mine["dueOn"], mine["subject"]["name"]) == (str(following.date), "Алгебра")
    assert mine["lesson"]["id"] == f"Lesson:1-{first.id}"
    assert mine["dueLesson"]["id"] == f"Lesson:1-{following.id}"


async def test_a_day_without_lessons_shows_what_is_due_by_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    first = (await lessons_of(sql))[0]
    teacher = api("teacher.belova", Role.SUBJECT_TEACHER)
    await teacher(SET, input=make_input(first, dueOn="2026-11-29", **REASON))
    sunday = {"from": "2026-11-29", "to": "2026-11-29"}
    [shown] = (await api("parent.ivanova")(DUE, **sunday))["diary"]["days"]
    assert (shown["date"], shown["lessons"]) == ("2026-11-29", [])
    assert [one["text"] for one in shown["homeworkDue"]] == ["№ 5"]


async def test_who_has_left_a_section_has_nothing_to_do_for_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    lessons = await lessons_of(sql)
    first = lessons[0]
    following = day_after(lessons, first)
    await api("teacher.belova", Role.SUBJECT_TEACHER)(SET, input=make_input(first))
    left = "UPDATE section_memberships SET valid_to = :day WHERE student_id = 1 AND section_id = 68"
    await sql.execute(text(left), {"day": following.date})
    day = {"from": str(following.date), "to": str(following.date)}
    days = (await api("parent.ivanova")(DUE, **day))["diary"]["days"]
    assert "№ 5" not in [one["text"] for shown in days for one in shown["homeworkDue"]]


async def test_the_homework_due_costs_a_diary_one_statement(
    api: SignIn, statements: Callable[[], Any]
) -> None:
    asked = """query {{ diary(studentId: "Student:1-1", from: "2026-11-16", to: "{to}") {{
        days {{ date lessons {{ topic homework {{ text }} }} {more} }} }} }}"""
    mother, more = api("parent.ivanova"), "homeworkDue { text }"
    with statements() as without:
        await mother(asked.format(to="2026-11-22", more=""))
    with statements() as week:
        answer = await mother(asked.format(to="2026-11-22", more=more))
    with statements() as months:
        await mother(asked.format(to="2027-01-10", more=more))
    assert any(day["homeworkDue"] for day in answer["diary"]["days"])
    assert len(months) == len(week) <= len(without) + 1


async def test_the_database_ties_homework_to_lessons_of_its_section_only(
    sql: AsyncConnection,
) -> None:
    other = text("""UPDATE homework SET due_lesson_id = o.id, due_on = o.date FROM lessons o
        WHERE homework.id = 1 AND o.id = (SELECT min(id) FROM lessons
            WHERE section_id <> homework.section_id)""")
    with pytest.raises(Exception, match="fk_homework_school_id_due_lesson"):
        await sql.execute(other)
