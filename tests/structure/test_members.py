"""Members of sections: who is in them from when, and what their history keeps."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn
from tests.journal.desk import SET

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
    refusal = await zavuch.expect_refusal(MEMBERS, input=both)
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
    refusal = await zavuch.expect_refusal(MEMBERS, input=given)
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
        refusal = await zavuch.expect_refusal(MEMBERS, input=late)
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
    late = await members(zavuch, ONE, everyone[1:], effectiveFrom="2026-11-18")
    await zavuch(MEMBERS, input=late)
    [changed] = {tuple(line) for line in await sql.execute(text(STAYS))} - before
    assert f"Student:1-{changed[0]}" == everyone[0]
    assert changed[2] == "2026-11-18"
    given = {"section": ONE, "from": "2026-11-20", "to": "2026-11-20"}
    journal = (await zavuch(JOURNAL, **given))["journal"]
    assert everyone[0] in {cell["studentId"] for cell in journal["cells"]}, "present on the 20th"
    assert everyone[0] in {student["id"] for student in journal["students"]}


@pytest.mark.parametrize("day", ["2026-08-31", "2027-07-01"])
async def test_nobody_is_in_a_section_outside_its_year(api: SignIn, day: str) -> None:
    given = await members(api("zavuch"), ONE, [], effectiveFrom=day)
    refusal = await api("zavuch").expect_refusal(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == ("OUTSIDE_YEAR", ["effectiveFrom"])


async def test_members_of_an_archived_year_stay_as_they_were(
    api: SignIn, sql: AsyncConnection
) -> None:
    await sql.execute(text("UPDATE academic_years SET status = 'ARCHIVED' WHERE school_id = 1"))
    given = await members(api("zavuch"), ONE, [])
    refusal = await api("zavuch").expect_refusal(MEMBERS, input=given)
    assert (refusal["code"], refusal["field"]) == ("YEAR_ARCHIVED", ["sectionId"])


# -- what stands in the journal ---------------------------------------------------------


JOURNAL = """query ($section: ID!, $from: Date!, $to: Date!) {
  journal(sectionId: $section, from: $from, to: $to) {
    students { id } cells { studentId marks { id } attendance { code } } } }"""
DIARY = """query ($student: ID!, $from: Date!, $to: Date!) {
  diary(studentId: $student, from: $from, to: $to) { days { lessons { marks { id } } } } }"""


@dataclass(frozen=True)
class Pupil:
    """Somebody of the first English group, and the day of their last mark in it."""

    id: str
    key: int
    day: date


@pytest.fixture
async def marked(sql: AsyncConnection) -> Pupil:
    found = (
        await sql.execute(
            text("""SELECT m.student_id, max(l.date) AS day FROM marks m
            JOIN lessons l ON l.school_id = 1 AND l.id = m.lesson_id
            JOIN section_memberships s ON s.school_id = 1 AND s.section_id = 66
                AND s.student_id = m.student_id AND s.valid_to IS NULL
            WHERE m.school_id = 1 AND m.section_id = 66 AND m.withdrawn_at IS NULL
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1""")
        )
    ).one()
    return Pupil(f"Student:1-{found.student_id}", found.student_id, found.day)


async def leaving(api: Api, pupil: Pupil, day: date) -> dict[str, Any]:
    rest = [one for one in await in_section(api, ONE) if one != pupil.id]
    return await members(api, ONE, rest, effectiveFrom=day.isoformat())


async def test_nobody_leaves_a_group_as_of_a_day_on_which_they_have_a_mark(
    api: SignIn, sql: AsyncConnection, marked: Pupil
) -> None:
    zavuch = api("zavuch")
    before = (await sql.execute(text(STAYS))).all()
    refusal = await zavuch.expect_refusal(MEMBERS, input=await leaving(zavuch, marked, marked.day))
    assert (refusal["code"], refusal["field"]) == ("MARKS_IN_THE_WAY", ["effectiveFrom"])
    after = marked.day + timedelta(days=1)
    name = await sql.scalar(
        text("""SELECT p.short_name FROM persons p JOIN students s ON s.person_id = p.id
            WHERE s.school_id = 1 AND s.id = :id"""),
        {"id": marked.key},
    )
    told = (name, "Marks: 1", marked.day.isoformat(), after.isoformat())
    assert all(part in refusal["message"] for part in told), refusal["message"]
    assert (await sql.execute(text(STAYS))).all() == before
    await zavuch(MEMBERS, input=await leaving(zavuch, marked, after))


async def test_a_mark_that_was_taken_back_holds_nobody(
    api: SignIn, sql: AsyncConnection, marked: Pupil
) -> None:
    taken = text("""UPDATE marks SET withdrawn_at = now() WHERE section_id = 66
        AND student_id = :key""")  # fmt: skip
    await sql.execute(taken, {"key": marked.key})
    zavuch = api("zavuch")
    await zavuch(MEMBERS, input=await leaving(zavuch, marked, marked.day))


async def test_who_joined_on_a_day_is_not_taken_out_as_of_it_over_a_mark(
    api: SignIn, sql: AsyncConnection, marked: Pupil
) -> None:
    """The membership would be deleted, not ended."""
    joined = text("""UPDATE section_memberships SET valid_from = :day WHERE section_id = 66
        AND student_id = :key""")  # fmt: skip
    await sql.execute(joined, {"key": marked.key, "day": marked.day})
    zavuch = api("zavuch")
    refused = await zavuch.expect_code(MEMBERS, input=await leaving(zavuch, marked, marked.day))
    assert refused == "MARKS_IN_THE_WAY"


async def test_after_any_move_a_number_has_its_parts_beside_it(
    api: SignIn, sql: AsyncConnection, marked: Pupil
) -> None:
    """On each day that the deputy tries, the journal names whom it shows and the diary shows what
    counts."""
    zavuch, span = api("zavuch"), {"from": "2026-11-02", "to": "2026-11-23"}
    for days in (-10, -3, 0, 1):
        given = await leaving(zavuch, marked, marked.day + timedelta(days=days))
        await zavuch.reply(MEMBERS, input=given)
        journal = (await zavuch(JOURNAL, section=ONE, **span))["journal"]
        assert {cell["studentId"] for cell in journal["cells"]} <= {
            student["id"] for student in journal["students"]
        }
        diary = (await zavuch(DIARY, student=marked.id, **span))["diary"]
        shown = {mark["id"] for day in diary["days"] for one in day["lessons"]
                 for mark in one["marks"]}  # fmt: skip
        theirs = {mark["id"] for cell in journal["cells"] for mark in cell["marks"]
                  if cell["studentId"] == marked.id}  # fmt: skip
        assert theirs
        assert theirs <= shown
    assert marked.id not in await in_section(zavuch, ONE)


async def test_of_a_mark_and_a_move_at_once_one_is_refused(
    api: SignIn, sql: AsyncConnection, marked: Pupil
) -> None:
    lesson = (
        await sql.execute(
            text("""SELECT l.id, c.login FROM lessons l JOIN staff w ON w.id = l.staff_id
            JOIN accounts a ON a.person_id = w.person_id
            JOIN credentials c ON c.id = a.credential_id
            WHERE l.section_id = 66 AND l.date <= '2026-11-23' AND l.status = 'CONDUCTED'
            ORDER BY l.date DESC LIMIT 1""")
        )
    ).one()
    day = await sql.scalar(text("SELECT date FROM lessons WHERE id = :id"), {"id": lesson.id})
    await sql.execute(
        text("""UPDATE marks SET withdrawn_at = now() WHERE student_id = :key
            AND lesson_id IN (SELECT id FROM lessons WHERE date >= :day)"""),
        {"key": marked.key, "day": day},
    )
    await sql.execute(
        text("""UPDATE attendance_records SET code = 'PRESENT', minutes_late = NULL
            WHERE student_id = :key AND lesson_id = :id"""),
        {"key": marked.key, "id": lesson.id},
    )
    assignment = await sql.scalar(
        text("""INSERT INTO assignments (school_id, version, lesson_id, section_id,
            assignment_type_id, title, weight) SELECT 1, 1, :id, 66, min(id), 'Диктант', 10
            FROM assignment_types WHERE school_id = 1 RETURNING id"""),
        {"id": lesson.id},
    )
    zavuch, teacher = api("zavuch"), api(lesson.login)
    mark = {"assignmentId": f"Assignment:1-{assignment}", "studentId": marked.id, "value": 5}
    away = await leaving(zavuch, marked, day)
    put, left = await asyncio.gather(
        teacher.reply(SET, input=mark), zavuch.reply(MEMBERS, input=away)
    )
    codes = [error["code"] for reply, name in ((put, "setMark"), (left, "setSectionMembers"))
             for error in (reply.data or {})[name]["userErrors"]]  # fmt: skip
    assert codes in (["NOT_FOUND"], ["MARKS_IN_THE_WAY"])
