"""Term marks: what is suggested, what is refused, and in which order they come."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn
from tests.journal.desk import Desk

SHEET = """query ($section: ID!, $term: ID!) { termMarkSheet(sectionId: $section, termId: $term) {
  section { name } term { name } rows { studentId fullName weightedAverage markCount suggestedValue
    warnings marks { value } termMark { value version } student { fullName } } } }"""
SET = """mutation ($input: SetTermMarkInput!) { setTermMark(input: $input) {
  termMark { id value version comment revisions { oldValue newValue } }
  userErrors { code field message } } }"""
REOPEN = """mutation ($input: ReopenTermInput!) { reopenTerm(input: $input) {
  term { status } userErrors { code field } } }"""


@pytest.fixture
async def terms(sql: AsyncConnection) -> dict[int, str]:
    """Quarters by number."""
    lines = await sql.execute(
        text("""SELECT t.ordinal, t.id FROM terms t JOIN term_types k ON k.id = t.term_type_id
        WHERE t.school_id = 1 AND k.code = 'QUARTER'""")
    )
    return {ordinal: f"Term:1-{key}" for ordinal, key in lines}


@pytest.fixture
async def weighed(desk: Desk, sql: AsyncConnection) -> Desk:
    """Masha has in this quarter 5×1, 4×1, 3×4, 5×2, 2×1 (domain.md D2) and nothing else."""
    key = {"section": desk.section_key, "lesson": int(desk.lesson.partition("-")[2])}
    await sql.execute(
        text("""UPDATE marks SET withdrawn_at = now() WHERE student_id = 1
        AND section_id = :section"""),
        key,
    )
    for value, weight in ((5, 1), (4, 1), (3, 4), (5, 2), (2, 1)):
        await sql.execute(
            text("""WITH a AS (INSERT INTO assignments (school_id, version, lesson_id, section_id,
                assignment_type_id, title, weight)
            SELECT 1, 1, :lesson, :section, min(id), 'т', :weight FROM assignment_types
            WHERE school_id = 1 RETURNING id)
            INSERT INTO marks (school_id, version, assignment_id, student_id, section_id,
                lesson_id, author_id, kind, value, set_at, published_at)
            SELECT 1, 1, a.id, 1, :section, :lesson, 1, 'NUMERIC', :value, '2026-11-20',
                '2026-11-20' FROM a"""),
            {**key, "value": value, "weight": weight},
        )
    return desk


def of_masha(data: Any) -> Any:
    return next(r for r in data["termMarkSheet"]["rows"] if r["studentId"] == "Student:1-1")


async def test_the_average_is_weighted_and_rounded_half_up_once(
    api: SignIn, weighed: Desk, terms: dict[int, str]
) -> None:
    """Domain.md D2: 33 / 9 = 3.67, not the simple mean 3.80."""
    teacher = api(weighed.teacher)
    row = of_masha(await teacher(SHEET, section=weighed.section, term=terms[2]))
    assert (row["weightedAverage"], row["markCount"]) == ("3.67", 5)
    assert row["suggestedValue"] == "FOUR"
    assert sorted(mark["value"] for mark in row["marks"]) == [2, 3, 4, 5, 5]
    assert row["termMark"] is None


@pytest.mark.parametrize(
    ("values", "average", "suggested"),
    [((4, 5), "4.50", "FIVE"), ((3, 4), "3.50", "FOUR"), ((2, 3), "2.50", "THREE"),
     ((1, 1), "1.00", "TWO"), ((), None, None)],
)  # fmt: skip
async def test_a_half_is_rounded_up_never_to_even(
    api: SignIn,
    weighed: Desk,
    sql: AsyncConnection,
    terms: dict[int, str],
    values: tuple[int, ...],
    average: str | None,
    suggested: str | None,
) -> None:
    """Domain.md D6: 4.5 is a 5; Python's own rounding would give 4, a wrong certificate."""
    mine = "student_id = 1 AND section_id = :id AND withdrawn_at IS NULL"
    key = {"id": weighed.section_key}
    ids = (await sql.scalars(text(f"SELECT id FROM marks WHERE {mine} ORDER BY id"), key)).all()
    await sql.execute(
        text("""UPDATE assignments SET weight = 1 WHERE id IN
        (SELECT assignment_id FROM marks WHERE id = ANY(:ids))"""),
        {"ids": list(ids)},
    )
    for place, mark in enumerate(ids):
        change = f"value = {values[place]}" if place < len(values) else "withdrawn_at = now()"
        await sql.execute(text(f"UPDATE marks SET {change} WHERE id = {mark}"))
    row = of_masha(await api(weighed.teacher)(SHEET, section=weighed.section, term=terms[2]))
    assert (row["weightedAverage"], row["suggestedValue"]) == (average, suggested)


async def test_a_mark_far_from_the_average_needs_a_word(
    api: SignIn, weighed: Desk, terms: dict[int, str]
) -> None:
    teacher = api(weighed.teacher)
    given = {"studentId": weighed.masha, "sectionId": weighed.section, "termId": terms[2]}
    refusal = await teacher.expect_refusal(SET, input={**given, "value": "FIVE"})
    assert (refusal["code"], refusal["field"]) == ("NEEDS_COMMENT", ["comment"])
    why = {**given, "value": "FIVE", "comment": "Победа на олимпиаде"}
    mark = (await teacher(SET, input=why))["setTermMark"]["termMark"]
    assert mark["revisions"] == [{"oldValue": None, "newValue": "FIVE"}]
    blind = (await teacher.reply(SET, input={**why, "value": "FOUR"})).data
    assert blind
    assert blind["setTermMark"]["userErrors"][0]["code"] == "CONFLICT"
    assert blind["setTermMark"]["termMark"]["value"] == "FIVE"
    again = {**given, "value": "FOUR", "expectedVersion": 1}
    assert (await teacher(SET, input=again))["setTermMark"]["termMark"]["version"] == 2
    stale = (await teacher.reply(SET, input=again)).data
    assert stale
    assert stale["setTermMark"]["termMark"]["value"] == "FOUR"
    assert stale["setTermMark"]["userErrors"][0]["code"] == "CONFLICT"


