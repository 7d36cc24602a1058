"""The lessons of the small demo: nobody in two places, hours as in the curriculum."""

from datetime import date

from resolvers.demo.curriculum import HOURS, hours_of
from tests.conftest import TODAY
from tests.demo.conftest import Loaded

PAIRS = (
    "SELECT count(*) FROM lessons a JOIN lessons b ON a.school_id = b.school_id AND a.id < b.id"
    " AND a.date = b.date AND a.span && b.span"
    " AND a.status <> 'CANCELLED' AND b.status <> 'CANCELLED'"
    " JOIN sections x ON x.id = a.section_id JOIN sections y ON y.id = b.section_id WHERE "
)
"""SQL: pairs of lessons that are held at the same time."""


async def test_lessons_are_held_at_the_same_time_at_all(small: Loaded) -> None:
    """Without them the tests below could not fail."""
    assert await small.fetch_value(PAIRS + "true") > 10_000


async def test_no_teacher_is_in_two_lessons_at_once(small: Loaded) -> None:
    assert await small.fetch_value(PAIRS + "a.staff_id = b.staff_id") == 0


async def test_no_room_holds_two_lessons_at_once(small: Loaded) -> None:
    assert await small.fetch_value(PAIRS + "a.room_id = b.room_id") == 0


async def test_a_class_has_two_lessons_at_once_only_as_subgroups(small: Loaded) -> None:
    same_class = PAIRS + "x.school_class_id = y.school_class_id"
    apart = " AND NOT (x.is_subgroup AND y.is_subgroup AND x.subject_id = y.subject_id)"
    assert await small.fetch_value(same_class + apart) == 0
    assert await small.fetch_value(same_class) > 90  # English of 7А, three a week, few cancelled


async def test_no_student_is_in_two_lessons_at_once(small: Loaded) -> None:
    both = (
        "EXISTS (SELECT FROM section_memberships m JOIN section_memberships n"
        " ON n.student_id = m.student_id WHERE m.section_id = x.id AND n.section_id = y.id"
        " AND a.date >= m.valid_from AND a.date < coalesce(m.valid_to, 'infinity')"
        " AND a.date >= n.valid_from AND a.date < coalesce(n.valid_to, 'infinity'))"
    )
    assert await small.fetch_value(PAIRS + both) == 0


async def test_hours_of_a_class_are_the_curriculums(small: Loaded) -> None:
    hours = await small.fetch_rows(
        "SELECT c.id, c.grade_level, j.name, max(s.hours_per_week)::int AS hours,"
        " count(DISTINCT s.hours_per_week) AS kinds FROM sections s"
        " JOIN school_classes c ON c.id = s.school_class_id JOIN subjects j ON j.id = s.subject_id"
        " GROUP BY 1, 2, 3"
    )
    for klass in {row["id"] for row in hours}:
        own = [row for row in hours if row["id"] == klass]
        assert {row["kinds"] for row in own} == {1}
        assert {row["name"]: row["hours"] for row in own} == hours_of(own[0]["grade_level"])


async def test_a_week_of_lessons_has_the_hours_of_its_section(small: Loaded) -> None:
    odd = await small.fetch_rows(
        "SELECT s.name, s.hours_per_week, count(l.id) FROM sections s LEFT JOIN lessons l"
        " ON l.section_id = s.id AND l.date BETWEEN $1 AND $2 GROUP BY s.id, s.name,"
        " s.hours_per_week HAVING count(l.id) <> s.hours_per_week",
        date(2026, 9, 14),
        date(2026, 9, 18),
    )
    assert odd == []


