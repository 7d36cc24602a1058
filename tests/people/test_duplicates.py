"""Taking somebody up twice, or under an odd name or birth date: told, and done for a reason."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

TOLD = """userErrors { code field message warnings { code field message about { id } } }"""
ENROL = f"""mutation ($input: EnrolStudentInput!) {{ enrolStudent(input: $input) {{
  student {{ id fullName }} {TOLD} }} }}"""
HIRE = f"""mutation ($input: HireStaffInput!) {{ hireStaff(input: $input) {{
  staff {{ id fullName }} {TOLD} }} }}"""
LINK = f"""mutation ($input: LinkGuardianInput!) {{ linkGuardian(input: $input) {{
  guardianLink {{ id guardian {{ id }} }} {TOLD} }} }}"""
OPEN = f"""mutation ($input: CreateAccountInput!) {{ createAccount(input: $input) {{
  account {{ id fullName }} {TOLD} }} }}"""
MASHA = {
    "familyName": "Иванова",
    "givenName": "Мария",
    "patronymic": "Петровна",
    "personalFileNo": "Ё-2",
    "entryDate": "2026-11-23",
}
REASON = {"overrideReason": "Проверено по документам"}


async def find_warnings(api: Api, document: str, given: dict[str, Any]) -> list[str]:
    """Codes of the warnings with which a command is refused."""
    refused = await api.expect_refusal(document, input=given)
    assert (refused["code"], refused["field"]) == ("WARNING_NEEDS_REASON", ["overrideReason"])
    assert all(one["message"] in refused["message"] for one in refused["warnings"])
    return [one["code"] for one in refused["warnings"]]


async def born(sql: AsyncConnection) -> str:
    found = (
        "SELECT birth_date FROM persons WHERE id = (SELECT person_id FROM students WHERE id = 1)"
    )
    return str(await sql.scalar(text(found)))


@pytest.mark.parametrize(
    "spelt",
    [
        {},
        {"familyName": "ИВАНОВА", "givenName": "мария"},
        {"familyName": "Ивано́ва"},
        {"familyName": "Иванoва"},  # with a Latin o
        {"patronymic": None},
        {"patronymic": "петровна"},
        {"birthDate": None},
        {"familyName": "Мария", "givenName": "Иванова"},
    ],
)
async def test_a_child_who_is_here_is_not_enrolled_again_without_a_word(
    api: SignIn, sql: AsyncConnection, spelt: dict[str, Any]
) -> None:
    secretary = api("secretary")
    given = MASHA | {"birthDate": await born(sql)} | spelt
    before = await sql.scalar(text("SELECT count(*) FROM persons"))
    refused = await secretary.expect_refusal(ENROL, input=given)
    known = [one for one in refused["warnings"] if one["code"] == "STUDENT_KNOWN"]
    assert [one["about"] for one in known] == [{"id": "Student:1-1"}]
    assert await sql.scalar(text("SELECT count(*) FROM persons")) == before
    made = (await secretary(ENROL, input=given | REASON))["enrolStudent"]["student"]
    kept = await sql.execute(
        text("""SELECT p.overridden_warnings, p.override_reason FROM persons p
        JOIN students s ON s.person_id = p.id WHERE s.id = :id"""),
        {"id": int(made["id"].partition("-")[2])},
    )
    codes, reason = kept.one()
    assert "STUDENT_KNOWN" in codes
    assert reason == REASON["overrideReason"]


@pytest.mark.parametrize(
    "other",
    [
        {"birthDate": "2014-02-03"},
        {"patronymic": "Сергеевна"},
        {"familyName": "Иваньва"},
        {"givenName": "Марийа"},
    ],
)
async def test_a_namesake_who_differs_is_enrolled_without_a_word(
    api: SignIn, sql: AsyncConnection, other: dict[str, Any]
) -> None:
    given = MASHA | {"birthDate": await born(sql)} | other
    made = await api("secretary")(ENROL, input=given)
    assert made["enrolStudent"]["userErrors"] == []


async def test_of_two_secretaries_who_enrol_a_child_at_once_one_is_told(
    api: SignIn, sql: AsyncConnection
) -> None:
    child = {**MASHA, "familyName": "Ёжикова", "birthDate": "2014-03-04"}
    spelt = ("Ёжикова", "Ежикова", "ЁЖИКОВА")
    given = [
        child | {"familyName": name, "personalFileNo": f"Ё-{n}"} for n, name in enumerate(spelt)
    ]
    replies = await asyncio.gather(*(api("secretary").reply(ENROL, input=one) for one in given))
    answers = [(reply.data or {})["enrolStudent"] for reply in replies]
    assert sum(answer["student"] is not None for answer in answers) == 1
    refused = [one for answer in answers for one in answer["userErrors"]]
    assert {one["code"] for one in refused} == {"WARNING_NEEDS_REASON"}
    assert {one["warnings"][0]["code"] for one in refused} == {"STUDENT_KNOWN"}
    made = text("SELECT count(*) FROM persons WHERE folded(family_name) = folded('Ёжикова')")
    assert await sql.scalar(made) == 1


@pytest.mark.parametrize(
    ("odd", "codes"),
    [
        ({"familyName": "123 !!"}, ["NAME_HAS_SIGNS", "NAME_OF_ONE_LETTER"]),
        ({"givenName": "Анна2"}, ["NAME_HAS_SIGNS"]),
        ({"givenName": "А"}, ["NAME_OF_ONE_LETTER"]),
        ({"givenName": "А."}, ["NAME_OF_ONE_LETTER"]),
        ({"familyName": "Пeтрова"}, ["NAME_IN_TWO_ALPHABETS"]),  # with a Latin e
        ({"patronymic": "<b>"}, ["NAME_HAS_SIGNS", "NAME_OF_ONE_LETTER"]),
        ({"birthDate": "1900-01-01"}, ["AGE_UNUSUAL"]),
        ({"birthDate": "2025-01-01"}, ["AGE_UNUSUAL"]),
        ({"familyName": "123 !!", "birthDate": "1900-01-01"},
         ["NAME_HAS_SIGNS", "NAME_OF_ONE_LETTER", "AGE_UNUSUAL"]),
    ],
)  # fmt: skip
async def test_an_odd_card_needs_a_reason(
    api: SignIn, odd: dict[str, Any], codes: list[str]
) -> None:
    given = MASHA | {"familyName": "Новикова", "birthDate": "2014-02-03"} | odd
    assert await find_warnings(api("secretary"), ENROL, given) == codes
    made = await api("secretary")(ENROL, input=given | REASON)
    assert made["enrolStudent"]["student"]


@pytest.mark.parametrize(
    "usual",
    [
        {"familyName": "О’Коннор-Смит"},
        {"familyName": "Фон Дер Остен"},
        {"givenName": "Анна-Мария"},
        {"givenName": "Ян", "patronymic": "оглы"},
        {"familyName": "Smith", "givenName": "John", "patronymic": None},
        {"familyName": "Семе\u0308нов"},
    ],
)
async def test_a_usual_name_needs_none(api: SignIn, usual: dict[str, Any]) -> None:
    given = MASHA | {"familyName": "Новикова", "birthDate": "2014-02-03"} | usual
    assert (await api("secretary")(ENROL, input=given))["enrolStudent"]["userErrors"] == []


async def test_spaces_and_what_nobody_sees_are_no_part_of_a_name(api: SignIn) -> None:
    typed = {"familyName": "Но\u200bвикова", "givenName": "Анна  Мария", "patronymic": None}
    made = await api("secretary")(ENROL, input=MASHA | typed | {"birthDate": "2014-02-03"})
    assert made["enrolStudent"]["student"]["fullName"] == "Новикова Анна Мария"


async def test_nobody_is_born_in_the_future(api: SignIn, sql: AsyncConnection) -> None:
    later = {"birthDate": "2026-12-01", "entryDate": "2027-09-01", **REASON}
    refused = await api("secretary").expect_refusal(
        ENROL, input=MASHA | {"familyName": "Ужикова"} | later
    )
    assert (refused["code"], refused["field"]) == ("BORN_IN_FUTURE", ["birthDate"])
    hired = {"familyName": "Ужикова", "givenName": "Анна", "position": "Учитель", **REASON}
    for birth, code in (("2026-12-01", "BORN_IN_FUTURE"), ("2026-10-01", "BORN_TOO_LATE")):
        given = hired | {"birthDate": birth, "hiredOn": "2026-10-01"}
        refused = await api("hr").expect_refusal(HIRE, input=given)
        assert (refused["code"], refused["field"]) == (code, ["birthDate"])
    found = text("SELECT count(*) FROM persons WHERE family_name = 'Ужикова'")
    assert await sql.scalar(found) == 0


async def test_staff_are_not_hired_twice_without_a_word(api: SignIn, sql: AsyncConnection) -> None:
    query = """SELECT p.family_name, p.given_name, p.patronymic FROM persons p
        JOIN staff s ON s.person_id = p.id WHERE s.id = 10"""
    family, given_name, patronymic = (await sql.execute(text(query))).one()
    given = {
        "familyName": family.upper(),
        "givenName": given_name,
        "patronymic": patronymic,
        "position": "Учитель",
        "hiredOn": "2026-11-23",
    }
    refused = await api("hr").expect_refusal(HIRE, input=given)
    assert [one["code"] for one in refused["warnings"]] == ["STAFF_KNOWN"]
    assert refused["warnings"][0]["about"] == {"id": "Staff:1-10"}
    child = given | {"familyName": "Новикова", "birthDate": "2021-01-01"}
    assert await find_warnings(api("hr"), HIRE, child) == ["AGE_UNUSUAL"]
    assert (await api("hr")(HIRE, input=child | REASON))["hireStaff"]["staff"]


async def test_a_known_guardian_is_linked_by_their_id(api: SignIn, sql: AsyncConnection) -> None:
    query = """SELECT g.id, p.family_name, p.given_name FROM persons p
        JOIN guardians g ON g.person_id = p.id ORDER BY g.id LIMIT 1"""
    key, family, given_name = (await sql.execute(text(query))).one()
    given = {
        "studentId": "Student:1-9",
        "familyName": family,
        "givenName": f" {given_name.lower()} ",
        "relation": "MOTHER",
        "validFrom": "2026-11-23",
    }
    refused = await api("secretary").expect_refusal(LINK, input=given)
    assert [one["code"] for one in refused["warnings"]] == ["GUARDIAN_KNOWN"]
    assert refused["warnings"][0]["about"] == {"id": f"Guardian:1-{key}"}
    assert (await api("secretary")(LINK, input=given | REASON))["linkGuardian"]["guardianLink"]


async def test_a_second_account_of_one_name_needs_a_reason(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""WITH twin AS (INSERT INTO persons (school_id, version, family_name, given_name,
            patronymic) SELECT 1, 1, upper(family_name), given_name, patronymic FROM persons
            WHERE id = (SELECT person_id FROM students WHERE id = 1) RETURNING id)
        INSERT INTO students (school_id, version, person_id, personal_file_no, admitted_on, status)
        SELECT 1, 1, id, 'Ё-3', '2026-09-01', 'ENROLLED' FROM twin""")
    )
    twin = await sql.scalar(text("SELECT max(id) FROM persons"))
    given = {"personId": f"PublicPerson:1-{twin}"}
    assert await find_warnings(api("admin"), OPEN, given) == ["ACCOUNT_OF_SAME_NAME"]
    assert (await api("admin")(OPEN, input=given | REASON))["createAccount"]["account"]


async def test_a_warning_tells_nothing_that_its_reader_may_not_know(
    api: SignIn, sql: AsyncConnection
) -> None:
    """A role that enrols and reads no birth dates is not told by a warning whether one is right;
    one that reads no students is not told that there is one."""
    of_secretary = "FROM role_rights WHERE role = 'SECRETARY' AND permission = "
    right, wrong = await born(sql), "2014-02-03"
    assert await find_warnings(api("secretary"), ENROL, MASHA | {"birthDate": right}) == [
        "STUDENT_KNOWN"
    ]
    await sql.execute(text(f"DELETE {of_secretary} 'birth-dates:read'"))
    for guessed in (right, wrong):
        told = await find_warnings(api("secretary"), ENROL, MASHA | {"birthDate": guessed})
        assert told == ["STUDENT_KNOWN"]
    await sql.execute(text(f"DELETE {of_secretary} 'students:read'"))
    made = await api("secretary").reply(ENROL, input=MASHA | {"birthDate": right})
    assert not [one for one in (made.data or {})["enrolStudent"]["userErrors"] if one["warnings"]]
