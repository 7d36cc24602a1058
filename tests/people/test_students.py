"""Students: enrolled by order, found by every key one has a right to, listed and searched."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

ENROL = """mutation ($input: EnrolStudentInput!) { enrolStudent(input: $input) {
  student { id fullName personalFileNo status version schoolClass { id }
    enrollments { entryDate entryOrder form } } userErrors { code field message } } }"""
FIND = "query ($by: StudentByInput!) { student(by: $by) { id fullName } }"
LIST = """query ($filter: StudentFilter, $order: [StudentOrder!]) {
  students(filter: $filter, orderBy: $order, first: 100) {
    nodes { id fullName familyName admittedOn } totalCount } }"""
NEW: dict[str, Any] = {
    "familyName": "Ёлкина",
    "givenName": "Анна",
    "personalFileNo": "Ё-1",
    "entryDate": "2026-11-23",
    "entryOrder": "12-у от 20.11.2026",
    "birthDate": "2013-05-06",
    "schoolClassId": "SchoolClass:1-7",
}


async def names(api: Api, **how: Any) -> list[str]:
    return [student["fullName"] for student in (await api(LIST, **how))["students"]["nodes"]]


async def test_the_secretary_enrols_a_student_into_a_class(api: SignIn) -> None:
    made = (await api("secretary")(ENROL, input=NEW))["enrolStudent"]["student"]
    assert (made["fullName"], made["status"]) == ("Ёлкина Анна", "ENROLLED")
    assert made["schoolClass"] == {"id": "SchoolClass:1-7"}
    [stay] = made["enrollments"]
    assert (stay["entryDate"], stay["form"]) == ("2026-11-23", "FULL_TIME")


async def test_who_joins_a_class_joins_what_all_of_it_attends(
    api: SignIn, sql: AsyncConnection
) -> None:
    """Which subgroups they are in is for people to decide."""
    made = (await api("secretary")(ENROL, input=NEW))["enrolStudent"]["student"]
    attended = await sql.scalars(
        text("SELECT section_id FROM section_memberships WHERE student_id = :id ORDER BY 1"),
        {"id": int(made["id"].partition("-")[2])},
    )
    whole = "SELECT id FROM sections WHERE school_class_id = 7 AND NOT is_subgroup ORDER BY 1"
    assert attended.all() == (await sql.scalars(text(whole))).all()
    mother = "SELECT count(*) FROM sections WHERE school_class_id = 7 AND is_subgroup"
    assert await sql.scalar(text(mother)), "or this test tells nothing"


async def test_who_joins_a_class_while_a_section_begins_is_in_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    begin = """mutation { createSection(input: {schoolClassId: "SchoolClass:1-7",
        subjectId: "Subject:1-15"}) { section { id } userErrors { code } } }"""
    begun, joined = await asyncio.gather(api("zavuch")(begin), api("secretary")(ENROL, input=NEW))
    section, student = (
        int(node["id"].partition("-")[2])
        for node in (begun["createSection"]["section"], joined["enrolStudent"]["student"])
    )
    both = "SELECT count(*) FROM section_memberships WHERE section_id = :s AND student_id = :p"
    assert await sql.scalar(text(both), {"s": section, "p": student}) == 1


async def test_spaces_around_a_name_are_no_part_of_it(api: SignIn) -> None:
    typed = NEW | {"familyName": " Ёлкина ", "givenName": "Анна\u00a0", "personalFileNo": "Ё-1\t"}
    made = (await api("secretary")(ENROL, input=typed))["enrolStudent"]["student"]
    assert (made["fullName"], made["personalFileNo"]) == ("Ёлкина Анна", "Ё-1")
    assert await api("secretary").expect_code(ENROL, input=NEW) == "PERSONAL_FILE_TAKEN"


async def test_a_secretary_of_one_class_enrols_nobody(api: SignIn, sql: AsyncConnection) -> None:
    """A new student is of the school before they are of a class."""
    await sql.execute(
        text("UPDATE role_grants SET scope = 'SCHOOL_CLASS', school_class_id = 7"
             " WHERE school_id = 1 AND role = 'SECRETARY'")
    )  # fmt: skip
    assert await api("secretary").expect_code(ENROL, input=NEW) == "FORBIDDEN"


async def test_a_number_of_a_personal_file_is_given_once(api: SignIn, sql: AsyncConnection) -> None:
    await api("secretary")(ENROL, input=NEW)
    persons = await sql.scalar(text("SELECT count(*) FROM persons"))
    refusal = await api("secretary").expect_refusal(ENROL, input=NEW | {"givenName": "Вера"})
    assert (refusal["code"], refusal["field"]) == ("PERSONAL_FILE_TAKEN", ["personalFileNo"])
    assert await sql.scalar(text("SELECT count(*) FROM persons")) == persons


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"familyName": ""}, "BLANK", ["familyName"]),
        ({"familyName": " \u00a0"}, "BLANK", ["familyName"]),
        ({"entryDate": "2026-08-31"}, "OUTSIDE_YEAR", ["entryDate"]),
        ({"entryDate": "2027-07-01"}, "OUTSIDE_YEAR", ["entryDate"]),
        ({"givenName": "А" * 101}, "TOO_LONG", ["givenName"]),
        ({"patronymic": "\ud800"}, "BAD_USER_INPUT", ["patronymic"]),
        ({"birthDate": "2026-11-23"}, "BORN_TOO_LATE", ["birthDate"]),
        ({"birthDate": "1899-12-31"}, "OUT_OF_RANGE", ["birthDate"]),
        ({"personalFileNo": ""}, "BLANK", ["personalFileNo"]),
        ({"entryOrder": ""}, "BLANK", ["entryOrder"]),
        ({"schoolClassId": "SchoolClass:2-13"}, "NOT_FOUND", ["schoolClassId"]),
        ({"schoolClassId": "SchoolClass:1-999"}, "NOT_FOUND", ["schoolClassId"]),
    ],
)
async def test_who_cannot_be_enrolled(
    api: SignIn, sql: AsyncConnection, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    refusal = await api("secretary").expect_refusal(ENROL, input=NEW | wrong)
    assert (refusal["code"], refusal["field"]) == (code, field)
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_nobody_is_enrolled_into_a_class_of_an_archived_year(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1"))
    refusal = await api("secretary").expect_refusal(ENROL, input=NEW)
    assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", ["schoolClassId"])


@pytest.mark.parametrize("login", ["director", "zavuch", "teacher.belova", "parent.ivanova"])
async def test_who_may_not_enrol(api: SignIn, login: str) -> None:
    assert await api(login).expect_code(ENROL, input=NEW) == "FORBIDDEN"


@pytest.mark.parametrize("key", ["id", "personalFileNo", "sourcedId"])
async def test_a_student_is_found_by_each_key_by_those_who_see_them(
    api: SignIn, sql: AsyncConnection, key: str
) -> None:
    row = await sql.execute(
        text("UPDATE students SET sourced_id = 'x-1' WHERE id = 1 RETURNING personal_file_no")
    )
    by = {"id": "Student:1-1", "personalFileNo": row.scalar_one(), "sourcedId": "x-1"}[key]
    found = {"student": {"id": "Student:1-1", "fullName": "Иванова Мария Петровна"}}
    assert await api("parent.ivanova")(FIND, by={key: by}) == found
    assert await api("parent.sokolov")(FIND, by={key: by}) == {"student": None}


async def test_an_insurance_number_finds_only_for_those_who_may_read_it_in_full(
    api: SignIn,
) -> None:
    whole = '{ student(by: {id: "Student:1-1"}) { identity { snils } } }'
    snils = (await api("secretary")(whole))["student"]["identity"]["snils"]
    spaced = f"{snils[:3]} {snils[3:]}"
    for written in (snils, spaced):
        found = await api("director")(FIND, by={"snils": written})
        assert found["student"]["id"] == "Student:1-1"
    assert await api("director")(FIND, by={"snils": "000-000-000 00"}) == {"student": None}
    for login in ("zavuch", "parent.ivanova", "student.ivanova"):
        assert await api(login).expect_code(FIND, by={"snils": snils}) == "FORBIDDEN"


@pytest.mark.parametrize(
    "by",
    [{}, {"id": None}, {"id": "Student:1-1", "sourcedId": "x"}, {"id": "Staff:1-1"},
     {"id": "1"}, {"sourcedId": "\0"}],
)  # fmt: skip
async def test_exactly_one_key_that_could_be_one(api: SignIn, by: Any) -> None:
    assert await api("director").expect_code(FIND, by=by) == "BAD_USER_INPUT"


async def test_names_are_searched_whatever_their_case_and_yo(api: SignIn) -> None:
    director = api("director")
    for asked in ("королева", "КОРОЛЁВА", "королёва а"):
        found = await names(director, filter={"fullName": {"contains": asked}})
        assert found == ["Королёва Алёна Игоревна"]


@pytest.mark.parametrize("asked", ["%", "_", "\\", "Иван%а"])
async def test_percent_and_underscore_are_looked_for_as_they_are(api: SignIn, asked: str) -> None:
    assert await names(api("director"), filter={"fullName": {"contains": asked}}) == []


async def test_filters_combine(api: SignIn) -> None:
    asked = {"and": [{"familyName": {"contains": "иванов"}}], "not": {"sex": {"eq": "MALE"}}}
    assert "Иванова Мария Петровна" in await names(api("director"), filter=asked)
    assert "Иванов Павел Петрович" not in await names(api("director"), filter=asked)


async def test_the_list_is_in_russian_order_and_can_be_turned(api: SignIn) -> None:
    director = api("director")
    up = await names(director)
    assert up == sorted(up, key=lambda name: name.lower().replace("ё", "е"))
    assert await names(director, order=[{"field": "FULL_NAME", "direction": "DESC"}]) == up[::-1]
    by_day = await director(LIST, order=[{"field": "ADMITTED_ON"}, {"field": "FULL_NAME"}])
    days = [student["admittedOn"] for student in by_day["students"]["nodes"]]
    assert days == sorted(days)


async def test_each_sees_their_own_students_and_counts_no_others(api: SignIn) -> None:
    mine = (await api("parent.ivanova")(LIST))["students"]
    assert {student["id"] for student in mine["nodes"]} == {"Student:1-1", "Student:1-2"}
    assert mine["totalCount"] == 2
    assert (await api("student.ivanova")(LIST))["students"]["totalCount"] == 1


async def test_a_birth_date_is_not_for_those_who_only_teach(api: SignIn) -> None:
    born = '{ student(by: {id: "Student:1-1"}) { birthDate } }'
    assert (await api("secretary")(born))["student"]["birthDate"]
    assert await api("admin").expect_code(born) == "FORBIDDEN"
