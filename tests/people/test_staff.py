"""Staff: hired with a number of their own, dismissed from a day on."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import NOON, SignIn

HIRE = """mutation ($input: HireStaffInput!) { hireStaff(input: $input) {
  staff { id fullName position version room { id } } userErrors { code field message } } }"""
DISMISS = """mutation ($input: DismissStaffInput!) { dismissStaff(input: $input) {
  staff { id version dismissedOn } userErrors { code field message } } }"""
LIST = """query ($filter: StaffFilter) { staff(filter: $filter, first: 100) {
  nodes { id fullName } } }"""
NEW: dict[str, Any] = {
    "familyName": "Новиков",
    "givenName": "Иван",
    "position": "Учитель физики",
    "hiredOn": "2026-11-23",
    "personnelNo": "Т-900",
    "loadRate": "1.5",
}


@pytest.fixture
async def klimova(sql: AsyncConnection) -> dict[str, Any]:
    """Return the id and version of somebody to dismiss."""
    found = await sql.scalar(
        text("""SELECT w.id FROM staff w JOIN accounts a ON a.person_id = w.person_id
        JOIN credentials c ON c.id = a.credential_id WHERE c.login = 'teacher.klimova'""")
    )
    return {"staffId": f"Staff:1-{found}", "expectedVersion": 1}


async def test_someone_hired_is_in_the_list_of_staff(api: SignIn) -> None:
    made = (await api("hr")(HIRE, input=NEW | {"roomId": "Room:1-1"}))["hireStaff"]["staff"]
    assert (made["fullName"], made["version"]) == ("Новиков Иван", 1)
    listed = await api("parent.ivanova")(LIST, filter={"fullName": {"contains": "новиков"}})
    assert made["id"] in {one["id"] for one in listed["staff"]["nodes"]}


async def test_who_may_hire_for_one_class_only_hires_nobody(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("UPDATE role_grants SET scope = 'SCHOOL_CLASS', school_class_id = 7"
             " WHERE school_id = 1 AND role = 'HR_SPECIALIST'")
    )  # fmt: skip
    assert await api("hr").expect_code(HIRE, input=NEW) == "FORBIDDEN"


async def test_a_personnel_number_is_given_once(api: SignIn, sql: AsyncConnection) -> None:
    await api("hr")(HIRE, input=NEW)
    persons = await sql.scalar(text("SELECT count(*) FROM persons"))
    refusal = await api("hr").expect_refusal(HIRE, input=NEW)
    assert (refusal["code"], refusal["field"]) == ("PERSONNEL_NO_TAKEN", ["personnelNo"])
    assert await sql.scalar(text("SELECT count(*) FROM persons")) == persons


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"position": ""}, "BLANK", "position"),
        ({"loadRate": "0"}, "OUT_OF_RANGE", "loadRate"),
        ({"loadRate": "3.01"}, "OUT_OF_RANGE", "loadRate"),
        ({"workEmail": ""}, "BLANK", "workEmail"),
        ({"birthDate": "1800-01-01"}, "OUT_OF_RANGE", "birthDate"),
        ({"roomId": "Room:2-30"}, "NOT_FOUND", "roomId"),
    ],
)
async def test_who_cannot_be_hired(
    api: SignIn, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = await api("hr").expect_refusal(HIRE, input=NEW | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])


@pytest.mark.parametrize("login", ["admin", "secretary", "teacher.belova"])
async def test_who_may_not(api: SignIn, login: str, klimova: dict[str, Any]) -> None:
    assert await api(login).expect_code(HIRE, input=NEW) == "FORBIDDEN"
    ending = {**klimova, "dismissedOn": "2026-11-23"}
    assert await api(login).expect_code(DISMISS, input=ending) == "FORBIDDEN"


async def test_a_day_to_come_lets_them_work_until_then(
    api: SignIn, sql: AsyncConnection, klimova: dict[str, Any]
) -> None:
    later = {**klimova, "dismissedOn": "2026-12-01"}
    done = (await api("hr")(DISMISS, input=later))["dismissStaff"]["staff"]
    assert (done["dismissedOn"], done["version"]) == ("2026-12-01", 2)
    teacher = api("teacher.klimova", Role.SUBJECT_TEACHER)
    assert (await teacher("{ viewer { id: __typename } }"))["viewer"]
    ends = text("""SELECT DISTINCT valid_to::text FROM teaching_assignments
        WHERE staff_id = :id AND (valid_to IS NULL OR valid_to > '2026-11-23')""")
    key = {"id": int(klimova["staffId"].partition("-")[2])}
    assert (await sql.scalars(ends, key)).all() == ["2026-12-01"]
    again = {**later, "expectedVersion": 2}
    assert await api("hr").expect_code(DISMISS, input=again) == "ALREADY_DISMISSED"
    sooner = {**again, "dismissedOn": "2026-11-23"}
    await api("hr")(DISMISS, input=sooner)
    assert await teacher.expect_code("{ viewer { id: __typename } }") == "UNAUTHENTICATED"


async def test_who_is_dismissed_today_is_gone_from_the_list(
    api: SignIn, klimova: dict[str, Any]
) -> None:
    await api("hr")(DISMISS, input={**klimova, "dismissedOn": f"{NOON:%Y-%m-%d}"})
    listed = (await api("director")(LIST))["staff"]["nodes"]
    assert klimova["staffId"] not in {one["id"] for one in listed}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"dismissedOn": "1990-01-01"}, "ENDS_BEFORE_IT_BEGINS", ["dismissedOn"]),
        ({"expectedVersion": 7}, "CONFLICT", ["staffId"]),
        ({"staffId": "Staff:2-28"}, "NOT_FOUND", ["staffId"]),
    ],
)
async def test_what_is_no_dismissal(
    api: SignIn, klimova: dict[str, Any], wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    refusal = await api("hr").expect_refusal(
        DISMISS, input={**klimova, "dismissedOn": "2026-12-01"} | wrong
    )
    assert (refusal["code"], refusal["field"]) == (code, field)
