"""Attendance: illnesses of several days, skipped lessons, and late arrivals."""

from collections.abc import Iterable
from datetime import date

from models.journal.attendance import AttendanceCode, AttendanceRecord
from resolvers.demo.density import Density
from resolvers.demo.ground import Site
from resolvers.demo.lessons import PastLesson
from resolvers.demo.roster import Pupil
from resolvers.school.federal_subjects import SPORT

PRESENT, EXCUSED, ILLNESS, UNEXCUSED, ABSENT, LATE, EXEMPT = (code.name for code in AttendanceCode)
LATE_SHARE, SKIPPED_SHARE = 0.008, 0.003
FALLS_ILL, STAYS_AWAY = 0.012, 0.005
"""Probabilities per day."""
UNEXPLAINED = 2
"""School days before today whose absences have no reason yet."""


class Attendance:
    """The writer of attendance, which also returns who was present."""

    def __init__(self, site: Site, density: Density) -> None:
        self._site, self._density, self._rng = site, density, site.rng("attendance")
        self._sheet = site.ledger[AttendanceRecord].narrow(
            "lesson_id section_id student_id author_id code minutes_late set_at"
        )

    def miss_days(self, pupils: Iterable[Pupil]) -> None:
        """Choose the days that each student misses as a whole."""
        for pupil in pupils:
            days = [d for d in self._site.year.days_of(pupil.klass.grade) if d < self._site.today]
            recent = days[-UNEXPLAINED:]
            away = self._choose_absences(days)
            pupil.away = {day: ABSENT if day in recent else away[day] for day in away}

    def _choose_absences(self, days: list[date]) -> dict[date, str]:
        away: dict[date, str] = {}
        for number, day in enumerate(days):
            if day in away:
                continue
            lot = self._rng.random()
            if lot < FALLS_ILL:
                length = self._rng.randint(3, 8)
                away |= dict.fromkeys(days[number : number + length], ILLNESS)
            elif lot < FALLS_ILL + STAYS_AWAY:
                away[day] = EXCUSED if self._rng.random() < 0.7 else UNEXCUSED
        return away

    def write(self, lesson: PastLesson) -> list[Pupil]:
        """Write the absences and, in most lessons, the presences; return who can have a mark."""
        there: list[Pupil] = []
        add, chance, day = self._sheet.add, self._rng.random, lesson.day
        said = chance() < self._density.present
        sport, section_id = lesson.section.subject == SPORT, lesson.section.id
        for pupil, since, until in lesson.section.members:
            if day < since or (until and day >= until):
                continue
            minutes = None
            code = pupil.away.get(day) or self._in_lesson(sport and pupil.freed_from_sport)
            if code == LATE:
                minutes = 2 + int(chance() * 18)
            if code in (PRESENT, LATE):
                there.append(pupil)
            if said or code != PRESENT:
                at, by = lesson.written_at, lesson.author_id
                add(lesson.id, section_id, pupil.id, by, code, minutes, at)
        return there

    def _in_lesson(self, freed: bool) -> str:
        """Return the code of a student who came to school that day."""
        lot = self._rng.random()
        if freed:
            return EXEMPT
        if lot < LATE_SHARE:
            return LATE
        return UNEXCUSED if lot < LATE_SHARE + SKIPPED_SHARE else PRESENT
