"""Hard scenarios of domain.md (e), each told as what happens. Those about one cell of the journal
and about delayed publication (e7, e14) stand in `journal/test_marks.py`, those about contexts and
dismissal (e3, e4, e12) also in `access/`."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLObjectType
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.schema import schema
from models.access.roles import Role
from resolvers.demo.cast import LOGINS
from tests.conftest import Clock, SignIn

CORE: Any = schema._schema  # noqa: SLF001
STUDENTS = """query ($section: ID!) { node(id: $section) { ... on Section {
  members { fullName } students { id fullName } } } }"""
STUDENT = "query ($id: ID!) { student(by: {id: $id}) { fullName contacts { phone address } } }"
CHILDREN = "{ viewer { children { id fullName school { name timeZone } } } }"
MARKS = """query ($id: ID!) { diary(studentId: $id, from: "2026-11-09", to: "2026-11-22") {
  days { lessons { marks { value } } } } }"""
DISMISS = """mutation ($input: DismissStaffInput!) { dismissStaff(input: $input) {
  staff { id } userErrors { code field } } }"""
END = """mutation ($input: EndGuardianLinkInput!) { endGuardianLink(input: $input) {
  guardianLink { id version } userErrors { code } } }"""


async def english_group(sql: AsyncConnection, login: str) -> tuple[str, set[str]]:
    """The subgroup of 7А that someone teaches, and its members today."""
    section = await sql.scalar(
        text("""SELECT s.id FROM sections s JOIN teaching_assignments t ON t.section_id = s.id
        JOIN staff w ON w.id = t.staff_id JOIN accounts a ON a.person_id = w.person_id
        JOIN credentials c ON c.id = a.credential_id
        JOIN school_classes k ON k.id = s.school_class_id
        WHERE c.login = :login AND s.is_subgroup AND k.grade_level = 7 AND k.letter = 'А'
            AND t.valid_to IS NULL"""),
        {"login": login},
    )
    members = await sql.scalars(
        text("""SELECT student_id FROM section_memberships WHERE section_id = :id
        AND valid_from <= '2026-11-23' AND (valid_to IS NULL OR valid_to > '2026-11-23')"""),
        {"id": section},
    )
    return f"Section:1-{section}", {f"Student:1-{key}" for key in members}


async def test_e2_a_subgroup_teacher_sees_only_their_subgroup(
    api: SignIn, sql: AsyncConnection
) -> None:
    mine, members = await english_group(sql, "teacher.klimova")
    _, others = await english_group(sql, "teacher.gusev")
    teacher = api("teacher.klimova", Role.SUBJECT_TEACHER)
    section = (await teacher(STUDENTS, section=mine))["node"]
    assert {student["id"] for student in section["students"]} == members
    assert members
    assert others
    assert not members & others
    gusevs_alone = "SELECT count(*) FROM section_memberships m JOIN teaching_assignments t"
    for student in others:
        shared = await sql.scalar(
            text(f"""{gusevs_alone} ON t.section_id = m.section_id
            JOIN staff w ON w.id = t.staff_id JOIN accounts a ON a.person_id = w.person_id
            JOIN credentials c ON c.id = a.credential_id
            WHERE c.login = 'teacher.klimova' AND m.student_id = :id AND m.valid_to IS NULL
                AND t.valid_to IS NULL"""),
            {"id": int(student.partition("-")[2])},
        )
        if not shared:
            assert (await teacher.reply(STUDENT, id=student)).data == {"student": None}


async def test_e3_a_mother_of_children_in_two_schools_sees_both_with_their_schools(
    api: SignIn,
) -> None:
    mother = api("parent.morozova")
    children = (await mother(CHILDREN))["viewer"]["children"]
    assert len(children) == 2
    assert len({child["school"]["name"] for child in children}) == 2
    assert len({child["school"]["timeZone"] for child in children}) == 2
    here, there = ([c for c in children if c["id"].startswith(f"Student:{n}-")] for n in (1, 2))
    assert (await mother(MARKS, id=here[0]["id"]))["diary"] is not None
    assert await mother(MARKS, id=there[0]["id"]) == {"diary": None}
    elsewhere = api("parent.morozova", Role.PARENT, 2)
    assert (await elsewhere(MARKS, id=there[0]["id"]))["diary"] is not None


async def test_e4_a_teacher_who_is_a_parent_sees_her_child_as_a_parent_only(
    api: SignIn, sql: AsyncConnection
) -> None:
    parent = api("teacher.orlova", Role.PARENT)
    [child, *_] = (await parent(CHILDREN))["viewer"]["children"]
    assert (await parent(MARKS, id=child["id"]))["diary"] is not None
    assert await parent.expect_code(DISMISS, input={
        "staffId": "Staff:1-1", "expectedVersion": 1, "dismissedOn": "2026-11-23"
    }) == "FORBIDDEN"  # fmt: skip
    teacher = api("teacher.orlova", Role.SUBJECT_TEACHER)
    assert (await teacher(CHILDREN))["viewer"]["children"] == []


async def test_e8_at_midnight_of_the_eighteenth_birthday_the_parents_see_nothing(
    api: SignIn, sql: AsyncConnection, clock: Clock
) -> None:
    """Midnight of the school's own zone: Barnaul is seven hours ahead of Greenwich."""
    await sql.execute(
        text("""UPDATE persons SET birth_date = '2008-11-24' WHERE id =
        (SELECT person_id FROM students WHERE school_id = 1 AND id = 1)""")
    )
    mother = api("parent.ivanova")
    clock.now = datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC)
    assert (await mother(MARKS, id="Student:1-1"))["diary"] is not None
    clock.now = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert await mother(MARKS, id="Student:1-1") == {"diary": None}
    left = (await mother(CHILDREN))["viewer"]["children"]
    assert [child["id"] for child in left] == ["Student:1-2"]


