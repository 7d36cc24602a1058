"""A weekly timetable in which nobody is in two places at once.

Every class gets full days without gaps, so its week has exactly as many places as lessons. Lessons
are placed one by one where the cost is least; conflicting ones are removed and placed again. The
cost of removing a lesson grows each time, so that the search does not go in circles.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random

from resolvers.demo.roster import Klass, Room, Section, Teacher

DAYS = 5
Place = tuple[int, int, int]
"""Weekday from 0, shift, lesson of the day from 1. Different places never overlap in time."""
NOWHERE = (-1, 0, 0)


@dataclass(slots=True, eq=False)
class Meeting:
    """One lesson a week of a class: one section, or both subgroups of a subject at once."""

    klass: Klass
    sections: list[Section]
    place: Place = NOWHERE
    put_out: int = 0
    rooms: list[Room | None] = field(default_factory=list)

    @property
    def teachers(self) -> list[Teacher]:
        return [section.teacher for section in self.sections]

    @property
    def subject(self) -> str:
        return self.sections[0].subject


def meetings_of(klass: Klass) -> list[Meeting]:
    """Return the meetings of the class, one per hour a week."""
    by_subject: dict[str, list[Section]] = {}
    for section in klass.sections:
        by_subject.setdefault(section.subject, []).append(section)
    return [
        Meeting(klass, sections)
        for sections in by_subject.values()
        for _ in range(sections[0].hours)
    ]


def places_of(klass: Klass, lessons: int) -> list[Place]:
    """Return the places of the class's week: even days, the longer ones first."""
    short, longer = divmod(lessons, DAYS)
    return [
        (day, klass.shift, ordinal)
        for day in range(DAYS)
        for ordinal in range(1, short + (day < longer) + 1)
    ]


class Timetable:
    """Meetings of a week with their places and rooms."""

    def __init__(self, rng: Random, classes: list[Klass], rooms: list[Room]) -> None:
        self._rng = rng
        self._by_class: dict[tuple[Klass, Place], Meeting] = {}
        self._by_teacher: dict[tuple[Teacher, Place], Meeting] = {}
        self._days: dict[tuple[Klass, str, int], int] = defaultdict(int)
        self._places: dict[Klass, list[Place]] = {}
        self.meetings: list[Meeting] = []
        for klass in classes:
            own = meetings_of(klass)
            self._places[klass] = places_of(klass, len(own))
            self.meetings += own
        self._settle()
        self._house(rooms)

    def _settle(self) -> None:
        """Place all meetings, those of the busiest teachers first."""
        queue = [
            (-sum(t.hours for t in meeting.teachers), number)
            for number, meeting in enumerate(self.meetings)
        ]
        heapify(queue)
        number_of = {meeting: number for number, meeting in enumerate(self.meetings)}
        while queue:
            _, number = heappop(queue)
            meeting = self.meetings[number]
            place = self._best(meeting)
            for other in self._in_the_way(meeting, place):
                self._put_out(other)
                heappush(queue, (-1000 - other.put_out, number_of[other]))
            self._put(meeting, place)

    def _best(self, meeting: Meeting) -> Place:
        """Return the place of least cost, a random one of equals."""
        often = 2 if meeting.sections[0].hours > DAYS else 1
        chance, price = self._rng.random, self._price
        return min(
            self._places[meeting.klass],
            key=lambda place: price(meeting, place, often) + chance(),
        )

    def _price(self, meeting: Meeting, place: Place, often: int) -> float:
        price = 6.0 * max(0, self._days[meeting.klass, meeting.subject, place[0]] + 1 - often)
        for other in self._in_the_way(meeting, place):
            price += 4.0 + 3.0 * other.put_out
        return price

    def _in_the_way(self, meeting: Meeting, place: Place) -> set[Meeting]:
        found = {self._by_teacher.get((teacher, place)) for teacher in meeting.teachers}
        found.add(self._by_class.get((meeting.klass, place)))
        return {other for other in found if other}

    def _put(self, meeting: Meeting, place: Place) -> None:
        meeting.place = place
        self._by_class[meeting.klass, place] = meeting
        self._days[meeting.klass, meeting.subject, place[0]] += 1
        for teacher in meeting.teachers:
            self._by_teacher[teacher, place] = meeting

    def _put_out(self, meeting: Meeting) -> None:
        place = meeting.place
        del self._by_class[meeting.klass, place]
        self._days[meeting.klass, meeting.subject, place[0]] -= 1
        for teacher in meeting.teachers:
            del self._by_teacher[teacher, place]
        meeting.place = NOWHERE
        meeting.put_out += 1

    def _house(self, rooms: list[Room]) -> None:
        """Give every meeting its teacher's room, or a free one if that is taken."""
        by_place: dict[Place, list[tuple[Meeting, Teacher]]] = defaultdict(list)
        for meeting in self.meetings:
            by_place[meeting.place] += [(meeting, t) for t in meeting.teachers]
        for together in by_place.values():
            taken: set[Room] = set()
            for meeting, teacher in together:
                free = (room for room in [teacher.room, *rooms] if room and room not in taken)
                room = next(free, None)
                meeting.rooms.append(room)
                taken |= {room} if room else set()
