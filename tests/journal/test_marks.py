"""Marks: who sets them, when, what is refused, and what each change leaves behind."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import SignIn
from tests.journal.desk import SET, Desk, cell

CLEAR = """mutation ($input: ClearMarkInput!) { clearMark(input: $input) {
  assignment { id marks { id } } userErrors { code field } } }"""
CLOSE = """mutation ($input: CloseTermInput!) { closeTerm(input: $input) {
  term { status version } userErrors { code field } } }"""


async def test_a_teacher_sets_a_mark_and_its_history_begins(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    data = await api(desk.teacher)(SET, input=cell(desk, comment="Молодец"))
    mark = data["setMark"]["mark"]
    assert (mark["value"], mark["version"], mark["comment"]) == (5, 1, "Молодец")
    assert mark["student"] == {"fullName": "Иванова Мария Петровна"}
    assert mark["revisions"] == [{"newValue": 5, "oldValue": None, "reason": None}]
    deed = (await sql.execute(text("SELECT action, entity, role FROM audit_events"))).one()
    assert tuple(deed) == ("setMark", mark["id"], "SUBJECT_TEACHER")
    event = (await sql.execute(text("SELECT kind, entity, student_id, seq FROM events"))).one()
    assert tuple(event) == ("MARK_SET", mark["id"], 1, 1)


async def test_changing_a_mark_keeps_what_it_was(api: SignIn, desk: Desk) -> None:
    teacher = api(desk.teacher)
    await teacher(SET, input=cell(desk, value=3))
    changed = await teacher(SET, input=cell(desk, value=4, expectedVersion=1, reason="Пересдача"))
    mark = changed["setMark"]["mark"]
    assert (mark["value"], mark["version"]) == (4, 2)
    assert mark["revisions"][-1] == {"newValue": 4, "oldValue": 3, "reason": "Пересдача"}


async def test_two_teachers_on_one_cell_the_second_sees_the_firsts_mark(
    api: SignIn, desk: Desk
) -> None:
    teacher = api(desk.teacher)
    await teacher(SET, input=cell(desk, value=3))
    await teacher(SET, input=cell(desk, value=4, expectedVersion=1))
    late = (await teacher.reply(SET, input=cell(desk, value=2, expectedVersion=1))).data
    assert late
    assert late["setMark"]["mark"]["value"] == 4
    [error] = late["setMark"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedVersion"])


async def test_of_two_marks_set_at_once_one_wins_and_one_conflicts(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher = api(desk.teacher)
    replies = await asyncio.gather(
        *(teacher.reply(SET, input=cell(desk, value=value)) for value in (2, 3, 4, 5))
    )
    assert not any(r.errors for r in replies)
    answers = [(r.data or {})["setMark"] for r in replies]
    told = [error for answer in answers for error in answer["userErrors"]]
    assert [e["field"] for e in told] == [["expectedVersion"]] * 3
    assert {e["code"] for e in told} == {"CONFLICT"}
    assert len({answer["mark"]["value"] for answer in answers}) == 1, "all see the one that is"
    key = int(desk.assignment.partition("-")[2])
    assert await sql.scalar(text(f"SELECT count(*) FROM marks WHERE assignment_id = {key}")) == 1


async def test_who_sets_a_mark_in_a_cell_that_has_one_sees_it_with_its_author_and_time(
    api: SignIn, desk: Desk
) -> None:
    asked = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
        mark { value version authorName setAt } userErrors { code field message } } }"""
    teacher = api(desk.teacher)
    first = (await teacher(asked, input=cell(desk, value=3)))["setMark"]["mark"]
    assert first["authorName"]
    second = (await teacher.reply(asked, input=cell(desk, value=2))).data
    assert second
    assert second["setMark"]["mark"] == first
    [error] = second["setMark"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedVersion"])
    assert "send its `version` as `expectedVersion`" in error["message"]
    seen = second["setMark"]["mark"]["version"]
    await teacher(asked, input=cell(desk, value=2, expectedVersion=seen))


@pytest.mark.parametrize(
    ("login", "role", "code"),
    [
        ("parent.ivanova", None, "FORBIDDEN"),
        ("director", None, "FORBIDDEN"),
        ("zavuch", None, "FORBIDDEN"),
        ("teacher.klimova", Role.SUBJECT_TEACHER, "NOT_FOUND"),
    ],
)
async def test_who_may_not_set_a_mark(
    api: SignIn, desk: Desk, sql: AsyncConnection, login: str, role: Role | None, code: str
) -> None:
    assert await api(login, role).expect_code(SET, input=cell(desk)) == code
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"value": 6}, "NOT_OF_KIND", ["value"]),
        ({"value": 0}, "NOT_OF_KIND", ["value"]),
        ({"value": None}, "NOT_OF_KIND", ["value"]),
        ({"kind": "PASS_FAIL", "value": 1}, "NOT_OF_SCALE", ["kind"]),
        ({"kind": "DEBT_POINT", "value": 2}, "NOT_OF_KIND", ["value"]),
        ({"studentId": "Student:1-999999"}, "NOT_FOUND", ["studentId"]),
        ({"studentId": "Student:1-2"}, "NOT_FOUND", ["studentId"]),
        ({"studentId": "Student:2-1"}, "NOT_FOUND", ["studentId"]),
        ({"comment": "x" * 1001}, "TOO_LONG", ["comment"]),
        ({"comment": "a\0b"}, "BAD_USER_INPUT", ["comment"]),
        ({"comment": "\ud800"}, "BAD_USER_INPUT", ["comment"]),
        ({"expectedVersion": 7}, "CONFLICT", ["expectedVersion"]),
    ],
)
async def test_what_is_no_mark_is_refused_naming_the_field_and_leaves_no_trace(
    api: SignIn,
    desk: Desk,
    sql: AsyncConnection,
    wrong: dict[str, Any],
    code: str,
    field: list[str],
) -> None:
    refusal = await api(desk.teacher).expect_refusal(SET, input=cell(desk, **wrong))
    assert (refusal["code"], refusal["field"]) == (code, field)
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0
    assert await sql.scalar(text("SELECT count(*) FROM events")) == 0


