"""Families read the averages of their own child and the mean of the class, and no other
averages."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import NOON, Api, SignIn
from tests.engine.conftest import Both
from tests.journal.test_recomputed import Had, number, raw_rows, worked_out

CLASS, TERM, MASHA = "SchoolClass:1-7", "Term:1-2", "Student:1-1"
AVERAGES = """query ($class: ID!, $term: ID!) {
    classAverages(schoolClassId: $class, termId: $term) {
    rows { studentId fullName averages { subject { id name } section { name } weightedAverage
        markCount } }
    subjects { subject { id name } weightedAverage } } }"""
ALGEBRA = """SELECT id FROM subjects WHERE school_id = 1 AND name = 'Алгебра'"""
MEMBERS = """SELECT student_id FROM class_memberships WHERE school_id = 1 AND school_class_id = 7
    AND valid_from <= '2026-11-23' AND (valid_to IS NULL OR valid_to > '2026-11-23')"""


@pytest.fixture
def ask_both(both: Both) -> Any:
    async def ask(who: Api, **given: Any) -> Any:
        variables = {"class": CLASS, "term": TERM} | given
        how = await both(who, AVERAGES, **variables)
        found = (await who(AVERAGES, **variables))["classAverages"]
        assert how == ("compiled" if found else "standard"), "why it is null is asked in Python"
        return found

    return ask


def mean_of(found: Any, subject: str = "Алгебра") -> str | None:
    [one] = [one for one in found["subjects"] if one["subject"]["name"] == subject]
    mean: str | None = one["weightedAverage"]
    return mean


async def keep_marks_of(sql: AsyncConnection, number: int) -> None:
    """Keep the algebra marks of Masha and of some of her class, `number` in all."""
    await sql.execute(
        text(f"""UPDATE marks SET withdrawn_at = now()
        WHERE school_id = 1 AND section_id IN (SELECT id FROM sections WHERE school_id = 1
            AND subject_id = ({ALGEBRA})) AND student_id NOT IN
            (SELECT student_id FROM ({MEMBERS}) m ORDER BY student_id LIMIT {number})""")
    )


async def test_a_mother_reads_her_childs_averages_and_the_mean_of_the_class(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    """The test computes the mean again from the raw rows."""
    found = await ask_both(api("parent.ivanova"))
    assert [row["studentId"] for row in found["rows"]] == [MASHA]
    [row] = found["rows"]
    raw = await raw_rows(sql)
    had, members = worked_out(raw, NOON), set(await sql.scalars(text(MEMBERS)))
    assert len(row["averages"]) > 8
    assert {one["subject"]["id"] for one in row["averages"]} == {
        one["subject"]["id"] for one in found["subjects"]
    }
    told = 0
    for one in row["averages"]:
        subject = number(one["subject"]["id"])
        assert one["weightedAverage"] == had.get((1, subject, 2), Had()).average
        means = [of.mean for key in members if (of := had.get((key, subject, 2))) and of.mean]
        expected = None
        if len(means) >= 5:
            exact = sum(means, Decimal(0)) / len(means)
            expected = str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
            told += 1
        assert mean_of(found, one["subject"]["name"]) == expected, one
    assert told > 5


async def test_a_pupil_reads_their_own_and_the_same_mean(api: SignIn, ask_both: Any) -> None:
    own, mother = await ask_both(api("student.ivanova")), await ask_both(api("parent.ivanova"))
    assert own == mother


async def test_a_deputy_who_reads_all_marks_reads_the_mean_to_a_hundredth(
    api: SignIn, ask_both: Any
) -> None:
    found = await ask_both(api("zavuch"))
    mean = mean_of(found)
    assert mean is not None
    assert len(mean.partition(".")[2]) == 2
    leader = await ask_both(api("teacher.belova", Role.CLASS_TEACHER))
    assert leader["subjects"] == found["subjects"]
    rounded = Decimal(mean).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert abs(Decimal(mean_of(await ask_both(api("parent.ivanova"))) or 0) - rounded) <= Decimal(
        "0.1"
    )


@pytest.mark.parametrize(("others", "is_told"), [(3, False), (4, True)])
async def test_a_mean_of_fewer_than_five_is_told_to_no_family(
    api: SignIn, sql: AsyncConnection, ask_both: Any, others: int, is_told: bool
) -> None:
    """From the mean of two a mother could compute the other child's average."""
    await keep_marks_of(sql, others + 1)
    assert (mean_of(await ask_both(api("parent.ivanova"))) is not None) is is_told
    assert (mean_of(await ask_both(api("student.ivanova"))) is not None) is is_told
    assert mean_of(await ask_both(api("zavuch"))) is not None, "the deputy reads all of them anyway"


