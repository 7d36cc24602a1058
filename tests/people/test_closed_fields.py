"""Fields that a role does not see of a person whom it sees (domain.md c.1, c.2)."""

import base64
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, SignIn

MASHA = "Student:1-1"
CARD = """query ($id: ID!) { student(by: {id: $id}) {
  fullName personalFileNo admittedOn enrollments { entryOrder exitReason } } }"""
CONTACTS = "query ($id: ID!) { student(by: {id: $id}) { contacts { phone address } } }"
HEALTH = """query ($id: ID!) { student(by: {id: $id}) {
  health { healthGroup isDisabled hasSpecialNeeds accommodations } } }"""
LINKS = """query ($id: ID!) { student(by: {id: $id}) { guardianLinks { guardianName relation
  livesWith contactPriority validFrom validTo consentFrom consentTo legalStatus
  guardian { contacts { phone } } } } }"""
WITHHELD = """query ($id: ID!) { student(by: {id: $id}) {
  guardianLinks { guardianName isInformationWithheld } } }"""
DETAILS = ("relation", "livesWith", "contactPriority", "validFrom", "legalStatus")
OWN_FILE = """query ($id: ID!) { node(id: $id) { ... on Staff {
  identity { documentNumber snils } } } }"""
BY = "query ($by: StudentByInput!) { student(by: $by) { id } }"
ORDERED = """query ($order: [StudentOrder!]) { students(orderBy: $order, first: 100) {
  edges { cursor node { id } } } }"""


async def find_denied(who: Api, document: str, **given: Any) -> set[str]:
    """Coordinates that are refused by grant."""
    reply = await who.reply(document, **given)
    return {(error.extensions or {}).get("coordinate", "") for error in reply.errors or []}


async def ask(who: Api, document: str, **given: Any) -> Any:
    reply = await who.reply(document, **given)
    return (reply.data or {})["student"]


# -- the personal file and the movement orders ----------------------------------------


async def test_a_subject_teacher_reads_no_personal_file_and_no_orders(api: SignIn) -> None:
    teacher = api("teacher.gusev", Role.SUBJECT_TEACHER)
    pupil = (await teacher("{ students(first: 1) { nodes { id } } }"))["students"]["nodes"][0]["id"]
    assert await find_denied(teacher, CARD, id=pupil) == {
        "Student.personalFileNo", "Student.admittedOn", "Student.enrollments",
    }  # fmt: skip
    card = await ask(teacher, CARD, id=pupil)
    assert card["fullName"]
    assert [card[f] for f in ("personalFileNo", "admittedOn", "enrollments")] == [None] * 3


async def test_a_class_teacher_reads_the_files_of_the_own_class_only(
    api: SignIn, sql: AsyncConnection
) -> None:
    """She teaches pupils of other classes, too: of those she sees the card alone."""
    other = await sql.scalar(
        text("""SELECT m.student_id FROM section_memberships m
            JOIN teaching_assignments t ON t.section_id = m.section_id AND t.school_id = 1
            JOIN staff s ON s.id = t.staff_id AND s.school_id = 1
            JOIN accounts a ON a.person_id = s.person_id AND a.school_id = 1
            JOIN credentials c ON c.id = a.credential_id AND c.login = 'teacher.belova'
            WHERE m.school_id = 1 AND m.valid_to IS NULL AND t.valid_to IS NULL
            AND m.student_id NOT IN (SELECT student_id FROM class_memberships
                WHERE school_id = 1 AND school_class_id = 7)
            LIMIT 1""")
    )
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    mine = (await leader(CARD, id=MASHA))["student"]
    assert mine["personalFileNo"]
    assert mine["enrollments"][0]["entryOrder"]
    others = (await leader(CARD, id=f"Student:1-{other}"))["student"]
    assert others["fullName"]
    assert (others["personalFileNo"], others["enrollments"]) == (None, [])


async def test_a_psychologist_reads_the_file_but_no_orders(api: SignIn) -> None:
    psychologist = api("psychologist")
    assert await find_denied(psychologist, CARD, id=MASHA) == {"Student.enrollments"}
    assert (await ask(psychologist, CARD, id=MASHA))["personalFileNo"]


