"""The journal of the small demo: the rules would have allowed everything in it."""

from tests.conftest import TODAY
from tests.demo.conftest import Loaded

MARKS = (
    "FROM marks m JOIN assignments a ON a.id = m.assignment_id JOIN lessons l ON l.id = a.lesson_id"
    " JOIN sections s ON s.id = l.section_id"
)
MEMBER = (
    "EXISTS (SELECT FROM section_memberships b WHERE b.section_id = l.section_id"
    " AND b.student_id = {row}.student_id AND l.date >= b.valid_from"
    " AND l.date < coalesce(b.valid_to, 'infinity'))"
)


async def test_there_is_something_to_look_at(small: Loaded) -> None:
    assert await small.fetch_value("SELECT count(*) FROM marks") > 8_000
    assert await small.fetch_value("SELECT count(*) FROM attendance_records") > 20_000
    assert await small.fetch_value("SELECT count(*) FROM homework") > 2_000


async def test_marks_are_of_lessons_held_before_today(small: Loaded) -> None:
    odd = f"SELECT count(*) {MARKS} WHERE l.status <> 'CONDUCTED' OR l.date >= $1"
    assert await small.fetch_value(odd, TODAY) == 0


async def test_marks_are_of_members_of_the_section_on_the_day(small: Loaded) -> None:
    assert (
        await small.fetch_value(f"SELECT count(*) {MARKS} WHERE NOT {MEMBER.format(row='m')}") == 0
    )


async def test_marks_are_set_by_the_teacher_who_held_the_lesson(small: Loaded) -> None:
    by_staff = f"SELECT count(*) {MARKS} JOIN staff t ON t.id = l.staff_id"
    assert await small.fetch_value(f"{by_staff} WHERE m.author_id <> t.person_id") == 0


async def test_marks_keep_to_the_scale_of_the_section(small: Loaded) -> None:
    odd = f"SELECT count(*) {MARKS} WHERE CASE s.scale WHEN 'FIVE_POINT' THEN m.kind = 'PASS_FAIL'"
    odd += " WHEN 'PASS_FAIL' THEN m.kind <> 'PASS_FAIL' ELSE true END"
    assert await small.fetch_value(odd) == 0
    kinds = await small.fetch_rows("SELECT DISTINCT kind FROM marks ORDER BY kind")
    assert [row["kind"] for row in kinds] == ["DEBT_POINT", "NUMERIC", "PASS_FAIL"]


async def test_first_graders_get_no_marks(small: Loaded) -> None:
    graded = f"SELECT count(*) {MARKS} JOIN school_classes c ON c.id = s.school_class_id"
    assert await small.fetch_value(graded + " WHERE c.grade_level = 1") == 0
    assert await small.fetch_value(graded + " WHERE c.grade_level = 2") > 0


async def test_absent_students_got_no_mark(small: Loaded) -> None:
    both = (
        f"SELECT count(*) {MARKS} JOIN attendance_records r ON r.lesson_id = l.id"
        " AND r.student_id = m.student_id WHERE r.code NOT IN ('PRESENT', 'LATE')"
    )
    assert await small.fetch_value(both) == 0


async def test_marks_are_as_different_as_in_a_real_class(small: Loaded) -> None:
    shares = await small.fetch_rows(
        "SELECT value, count(*) / sum(count(*)) OVER () AS share FROM marks"
        " WHERE kind = 'NUMERIC' GROUP BY value ORDER BY value"
    )
    two, three, four, five = (float(row["share"]) for row in shares)
    assert two < 0.09
    assert three > 0.15
    assert four > 0.3
    assert five > 0.15


async def test_marks_are_set_after_the_lesson_and_before_today(small: Loaded) -> None:
    odd = (
        f"SELECT count(*) {MARKS} JOIN schools k ON k.id = m.school_id WHERE"
        " m.set_at < (l.date + l.ends_at) AT TIME ZONE k.time_zone"
        " OR (m.set_at AT TIME ZONE k.time_zone)::date >= $1 OR m.published_at < m.set_at"
    )
    assert await small.fetch_value(odd, TODAY) == 0


async def test_the_history_of_a_mark_ends_with_its_value(small: Loaded) -> None:
    odd = await small.fetch_value(
        "SELECT count(*) FROM marks m WHERE NOT EXISTS (SELECT FROM mark_revisions r WHERE"
        " r.mark_id = m.id AND r.new_kind = m.kind AND r.new_value IS NOT DISTINCT FROM m.value"
        " AND r.at = m.set_at)"
    )
    changed = await small.fetch_rows(
        "SELECT m.version, count(*) AS entries FROM marks m JOIN mark_revisions r"
        " ON r.mark_id = m.id GROUP BY m.id, m.school_id, m.version HAVING count(*) > 1"
    )
    assert odd == 0
    assert len(changed) > 20
    assert {(row["version"], row["entries"]) for row in changed} == {(2, 2)}


