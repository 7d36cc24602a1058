"""The federal curriculum: subjects, and hours a week of every grade in a five-day week.

Sums are the sanitary maximum: 21 hours in grade 1, 23 in 2-4, then 29, 30, 32, 33, 33, 34, 34.
"""

from typing import NamedTuple

from resolvers.school.federal_subjects import (
    ALGEBRA,
    ART,
    BIOLOGY,
    CHEMISTRY,
    COMPUTING,
    ENGLISH,
    GEOGRAPHY,
    GEOMETRY,
    HISTORY,
    LABOUR,
    LITERATURE,
    MATHS,
    MORALS,
    MUSIC,
    PHYSICS,
    PROBABILITY,
    PROJECT,
    READING,
    RELIGIONS,
    RUSSIAN,
    SAFETY,
    SOCIETY,
    SPORT,
    SUBJECTS,
    WORLD,
)

SPLIT = (ENGLISH, COMPUTING, LABOUR)
"""Taught to two subgroups in large classes; the first of them also in classes that request it."""


_PRIMARY = {RUSSIAN: 5, READING: 4, ENGLISH: 2, MATHS: 4, WORLD: 2, ART: 1, MUSIC: 1, LABOUR: 1,
            SPORT: 3}  # fmt: skip
_SENIOR = {RUSSIAN: 3, LITERATURE: 3, ENGLISH: 3, ALGEBRA: 4, GEOMETRY: 2, PROBABILITY: 1,
           COMPUTING: 1, HISTORY: 2, SOCIETY: 4, GEOGRAPHY: 1, PHYSICS: 2, CHEMISTRY: 2,
           BIOLOGY: 1, SPORT: 3, SAFETY: 1, PROJECT: 1}  # fmt: skip

HOURS: dict[int, dict[str, int]] = {
    1: {subject: hours for subject, hours in _PRIMARY.items() if subject != ENGLISH},
    2: _PRIMARY,
    3: _PRIMARY,
    4: {**_PRIMARY, SPORT: 2, RELIGIONS: 1},
    5: {RUSSIAN: 5, LITERATURE: 3, ENGLISH: 3, MATHS: 5, COMPUTING: 1, HISTORY: 2, GEOGRAPHY: 1,
        BIOLOGY: 1, MORALS: 1, ART: 1, MUSIC: 1, LABOUR: 2, SPORT: 3},
    6: {RUSSIAN: 6, LITERATURE: 3, ENGLISH: 3, MATHS: 5, COMPUTING: 1, HISTORY: 2, SOCIETY: 1,
        GEOGRAPHY: 1, BIOLOGY: 1, MORALS: 1, ART: 1, MUSIC: 1, LABOUR: 2, SPORT: 2},
    7: {RUSSIAN: 4, LITERATURE: 2, ENGLISH: 3, ALGEBRA: 3, GEOMETRY: 2, PROBABILITY: 1,
        COMPUTING: 1, HISTORY: 2, SOCIETY: 1, GEOGRAPHY: 2, PHYSICS: 2, BIOLOGY: 2, ART: 1,
        MUSIC: 1, LABOUR: 2, SPORT: 3},
    8: {RUSSIAN: 4, LITERATURE: 2, ENGLISH: 3, ALGEBRA: 3, GEOMETRY: 2, PROBABILITY: 1,
        COMPUTING: 1, HISTORY: 2, SOCIETY: 1, GEOGRAPHY: 2, PHYSICS: 2, CHEMISTRY: 2, BIOLOGY: 2,
        MUSIC: 1, LABOUR: 1, SPORT: 3, SAFETY: 1},
    9: {RUSSIAN: 3, LITERATURE: 3, ENGLISH: 3, ALGEBRA: 4, GEOMETRY: 2, PROBABILITY: 1,
        COMPUTING: 1, HISTORY: 2, SOCIETY: 1, GEOGRAPHY: 2, PHYSICS: 3, CHEMISTRY: 2, BIOLOGY: 2,
        LABOUR: 1, SPORT: 2, SAFETY: 1},
    10: _SENIOR,
    11: {**_SENIOR, PHYSICS: 3, PROJECT: 0},
}  # fmt: skip


class Post(NamedTuple):
    """A kind of teacher: the position on the card, and the subjects."""

    position: str
    subjects: frozenset[str]
    room: str = ""
    """The special room, if they need one."""


def post(position: str, *subjects: str, room: str = "") -> Post:
    return Post(position, frozenset(subjects), room)


PRIMARY_POST = post("Учитель начальных классов")
"""The teacher of a class of grades 1-4, who teaches it all subjects except English."""
_COMMON_POSTS = (
    post("Учитель русского языка и литературы", RUSSIAN, LITERATURE),
    post("Учитель английского языка", ENGLISH),
    post("Учитель истории и обществознания", HISTORY, SOCIETY, MORALS, PROJECT),
    post("Учитель физической культуры", SPORT, room="Спортзал"),
    post("Учитель музыки и изобразительного искусства", MUSIC, ART),
)
VILLAGE_POSTS = (
    *_COMMON_POSTS,
    post("Учитель математики и информатики", MATHS, ALGEBRA, GEOMETRY, PROBABILITY, COMPUTING),
    post("Учитель географии и биологии", GEOGRAPHY, BIOLOGY),
    post("Учитель физики и химии", PHYSICS, CHEMISTRY),
    post("Учитель труда, преподаватель-организатор ОБЗР", LABOUR, SAFETY, room="Мастерская"),
)
CITY_POSTS = (
    *_COMMON_POSTS,
    post("Учитель математики", MATHS, ALGEBRA, GEOMETRY, PROBABILITY),
    post("Учитель информатики", COMPUTING, room="Кабинет информатики"),
    post("Учитель географии", GEOGRAPHY),
    post("Учитель биологии", BIOLOGY),
    post("Учитель химии", CHEMISTRY),
    post("Учитель физики", PHYSICS),
    post("Учитель труда (технологии)", LABOUR, room="Мастерская"),
    post("Преподаватель-организатор ОБЗР", SAFETY),
)


def hours_of(grade: int) -> dict[str, int]:
    """Return the subjects of a grade with their hours a week, in order."""
    return {subject: HOURS[grade][subject] for subject in SUBJECTS if HOURS[grade].get(subject)}