async def test_nobody_finds_or_orders_pupils_by_a_number_they_may_not_read(
    api: SignIn, sql: AsyncConnection
) -> None:
    number = await sql.scalar(
        text("SELECT personal_file_no FROM students WHERE school_id = 1 AND id = 1")
    )
    teacher = api("teacher.gusev", Role.SUBJECT_TEACHER)
    assert await teacher.expect_code(BY, by={"personalFileNo": number}) == "FORBIDDEN"
    order = [{"field": "PERSONAL_FILE_NO"}]
    assert await teacher.expect_code(ORDERED, order=order) == "FORBIDDEN"
    count = "query ($f: StudentFilter) { students(filter: $f) { totalCount } }"
    asked = {"personalFileNo": {"eq": number}}
    assert await teacher.expect_code(count, f=asked) == "FORBIDDEN"
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    assert (await leader(BY, by={"personalFileNo": number}))["student"] == {"id": MASHA}


async def test_a_hidden_field_tells_nothing_by_order_or_cursor(api: SignIn) -> None:
    """A student whose file she may not read comes last, with nothing of it in the cursor."""
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    edges = (await leader(ORDERED, order=[{"field": "ADMITTED_ON"}]))["students"]["edges"]
    cursors = [base64.urlsafe_b64decode(edge["cursor"]).decode() for edge in edges]
    hidden = ["null" in cursor for cursor in cursors]
    assert any(hidden)
    assert hidden == sorted(hidden)
    assert not all(hidden)


# -- contacts, health, documents ------------------------------------------------------


async def test_the_administrator_reads_neither_phone_nor_address(api: SignIn) -> None:
    admin = api("admin")
    assert await find_denied(admin, CONTACTS, id=MASHA) == {"Student.contacts"}
    guardians = "{ guardians(first: 1) { nodes { fullName contacts { phone } } } }"
    assert await find_denied(admin, guardians) == {"Guardian.contacts"}


async def test_a_psychologist_reads_the_phone_but_not_the_address(api: SignIn) -> None:
    psychologist = api("psychologist")
    assert await find_denied(psychologist, CONTACTS, id=MASHA) == {"StudentContacts.address"}
    assert (await ask(psychologist, CONTACTS, id=MASHA))["contacts"]["phone"]


async def test_a_pupil_reads_a_parents_phone_but_not_where_they_live(api: SignIn) -> None:
    document = """query ($id: ID!) { student(by: {id: $id}) { contacts { address }
        guardianLinks { guardian { contacts { phone address } } } } }"""
    pupil = (await api("student.ivanova")(document, id=MASHA))["student"]
    assert pupil["contacts"]["address"]
    for link in pupil["guardianLinks"]:
        assert link["guardian"]["contacts"]["phone"]
        assert link["guardian"]["contacts"]["address"] is None


@pytest.mark.parametrize(
    ("login", "role"),
    [("student.ivanova", None), ("teacher.belova", Role.CLASS_TEACHER)],
)
async def test_flags_of_disability_are_for_the_guardian_and_the_specialists(
    api: SignIn, sql: AsyncConnection, login: str, role: Role | None
) -> None:
    await sql.execute(
        text("""INSERT INTO student_health (school_id, student_id, health_group, is_disabled,
            has_special_needs, accommodations) VALUES (1, 1, 3, true, true, 'Первая парта')
            ON CONFLICT (school_id, student_id) DO UPDATE SET is_disabled = true,
            has_special_needs = true, accommodations = 'Первая парта'""")
    )
    flags = {"StudentHealth.isDisabled", "StudentHealth.hasSpecialNeeds"}
    assert flags <= await find_denied(api(login, role), HEALTH, id=MASHA)
    health = (await ask(api(login, role), HEALTH, id=MASHA))["health"]
    assert (health["isDisabled"], health["hasSpecialNeeds"]) == (None, None)
    assert health["accommodations"] == "Первая парта"
    mother = (await api("parent.ivanova")(HEALTH, id=MASHA))["student"]["health"]
    assert (mother["isDisabled"], mother["hasSpecialNeeds"]) == (True, True)