@pytest.mark.parametrize(
    ("born", "of_age"),
    [("2008-02-29", "2026-03-01"), ("2006-03-01", "2024-03-01"), ("2008-11-23", "2026-11-23")],
)
async def test_e8_who_is_born_on_the_29th_of_february_comes_of_age_on_the_1st_of_march(
    sql: AsyncConnection, born: str, of_age: str
) -> None:
    found = await sql.scalar(
        text(f"UPDATE persons SET birth_date = '{born}' WHERE id = 1 RETURNING adult_on::text")
    )
    assert found == of_age


async def test_e9_a_restricted_father_reads_marks_but_learns_no_address(api: SignIn) -> None:
    father = api("parent.gromov")
    [child, *_] = (await father(CHILDREN))["viewer"]["children"]
    assert (await father(MARKS, id=child["id"]))["diary"]["days"]
    seen = (await father(STUDENT, id=child["id"]))["student"]
    assert seen["fullName"]
    assert seen["contacts"] is None


async def test_e9_a_divorced_father_keeps_his_right_to_know(api: SignIn) -> None:
    father = api("parent.sokolov")
    [child, *_] = (await father(CHILDREN))["viewer"]["children"]
    assert (await father(MARKS, id=child["id"]))["diary"]["days"]
    assert (await father(STUDENT, id=child["id"]))["student"]["contacts"]


async def test_e9_a_mother_without_rights_sees_no_child(api: SignIn) -> None:
    assert (await api("parent.lebedeva")(CHILDREN))["viewer"]["children"] == []


async def test_e9_what_a_court_took_is_gone_at_once_and_nobody_says_who_did_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    father = api("parent.sokolov")
    [child, *_] = (await father(CHILDREN))["viewer"]["children"]
    key = int(child["id"].partition("-")[2])
    link = (
        await sql.execute(
            text("""SELECT l.id, l.version FROM guardian_links l
        JOIN guardians g ON g.id = l.guardian_id JOIN accounts a ON a.person_id = g.person_id
        JOIN credentials c ON c.id = a.credential_id
        WHERE c.login = 'parent.sokolov' AND l.student_id = :id"""),
            {"id": key},
        )
    ).one()
    ending = {
        "guardianLinkId": f"GuardianLink:1-{link.id}",
        "expectedVersion": link.version,
        "legalStatus": "TERMINATED",
    }
    pedagogue = api(LOGINS[Role.SOCIAL_PEDAGOGUE])
    assert await pedagogue.expect_code(END, input=ending) == "DOCUMENT_NEEDED"
    await pedagogue(END, input={**ending, "basisDocument": "Решение суда 2-114/2026"})
    assert await father(MARKS, id=child["id"]) == {"diary": None}
    assert (await father(CHILDREN))["viewer"]["children"] == []


async def test_e12_a_dismissed_teacher_can_do_nothing_from_that_moment(
    api: SignIn, sql: AsyncConnection
) -> None:
    teacher = api("teacher.klimova", Role.SUBJECT_TEACHER)
    staff = (
        await sql.execute(
            text("""SELECT w.id, w.version FROM staff w JOIN accounts a ON a.person_id = w.person_id
        JOIN credentials c ON c.id = a.credential_id WHERE c.login = 'teacher.klimova'""")
        )
    ).one()
    mine, _ = await english_group(sql, "teacher.klimova")
    marks = await sql.scalar(text("SELECT count(*) FROM marks WHERE school_id = 1"))
    today = {
        "staffId": f"Staff:1-{staff.id}",
        "expectedVersion": staff.version,
        "dismissedOn": "2026-11-23",
    }
    await api(LOGINS[Role.HR_SPECIALIST])(DISMISS, input=today)
    assert await teacher.expect_code(STUDENTS, section=mine) == "UNAUTHENTICATED"
    assert await sql.scalar(text("SELECT count(*) FROM marks WHERE school_id = 1")) == marks
    shown = "query ($id: ID!) { node(id: $id) { ... on Section { teacher { id } } } }"
    assert (await api("zavuch")(shown, id=mine))["node"] == {"teacher": None}


def test_e24_no_path_leads_from_a_name_to_what_its_owner_has() -> None:
    """Not checked but absent: the type has no such field."""
    person = CORE.type_map["PublicPerson"]
    assert isinstance(person, GraphQLObjectType)
    assert set(person.fields) == {"id", "fullName", "shortName"}
    for name in ("ClassMembership", "SectionMembership"):
        shown = set(CORE.type_map[name].fields)
        assert shown <= {"id", "fullName", "shortName", "validFrom", "validTo"}, name
    staff = set(CORE.type_map["Staff"].fields)
    assert not staff & {"mailbox", "sections", "students", "notices", "account"}