async def test_a_mark_in_a_closed_term_is_refused_and_closing_waits_for_who_writes(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    term = (
        await sql.execute(
            text("""SELECT t.id, t.version FROM terms t
        JOIN sections s ON s.term_type_id = t.term_type_id AND s.school_id = t.school_id
        WHERE s.id = :id AND '2026-11-18' BETWEEN t.starts_on AND t.ends_on"""),
            {"id": desk.section_key},
        )
    ).one()
    closing = {"termId": f"Term:1-{term.id}", "expectedVersion": term.version}
    assert (await api("zavuch")(CLOSE, input=closing))["closeTerm"]["term"]["status"] == "CLOSED"
    assert await api(desk.teacher).expect_code(SET, input=cell(desk)) == "PERIOD_CLOSED"
    assert await api(desk.teacher).expect_code(CLOSE, input=closing) == "FORBIDDEN"


async def test_a_student_who_was_away_gets_no_mark_for_work_in_class(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    key = int(desk.lesson.partition("-")[2])
    await sql.execute(
        text("DELETE FROM attendance_records WHERE lesson_id = :id AND student_id = 1"),
        {"id": key},
    )
    await sql.execute(
        text("""INSERT INTO attendance_records (school_id, version, lesson_id, student_id,
        section_id, author_id, code, set_at) SELECT 1, 1, :id, 1, :section, author_id, 'ILLNESS',
        now() FROM attendance_records LIMIT 1"""),
        {"id": key, "section": desk.section_key},
    )
    assert await api(desk.teacher).expect_code(SET, input=cell(desk)) == "STUDENT_AWAY"


async def test_a_cleared_mark_counts_nowhere_and_the_cell_can_be_filled_again(
    api: SignIn, desk: Desk
) -> None:
    teacher = api(desk.teacher)
    mark = (await teacher(SET, input=cell(desk, value=2)))["setMark"]["mark"]
    cleared = await teacher(
        CLEAR, input={"markId": mark["id"], "expectedVersion": 1, "reason": "Не тот ученик"}
    )
    assert cleared["clearMark"]["assignment"]["marks"] == []
    assert (await teacher("query ($id: ID!) { node(id: $id) { id } }", id=mark["id"])) == {
        "node": None
    }
    again = (await teacher(SET, input=cell(desk, value=4)))["setMark"]["mark"]
    assert [r["newValue"] for r in again["revisions"]] == [2, None, 4]


async def test_a_key_that_comes_back_with_another_mark_is_refused(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher, key = api(desk.teacher), "8a5c1f0e-52c3-4d7f-9b11-1df0a7a5a0c1"
    first = await teacher(SET, input=cell(desk, value=4, idempotencyKey=key))
    others = ({"value": 5}, {"value": 4, "comment": "ещё"}, {"value": None, "kind": "DEBT_POINT"})
    for other in others:
        refused = await teacher.expect_refusal(SET, input=cell(desk, idempotencyKey=key, **other))
        assert (refused["code"], refused["field"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    assert await teacher(SET, input=cell(desk, value=4, idempotencyKey=key)) == first
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 1
    assert (
        await teacher(SET, input=cell(desk, value=4, kind="NUMERIC", idempotencyKey=key)) == first
    )


async def test_repeating_an_attempt_gives_the_first_mark_again(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher, key = api(desk.teacher), "8a5c1f0e-52c3-4d7f-9b11-1df0a7a5a0c1"
    first = await teacher(SET, input=cell(desk, idempotencyKey=key))
    assert await teacher(SET, input=cell(desk, idempotencyKey=key)) == first
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 1


SET_MANY = """mutation ($input: SetMarksInput!) { setMarks(input: $input) {
  results { userErrors { code field } } userErrors { code } } }"""


async def test_a_student_who_is_not_in_the_section_is_blamed_and_not_the_work(
    api: SignIn, sql: AsyncConnection, desk: Desk
) -> None:
    elsewhere = await sql.scalar(
        text("""SELECT id FROM students WHERE school_id = 1 AND id NOT IN (SELECT student_id
        FROM section_memberships WHERE section_id = :id) ORDER BY id LIMIT 1"""),
        {"id": desk.section_key},
    )
    teacher = api(desk.teacher)
    for student in (f"Student:1-{elsewhere}", "Student:2-1", "Student:1-99999999"):
        refused = await teacher.expect_refusal(SET, input=cell(desk, studentId=student))
        assert (refused["code"], refused["field"]) == ("NOT_FOUND", ["studentId"])
        items = [cell(desk), cell(desk, studentId=student)]
        answer = await teacher.reply(SET_MANY, input={"items": items})
        told = [one["userErrors"] for one in (answer.data or {})["setMarks"]["results"]]
        assert told == [[], [{"code": "NOT_FOUND", "field": ["studentId"]}]]
