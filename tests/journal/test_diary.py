"""The diary: what a family sees of a week."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn

WEEK = """query ($student: ID!, $from: Date! = "2026-11-16", $to: Date! = "2026-11-22") {
  diary(studentId: $student, from: $from, to: $to) {
    student { fullName }
    days { date lessons {
      ordinal startsAt endsAt topic subject { name } teacher { shortName } room { number }
      homework { text attachments { fileName } }
      marks { value kind comment assignment { title weight assignmentType { name } } }
      attendance { code minutesLate }
    } }
  }
}"""
MASHA, PASHA = "Student:1-1", "Student:1-2"


async def test_a_mother_sees_her_childs_week(api: SignIn) -> None:
    diary = (await api("parent.ivanova")(WEEK, student=MASHA))["diary"]
    assert diary["student"] == {"fullName": "Иванова Мария Петровна"}
    days = diary["days"]
    assert [day["date"] for day in days] == sorted(day["date"] for day in days)
    assert len(days) >= 5
    monday = days[0]["lessons"]
    assert [lesson["ordinal"] for lesson in monday] == list(range(1, len(monday) + 1))
    assert all(lesson["subject"]["name"] and lesson["teacher"]["shortName"] for lesson in monday)
    assert any(lesson["marks"] for day in days for lesson in day["lessons"])


async def test_a_week_costs_eight_statements_however_much_is_in_it(
    api: SignIn, statements: Callable[[], Any]
) -> None:
    mother = api("parent.ivanova")
    with statements() as week:
        await mother(WEEK, student=MASHA)
    with statements() as months:
        await mother(WEEK, student=MASHA, **{"from": "2026-09-21", "to": "2026-11-21"})
    assert len(week) <= 8
    assert len(months) == len(week)


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("parent.sokolov", None),
        ("parent.lebedeva", None),
        ("student.li", None),
        ("teacher.orlova", Role.PARENT),
    ],
)
async def test_nobody_sees_anothers_diary(api: SignIn, login: str, role: Role | None) -> None:
    """Hidden and missing are the same answer, to the letter."""
    someone = api(login, role)
    hidden = await someone.reply(WEEK, student=MASHA)
    missing = await someone.reply(WEEK, student="Student:1-999999")
    assert hidden.data == missing.data == {"diary": None}
    assert not hidden.errors
    assert not missing.errors


async def test_a_mothers_link_ended_yesterday_shows_nothing_today(
    api: SignIn, sql: AsyncConnection
) -> None:
    mother = api("parent.ivanova")
    await sql.execute(
        text("UPDATE guardian_links SET valid_to = '2026-11-22' WHERE student_id = 1")
    )
    assert await mother(WEEK, student=MASHA) == {"diary": None}
    assert (await mother(WEEK, student=PASHA))["diary"]["days"]


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-22", "2026-11-16"), ("2026-09-01", "2026-11-22"), ("0001-01-01", "9999-12-31")],
)
async def test_a_time_that_makes_no_sense_is_refused_naming_the_argument(
    api: SignIn, first: str, last: str
) -> None:
    refusal = await api("parent.ivanova").expect_refusal(
        WEEK, student=MASHA, **{"from": first, "to": last}
    )
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["to"])


async def test_the_last_week_of_the_calendar_is_empty(api: SignIn) -> None:
    asked = """query ($student: ID!) { diary(studentId: $student, from: "9999-12-31") {
        days { date } } }"""
    assert await api("parent.ivanova")(asked, student=MASHA) == {"diary": {"days": []}}


@pytest.mark.parametrize("bad", ["", "Student:1", "Mark:1-1", "Student:1-1\0", "Студент:1-1"])
async def test_garbage_for_a_student_is_the_clients_mistake(api: SignIn, bad: str) -> None:
    refusal = await api("parent.ivanova").expect_refusal(WEEK, student=bad)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["studentId"])