async def test_a_mark_of_another_group_is_in_the_way_but_not_shown(
    api: SignIn, weighed: Desk, terms: dict[int, str], sql: AsyncConnection
) -> None:
    """The student has come over from a teacher whose marks this one does not see."""
    teacher = api(weighed.teacher)
    given = {
        "studentId": weighed.masha, "sectionId": weighed.section, "termId": terms[2],
        "value": "FOUR",
    }  # fmt: skip
    mark = (await teacher(SET, input=given))["setTermMark"]["termMark"]
    key = int(mark["id"].partition("-")[2])
    await sql.execute(
        text(f"""UPDATE term_marks SET section_id = (SELECT min(s.id) FROM sections s
            WHERE s.school_id = 1 AND NOT EXISTS (
            SELECT FROM teaching_assignments t WHERE t.section_id = s.id
            AND t.staff_id = (SELECT w.id FROM staff w WHERE w.person_id = term_marks.author_id)))
            WHERE id = {key}""")
    )
    second = (await teacher.reply(SET, input=given)).data
    assert second
    assert second["setTermMark"]["termMark"] is None
    assert second["setTermMark"]["userErrors"][0]["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"value": "PASS"}, "TERM_MARK_NOT_OF_SCALE", ["value"]),
        ({"studentId": "Student:1-2"}, "NOT_FOUND", ["studentId"]),
        ({"termId": None}, "TERM_OR_NOT", ["termId"]),
        ({"termId": None, "kind": "YEAR"}, "OUT_OF_ORDER", ["kind"]),
        ({"termId": None, "kind": "FINAL"}, "OUT_OF_ORDER", ["kind"]),
    ],
)
async def test_what_is_no_term_mark_is_refused(
    api: SignIn,
    weighed: Desk,
    terms: dict[int, str],
    wrong: dict[str, Any],
    code: str,
    field: list[str],
) -> None:
    given = {
        "studentId": weighed.masha, "sectionId": weighed.section, "termId": terms[2],
        "value": "FOUR", **wrong,
    }  # fmt: skip
    refusal = await api(weighed.teacher).expect_refusal(SET, input=given)
    assert (refusal["code"], refusal["field"]) == (code, field)


async def test_a_closed_quarter_takes_no_mark_until_it_is_reopened_for_a_reason(
    api: SignIn, weighed: Desk, terms: dict[int, str], sql: AsyncConnection
) -> None:
    teacher, zavuch = api(weighed.teacher), api("zavuch")
    given = {
        "studentId": weighed.others[0], "sectionId": weighed.section, "termId": terms[1],
        "value": "NOT_ASSESSED",
    }  # fmt: skip
    assert await teacher.expect_code(SET, input=given) == "PERIOD_CLOSED"
    key = int(terms[1].partition("-")[2])
    version = await sql.scalar(text(f"SELECT version FROM terms WHERE id = {key}"))
    reopening = {"termId": terms[1], "expectedVersion": version, "reason": "Ошибка в журнале"}
    assert await teacher.expect_code(REOPEN, input=reopening) == "FORBIDDEN"
    reopened = await zavuch(REOPEN, input=reopening)
    assert reopened["reopenTerm"]["term"]["status"] == "OPEN"
    assert await zavuch.expect_code(
        REOPEN, input={**reopening, "expectedVersion": version + 1}
    ) == ("TERM_IS_OPEN")


async def test_a_mother_sees_of_the_sheet_her_child_only(
    api: SignIn, weighed: Desk, terms: dict[int, str]
) -> None:
    sheet = await api("parent.ivanova")(SHEET, section=weighed.section, term=terms[2])
    rows = sheet["termMarkSheet"]["rows"]
    assert [row["studentId"] for row in rows] == [weighed.masha]
    assert Decimal(rows[0]["weightedAverage"]) == Decimal("3.67")


async def test_the_sheet_costs_the_same_for_any_class(
    api: SignIn, weighed: Desk, terms: dict[int, str], statements: Any
) -> None:
    teacher = api(weighed.teacher)
    with statements() as sql:
        await teacher(SHEET, section=weighed.section, term=terms[2])
    assert len(sql) <= 9


CLOSE = """mutation ($input: CloseTermInput!) { closeTerm(input: $input) {
  term { status } userErrors { code field message } } }"""


async def test_a_term_that_has_not_begun_cannot_be_closed(
    api: SignIn, sql: AsyncConnection
) -> None:
    later = (
        await sql.execute(
            text("""SELECT id, version, starts_on FROM terms
            WHERE school_id = 1 AND starts_on > '2026-11-23' ORDER BY starts_on LIMIT 1""")
        )
    ).one()
    closing = {"termId": f"Term:1-{later.id}", "expectedVersion": later.version}
    refused = await api("zavuch").expect_refusal(CLOSE, input=closing)
    assert (refused["code"], refused["field"]) == ("TERM_NOT_BEGUN", ["termId"])
    assert str(later.starts_on) in refused["message"]
    status = text("SELECT status FROM terms WHERE id = :id")
    assert await sql.scalar(status, {"id": later.id}) == "OPEN"
