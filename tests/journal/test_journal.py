"""The class journal: what stands where students and lessons cross, and what it costs."""

from typing import Any

import pytest

from tests.conftest import SignIn
from tests.journal.desk import Desk

QUARTER = """query ($section: ID!, $from: Date! = "2026-09-01", $to: Date! = "2026-11-22") {
  journal(sectionId: $section, from: $from, to: $to) {
    students { id fullName }
    lessons { id date topic assignments { id title weight assignmentType { shortName } } }
    cells { studentId lessonId marks { value version assignment { id } } attendance { code } }
  }
}"""


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
