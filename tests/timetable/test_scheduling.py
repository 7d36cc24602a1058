"""The timetable: nobody and no room is in two lessons at once."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

SHOWN = """id date startsAt endsAt ordinal status topic movedFrom version room { id }
  teacher { id } section { id }"""
SCHEDULE = f"""mutation ($input: ScheduleLessonInput!) {{ scheduleLesson(input: $input) {{
  lesson {{ {SHOWN} }} userErrors {{ code field }} }} }}"""
MOVE = f"""mutation ($input: MoveLessonInput!) {{ moveLesson(input: $input) {{
  lesson {{ {SHOWN} }} userErrors {{ code field }} }} }}"""
CANCEL = f"""mutation ($input: CancelLessonInput!) {{ cancelLesson(input: $input) {{
  lesson {{ {SHOWN} }} userErrors {{ code field }} }} }}"""
SATURDAY = "2026-11-28"
EVENING: dict[str, Any] = {
    "sectionId": "Section:1-68",
    "date": SATURDAY,
    "startsAt": "18:00",
    "endsAt": "18:40",
    "ordinal": 12,
    "roomId": "Room:1-1",
}
"""Algebra of 7А, when the school is empty."""
PHYSICS = {"lessonId": "Lesson:1-5431", "expectedVersion": 1}
"""Of 7А, on Wednesday 25 November at 8:00, still to be held."""
LATER = {"date": SATURDAY, "startsAt": "18:00", "endsAt": "18:40", "ordinal": 12}


async def schedule(api: Api, **more: Any) -> dict[str, Any]:
    found = await api(SCHEDULE, input=EVENING | more)
    lesson: dict[str, Any] = found["scheduleLesson"]["lesson"]
    return lesson


async def test_a_lesson_is_scheduled_for_the_sections_teacher(
    api: SignIn, sql: AsyncConnection
) -> None:
    lesson = await schedule(api("zavuch"))
    main = await sql.scalar(
        text("""SELECT staff_id FROM teaching_assignments WHERE section_id = 68
        AND role = 'MAIN' AND valid_to IS NULL""")
    )
    assert lesson["teacher"] == {"id": f"Staff:1-{main}"}
    assert (lesson["status"], lesson["startsAt"]) == ("PLANNED", "18:00:00")


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"sectionId": "Section:1-69", "roomId": None}, "STUDENT_BUSY", "startsAt"),
        ({"sectionId": "Section:1-84"}, "ROOM_BUSY", "roomId"),
        ({"sectionId": "Section:1-84", "staffId": "SAME", "roomId": None}, "TEACHER_BUSY",
         "startsAt"),
        ({"startsAt": "18:39", "endsAt": "19:00"}, "STUDENT_BUSY", "startsAt"),
        ({"startsAt": "17:00", "endsAt": "19:00"}, "STUDENT_BUSY", "startsAt"),
        ({"startsAt": "18:10", "endsAt": "18:20"}, "STUDENT_BUSY", "startsAt"),
    ],
)  # fmt: skip
async def test_who_or_what_is_busy_is_said(
    api: SignIn, more: dict[str, Any], code: str, field: str
) -> None:
    zavuch = api("zavuch")
    lesson = await schedule(zavuch, staffId="Staff:1-10")
    given = EVENING | {"staffId": "Staff:1-9"} | more
    if given["staffId"] == "SAME":
        given["staffId"] = lesson["teacher"]["id"]
    refusal = await zavuch.expect_refusal(SCHEDULE, input=given)
    assert (refusal["code"], refusal["field"]) == (code, [field])


async def test_one_lesson_may_begin_when_another_ends(api: SignIn) -> None:
    await schedule(api("zavuch"))
    after = await schedule(api("zavuch"), startsAt="18:40", endsAt="19:00")
    before = await schedule(api("zavuch"), startsAt="17:20", endsAt="18:00")
    assert after["teacher"] == before["teacher"]


async def test_of_two_lessons_of_a_teacher_scheduled_at_once_one_wins(
    api: SignIn, sql: AsyncConnection
) -> None:
    more = [{"sectionId": f"Section:1-{n}", "roomId": f"Room:1-{n - 67}"} for n in (68, 84)]
    replies = await asyncio.gather(
        *(api("zavuch").reply(SCHEDULE, input=EVENING | {"staffId": "Staff:1-9"} | m) for m in more)
    )
    assert not any(reply.errors for reply in replies)
    errors = [e["code"] for r in replies for e in (r.data or {})["scheduleLesson"]["userErrors"]]
    assert errors == ["TEACHER_BUSY"]
    count = f"SELECT count(*) FROM lessons WHERE date = '{SATURDAY}' AND starts_at = '18:00'"
    assert await sql.scalar(text(count)) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"date": "2026-10-20"}, "PERIOD_CLOSED", "date"),
        ({"date": "2026-10-28"}, "SCHOOL_HOLIDAY", "date"),
        ({"date": "2027-02-23"}, "SCHOOL_HOLIDAY", "date"),
        ({"date": "2027-06-15"}, "OUTSIDE_TERMS", "date"),
        ({"date": "2031-10-28"}, "OUTSIDE_TERMS", "date"),
        ({"startsAt": "19:00", "endsAt": "18:00"}, "ENDS_BEFORE_IT_BEGINS", "endsAt"),
        ({"startsAt": "18:00", "endsAt": "18:00"}, "ENDS_BEFORE_IT_BEGINS", "endsAt"),
        ({"ordinal": 15}, "OUT_OF_RANGE", "ordinal"),
        ({"ordinal": -1}, "OUT_OF_RANGE", "ordinal"),
        ({"staffId": "Staff:2-28"}, "NOT_FOUND", "staffId"),
        ({"roomId": "Room:1-999"}, "NOT_FOUND", "roomId"),
        ({"sectionId": "Section:2-300"}, "NOT_FOUND", "sectionId"),
    ],
)
async def test_what_is_no_lesson_is_refused_naming_the_field(
    api: SignIn, sql: AsyncConnection, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = await api("zavuch").expect_refusal(SCHEDULE, input=EVENING | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_a_moved_lesson_remembers_when_it_was_to_be(api: SignIn) -> None:
    moved = (await api("zavuch")(MOVE, input=PHYSICS | LATER))["moveLesson"]["lesson"]
    assert (moved["date"], moved["version"]) == (SATURDAY, 2)
    assert moved["movedFrom"] == "2026-11-25T01:00:00Z"
    assert moved["room"]
    again = {**PHYSICS, "expectedVersion": 2, **LATER, "startsAt": "18:10", "roomId": None}
    moved = (await api("zavuch")(MOVE, input=again))["moveLesson"]["lesson"]
    assert (moved["movedFrom"], moved["room"]) == ("2026-11-25T01:00:00Z", None)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"date": "2026-11-25", "startsAt": "08:50", "endsAt": "09:30"}, "STUDENT_BUSY"),
        ({"date": "2026-10-20"}, "PERIOD_CLOSED"),
        ({"date": "2027-02-23"}, "SCHOOL_HOLIDAY"),
        ({"date": "2027-06-15"}, "OUTSIDE_TERMS"),
        ({"endsAt": "17:00"}, "ENDS_BEFORE_IT_BEGINS"),
        ({"expectedVersion": 3}, "CONFLICT"),
        ({"roomId": "Room:2-1"}, "NOT_FOUND"),
    ],
)
async def test_where_a_lesson_cannot_be_moved(
    api: SignIn, wrong: dict[str, Any], code: str
) -> None:
    assert await api("zavuch").expect_code(MOVE, input=PHYSICS | LATER | wrong) == code


async def test_a_cancelled_lesson_frees_its_time_for_another_even_of_its_own_section(
    api: SignIn,
) -> None:
    zavuch = api("zavuch")
    lesson = await schedule(zavuch)
    gone = await zavuch(CANCEL, input={"lessonId": lesson["id"], "expectedVersion": 1})
    assert gone["cancelLesson"]["lesson"]["status"] == "CANCELLED"
    assert (await schedule(zavuch))["id"] != lesson["id"]


async def test_what_was_held_or_cancelled_is_not_moved_or_cancelled(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    for status in ("CONDUCTED", "CANCELLED"):
        await sql.execute(text(f"UPDATE lessons SET status = '{status}' WHERE id = 5431"))
        assert await zavuch.expect_code(CANCEL, input=PHYSICS) == "LESSON_HELD"
        assert await zavuch.expect_code(MOVE, input=PHYSICS | LATER) == "LESSON_HELD"


@pytest.mark.parametrize("login", ["director", "admin", "teacher.belova", "parent.ivanova"])
async def test_who_may_not_change_the_timetable(api: SignIn, login: str) -> None:
    assert await api(login).expect_code(CANCEL, input=PHYSICS) == "FORBIDDEN"
    assert await api(login).expect_code(SCHEDULE, input=EVENING) == "FORBIDDEN"


async def test_first_graders_rest_when_others_learn(api: SignIn, sql: AsyncConnection) -> None:
    """Their extra week of holidays is theirs alone, whoever the section is of."""
    day = {"date": "2027-02-09", "staffId": "Staff:1-9", "roomId": None}
    await schedule(api("zavuch"), **day, overrideReason="Восьмой урок раз в год")
    first = await sql.scalar(
        text("SELECT min(id) FROM sections WHERE school_class_id = 1 AND NOT is_subgroup")
    )
    for _ in ("a section of the class", "one that joins several"):
        given = EVENING | day | {"sectionId": f"Section:1-{first}", "staffId": "Staff:1-10"}
        refusal = await api("zavuch").expect_refusal(SCHEDULE, input=given)
        assert (refusal["code"], refusal["field"]) == ("SCHOOL_HOLIDAY", ["date"])
        await sql.execute(text(f"UPDATE sections SET school_class_id = NULL WHERE id = {first}"))


async def test_a_section_of_this_year_has_no_lessons_in_the_next(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""WITH y AS (INSERT INTO academic_years (school_id, name, starts_on, ends_on, status)
            VALUES (1, '2027/2028', '2027-09-01', '2028-06-30', 'PLANNED') RETURNING id)
        INSERT INTO terms (school_id, academic_year_id, term_type_id, ordinal, name, starts_on,
            ends_on, status)
        SELECT 1, y.id, 1, 1, '1 четверть', '2027-09-01', '2027-10-24', 'OPEN' FROM y""")
    )
    refusal = await api("zavuch").expect_refusal(SCHEDULE, input=EVENING | {"date": "2027-09-02"})
    assert (refusal["code"], refusal["field"]) == ("OUTSIDE_TERMS", ["date"])


