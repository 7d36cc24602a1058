"""Guardians: for which child they answer, from when until when, and on what paper."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

LINK = """mutation ($input: LinkGuardianInput!) { linkGuardian(input: $input) {
  guardianLink { id version relation validFrom validTo guardianName guardian { id }
    student { id } legalStatus hideWhereabouts } userErrors { code field message } } }"""
END = """mutation ($input: EndGuardianLinkInput!) { endGuardianLink(input: $input) {
  guardianLink { id version validTo legalStatus hideWhereabouts }
  userErrors { code field message } } }"""
CHILDREN = "{ viewer { children { id } } }"
MASHA = {"studentId": "Student:1-1", "relation": "GUARDIAN", "validFrom": "2026-11-23"}
NEW = MASHA | {"familyName": "Петрова", "givenName": "Нина"}


@pytest.fixture
async def mother(sql: AsyncConnection) -> tuple[str, str]:
    """Ids of Masha's mother, and of her link to Masha."""
    found = await sql.execute(
        text("""SELECT g.id AS guardian, l.id AS link FROM guardian_links l
        JOIN guardians g ON g.id = l.guardian_id JOIN accounts a ON a.person_id = g.person_id
        JOIN credentials c ON c.id = a.credential_id
        WHERE c.login = 'parent.ivanova' AND l.student_id = 1""")
    )
    row = found.one()
    return f"Guardian:1-{row.guardian}", f"GuardianLink:1-{row.link}"


async def test_a_new_guardian_is_made_with_the_link(api: SignIn) -> None:
    link = (await api("secretary")(LINK, input=NEW))["linkGuardian"]["guardianLink"]
    assert (link["guardianName"], link["legalStatus"]) == ("Петрова Нина", "FULL")
    assert link["student"] == {"id": "Student:1-1"}


async def test_a_known_guardian_gets_another_child_and_sees_them_at_once(
    api: SignIn, mother: tuple[str, str]
) -> None:
    given = MASHA | {"guardianId": mother[0], "studentId": "Student:1-3"}
    await api("social")(LINK, input=given)
    children = (await api("parent.ivanova")(CHILDREN))["viewer"]["children"]
    assert "Student:1-3" in {child["id"] for child in children}


async def test_whom_a_court_restricted_is_not_shown_where_the_child_lives(
    api: SignIn, mother: tuple[str, str]
) -> None:
    """Unless asked, and not even if asked (domain.md e9)."""
    court = {"legalStatus": "RESTRICTED", "basisDocument": "Решение суда № 1"}
    given = MASHA | {"guardianId": mother[0], "studentId": "Student:1-3"} | court
    refusal = await api("social").expect_refusal(LINK, input=given | {"hideWhereabouts": False})
    assert (refusal["code"], refusal["field"]) == ("WHEREABOUTS_SHOWN", ["hideWhereabouts"])
    link = (await api("social")(LINK, input=given))["linkGuardian"]["guardianLink"]
    assert link["hideWhereabouts"] is True
    seen = '{ student(by: {id: "Student:1-%s"}) { fullName contacts { address } } }'
    restricted = (await api("parent.ivanova")(seen % 3))["student"]
    assert restricted["fullName"]
    assert restricted["contacts"] is None
    assert (await api("parent.ivanova")(seen % 1))["student"]["contacts"]["address"]