async def test_some_marks_have_comments(small: Loaded) -> None:
    assert await small.fetch_value("SELECT count(*) FROM marks WHERE comment IS NOT NULL") > 100


async def test_attendance_is_of_members_in_lessons_held(small: Loaded) -> None:
    odd = (
        "SELECT count(*) FROM attendance_records r JOIN lessons l ON l.id = r.lesson_id"
        f" WHERE l.status <> 'CONDUCTED' OR l.date >= $1 OR NOT {MEMBER.format(row='r')}"
    )
    assert await small.fetch_value(odd, TODAY) == 0


async def test_all_codes_of_attendance_occur_and_presence_is_said(small: Loaded) -> None:
    codes = await small.fetch_rows("SELECT code, count(*) FROM attendance_records GROUP BY code")
    counts = {row["code"]: row["count"] for row in codes}
    assert set(counts) == {
        "PRESENT", "EXCUSED", "ILLNESS", "UNEXCUSED", "ABSENT", "LATE", "EXEMPT",
    }  # fmt: skip
    assert counts["PRESENT"] > 0.85 * sum(counts.values())


async def test_the_ill_miss_the_whole_day(small: Loaded) -> None:
    torn = await small.fetch_value(
        "SELECT count(*) FROM (SELECT r.student_id, l.date FROM attendance_records r"
        " JOIN lessons l ON l.id = r.lesson_id GROUP BY 1, 2"
        " HAVING bool_or(r.code = 'ILLNESS') AND NOT bool_and(r.code = 'ILLNESS')) AS days"
    )
    assert torn == 0


async def test_the_first_quarter_is_locked_and_the_second_open(small: Loaded) -> None:
    terms = await small.fetch_rows(
        "SELECT t.name, t.status, count(c.id) AS closures FROM terms t LEFT JOIN journal_closures c"
        " ON c.term_id = t.id AND c.reopened_at IS NULL WHERE t.school_id = $1 GROUP BY 1, 2",
        small.main,
    )
    locked = {row["name"] for row in terms if row["status"] == "CLOSED" and row["closures"] == 1}
    assert locked == {"1 четверть"}
    assert {row["status"] for row in terms if row["name"] not in locked} == {"OPEN"}
    assert sum(row["closures"] for row in terms) == 1


async def test_term_marks_are_the_means_of_the_marks(small: Loaded) -> None:
    """The weighted mean of the term's marks in the subject, halves up."""
    odd = await small.fetch_rows(
        "WITH mean AS (SELECT m.student_id, s.subject_id, k.id AS term_id,"
        f"  sum(m.value * a.weight) / sum(a.weight) AS of_all {MARKS}"
        "  JOIN terms k ON l.date BETWEEN k.starts_on AND k.ends_on"
        "  WHERE m.kind = 'NUMERIC' GROUP BY 1, 2, 3)"
        " SELECT t.value, mean.of_all FROM term_marks t JOIN terms k ON k.id = t.term_id"
        " LEFT JOIN mean USING (student_id, subject_id, term_id)"
        " WHERE t.value NOT IN ('PASS', 'EXEMPT') AND t.value <> CASE floor(mean.of_all + 0.5)"
        "  WHEN 5 THEN 'FIVE' WHEN 4 THEN 'FOUR' WHEN 3 THEN 'THREE' WHEN 2 THEN 'TWO'"
        "  ELSE 'NOT_ASSESSED' END"
    )
    assert odd == []


async def test_everyone_graded_has_a_term_mark_in_all_their_subjects(small: Loaded) -> None:
    missing = await small.fetch_value(
        "SELECT count(*) FROM section_memberships m JOIN sections s ON s.id = m.section_id"
        " JOIN terms t ON t.term_type_id = s.term_type_id AND t.status = 'CLOSED'"
        " WHERE s.scale <> 'UNGRADED' AND m.valid_from <= t.ends_on"
        " AND coalesce(m.valid_to, 'infinity') > t.ends_on AND NOT EXISTS"
        "  (SELECT FROM term_marks k WHERE k.student_id = m.student_id AND k.term_id = t.id"
        "   AND k.section_id = s.id)"
    )
    assert missing == 0
    assert (
        await small.fetch_value("SELECT count(*) FROM term_marks WHERE value = 'NOT_ASSESSED'") < 30
    )


async def test_every_term_mark_has_its_first_entry(small: Loaded) -> None:
    marks = await small.fetch_value("SELECT count(*) FROM term_marks")
    entries = await small.fetch_value(
        "SELECT count(*) FROM term_mark_revisions WHERE old_value IS NULL"
    )
    assert marks == entries > 500
