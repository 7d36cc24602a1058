"""Lessons of the whole year from the weekly timetable, with topics and homework of past ones."""

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter

from models.timetable.homework import Homework
from models.timetable.lessons import Lesson, LessonStatus
from resolvers.demo.cast import CLASS
from resolvers.demo.ground import Site
from resolvers.demo.roster import Klass, Room, Section
from resolvers.demo.timetable import Meeting
from resolvers.demo.topics import find_topic
from resolvers.demo.works import PRACTICAL, choose_homework
from resolvers.school.federal_subjects import ALGEBRA
from resolvers.school.school_year import bell

PLANNED, CONDUCTED, CANCELLED = (
    LessonStatus.PLANNED.name, LessonStatus.CONDUCTED.name, LessonStatus.CANCELLED.name,
)  # fmt: skip
CANCELLED_SHARE, HOMEWORK_SHARE = 0.004, 0.75
SUBSTITUTED = 9
"""The number of the story class's algebra lesson that the deputy director held, from 0."""


@dataclass(slots=True)
class PastLesson:
    """A past lesson, with its author (a person) and the time of its entry in the journal."""

    id: int
    section: Section
    day: date
    number: int
    topic: str
    author_id: int
    written_at: datetime
    is_last: bool = False


class Lessons:
    """The writer of lessons, class by class."""

    def __init__(
        self, site: Site, meetings: list[Meeting], substitute: tuple[int, int] | None
    ) -> None:
        self._site, self._rng, self._substitute = site, site.rng("lessons"), substitute
        self._lessons = site.ledger[Lesson].narrow(
            "section_id staff_id room_id date starts_at ends_at ordinal status topic"
        )
        self._homework = site.ledger[Homework].narrow(
            "lesson_id section_id text due_lesson_id due_on"
        )
        self._set: list[tuple[int, Section, date, str]] = []
        self._takes_place: dict[Section, list[tuple[date, int]]] = defaultdict(list)
        self._week: dict[tuple[Klass, int], list[Meeting]] = defaultdict(list)
        for meeting in sorted(meetings, key=lambda meeting: meeting.place):
            self._week[meeting.klass, meeting.place[0]].append(meeting)

    def count_past(self, klass: Klass) -> int:
        """Count the past lessons of the class, subgroups once."""
        days = Counter(day.weekday() for day in self._days(klass) if day < self._site.today)
        return sum(days[weekday] * len(self._week[klass, weekday]) for weekday in days)

    def _days(self, klass: Klass) -> list[date]:
        return self._site.year.days_of(klass.grade)

    def write(self, klass: Klass) -> list[PastLesson]:
        """Write all lessons of the class; return the past ones in order of time."""
        days = self._days(klass)
        week = Counter(day.weekday() for day in days)
        totals: Counter[Section] = Counter()
        for weekday, times in week.items():
            for meeting in self._week[klass, weekday]:
                for section in meeting.sections:
                    totals[section] += times
        told: Counter[Section] = Counter()
        self._set, self._takes_place = [], defaultdict(list)
        held: list[PastLesson] = []
        for day in days:
            for meeting in self._week[klass, day.weekday()]:
                for section, room in zip(meeting.sections, meeting.rooms, strict=True):
                    number = told[section]
                    told[section] += 1
                    about = find_topic(section.subject, klass.grade, number, totals[section])
                    lesson = self._lesson(section, room, day, meeting, number, about)
                    held += [lesson] if lesson else []
        last = {lesson.section: lesson for lesson in held}
        for lesson in last.values():
            lesson.is_last = True
        self._set_homes()
        return held

    def _lesson(
        self,
        section: Section,
        room: Room | None,
        day: date,
        meeting: Meeting,
        number: int,
        about: str,
    ) -> PastLesson | None:
        _, shift, ordinal = meeting.place
        starts_at, ends_at = bell(shift, ordinal)
        status = self._status(day)
        conducted = status == CONDUCTED
        staff_id, author_id = self._teacher(section, day, number)
        lesson_id = self._lessons.add(
            section.id,
            staff_id,
            room.id if room else None,
            day,
            starts_at,
            ends_at,
            ordinal,
            status,
            about if conducted else None,
        )
        if status != CANCELLED:
            self._takes_place[section].append((day, lesson_id))
        if not conducted:
            return None
        self._set_home(lesson_id, section, day)
        at = self._site.moment(day, ends_at) + timedelta(minutes=2 + int(self._rng.random() * 88))
        return PastLesson(lesson_id, section, day, number, about, author_id, at)

    def _status(self, day: date) -> str:
        """Return the status. Lessons of today are in the future: the demo is loaded at any hour."""
        soon = day < self._site.today + timedelta(days=7)
        if soon and self._rng.random() < CANCELLED_SHARE:
            return CANCELLED
        return CONDUCTED if day < self._site.today else PLANNED

    def _teacher(self, section: Section, day: date, number: int) -> tuple[int, int]:
        """Return staff and person of the lesson's teacher."""
        story = section.klass.name == CLASS and section.subject == ALGEBRA
        if story and number == SUBSTITUTED and self._substitute:
            return self._substitute
        teacher = section.teacher.teacher_on(day)
        return teacher.id, teacher.human.id

    def _set_home(self, lesson_id: int, section: Section, day: date) -> None:
        wanted = section.klass.grade > 1 and section.subject not in PRACTICAL
        if wanted and self._rng.random() < HOMEWORK_SHARE:
            self._set.append((lesson_id, section, day, choose_homework(self._rng, section.subject)))

    def _set_homes(self) -> None:
        """Write the homework of a class, due in the section's next lesson on a later day."""
        for lesson_id, section, day, text in self._set:
            days = self._takes_place[section]
            place = bisect_right(days, day, key=itemgetter(0))
            due_on, due_lesson_id = days[place] if place < len(days) else (None, None)
            self._homework.add(lesson_id, section.id, text, due_lesson_id, due_on)
