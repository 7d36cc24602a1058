"""The parts of a demo, without a database: names, calendar, curriculum, timetable."""

from collections import Counter
from datetime import date, timedelta
from itertools import groupby, pairwise
from random import Random

import pytest

from models.people.persons import Sex
from resolvers.demo.curriculum import HOURS, hours_of
from resolvers.demo.density import Density
from resolvers.demo.names import latin, patronymic, surname
from resolvers.demo.plan import SIZES, Plan, plans
from resolvers.demo.roster import Faculty
from resolvers.demo.timetable import NOWHERE, Timetable
from resolvers.demo.topics import find_topic
from resolvers.school.school_year import BELLS, SchoolYear, bell

YEARS = [SchoolYear(since) for since in range(2020, 2040)]


@pytest.mark.parametrize(
    ("father", "daughter", "son"),
    [
        ("Иван", "Ивановна", "Иванович"),
        ("Андрей", "Андреевна", "Андреевич"),
        ("Дмитрий", "Дмитриевна", "Дмитриевич"),
        ("Юрий", "Юрьевна", "Юрьевич"),
        ("Илья", "Ильинична", "Ильич"),
        ("Пётр", "Петровна", "Петрович"),
        ("Лев", "Львовна", "Львович"),
        ("Михаил", "Михайловна", "Михайлович"),
        ("Фёдор", "Фёдоровна", "Фёдорович"),
    ],
)
def test_patronymics_are_formed_as_in_russian(father: str, daughter: str, son: str) -> None:
    assert patronymic(father, Sex.FEMALE) == daughter
    assert patronymic(father, Sex.MALE) == son


@pytest.mark.parametrize(
    ("man", "woman"),
    [
        ("Соловьёв", "Соловьёва"),
        ("Никитин", "Никитина"),
        ("Островский", "Островская"),
        ("Петренко", "Петренко"),
        ("Черных", "Черных"),
    ],
)
def test_surnames_take_the_form_of_the_sex(man: str, woman: str) -> None:
    assert (surname(man, Sex.MALE), surname(man, Sex.FEMALE)) == (man, woman)


def test_logins_are_in_latin_letters() -> None:
    assert latin("Щёголева-Ярёмчук") == "shchyogolevayaryomchuk"


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2026, 9, 1), 2026),
        (date(2027, 5, 31), 2026),
        (date(2027, 6, 30), 2026),
        (date(2027, 7, 1), 2027),
        (date(2027, 8, 31), 2027),
    ],
)
def test_the_year_is_the_current_one_and_in_summer_the_next(today: date, since: int) -> None:
    assert SchoolYear.of_day(today) == SchoolYear(since)


@pytest.mark.parametrize("year", YEARS, ids=lambda year: year.name)
def test_every_year_has_34_weeks_in_four_quarters(year: SchoolYear) -> None:
    assert 164 <= len(year.days_of(5)) <= 174
    assert len(year.days_of(5)) - len(year.days_of(1)) in (4, 5)
    (first, *_), quarters = year.quarters, year.quarters
    assert first[0] == year.starts_on
    assert all(end < start for (_, end), (start, _) in pairwise(quarters))
    for day in year.days_of(5):
        assert sum(start <= day <= end for start, end in quarters) == 1
        assert sum(start <= day <= end for start, end in year.halves) == 1


@pytest.mark.parametrize("grade", [1, 2])
@pytest.mark.parametrize("year", YEARS, ids=lambda year: year.name)
def test_holidays_do_not_overlap_and_have_no_lessons(year: SchoolYear, grade: int) -> None:
    holidays = year.holidays_of(grade)
    assert all(one.ends_on < other.starts_on for one, other in pairwise(holidays))
    assert not [day for day in year.days_of(grade) for rest in holidays if day in rest]


def test_bells_never_ring_for_two_lessons_at_once() -> None:
    times = [bell(shift, ordinal) for shift in BELLS for ordinal in range(1, len(BELLS[shift]) + 1)]
    assert all(end <= start for (_, end), (start, _) in pairwise(times))


