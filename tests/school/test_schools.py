"""The school's card and settings: who corrects them, and what a correction leaves alone."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

SCHOOL = """{ school { id version shortName fullName legalAddress phone email site timeZone
  termMarkDeviation enoughMarks missedShare mailRecipients uploadBytes } }"""
UPDATE = """mutation ($input: UpdateSchoolInput!) { updateSchool(input: $input) {
  school { id version shortName phone email timeZone enoughMarks missedShare }
  userErrors { code field message } } }"""


async def card(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api(SCHOOL))["school"]
    return found


async def test_what_is_left_out_stays_and_null_clears(api: SignIn) -> None:
    director = api("director")
    before = await card(director)
    assert before["email"]
    edit = {"schoolId": before["id"], "expectedVersion": 1, "phone": None, "enoughMarks": 5}
    changed = (await director(UPDATE, input=edit))["updateSchool"]["school"]
    assert (changed["phone"], changed["enoughMarks"], changed["version"]) == (None, 5, 2)
    after = await card(director)
    assert after == {**before, "phone": None, "enoughMarks": 5, "version": 2}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"timeZone": "Asia/Zarechnoe"}, "NO_SUCH_TIME_ZONE", "timeZone"),
        ({"timeZone": ""}, "NO_SUCH_TIME_ZONE", "timeZone"),
        ({"timeZone": None}, "BAD_USER_INPUT", "timeZone"),
        ({"shortName": None}, "BAD_USER_INPUT", "shortName"),
        ({"shortName": ""}, "BLANK", "shortName"),
        ({"fullName": "ш" * 501}, "TOO_LONG", "fullName"),
        ({"email": ""}, "BLANK", "email"),
        ({"enoughMarks": 21}, "OUT_OF_RANGE", "enoughMarks"),
        ({"enoughMarks": -1}, "OUT_OF_RANGE", "enoughMarks"),
        ({"missedShare": "1.01"}, "OUT_OF_RANGE", "missedShare"),
        ({"termMarkDeviation": "-0.1"}, "OUT_OF_RANGE", "termMarkDeviation"),
        ({"mailRecipients": 0}, "OUT_OF_RANGE", "mailRecipients"),
        ({"uploadBytes": 1073741825}, "OUT_OF_RANGE", "uploadBytes"),
        ({"expectedVersion": 0}, "CONFLICT", "schoolId"),
        ({"schoolId": "School:2-2"}, "NOT_FOUND", "schoolId"),
        ({"schoolId": "School:1-2"}, "NOT_FOUND", "schoolId"),
        ({"schoolId": "Student:1-1"}, "BAD_USER_INPUT", "schoolId"),
    ],
)
async def test_what_is_no_card_is_refused_naming_the_field(
    api: SignIn, sql: AsyncConnection, wrong: dict[str, Any], code: str, field: str
) -> None:
    given = {"schoolId": "School:1-1", "expectedVersion": 1, "phone": "8", **wrong}
    refusal = await api("director").expect_refusal(UPDATE, input=given)
    assert (refusal["code"], refusal["field"]) == (code, [field])
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0
    assert await sql.scalar(text("SELECT sum(version) FROM schools")) == 2


async def test_who_saw_an_older_card_gets_todays(api: SignIn) -> None:
    edit = {"schoolId": "School:1-1", "expectedVersion": 1}
    await api("director")(UPDATE, input={**edit, "phone": "+7 385 000-00-01"})
    late = (await api("admin").reply(UPDATE, input={**edit, "phone": "+7 385 000-00-02"})).data
    assert late
    assert late["updateSchool"]["userErrors"][0]["code"] == "CONFLICT"
    assert late["updateSchool"]["school"]["phone"] == "+7 385 000-00-01"


@pytest.mark.parametrize("login", ["secretary", "teacher.belova", "parent.ivanova", "municipal"])
async def test_who_may_not_correct_it(api: SignIn, login: str) -> None:
    given = {"schoolId": "School:1-1", "expectedVersion": 1, "phone": "8"}
    assert await api(login).expect_code(UPDATE, input=given) == "FORBIDDEN"


async def test_everyone_reads_the_card(api: SignIn, stranger: Api) -> None:
    assert (await card(api("student.ivanova")))["timeZone"] == "Asia/Barnaul"
    assert await stranger.expect_code(SCHOOL) == "UNAUTHENTICATED"
