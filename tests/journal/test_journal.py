"""The class journal: what stands where students and lessons cross, and what it costs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Clock, SignIn
from tests.journal.desk import Desk

QUARTER = """query ($section: ID!, $from: Date! = "2026-09-01", $to: Date! = "2026-11-22") {
  journal(sectionId: $section, from: $from, to: $to) {
    students { id fullName }
    lessons { id date topic assignments { id title weight assignmentType { shortName } } }
    cells { studentId lessonId marks { value version assignment { id } } attendance { code } }
  }
}"""

DAYS = """query ($section: ID!, $from: Date, $to: Date) {
  journal(sectionId: $section, from: $from, to: $to) { lessons { date } students { id } } }"""


async def test_a_quarter_costs_eight_statements_however_much_is_in_it(
    api: SignIn, desk: Desk, statements: Any
) -> None:
    teacher = api(desk.teacher)
    with statements() as quarter:
        journal = (await teacher(QUARTER, section=desk.section))["journal"]
    with statements() as week:
        await teacher(QUARTER, section=desk.section, **{"from": "2026-11-16"})
    assert len(quarter) <= 8
    assert len(week) == len(quarter)
    assert len(journal["lessons"]) >= 20
    assert len(journal["cells"]) > 100


async def test_cells_hold_what_the_lessons_hold(api: SignIn, desk: Desk) -> None:
    journal = (await api(desk.teacher)(QUARTER, section=desk.section))["journal"]
    students = {student["id"] for student in journal["students"]}
    lessons = {lesson["id"] for lesson in journal["lessons"]}
    assert {desk.masha, *desk.others} <= students
    assert all(cell["lessonId"] in lessons for cell in journal["cells"])
    assignments = {a["id"] for lesson in journal["lessons"] for a in lesson["assignments"]}
    marks = [mark for cell in journal["cells"] for mark in cell["marks"]]
    assert marks
    assert {mark["assignment"]["id"] for mark in marks} <= assignments


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({}, "2026-11-23", "2026-11-29"),
        ({"from": None, "to": None}, "2026-11-23", "2026-11-29"),
        ({"from": "2026-11-16"}, "2026-11-16", "2026-11-22"),
        ({"to": "2026-11-24"}, "2026-11-23", "2026-11-24"),
    ],
)
async def test_a_teacher_who_says_no_days_gets_the_week(
    api: SignIn, desk: Desk, given: dict[str, Any], first: str, last: str
) -> None:
    teacher, days = api(desk.teacher), {"from": first, "to": last}
    week = await teacher(DAYS, section=desk.section, **given)
    assert week["journal"]["lessons"]
    assert week == await teacher(DAYS, section=desk.section, **days)


async def test_monday_begins_when_it_begins_at_the_school(
    api: SignIn, desk: Desk, clock: Clock
) -> None:
    """In Barnaul it is Monday at 17:00 of Sunday in Greenwich."""
    teacher = api(desk.teacher)
    clock.now = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    lessons = (await teacher(DAYS, section=desk.section))["journal"]["lessons"]
    assert {lesson["date"] for lesson in lessons} >= {"2026-11-23"}
    assert min(lesson["date"] for lesson in lessons) >= "2026-11-23"


@pytest.mark.parametrize(
    "days",
    [
        {"from": "2026-11-22", "to": "2026-11-16"},
        {"to": "2026-11-22"},
        {"from": "2026-01-01", "to": "2027-01-02"},
        {"from": "0001-01-01", "to": "9999-12-31"},
    ],
)
async def test_a_time_that_makes_no_sense_is_refused_naming_the_argument(
    api: SignIn, desk: Desk, days: dict[str, str]
) -> None:
    refusal = await api(desk.teacher).expect_refusal(DAYS, section=desk.section, **days)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["to"])


async def test_a_mother_sees_of_the_journal_her_childs_cells_only(api: SignIn, desk: Desk) -> None:
    journal = (await api("parent.ivanova")(QUARTER, section=desk.section))["journal"]
    assert {student["id"] for student in journal["students"]} == {desk.masha}
    assert {cell["studentId"] for cell in journal["cells"]} == {desk.masha}


@pytest.mark.parametrize("login", ["admin", "secretary", "hr", "municipal"])
async def test_who_has_no_business_with_marks_gets_one_error_and_null(
    api: SignIn, desk: Desk, login: str
) -> None:
    reply = await api(login).reply(QUARTER, section=desk.section)
    assert reply.data == {"journal": None}
    [error] = reply.errors or []
    assert (error.extensions or {})["coordinate"] == "Query.journal"
    assert (error.extensions or {})["requires"] == "marks:read"