def test_the_curriculum_sums_up_to_the_sanitary_maximum() -> None:
    sums = {grade: sum(hours_of(grade).values()) for grade in HOURS}
    assert sums == {1: 21, 2: 23, 3: 23, 4: 23, 5: 29, 6: 30, 7: 32, 8: 33, 9: 33, 10: 34, 11: 34}


def test_every_subject_has_topics_for_all_its_lessons() -> None:
    for grade in HOURS:
        for subject, hours in hours_of(grade).items():
            told = [find_topic(subject, grade, number, 34 * hours) for number in range(34 * hours)]
            assert all(told)
            assert len(set(told)) >= min(6, len(told))
            in_order = [about for about, _ in groupby(told)]
            assert len(in_order) == len(set(told)), "what was summed up does not begin again"


def test_seats_follow_the_size() -> None:
    seats = {size: [sum(plan.classes.values()) for plan in plans(size)] for size in SIZES}
    assert seats == {"small": [90, 12], "school": [1000], "city": [1000] * 20}


def test_there_is_no_other_size() -> None:
    with pytest.raises(ValueError, match="not huge"):
        plans("huge")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("plan", [*plans("small"), *plans("school")], ids=lambda plan: plan.key)
def test_a_timetable_is_found_whatever_the_seed(plan: Plan, seed: int) -> None:
    faculty = Faculty(Random(seed), plan, SchoolYear(2026))
    meetings = Timetable(Random(seed), faculty.classes, []).meetings
    assert NOWHERE not in {meeting.place for meeting in meetings}
    teachers = Counter((teacher, m.place) for m in meetings for teacher in m.teachers)
    classes = Counter((m.klass, m.place) for m in meetings)
    assert max(teachers.values()) == max(classes.values()) == 1
    wanted = sum(sum(hours_of(klass.grade).values()) for klass in faculty.classes)
    assert len(meetings) == wanted


@pytest.mark.parametrize("seed", range(3))
def test_students_have_no_gaps_between_lessons(seed: int) -> None:
    faculty = Faculty(Random(seed), plans("school")[0], SchoolYear(2026))
    meetings = Timetable(Random(seed), faculty.classes, []).meetings
    for klass in faculty.classes:
        for day in range(5):
            places = [m.place for m in meetings if m.klass is klass]
            ordinals = sorted(ordinal for weekday, _, ordinal in places if weekday == day)
            assert ordinals == list(range(1, len(ordinals) + 1))
            assert len(ordinals) <= (5 if klass.grade <= 4 else 6 if klass.grade <= 6 else 7)


def test_no_teacher_has_more_hours_than_one_can_teach() -> None:
    for plan in (*plans("small"), *plans("school")):
        teachers = Faculty(Random(1), plan, SchoolYear(2026)).teachers
        assert max(teacher.hours for teacher in teachers) <= 28


def test_all_subjects_are_taught_by_someone() -> None:
    for plan in plans("school"):
        faculty = Faculty(Random(1), plan, SchoolYear(2026))
        taught = {section.subject for klass in faculty.classes for section in klass.sections}
        assert taught == set().union(*HOURS.values())


@pytest.mark.parametrize("cells", [250_000, 300_000, 600_000, 1_000_000])
def test_a_big_school_has_600_thousand_rows_whenever_it_is_made(cells: int) -> None:
    density = Density.for_rows(600_000, cells, graded := cells * 92 // 100)
    attendance = cells * (density.present + (1 - density.present) * 0.07)
    share = 0.11 + 0.18 * density.quizzes + 0.71 * min(1, density.answers) + 0.75 * density.twice
    marks = graded * 0.93 * share
    assert attendance + marks == pytest.approx(600_000, rel=0.12)


def test_first_graders_rest_a_week_in_february() -> None:
    for year in YEARS:
        assert year.extra.starts_on.month == 2
        assert year.extra.ends_on - year.extra.starts_on == timedelta(days=6)