@pytest.mark.parametrize("named", [True, False])
async def test_who_does_not_work_that_day_gives_no_lesson(
    api: SignIn, sql: AsyncConnection, named: bool
) -> None:
    """Neither one who is named nor the section's own teacher."""
    main = (await schedule(api("zavuch"), startsAt="17:00", endsAt="17:40"))["teacher"]["id"]
    key = int(main.partition("-")[2])
    await sql.execute(text(f"UPDATE staff SET dismissed_on = '{SATURDAY}' WHERE id = {key}"))
    given = EVENING | ({"staffId": main} if named else {})
    refusal = await api("zavuch").expect_refusal(SCHEDULE, input=given)
    assert (refusal["code"], refusal["field"]) == ("NOT_AT_WORK", ["staffId"])


async def test_a_lesson_is_not_moved_beyond_its_teachers_last_day(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(
        text(f"""UPDATE staff SET dismissed_on = '{SATURDAY}'
        WHERE id = (SELECT staff_id FROM lessons WHERE id = 5431)""")
    )
    refusal = await api("zavuch").expect_refusal(MOVE, input=PHYSICS | LATER)
    assert (refusal["code"], refusal["field"]) == ("NOT_AT_WORK", ["date"])
    sooner = PHYSICS | LATER | {"date": "2026-11-27"}
    assert (await api("zavuch")(MOVE, input=sooner))["moveLesson"]["lesson"]["version"] == 2