async def test_lessons_stay_out_of_holidays_and_inside_terms(small: Loaded) -> None:
    on_holiday = await small.fetch_value(
        "SELECT count(*) FROM lessons l JOIN sections s ON s.id = l.section_id"
        " JOIN school_classes c ON c.id = s.school_class_id JOIN holidays h"
        " ON h.holiday_set_id = c.holiday_set_id AND l.date BETWEEN h.starts_on AND h.ends_on"
    )
    in_a_term = await small.fetch_value(
        "SELECT count(*) FROM lessons l JOIN sections s ON s.id = l.section_id JOIN terms t"
        " ON t.term_type_id = s.term_type_id AND l.date BETWEEN t.starts_on AND t.ends_on"
    )
    weekend = await small.fetch_value(
        "SELECT count(*) FROM lessons WHERE extract(isodow FROM date) > 5"
    )
    assert (on_holiday, weekend) == (0, 0)
    assert in_a_term == await small.fetch_value("SELECT count(*) FROM lessons")


async def test_the_whole_year_is_planned_and_only_the_past_was_held(small: Loaded) -> None:
    first, last = await small.fetch_value("SELECT array[min(date), max(date)] FROM lessons")
    assert (first, last) == (date(2026, 9, 1), date(2027, 5, 26))
    held = "SELECT count(*) FROM lessons WHERE status = 'CONDUCTED'"
    assert await small.fetch_value(held + " AND date >= $1", TODAY) == 0
    assert await small.fetch_value(held + " AND topic IS NULL") == 0
    planned = "SELECT count(*) FROM lessons WHERE status = 'PLANNED' AND date < $1"
    assert await small.fetch_value(planned, TODAY) == 0
    assert await small.fetch_value("SELECT count(*) FROM lessons WHERE status = 'CANCELLED'") > 5


async def test_every_subject_of_the_curriculum_is_taught(small: Loaded) -> None:
    names = await small.fetch_rows(
        "SELECT DISTINCT j.name FROM sections s JOIN subjects j ON j.id = s.subject_id"
        " WHERE s.school_id = $1",
        small.main,
    )
    assert {row["name"] for row in names} == set().union(*HOURS.values())


async def test_lessons_are_held_by_the_teacher_of_the_section_on_that_day(small: Loaded) -> None:
    """One lesson is the exception: the deputy director held it as a substitute."""
    others = await small.fetch_rows(
        "SELECT s.name, l.staff_id FROM lessons l JOIN sections s ON s.id = l.section_id"
        " WHERE NOT EXISTS (SELECT FROM teaching_assignments t WHERE t.section_id = l.section_id"
        "  AND t.staff_id = l.staff_id AND l.date >= t.valid_from"
        "  AND l.date < coalesce(t.valid_to, 'infinity'))"
    )
    [substituted] = others
    deputy = await small.find_person("zavuch")
    staff = await small.fetch_value("SELECT id FROM staff WHERE person_id = $1", deputy["id"])
    assert substituted == {"name": "7А Алгебра", "staff_id": staff}


async def test_every_class_has_one_leader_who_teaches_it(small: Loaded) -> None:
    strangers = await small.fetch_value(
        "SELECT count(*) FROM school_classes c WHERE NOT EXISTS (SELECT FROM class_teachers t"
        " JOIN teaching_assignments a ON a.staff_id = t.staff_id"
        " JOIN sections s ON s.id = a.section_id"
        " WHERE t.school_class_id = c.id AND s.school_class_id = c.id)"
    )
    assert strangers == 0
    most = await small.fetch_value(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM class_teachers GROUP BY staff_id) AS led"
    )
    assert most == 1


async def test_everyone_in_a_class_is_in_one_section_of_each_of_its_subjects(small: Loaded) -> None:
    wrong = await small.fetch_rows(
        "SELECT m.student_id, s.subject_id, count(n.id) FROM class_memberships m"
        " JOIN (SELECT DISTINCT school_class_id, subject_id FROM sections) AS s"
        "  ON s.school_class_id = m.school_class_id"
        " LEFT JOIN (section_memberships n JOIN sections x ON x.id = n.section_id)"
        "  ON n.student_id = m.student_id AND n.subject_id = s.subject_id"
        "  AND x.school_class_id = m.school_class_id AND n.valid_from = m.valid_from"
        "  AND n.valid_to IS NOT DISTINCT FROM m.valid_to"
        " GROUP BY 1, 2, m.id HAVING count(n.id) <> 1"
    )
    assert wrong == []
