"""Warnings about the time of a lesson, which can be overridden for a reason (domain.md DD6)."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn
from tests.timetable.test_scheduling import EVENING, LATER, PHYSICS

TOLD = "userErrors { code field message warnings { code field message } }"
SCHEDULE = f"""mutation ($input: ScheduleLessonInput!) {{ scheduleLesson(input: $input) {{
  lesson {{ id overriddenWarnings overrideReason }} {TOLD} }} }}"""
MOVE = f"""mutation ($input: MoveLessonInput!) {{ moveLesson(input: $input) {{
  lesson {{ id version overriddenWarnings overrideReason }} {TOLD} }} }}"""
SUNDAY, TUESDAY = "2026-11-29", "2026-11-24"


@pytest.mark.parametrize(
    ("when", "code", "field", "says"),
    [
        ({"date": SUNDAY}, "LESSON_ON_SUNDAY", "date", "choose a school day"),
        ({"startsAt": "23:00", "endsAt": "23:40"}, "LESSON_TOO_LATE", "endsAt", "end by 19:00"),
        ({"startsAt": "07:20", "endsAt": "07:59"}, "LESSON_TOO_EARLY", "startsAt", "at 08:00"),
        ({"date": TUESDAY}, "TOO_MANY_LESSONS", "date", "more than the 7 lessons"),
    ],
)
async def test_what_speaks_against_a_time_is_told_and_a_reason_overrides_it(
    api: SignIn, sql: AsyncConnection, when: dict[str, Any], code: str, field: str, says: str
) -> None:
    await sql.execute(
        text("""INSERT INTO lessons (school_id, version, section_id, staff_id, date, starts_at,
            ends_at, ordinal, status)
        SELECT 1, 1, 68, 10, :day, make_time(13 + n, 0, 0), make_time(13 + n, 30, 0), 8, 'PLANNED'
        FROM generate_series(1, 7 - (SELECT count(*)::int FROM lessons l JOIN section_memberships m
            ON m.section_id = l.section_id AND m.valid_to IS NULL
            WHERE m.student_id = 1 AND l.date = :day)) AS n"""),
        {"day": date(2026, 11, 24)},
    )
    zavuch = api("zavuch")
    given = EVENING | {"staffId": "Staff:1-9"} | when
    before = await sql.scalar(text("SELECT count(*) FROM lessons"))
    refused = await zavuch.expect_refusal(SCHEDULE, input=given)
    assert (refused["code"], refused["field"]) == ("WARNING_NEEDS_REASON", ["overrideReason"])
    [warning] = refused["warnings"]
    assert (warning["code"], warning["field"]) == (code, [field])
    assert says in warning["message"]
    assert warning["message"] in refused["message"], "the message alone is enough for a person"
    assert await sql.scalar(text("SELECT count(*) FROM lessons")) == before
    done = await zavuch(SCHEDULE, input=given | {"overrideReason": "Карантин, нагоняем программу"})
    lesson = done["scheduleLesson"]["lesson"]
    assert lesson["overriddenWarnings"] == [code]
    assert lesson["overrideReason"] == "Карантин, нагоняем программу"


async def test_a_reason_for_nothing_is_not_kept(api: SignIn) -> None:
    done = await api("zavuch")(SCHEDULE, input=EVENING | {"overrideReason": "На всякий случай"})
    lesson = done["scheduleLesson"]["lesson"]
    assert (lesson["overriddenWarnings"], lesson["overrideReason"]) == ([], None)


async def test_why_a_warning_was_overridden_is_for_those_who_plan(api: SignIn) -> None:
    given = EVENING | {"date": SUNDAY, "overrideReason": "Субботник перенесли"}
    lesson = (await api("zavuch")(SCHEDULE, input=given))["scheduleLesson"]["lesson"]
    ask = "query ($id: ID!) { node(id: $id) { ... on Lesson { date overrideReason } } }"
    reply = await api("parent.ivanova").reply(ask, id=lesson["id"])
    assert (reply.data or {})["node"] == {"date": SUNDAY, "overrideReason": None}
    assert [(e.extensions or {})["code"] for e in reply.errors or []] == ["FORBIDDEN"]


async def test_a_lesson_that_is_moved_is_warned_of_anew(api: SignIn) -> None:
    zavuch = api("zavuch")
    given = PHYSICS | LATER | {"date": SUNDAY}
    assert await zavuch.expect_code(MOVE, input=given) == "WARNING_NEEDS_REASON"
    moved = await zavuch(MOVE, input=given | {"overrideReason": "Праздник перенесли"})
    lesson = moved["moveLesson"]["lesson"]
    assert lesson["overriddenWarnings"] == ["LESSON_ON_SUNDAY"]
    back = PHYSICS | LATER | {"expectedVersion": lesson["version"]}
    lesson = (await zavuch(MOVE, input=back))["moveLesson"]["lesson"]
    assert (lesson["overriddenWarnings"], lesson["overrideReason"]) == ([], None)


async def test_what_is_impossible_is_not_overridden(api: SignIn) -> None:
    given = EVENING | {"overrideReason": "Надо"}
    await api("zavuch")(SCHEDULE, input=given)
    assert await api("zavuch").expect_code(SCHEDULE, input=given) == "STUDENT_BUSY"
    blank = EVENING | {"date": SUNDAY, "overrideReason": " "}
    assert await api("zavuch").expect_code(SCHEDULE, input=blank) == "WARNING_NEEDS_REASON"
    long = EVENING | {"date": SUNDAY, "overrideReason": "я" * 1001}
    assert await api("zavuch").expect_code(SCHEDULE, input=long) == "TOO_LONG"


async def test_the_limits_are_the_schools(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE schools SET latest_lesson = '18:30' WHERE id = 1"))
    refused = await api("zavuch").expect_refusal(SCHEDULE, input=EVENING)
    assert [one["code"] for one in refused["warnings"]] == ["LESSON_TOO_LATE"]
    assert "18:30" in refused["message"]


CLASS = """mutation ($input: CreateClassInput!) { createClass(input: $input) {
  schoolClass { overriddenWarnings } userErrors { code warnings { code message } } } }"""


async def test_first_graders_learn_in_the_first_shift(api: SignIn) -> None:
    given = {"academicYearId": "AcademicYear:1-1", "gradeLevel": 1, "letter": "Я",
             "termTypeId": "TermType:1-1", "shift": 2}  # fmt: skip
    refused = await api("zavuch").expect_refusal(CLASS, input=given)
    assert [one["code"] for one in refused["warnings"]] == ["GRADE_IN_FIRST_SHIFT"]
    made = await api("zavuch")(CLASS, input=given | {"overrideReason": "Ремонт"})
    assert made["createClass"]["schoolClass"] == {"overriddenWarnings": ["GRADE_IN_FIRST_SHIFT"]}
    assert not (await api("zavuch")(CLASS, input=given | {"letter": "Ю", "gradeLevel": 2}))[
        "createClass"
    ]["userErrors"]