@pytest.mark.parametrize("login", ["zavuch", "admin", "secretary", "teacher.gusev", "hr"])
async def test_everyone_who_works_here_reads_their_own_documents(
    api: SignIn, sql: AsyncConnection, login: str
) -> None:
    own, other = (
        await sql.execute(
            text("""SELECT (SELECT s.id FROM staff s JOIN accounts a ON a.person_id = s.person_id
                JOIN credentials c ON c.id = a.credential_id WHERE c.login = :login),
                (SELECT s.id FROM staff s JOIN accounts a ON a.person_id = s.person_id
                JOIN credentials c ON c.id = a.credential_id WHERE c.login = 'director')"""),
            {"login": login},
        )
    ).one()
    assert (await api(login)(OWN_FILE, id=f"Staff:1-{own}"))["node"]["identity"]["documentNumber"]
    if login != "hr":
        assert (await api(login)(OWN_FILE, id=f"Staff:1-{other}"))["node"] == {"identity": None}


# -- the other parent -----------------------------------------------------------------


async def test_a_parent_sees_of_the_other_parent_the_name_only(api: SignIn) -> None:
    links = (await api("parent.ivanova")(LINKS, id=MASHA))["student"]["guardianLinks"]
    mine, *others = links
    assert mine["relation"] == "MOTHER"
    assert mine["guardian"]["contacts"]["phone"]
    assert others
    for other in others:
        assert other["guardianName"]
        assert [other[field] for field in DETAILS] == [None] * len(DETAILS)
        assert other["guardian"]["contacts"] is None
    father = (await api("parent.ivanov")(LINKS, id=MASHA))["student"]["guardianLinks"]
    assert father[0]["relation"] == "FATHER", "their own link comes first, whatever the priority"
    assert father[1]["contactPriority"] is None


async def test_a_father_from_whom_it_is_kept_does_not_read_with_whom_the_child_lives(
    api: SignIn, sql: AsyncConnection
) -> None:
    child = await sql.scalar(
        text("""SELECT l.student_id FROM guardian_links l JOIN guardians g ON g.id = l.guardian_id
            JOIN accounts a ON a.person_id = g.person_id
            JOIN credentials c ON c.id = a.credential_id
            WHERE c.login = 'parent.gromov' AND l.hide_whereabouts AND l.school_id = 1 LIMIT 1""")
    )
    links = (await api("parent.gromov")(LINKS, id=f"Student:1-{child}"))["student"]["guardianLinks"]
    assert [link["livesWith"] for link in links] == [False, *[None] * (len(links) - 1)]
    assert len(links) > 1


# -- whom not to tell -----------------------------------------------------------------


async def test_a_class_teacher_is_told_whom_not_to_tell_but_not_why(
    api: SignIn, sql: AsyncConnection
) -> None:
    link = await sql.scalar(
        text("""UPDATE guardian_links SET may_receive_info = false WHERE school_id = 1
            AND student_id = 1 AND relation = 'FATHER' RETURNING id""")
    )
    assert link
    for login, role in (("teacher.belova", Role.CLASS_TEACHER), ("admin", None), ("social", None)):
        links = (await api(login, role)(WITHHELD, id=MASHA))["student"]["guardianLinks"]
        assert sorted(one["isInformationWithheld"] for one in links) == [False, True], login
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    assert "GuardianLink.legalStatus" in await find_denied(leader, LINKS, id=MASHA)
    for login in ("parent.ivanova", "student.ivanova", "psychologist"):
        refused = await find_denied(api(login), WITHHELD, id=MASHA)
        assert refused == {"GuardianLink.isInformationWithheld"}, login


# -- names of guardians ---------------------------------------------------------------


async def test_hr_reads_names_of_staff_and_pupils_but_of_no_guardian(
    api: SignIn, sql: AsyncConnection
) -> None:
    name = "query ($id: ID!) { node(id: $id) { ... on PublicPerson { fullName } } }"
    only_guardians = text("""SELECT person_id FROM guardians WHERE school_id = 1
        AND person_id NOT IN (SELECT person_id FROM staff WHERE school_id = 1)""")
    for key in (await sql.scalars(only_guardians)).all():
        assert await api("hr")(name, id=f"PublicPerson:1-{key}") == {"node": None}
    for table in ("staff", "students"):
        key = await sql.scalar(text(f"SELECT min(person_id) FROM {table} WHERE school_id = 1"))
        assert (await api("hr")(name, id=f"PublicPerson:1-{key}"))["node"]["fullName"]
