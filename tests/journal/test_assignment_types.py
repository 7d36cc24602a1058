"""Types of assignments: who keeps their weights, and what is refused."""

from typing import Any

import pytest

from tests.conftest import SignIn

CREATE = """mutation ($input: CreateAssignmentTypeInput!) { createAssignmentType(input: $input) {
  assignmentType { id name shortName defaultWeight position version }
  userErrors { code field } } }"""
UPDATE = """mutation ($input: UpdateAssignmentTypeInput!) { updateAssignmentType(input: $input) {
  assignmentType { id name shortName defaultWeight position version }
  userErrors { code field } } }"""
REMOVE = """mutation ($input: RemoveAssignmentTypeInput!) { removeAssignmentType(input: $input) {
  school { id } userErrors { code field message } } }"""
LIST = "{ assignmentTypes { id name position } }"
PROJECT = {"name": "Групповой проект", "shortName": "ГП", "defaultWeight": "25.5"}


async def test_a_type_is_made_last_corrected_and_removed(api: SignIn) -> None:
    deputy = api("zavuch")
    before = (await deputy(LIST))["assignmentTypes"]
    made = (await deputy(CREATE, input=PROJECT))["createAssignmentType"]["assignmentType"]
    assert (made["defaultWeight"], made["version"]) == ("25.50", 1)
    assert made["position"] == max(one["position"] for one in before) + 1
    change = {"assignmentTypeId": made["id"], "expectedVersion": 1, "defaultWeight": "0"}
    changed = (await deputy(UPDATE, input=change))["updateAssignmentType"]["assignmentType"]
    assert (changed["name"], changed["defaultWeight"], changed["version"]) == (
        "Групповой проект", "0.00", 2,
    )  # fmt: skip
    await deputy(REMOVE, input={"assignmentTypeId": made["id"], "expectedVersion": 2})
    assert (await deputy(LIST))["assignmentTypes"] == before


@pytest.mark.parametrize("login", ["secretary", "teacher.belova", "student.ivanova"])
async def test_others_do_not_touch_the_weights(api: SignIn, login: str) -> None:
    one = {"assignmentTypeId": "AssignmentType:1-1", "expectedVersion": 1}
    assert await api(login).expect_code(CREATE, input=PROJECT) == "FORBIDDEN"
    assert await api(login).expect_code(UPDATE, input={**one, "name": "Х"}) == "FORBIDDEN"
    assert await api(login).expect_code(REMOVE, input=one) == "FORBIDDEN"


async def test_a_type_of_which_there_are_assignments_stays(api: SignIn) -> None:
    one = {"assignmentTypeId": "AssignmentType:1-1", "expectedVersion": 1}
    refusal = await api("zavuch").expect_refusal(REMOVE, input=one)
    assert (refusal["code"], refusal["field"]) == ("IN_USE", ["assignmentTypeId"])
    assert "Assignment" in refusal["message"]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"name": ""}, "BLANK", "name"),
        ({"name": "П" * 101}, "TOO_LONG", "name"),
        ({"shortName": "П" * 11}, "TOO_LONG", "shortName"),
        ({"defaultWeight": "-1"}, "OUT_OF_RANGE", "defaultWeight"),
        ({"defaultWeight": "100.01"}, "OUT_OF_RANGE", "defaultWeight"),
        ({"defaultWeight": "123456789"}, "OUT_OF_RANGE", "defaultWeight"),
        ({"defaultWeight": "1.005"}, "TOO_MANY_DECIMALS", "defaultWeight"),
        ({"position": -1}, "OUT_OF_RANGE", "position"),
    ],
)
async def test_what_is_no_type_is_refused_naming_the_field(
    api: SignIn, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = await api("admin").expect_refusal(CREATE, input=PROJECT | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])
