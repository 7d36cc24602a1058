"""Subjects: who keeps their list, and what is refused."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

CREATE = """mutation ($input: CreateSubjectInput!) { createSubject(input: $input) {
  subject { id name shortName area scale position version } userErrors { code field } } }"""
UPDATE = """mutation ($input: UpdateSubjectInput!) { updateSubject(input: $input) {
  subject { id name shortName area scale position version } userErrors { code field } } }"""
REMOVE = """mutation ($input: RemoveSubjectInput!) { removeSubject(input: $input) {
  school { id } userErrors { code field message } } }"""
LIST = "{ subjects(first: 100) { nodes { id name position } } }"
CHESS = {"name": "Шахматы", "shortName": "Шахм."}


async def test_a_subject_is_made_last_corrected_and_removed(api: SignIn) -> None:
    deputy = api("zavuch")
    before = (await deputy(LIST))["subjects"]["nodes"]
    made = (await deputy(CREATE, input=CHESS))["createSubject"]["subject"]
    assert made["position"] == max(one["position"] for one in before) + 1
    assert (made["scale"], made["area"], made["version"]) == ("FIVE_POINT", None, 1)
    change = {"subjectId": made["id"], "expectedVersion": 1, "scale": "PASS_FAIL", "position": 0}
    changed = (await deputy(UPDATE, input=change))["updateSubject"]["subject"]
    assert (changed["name"], changed["scale"]) == ("Шахматы", "PASS_FAIL")
    assert (changed["position"], changed["version"]) == (0, 2)
    await deputy(REMOVE, input={"subjectId": made["id"], "expectedVersion": 2})
    assert (await deputy(LIST))["subjects"]["nodes"] == before


@pytest.mark.parametrize("login", ["secretary", "teacher.belova", "parent.ivanova"])
async def test_others_do_not_touch_the_subjects(api: SignIn, login: str) -> None:
    subject = {"subjectId": "Subject:1-1", "expectedVersion": 1}
    assert await api(login).expect_code(CREATE, input=CHESS) == "FORBIDDEN"
    assert await api(login).expect_code(UPDATE, input={**subject, "name": "Х"}) == "FORBIDDEN"
    assert await api(login).expect_code(REMOVE, input=subject) == "FORBIDDEN"


async def test_a_subject_that_is_taught_stays(api: SignIn, sql: AsyncConnection) -> None:
    refusal = await api("zavuch").expect_refusal(
        REMOVE, input={"subjectId": "Subject:1-1", "expectedVersion": 1}
    )
    assert (refusal["code"], refusal["field"]) == ("IN_USE", ["subjectId"])
    assert "Section" in refusal["message"]
    found = text("SELECT count(*) FROM subjects WHERE school_id = 1 AND id = 1")
    assert await sql.scalar(found) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"name": " "}, "BLANK", "name"),
        ({"name": "Ш" * 201}, "TOO_LONG", "name"),
        ({"name": "Алгебра"}, "NAME_TAKEN", "name"),
        ({"shortName": ""}, "BLANK", "shortName"),
        ({"shortName": "Ш" * 61}, "TOO_LONG", "shortName"),
        ({"area": "О" * 201}, "TOO_LONG", "area"),
        ({"position": -1}, "OUT_OF_RANGE", "position"),
        ({"position": 10001}, "OUT_OF_RANGE", "position"),
    ],
)
async def test_what_is_no_subject_is_refused_naming_the_field(
    api: SignIn, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = await api("admin").expect_refusal(CREATE, input=CHESS | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])
