"""Holidays: who keeps them, and what is refused."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

CREATE_SET = """mutation ($input: CreateHolidaySetInput!) { createHolidaySet(input: $input) {
  holidaySet { id name version holidays { id } } userErrors { code field } } }"""
UPDATE_SET = """mutation ($input: UpdateHolidaySetInput!) { updateHolidaySet(input: $input) {
  holidaySet { id name version } userErrors { code field } } }"""
REMOVE_SET = """mutation ($input: RemoveHolidaySetInput!) { removeHolidaySet(input: $input) {
  school { id } userErrors { code field message } } }"""
CREATE = """mutation ($input: CreateHolidayInput!) { createHoliday(input: $input) {
  holiday { id name startsOn endsOn version holidaySet { id } }
  userErrors { code field warnings { code field } } } }"""
UPDATE = """mutation ($input: UpdateHolidayInput!) { updateHoliday(input: $input) {
  holiday { id name startsOn endsOn version } userErrors { code field } } }"""
REMOVE = """mutation ($input: RemoveHolidayInput!) { removeHoliday(input: $input) {
  holidaySet { id holidays { id } } userErrors { code field } } }"""
SETS = "{ holidaySets { id name version holidays { id name startsOn endsOn version } } }"
JUNE = {"name": "День России", "startsOn": "2027-06-12", "endsOn": "2027-06-13"}


async def make_set(api: SignIn, name: str = "Вечерние классы") -> str:
    made = await api("zavuch")(CREATE_SET, input={"name": name})
    return str(made["createHolidaySet"]["holidaySet"]["id"])


async def make_holiday(api: SignIn, of: str, **more: Any) -> dict[str, Any]:
    made = await api("zavuch")(CREATE, input={**JUNE, "holidaySetId": of, **more})
    found: dict[str, Any] = made["createHoliday"]["holiday"]
    return found


async def find_shared_set(sql: AsyncConnection) -> tuple[int, str]:
    """Return a set of holidays, and a day on which its classes have lessons."""
    query = """SELECT c.holiday_set_id, max(l.date)::text FROM lessons l
        JOIN sections s ON s.school_id = l.school_id AND s.id = l.section_id
        JOIN school_classes c ON c.school_id = s.school_id AND c.id = s.school_class_id
        WHERE l.school_id = 1 AND l.status = 'PLANNED' AND c.holiday_set_id IS NOT NULL
        GROUP BY 1 ORDER BY 1 LIMIT 1"""
    key, day = (await sql.execute(text(query))).one()
    return key, day


async def test_a_set_is_made_filled_corrected_and_removed(api: SignIn) -> None:
    deputy = api("zavuch")
    key = await make_set(api)
    change = {"holidaySetId": key, "expectedVersion": 1, "name": "Вечерняя школа"}
    changed = (await deputy(UPDATE_SET, input=change))["updateHolidaySet"]["holidaySet"]
    assert (changed["name"], changed["version"]) == ("Вечерняя школа", 2)
    one = await make_holiday(api, key)
    assert one["holidaySet"] == {"id": key}
    longer = {"holidayId": one["id"], "expectedVersion": 1, "endsOn": "2027-06-14"}
    now = (await deputy(UPDATE, input=longer))["updateHoliday"]["holiday"]
    assert (now["startsOn"], now["endsOn"], now["version"]) == ("2027-06-12", "2027-06-14", 2)
    used = await deputy.expect_refusal(
        REMOVE_SET, input={"holidaySetId": key, "expectedVersion": 2}
    )
    assert (used["code"], used["field"]) == ("IN_USE", ["holidaySetId"])
    assert "Holiday" in used["message"]
    left = await deputy(REMOVE, input={"holidayId": one["id"], "expectedVersion": 2})
    assert left["removeHoliday"]["holidaySet"] == {"id": key, "holidays": []}
    await deputy(REMOVE_SET, input={"holidaySetId": key, "expectedVersion": 2})
    assert key not in [each["id"] for each in (await deputy(SETS))["holidaySets"]]


@pytest.mark.parametrize("login", ["secretary", "teacher.belova", "parent.ivanova"])
async def test_others_do_not_touch_the_holidays(
    api: SignIn, sql: AsyncConnection, login: str
) -> None:
    who, of = api(login), {"holidaySetId": "HolidaySet:1-1"}
    holiday = await sql.scalar(text("SELECT min(id) FROM holidays WHERE school_id = 1"))
    one = {"holidayId": f"Holiday:1-{holiday}", "expectedVersion": 1}
    assert await who.expect_code(CREATE_SET, input={"name": "Х"}) == "FORBIDDEN"
    assert await who.expect_code(CREATE, input={**JUNE, **of}) == "FORBIDDEN"
    assert await who.expect_code(UPDATE, input={**one, "name": "Х"}) == "FORBIDDEN"
    assert await who.expect_code(REMOVE, input=one) == "FORBIDDEN"
    assert await who.expect_code(REMOVE_SET, input={**of, "expectedVersion": 1}) == "FORBIDDEN"


async def test_days_on_which_there_are_lessons_need_a_reason(
    api: SignIn, sql: AsyncConnection
) -> None:
    key, day = await find_shared_set(sql)
    given = {"holidaySetId": f"HolidaySet:1-{key}", "name": "Карантин", "startsOn": day}
    deputy = api("zavuch")
    refusal = await deputy.expect_refusal(CREATE, input={**given, "endsOn": day})
    assert (refusal["code"], refusal["field"]) == ("WARNING_NEEDS_REASON", ["overrideReason"])
    assert refusal["warnings"] == [{"code": "LESSONS_ON_HOLIDAY", "field": ["startsOn"]}]
    made = await make_holiday(
        api, given["holidaySetId"], **given, endsOn=day, overrideReason="Грипп"
    )
    kept = "SELECT override_reason, overridden_warnings FROM holidays WHERE id = :id"
    line = (await sql.execute(text(kept), {"id": int(made["id"].rpartition("-")[2])})).one()
    assert tuple(line) == ("Грипп", ["LESSONS_ON_HOLIDAY"])


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"name": " "}, "BLANK", "name"),
        ({"name": "К" * 101}, "TOO_LONG", "name"),
        ({"endsOn": "2027-06-11"}, "ENDS_BEFORE_IT_BEGINS", "endsOn"),
        ({"startsOn": "2027-07-01", "endsOn": "2027-07-02"}, "OVERLAPS", "startsOn"),
        ({"holidaySetId": "HolidaySet:1-999"}, "NOT_FOUND", "holidaySetId"),
        ({"holidaySetId": "HolidaySet:2-1"}, "NOT_FOUND", "holidaySetId"),
    ],
)
async def test_what_is_no_holiday_is_refused_naming_the_field(
    api: SignIn, wrong: dict[str, Any], code: str, field: str
) -> None:
    key = await make_set(api)
    await make_holiday(api, key, startsOn="2027-06-30", endsOn="2027-07-05")
    given = {**JUNE, "holidaySetId": key, **wrong}
    refusal = await api("admin").expect_refusal(CREATE, input=given)
    assert (refusal["code"], refusal["field"]) == (code, [field])


async def test_of_two_who_add_the_same_days_at_once_one_wins(api: SignIn) -> None:
    key = await make_set(api)
    given = {**JUNE, "holidaySetId": key}
    replies = await asyncio.gather(
        *(api(who).reply(CREATE, input=given) for who in ("zavuch", "admin", "director"))
    )
    answers = [(reply.data or {})["createHoliday"] for reply in replies]
    assert [e["code"] for one in answers for e in one["userErrors"]] == ["OVERLAPS"] * 2