async def test_two_children_of_one_mother_leave_too_few_others(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    """Five have marks, but two are the mother's children: three others are too few."""
    await keep_marks_of(sql, 5)
    mother = api("parent.ivanova")
    assert mean_of(await ask_both(mother)) is not None
    await sql.execute(
        text(f"""INSERT INTO guardian_links (school_id, version, student_id, guardian_id, relation,
            legal_status, may_receive_info, hide_whereabouts, may_contact, lives_with,
            contact_priority, valid_from)
        SELECT 1, 1, (SELECT student_id FROM ({MEMBERS}) m ORDER BY student_id OFFSET 1 LIMIT 1),
            guardian_id, relation, legal_status, true, false, true, true, 1, valid_from
        FROM guardian_links l JOIN guardians g ON g.id = l.guardian_id
        JOIN accounts a ON a.person_id = g.person_id JOIN credentials c ON c.id = a.credential_id
        WHERE c.login = 'parent.ivanova' AND l.school_id = 1 AND l.student_id = 1""")
    )
    found = await ask_both(mother)
    assert len(found["rows"]) == 2
    assert mean_of(found) is None


async def test_a_mother_reads_the_mean_of_her_second_childs_class(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    other = await sql.scalar(
        text("""SELECT school_class_id FROM class_memberships
        WHERE school_id = 1 AND student_id = 2 AND valid_to IS NULL""")
    )
    found = await ask_both(api("parent.ivanova"), **{"class": f"SchoolClass:1-{other}"})
    assert [row["studentId"] for row in found["rows"]] == ["Student:1-2"]
    assert await ask_both(api("parent.sokolova"), **{"class": f"SchoolClass:1-{other}"}) is None


async def test_a_mother_reads_no_mean_of_a_class_that_her_child_has_left(
    api: SignIn, ask_both: Any
) -> None:
    mother = api("parent.korolyova")
    assert await ask_both(mother) is None
    found = await ask_both(mother, **{"class": "SchoolClass:1-8"})
    assert [row["studentId"] for row in found["rows"]] == ["Student:1-9"]
    assert mean_of(found) is not None


async def test_a_mother_reads_no_mean_of_a_term_before_the_child_came(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    await sql.execute(
        text("""UPDATE class_memberships SET valid_from = '2026-11-10'
        WHERE school_id = 1 AND student_id = 1 AND school_class_id = 7""")
    )
    found = await ask_both(api("parent.ivanova"), term="Term:1-1")
    assert (found["rows"], found["subjects"]) == ([], [])
    assert (await ask_both(api("parent.ivanova")))["rows"]


@pytest.mark.parametrize(
    "change",
    ["may_receive_info = false", "legal_status = 'TERMINATED'", "valid_to = '2026-11-20'"],
)
async def test_a_parent_without_the_right_reads_no_mean(
    api: SignIn, sql: AsyncConnection, ask_both: Any, change: str
) -> None:
    assert await ask_both(api("parent.ivanov"))
    await sql.execute(
        text(f"""UPDATE guardian_links SET {change} WHERE school_id = 1 AND relation = 'FATHER'
        AND student_id IN (1, 2)""")
    )
    assert await ask_both(api("parent.ivanov")) is None


async def test_a_mark_published_later_is_in_no_familys_mean(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    """It shows neither in the child's average (domain.md e14) nor in a classmate's."""
    mother, deputy = api("parent.ivanova"), api("zavuch")
    before, all_before = mean_of(await ask_both(mother)), mean_of(await ask_both(deputy))
    await sql.execute(
        text(f"""UPDATE marks SET published_at = '2026-12-01', value = 2 WHERE school_id = 1
        AND kind = 'NUMERIC' AND id IN (SELECT m.id FROM marks m JOIN lessons l
            ON l.id = m.lesson_id JOIN sections s ON s.id = l.section_id
            WHERE s.subject_id = ({ALGEBRA}) AND l.date > '2026-11-09' AND m.student_id % 2 = 0)""")
    )
    hidden, all_now = mean_of(await ask_both(mother)), mean_of(await ask_both(deputy))
    assert all_now != all_before
    await sql.execute(
        text("""UPDATE marks SET withdrawn_at = now()
        WHERE school_id = 1 AND published_at = '2026-12-01'""")
    )
    assert mean_of(await ask_both(mother)) == hidden, "as if they were not there"
    assert before is not None


async def test_a_subject_teacher_reads_the_mean_of_what_they_teach_the_whole_class(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    """Subjects of others have no row; a group of the class has no mean of the class."""
    teacher, deputy = api("teacher.belova", Role.SUBJECT_TEACHER), api("zavuch")
    found, all_of_it = await ask_both(teacher), await ask_both(deputy)
    assert mean_of(found) == mean_of(all_of_it)
    assert len(found["subjects"]) < len(all_of_it["subjects"]) / 2
    for row in found["rows"]:
        assert {one["subject"]["id"] for one in row["averages"]} <= {
            one["subject"]["id"] for one in found["subjects"]
        }


async def test_a_teacher_of_a_group_reads_its_averages_and_no_mean_of_the_class(
    api: SignIn, sql: AsyncConnection, ask_both: Any
) -> None:
    """It contains the marks of the other group, which the teacher may not read (domain.md e2)."""
    login = await sql.scalar(
        text("""SELECT c.login FROM sections s JOIN teaching_assignments t ON t.section_id = s.id
            AND t.school_id = 1 AND t.valid_to IS NULL JOIN staff w ON w.id = t.staff_id
            JOIN accounts a ON a.person_id = w.person_id AND a.school_id = 1
            JOIN credentials c ON c.id = a.credential_id
            WHERE s.school_id = 1 AND s.school_class_id = 7 AND s.is_subgroup
            AND s.subject_id NOT IN (SELECT subject_id FROM sections o
                JOIN teaching_assignments u ON u.section_id = o.id WHERE u.staff_id = t.staff_id
                AND o.id <> s.id AND o.school_class_id = 7) ORDER BY s.id LIMIT 1""")
    )
    found = await ask_both(api(login, Role.SUBJECT_TEACHER))
    averages = [one for row in found["rows"] for one in row["averages"] if one["weightedAverage"]]
    assert averages
    groups = [one["subject"]["name"] for one in averages if "группа" in one["section"]["name"]]
    assert groups
    assert mean_of(found, groups[0]) is None
    assert mean_of(await ask_both(api("zavuch")), groups[0]) is not None


async def test_no_mean_is_told_to_a_family_of_another_class(api: SignIn, ask_both: Any) -> None:
    assert await ask_both(api("student.kuznetsov")) is None
    assert await ask_both(api("parent.kuznetsova")) is None


async def test_averages_cost_a_family_a_bounded_number_of_statements(
    api: SignIn, statements: Any
) -> None:
    mother = api("parent.ivanova")
    with statements() as sql:
        await mother(AVERAGES, **{"class": CLASS, "term": TERM})
    assert len(sql) <= 16
