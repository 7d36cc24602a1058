"""Members of sections: who is in them from when, and what their history keeps."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

MEMBERS = """mutation ($input: SetSectionMembersInput!) { setSectionMembers(input: $input) {
  section { id version students { id } } userErrors { code field message } } }"""
SECTION = "query ($id: ID!) { node(id: $id) { ... on Section { version students { id } } } }"
ONE, TWO = "Section:1-66", "Section:1-67"
"""The English groups of 7А."""
STAYS = """SELECT student_id, valid_from::text, valid_to::text FROM section_memberships
    WHERE section_id = 66 ORDER BY id"""


async def in_section(api: Api, section: str) -> list[str]:
    return [s["id"] for s in (await api(SECTION, id=section))["node"]["students"]]


async def members(api: Api, section: str, students: list[str], **more: Any) -> dict[str, Any]:
    given = {"sectionId": section, "studentIds": students, "effectiveFrom": "2026-11-23"}
    return given | {"expectedVersion": (await api(SECTION, id=section))["node"]["version"]} | more


async def test_nobody_is_in_two_subgroups_of_a_subject(api: SignIn, sql: AsyncConnection) -> None:
    zavuch = api("zavuch")
    first, second = await in_section(zavuch, ONE), await in_section(zavuch, TWO)
    both = await members(zavuch, TWO, [*second, first[0]])
    refusal = await zavuch.refused(MEMBERS, input=both)
    assert (refusal["code"], refusal["field"]) == ("IN_ANOTHER_SECTION", ["studentIds"])
    assert await in_section(zavuch, TWO) == second
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_moving_to_the_other_subgroup_keeps_where_one_was(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    first, second = await in_section(zavuch, ONE), await in_section(zavuch, TWO)
    mover = first[0]
    left = await zavuch(MEMBERS, input=await members(zavuch, ONE, first[1:]))
    assert left["setSectionMembers"]["section"]["version"] == 2
    await zavuch(MEMBERS, input=await members(zavuch, TWO, [*second, mover]))
    assert mover in await in_section(zavuch, TWO)
    stays = await sql.execute(
        text("""SELECT section_id, valid_to::text FROM section_memberships
        WHERE student_id = :id AND section_id IN (66, 67) ORDER BY valid_from"""),
        {"id": int(mover.partition("-")[2])},
    )
    assert [tuple(stay) for stay in stays] == [(66, "2026-11-23"), (67, None)]


async def test_who_was_to_leave_later_and_is_named_again_stays(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    everyone = await in_section(zavuch, ONE)
    later = await members(zavuch, ONE, everyone[1:], effectiveFrom="2026-12-20")
    await zavuch(MEMBERS, input=later)
    await zavuch(MEMBERS, input=await members(zavuch, ONE, everyone, effectiveFrom="2026-12-01"))
    ends = await sql.scalars(
        text("""SELECT valid_to::text FROM section_memberships WHERE section_id = 66
        AND student_id = :id"""),
        {"id": int(everyone[0].partition("-")[2])},
    )
    assert ends.all() == [None]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"studentIds": ["Student:1-2"]}, "NOT_IN_CLASS", ["studentIds", "0"]),
        ({"studentIds": ["Student:1-1", "Student:1-99999"]}, "NOT_FOUND", ["studentIds", "1"]),
        ({"studentIds": ["Student:2-1"]}, "NOT_FOUND", ["studentIds", "0"]),
        ({"studentIds": ["Staff:1-1"]}, "BAD_USER_INPUT", ["studentIds", "0"]),
        ({"studentIds": ["Student:1-1"] * 501}, "LIMIT", ["studentIds"]),
        ({"expectedVersion": 9}, "CONFLICT", ["sectionId"]),
    ],
)
async def test_who_cannot_be_in_a_section_is_named(
    api: SignIn, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    zavuch = api("zavuch")
    given = await members(zavuch, ONE, [], **wrong)
    refusal = await zavuch.refused(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == (code, field)


async def test_what_came_true_since_is_not_rewritten(api: SignIn, sql: AsyncConnection) -> None:
    """Neither that one left, nor that one came."""
    zavuch = api("zavuch")
    first, second = await in_section(zavuch, ONE), await in_section(zavuch, TWO)
    await zavuch(MEMBERS, input=await members(zavuch, ONE, first[1:]))
    await zavuch(MEMBERS, input=await members(zavuch, TWO, [*second, first[0]]))
    before = (await sql.execute(text(STAYS))).all()
    for section, students in ((ONE, first), (TWO, second)):
        late = await members(zavuch, section, students, effectiveFrom="2026-11-16")
        refusal = await zavuch.refused(MEMBERS, input=late)
        assert (refusal["code"], refusal["field"]) == ("CHANGED_SINCE", ["effectiveFrom"])
    assert (await sql.execute(text(STAYS))).all() == before


async def test_a_slip_of_the_same_day_is_corrected(api: SignIn, sql: AsyncConnection) -> None:
    zavuch = api("zavuch")
    everyone = await in_section(zavuch, ONE)
    await zavuch(MEMBERS, input=await members(zavuch, ONE, everyone[1:]))
    await zavuch(MEMBERS, input=await members(zavuch, ONE, everyone))
    assert await in_section(zavuch, ONE) == everyone


async def test_one_who_left_last_week_is_written_down_today(
    api: SignIn, sql: AsyncConnection
) -> None:
    zavuch = api("zavuch")
    everyone = await in_section(zavuch, ONE)
    before = {tuple(line) for line in await sql.execute(text(STAYS))}
    late = await members(zavuch, ONE, everyone[1:], effectiveFrom="2026-11-16")
    await zavuch(MEMBERS, input=late)
    [changed] = {tuple(line) for line in await sql.execute(text(STAYS))} - before
    assert f"Student:1-{changed[0]}" == everyone[0]
    assert changed[2] == "2026-11-16"


@pytest.mark.parametrize("day", ["2026-08-31", "2027-07-01"])
async def test_nobody_is_in_a_section_outside_its_year(api: SignIn, day: str) -> None:
    given = await members(api("zavuch"), ONE, [], effectiveFrom=day)
    refusal = await api("zavuch").refused(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == ("OUTSIDE_YEAR", ["effectiveFrom"])


async def test_members_of_an_archived_year_stay_as_they_were(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1"))
    given = await members(api("zavuch"), ONE, [])
    refusal = await api("zavuch").refused(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", None)