async def test_who_may_link_in_one_class_links_in_no_other(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""UPDATE role_rights SET scope = 'CLASS' WHERE school_id = 1
        AND role = 'SOCIAL_PEDAGOGUE' AND permission = 'guardians:write'""")
    )
    refusal = await api("social").expect_refusal(LINK, input=NEW)
    assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", ["studentId"])
    can = '{ student(by: {id: "Student:1-1"}) { viewerCan { linkGuardians } } }'
    assert (await api("social")(can))["student"]["viewerCan"] == {"linkGuardians": False}
    assert (await api("secretary")(can))["student"]["viewerCan"] == {"linkGuardians": True}


async def test_a_guardian_is_linked_to_a_child_once_at_a_time(
    api: SignIn, sql: AsyncConnection, mother: tuple[str, str]
) -> None:
    given = MASHA | {"guardianId": mother[0]}
    assert await api("secretary").expect_code(LINK, input=given) == "ALREADY_LINKED"
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"legalStatus": "RESTRICTED"}, "DOCUMENT_NEEDED", "basisDocument"),
        ({"legalStatus": "TERMINATED", "basisDocument": ""}, "DOCUMENT_NEEDED", "basisDocument"),
        ({"familyName": ""}, "BLANK", "familyName"),
        ({"givenName": None}, "BLANK", "givenName"),
        ({"contactPriority": 0}, "OUT_OF_RANGE", "contactPriority"),
        ({"guardianId": "Guardian:1-9999"}, "NOT_FOUND", "guardianId"),
        ({"studentId": "Student:2-91"}, "NOT_FOUND", "studentId"),
        ({"basisDocument": "д" * 301}, "TOO_LONG", "basisDocument"),
    ],
)
async def test_what_is_no_link_leaves_nobody_behind(
    api: SignIn, sql: AsyncConnection, wrong: dict[str, Any], code: str, field: str
) -> None:
    persons = await sql.scalar(text("SELECT count(*) FROM persons"))
    refusal = await api("secretary").expect_refusal(LINK, input=NEW | wrong)
    assert (refusal["code"], refusal["field"]) == (code, [field])
    assert await sql.scalar(text("SELECT count(*) FROM persons")) == persons


@pytest.mark.parametrize("login", ["director", "admin", "teacher.belova", "parent.ivanova"])
async def test_who_may_not_link_or_end(api: SignIn, login: str, mother: tuple[str, str]) -> None:
    assert await api(login).expect_code(LINK, input=NEW) == "FORBIDDEN"
    ending = {"guardianLinkId": mother[1], "expectedVersion": 1}
    assert await api(login).expect_code(END, input=ending) == "FORBIDDEN"


async def test_an_ended_link_shows_the_child_no_more_and_cannot_be_revived(
    api: SignIn, mother: tuple[str, str]
) -> None:
    ending = {"guardianLinkId": mother[1], "expectedVersion": 1}
    ended = (await api("secretary")(END, input=ending))["endGuardianLink"]["guardianLink"]
    assert (ended["validTo"], ended["version"]) == ("2026-11-23", 2)
    children = (await api("parent.ivanova")(CHILDREN))["viewer"]["children"]
    assert [child["id"] for child in children] == ["Student:1-2"]
    assert await api("secretary").expect_code(END, input=ending) == "CONFLICT"
    longer = {**ending, "expectedVersion": 2, "validTo": "2027-01-01"}
    refusal = await api("secretary").expect_refusal(END, input=longer)
    assert (refusal["code"], refusal["field"]) == ("ENDS_ALREADY", ["validTo"])


async def test_a_link_that_has_not_begun_can_be_ended(api: SignIn) -> None:
    later = (await api("secretary")(LINK, input=NEW | {"validFrom": "2026-12-01"}))["linkGuardian"]
    ending = {"guardianLinkId": later["guardianLink"]["id"], "expectedVersion": 1}
    ended = (await api("secretary")(END, input=ending))["endGuardianLink"]["guardianLink"]
    assert ended["validTo"] == "2026-12-01"
    refusal = await api("secretary").expect_refusal(
        END, input={**ending, "expectedVersion": 2, "validTo": "2026-11-01"}
    )
    assert (refusal["code"], refusal["field"]) == ("ENDS_BEFORE_IT_BEGINS", ["validTo"])


async def test_what_a_court_took_needs_its_paper_and_hides_the_address(
    api: SignIn, mother: tuple[str, str]
) -> None:
    ending = {"guardianLinkId": mother[1], "expectedVersion": 1, "legalStatus": "RESTRICTED"}
    refusal = await api("social").expect_refusal(END, input=ending)
    assert (refusal["code"], refusal["field"]) == ("DOCUMENT_NEEDED", ["basisDocument"])
    done = await api("social")(END, input={**ending, "basisDocument": "Решение суда № 1"})
    link = done["endGuardianLink"]["guardianLink"]
    assert (link["validTo"], link["legalStatus"]) == (None, "RESTRICTED")
    assert link["hideWhereabouts"] is True
