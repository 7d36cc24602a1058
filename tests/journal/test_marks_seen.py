"""Which marks a family sees, and from when."""

from datetime import timedelta
from typing import Any

from tests.conftest import NOON, Api, Clock, SignIn
from tests.journal.desk import SET, Desk, batch, cell

SET_MANY = """mutation ($input: SetMarksInput!) { setMarks(input: $input) {
  results { mark { value version } userErrors { code field } }
  userErrors { code field } } }"""
ADD = """mutation ($input: CreateAssignmentInput!) { createAssignment(input: $input) {
  assignment { id weight } userErrors { code field } } }"""
SEEN = """query ($id: ID!) { node(id: $id) { ... on Lesson { marks { value student { id } } } } }"""


async def add_mark(api: Api, desk: Desk, **more: Any) -> str:
    kinds = (await api("{ assignmentTypes { id } }"))["assignmentTypes"]
    given = {
        "lessonId": desk.lesson,
        "assignmentTypeId": kinds[0]["id"],
        "title": "Диагностика",
        **more,
    }
    data = await api(ADD, input=given)
    return str(data["createAssignment"]["assignment"]["id"])


async def test_a_mark_published_on_thursday_is_nowhere_for_the_family_before(
    api: SignIn, desk: Desk, clock: Clock
) -> None:
    """Not in lists, not in counts, not in the mean (domain.md e14)."""
    teacher, mother = api(desk.teacher), api("parent.ivanova")
    before = await mother(SEEN, id=desk.lesson)
    thursday = NOON + timedelta(days=3)
    assignment = await add_mark(teacher, desk, publishAt=thursday.isoformat())
    await teacher(SET, input=cell(desk, assignmentId=assignment, value=2))
    assert await mother(SEEN, id=desk.lesson) == before
    seen_by_teacher = (await teacher(SEEN, id=desk.lesson))["node"]["marks"]
    assert {"value": 2, "student": {"id": desk.masha}} in seen_by_teacher
    clock.now = thursday + timedelta(seconds=1)
    after = (await mother(SEEN, id=desk.lesson))["node"]["marks"]
    assert {"value": 2, "student": {"id": desk.masha}} in after


async def test_a_mother_sees_her_childs_marks_only(api: SignIn, desk: Desk) -> None:
    teacher = api(desk.teacher)
    await teacher(SET_MANY, input={"items": batch(desk, 5, 4, 3)})
    marks = (await api("parent.ivanova")(SEEN, id=desk.lesson))["node"]["marks"]
    assert {mark["student"]["id"] for mark in marks} == {desk.masha}
