"""Classes: who makes them, in which years, and who leads them from when."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

CREATE = """mutation ($input: CreateClassInput!) { createClass(input: $input) {
  schoolClass { id name letter kind shift version academicYear { id } termType { code }
    room { id } classTeacher { id } students { id } viewerCan { edit } }
  userErrors { code field message } } }"""
LEAD = """mutation ($input: AssignClassTeacherInput!) { assignClassTeacher(input: $input) {
  classTeacher { id validFrom validTo isDeputy staff { id } schoolClass { id classTeacher { id } } }
  userErrors { code field message } } }"""
CLASS = "query ($id: ID!) { node(id: $id) { ... on SchoolClass { classTeacher { id } } } }"
NEW: dict[str, Any] = {
    "academicYearId": "AcademicYear:1-1",
    "gradeLevel": 7,
    "letter": "В",
    "termTypeId": "TermType:1-1",
}
ARCHIVE = text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1")


@pytest.fixture
async def leader(sql: AsyncConnection) -> str:
    """The id of the teacher who leads 7А."""
    key = await sql.scalar(text("SELECT staff_id FROM class_teachers WHERE school_class_id = 7"))
    return f"Staff:1-{key}"


@pytest.fixture
async def another(sql: AsyncConnection) -> str:
    """A teacher who leads no class."""
    key = await sql.scalar(
        text("""SELECT min(id) FROM staff WHERE school_id = 1 AND dismissed_on IS NULL
        AND id NOT IN (SELECT staff_id FROM class_teachers)""")
    )
    return f"Staff:1-{key}"


async def test_the_deputy_director_makes_a_class(api: SignIn) -> None:
    more = {"roomId": "Room:1-1", "kind": "LYCEUM", "shift": 2}
    made = (await api("zavuch")(CREATE, input=NEW | more))["createClass"]["schoolClass"]
    assert (made["name"], made["kind"], made["shift"], made["version"]) == ("7В", "LYCEUM", 2, 1)
    assert made["room"] == {"id": "Room:1-1"}
    assert (made["students"], made["classTeacher"]) == ([], None)


async def test_a_class_is_made_once(api: SignIn) -> None:
    zavuch = api("zavuch")
    for same in ("А", " А", "А\u00a0"):
        assert await zavuch.expect_code(CREATE, input=NEW | {"letter": same}) == "CLASS_EXISTS"
    replies = await asyncio.gather(*(zavuch.reply(CREATE, input=NEW) for _ in range(4)))
    errors = [
        error["code"] for r in replies for error in (r.data or {})["createClass"]["userErrors"]
    ]
    assert errors == ["CLASS_EXISTS"] * 3


async def test_repeating_an_attempt_gives_the_same_class(api: SignIn) -> None:
    once = NEW | {"idempotencyKey": "8a5c1f0e-52c3-4d7f-9b11-1df0a7a5a0c1"}
    first = await api("zavuch")(CREATE, input=once)
    assert await api("zavuch")(CREATE, input=once) == first


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"letter": ""}, "BLANK", "letter"),
        ({"letter": "  "}, "BLANK", "letter"),
        ({"letter": "В" * 16}, "TOO_LONG", "letter"),
        ({"letter": "В\0"}, "BAD_USER_INPUT", "letter"),
        ({"gradeLevel": 13}, "OUT_OF_RANGE", "gradeLevel"),
        ({"gradeLevel": -1}, "OUT_OF_RANGE", "gradeLevel"),
        ({"shift": 4}, "OUT_OF_RANGE", "shift"),
        ({"referenceCount": 101}, "OUT_OF_RANGE", "referenceCount"),
        ({"roomId": "Room:1-999"}, "NOT_FOUND", "roomId"),
        ({"roomId": "Staff:1-1"}, "BAD_USER_INPUT", "roomId"),
        ({"termTypeId": "TermType:2-3"}, "NOT_FOUND", "termTypeId"),
        ({"academicYearId": "AcademicYear:2-2"}, "NOT_FOUND", "academicYearId"),
    ],
)
async def test_what_is_no_class_is_refused_naming_the_field(
    api: SignIn, sql: AsyncConnection, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = await api("zavuch").expect_refusal(CREATE, input=NEW | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_in_an_archived_year_no_class_is_made_or_given_a_teacher(
    api: SignIn, sql: AsyncConnection, another: str
) -> None:
    await sql.execute(ARCHIVE)
    refusal = await api("zavuch").expect_refusal(CREATE, input=NEW)
    assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", ["academicYearId"])
    given = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-11-23"}
    assert await api("zavuch").expect_code(LEAD, input=given) == "YEAR_ARCHIVED"


@pytest.mark.parametrize("login", ["director", "admin", "teacher.belova", "parent.ivanova"])
async def test_who_may_not_make_a_class(api: SignIn, login: str) -> None:
    assert await api(login).expect_code(CREATE, input=NEW) == "FORBIDDEN"


async def test_a_new_class_teacher_takes_over_from_a_day_on(
    api: SignIn, sql: AsyncConnection, leader: str, another: str
) -> None:
    given = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-11-24"}
    link = (await api("zavuch")(LEAD, input=given))["assignClassTeacher"]["classTeacher"]
    assert (link["staff"], link["validTo"]) == ({"id": another}, None)
    assert link["schoolClass"]["classTeacher"] == {"id": leader}
    before = "SELECT valid_to::text FROM class_teachers WHERE school_class_id = 7 ORDER BY id"
    assert (await sql.scalars(text(before))).all() == ["2026-11-24", None]


async def test_taking_over_today_shows_today(api: SignIn, another: str) -> None:
    given = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-11-23"}
    await api("zavuch")(LEAD, input=given)
    seen = await api("parent.ivanova")(CLASS, id="SchoolClass:1-7")
    assert seen["node"] == {"classTeacher": {"id": another}}


async def test_a_deputy_stands_in_and_the_class_teacher_stays(
    api: SignIn, leader: str, another: str
) -> None:
    given = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-11-23"}
    await api("zavuch")(LEAD, input={**given, "isDeputy": True})
    seen = await api("zavuch")(CLASS, id="SchoolClass:1-7")
    assert seen["node"] == {"classTeacher": {"id": leader}}


async def test_who_was_to_begin_later_is_for_people_to_decide(
    api: SignIn, leader: str, another: str
) -> None:
    later = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-12-01"}
    await api("zavuch")(LEAD, input=later)
    sooner = {**later, "staffId": leader, "validFrom": "2026-11-25"}
    refusal = await api("zavuch").expect_refusal(LEAD, input=sooner)
    assert (refusal["code"], refusal["field"]) == ("TOO_SOON", ["validFrom"])


async def test_of_two_class_teachers_named_at_once_one_wins(
    api: SignIn, sql: AsyncConnection, leader: str, another: str
) -> None:
    given = {"schoolClassId": "SchoolClass:1-7", "validFrom": "2026-11-25"}
    replies = await asyncio.gather(
        *(api("zavuch").reply(LEAD, input={**given, "staffId": s}) for s in (leader, another))
    )
    assert not any(reply.errors for reply in replies)
    lasting = "SELECT count(*) FROM class_teachers WHERE school_class_id = 7 AND valid_to IS NULL"
    assert await sql.scalar(text(lasting)) == 1


@pytest.mark.parametrize(("column", "day"), [("dismissed_on", -1), ("hired_on", 1)])
async def test_who_does_not_work_that_day_leads_no_class(
    api: SignIn, sql: AsyncConnection, another: str, column: str, day: int
) -> None:
    key = int(another.partition("-")[2])
    await sql.execute(
        text(f"UPDATE staff SET {column} = date '2026-11-23' + {day} WHERE id = {key}")
    )
    given = {"schoolClassId": "SchoolClass:1-7", "staffId": another, "validFrom": "2026-11-23"}
    refusal = await api("zavuch").expect_refusal(LEAD, input=given)
    assert (refusal["code"], refusal["field"]) == ("NOT_AT_WORK", ["staffId"])
