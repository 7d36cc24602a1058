"""A student who has left a section keeps their own time in it, and nobody else's."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, SignIn

MOVED = "student.korolyova"
"""She moved from 7А to 7Б in October."""
SECTION = """query ($id: ID!) { node(id: $id) { ... on Section {
  name members { id fullName } students { fullName } teacher { shortName }
  teaching { validFrom validTo } } } }"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
SECTIONS = """{ sections(first: 100) { totalCount nodes {
  id name members { fullName } students { fullName } } } }"""
NESTED = """query ($id: ID!) { student(by: {id: $id}) { schoolClass {
  name members { fullName } sections { name members { fullName } } } } }"""


@pytest.fixture
async def moved(sql: AsyncConnection) -> Any:
    """Her key, and the sections she left."""
    student = await sql.scalar(
        text("""SELECT s.id FROM students s JOIN accounts a ON a.person_id = s.person_id
            JOIN credentials c ON c.id = a.credential_id WHERE c.login = :login"""),
        {"login": MOVED},
    )
    lines = await sql.execute(
        text("""SELECT section_id FROM section_memberships WHERE school_id = 1
            AND student_id = :student GROUP BY 1 HAVING bool_and(valid_to <= '2026-11-23')
            ORDER BY 1"""),
        {"student": student},
    )
    return student, [line.section_id for line in lines]


async def rows_of(sql: AsyncConnection, table: str, section: int) -> list[Any]:
    found = await sql.execute(
        text(f"SELECT * FROM {table} WHERE school_id = 1 AND section_id = :section ORDER BY id"),
        {"section": section},
    )
    return list(found.all())


async def test_who_left_a_class_reads_nobody_who_is_in_its_sections_now(
    api: SignIn, sql: AsyncConnection, moved: Any
) -> None:
    student, sections = moved
    pupil = api(MOVED)
    name = (await pupil("{ viewer { fullName } }"))["viewer"]["fullName"]
    assert len(sections) > 5
    for section in sections:
        shown = (await pupil(SECTION, id=f"Section:1-{section}"))["node"]
        assert shown["name"], "her old lessons are of it"
        assert shown["members"] == []
        assert [one["fullName"] for one in shown["students"]] == []
        rows = await rows_of(sql, "section_memberships", section)
        ids = [f"SectionMembership:1-{row.id}" for row in rows]
        found = [one["id"] for one in (await pupil(NODES, ids=ids))["nodes"] if one]
        mine = [f"SectionMembership:1-{row.id}" for row in rows if row.student_id == student]
        assert found == mine
    for one in (await pupil(SECTIONS))["sections"]["nodes"]:
        old = int(one["id"].partition("-")[2]) in sections
        assert bool(one["members"]) is not old, one["name"]
        assert {member["fullName"] for member in one["students"]} <= {name}


async def test_whoever_joins_a_section_one_has_left_stays_unknown(
    api: SignIn, sql: AsyncConnection, moved: Any
) -> None:
    _, sections = moved
    newcomer = await sql.scalar(
        text(f"""UPDATE section_memberships m SET valid_to = '2026-11-20' FROM sections s
            WHERE s.id = {sections[0]} AND m.subject_id = s.subject_id AND m.valid_to IS NULL
            AND m.student_id = (SELECT max(student_id) FROM section_memberships o
                WHERE o.school_id = 1 AND o.subject_id = s.subject_id AND o.valid_to IS NULL)
            RETURNING m.student_id""")
    )
    joined = await sql.scalar(
        text(f"""INSERT INTO section_memberships (school_id, student_id, section_id, subject_id,
            valid_from) SELECT 1, {newcomer}, id, subject_id, '2026-11-20' FROM sections
            WHERE id = {sections[0]} RETURNING id""")
    )
    ids = [f"SectionMembership:1-{joined}"]
    assert (await api(MOVED)(NODES, ids=ids))["nodes"] == [None]


async def test_one_reads_the_teachers_one_had_and_not_those_who_came_later(
    api: SignIn, sql: AsyncConnection, moved: Any
) -> None:
    _, sections = moved
    [old, *_] = await rows_of(sql, "teaching_assignments", sections[0])
    await sql.execute(
        text("UPDATE teaching_assignments SET valid_to = '2026-11-16' WHERE id = :id"),
        {"id": old.id},
    )
    new = await sql.scalar(
        text("""INSERT INTO teaching_assignments (school_id, section_id, staff_id, role, valid_from)
            VALUES (1, :section, (SELECT max(id) FROM staff WHERE school_id = 1 AND id <> :staff),
            'MAIN', '2026-11-16') RETURNING id"""),
        {"section": sections[0], "staff": old.staff_id},
    )
    ids = [f"TeachingAssignment:1-{key}" for key in (old.id, new)]
    for login in (MOVED, "parent.korolyova"):
        assert (await api(login)(NODES, ids=ids))["nodes"] == [{"id": ids[0]}, None]
        shown = (await api(login)(SECTION.replace("members { id fullName }", ""),
                                  id=f"Section:1-{sections[0]}"))["node"]  # fmt: skip
        assert shown["teacher"] is None
        assert len(shown["teaching"]) == 1
    stays = api("student.ivanova")
    assert (await stays(NODES, ids=ids))["nodes"] == [{"id": one} for one in ids]


async def test_the_new_class_teacher_reads_no_list_of_the_class_a_pupil_came_from(
    api: SignIn, sql: AsyncConnection, moved: Any
) -> None:
    """She reads what her pupil did there, not who is there now."""
    student, sections = moved
    leader = await sql.scalar(
        text("""SELECT c.login FROM class_teachers t JOIN staff s ON s.id = t.staff_id
            JOIN accounts a ON a.person_id = s.person_id
            JOIN credentials c ON c.id = a.credential_id
            JOIN class_memberships m ON m.school_class_id = t.school_class_id
            WHERE m.student_id = :student AND m.valid_to IS NULL AND t.valid_to IS NULL
            AND t.school_id = 1"""),
        {"student": student},
    )
    taught = set(
        await sql.scalars(
            text("""SELECT t.section_id FROM teaching_assignments t
                JOIN staff s ON s.id = t.staff_id JOIN accounts a ON a.person_id = s.person_id
                JOIN credentials c ON c.id = a.credential_id AND c.login = :login
                WHERE t.school_id = 1"""),
            {"login": leader},
        )
    )
    asked = [section for section in sections if section not in taught]
    assert asked
    her = api(leader, Role.CLASS_TEACHER)
    for section in asked:
        assert (await her(SECTION, id=f"Section:1-{section}"))["node"]["members"] == []
    [now, *_] = (
        await sql.scalars(
            text("""SELECT section_id FROM section_memberships WHERE school_id = 1
                AND student_id = :student AND valid_to IS NULL"""),
            {"student": student},
        )
    ).all()
    assert len((await her(SECTION, id=f"Section:1-{now}"))["node"]["members"]) > 5


async def test_from_ones_own_card_one_reads_names_of_ones_class_and_of_no_guardian(
    api: SignIn,
) -> None:
    """Domain.md c.2: the nested path student.class.members leads to names and no further."""
    pupil: Api = api("student.ivanova")
    found = (await pupil(NESTED, id="Student:1-1"))["student"]["schoolClass"]
    assert len(found["members"]) > 5
    asked = NESTED.replace("members { fullName }", "members { fullName guardians { id } }", 1)
    reply = await pupil.reply(asked, id="Student:1-1")
    assert (reply.errors or [])[0].message.startswith("Cannot query field 'guardians'")
