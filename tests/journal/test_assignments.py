"""Assignments, which marks are given for."""

import pytest

from tests.conftest import SignIn
from tests.journal.desk import Desk

ADD = """mutation ($input: CreateAssignmentInput!) { createAssignment(input: $input) {
  assignment { id weight } userErrors { code field } } }"""


@pytest.mark.parametrize("weight", ["NaN", "Infinity", "-1", "1e5", "9" * 200, "1.005", "101"])
async def test_a_weight_that_is_none_is_refused(api: SignIn, desk: Desk, weight: str) -> None:
    teacher = api(desk.teacher)
    kinds = (await teacher("{ assignmentTypes { id } }"))["assignmentTypes"]
    given = {"lessonId": desk.lesson, "assignmentTypeId": kinds[0]["id"], "title": "?"}
    code = await teacher.expect_code(ADD, input={**given, "weight": weight})
    assert code in ("BAD_USER_INPUT", "TOO_MANY_DECIMALS", "OUT_OF_RANGE")
