"""Classes, sections and their teachers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from random import Random
from typing import NamedTuple

from models.people.persons import Sex
from models.structure.subjects import MarkScale
from resolvers.demo.cast import CLASS, LEAD_NO_CLASS, LEADER, Employee
from resolvers.demo.curriculum import PRIMARY_POST, Post, hours_of
from resolvers.demo.names import Human, make_adult, make_human
from resolvers.demo.plan import Plan
from resolvers.school.federal_subjects import ENGLISH, SUBJECTS
from resolvers.school.school_year import SchoolYear

PRIMARY = 4
"""The last grade whose class teacher gives nearly all lessons."""
WOMEN_SHARE = 0.82
FULL_LOAD = 24
"""The most hours a week of a teacher; 18 are a full position."""


@dataclass(slots=True, eq=False)
class Pupil:
    """A student; `stays` are the classes of this year, each with its first day and the day after
    the last one."""

    human: Human
    admitted: date
    ability: float
    stays: "list[tuple[Klass, date, date | None]]" = field(default_factory=list)
    freed_from_sport: bool = False
    foreign: bool = False
    away: dict[date, str] = field(default_factory=dict)
    """Whole days of absence, with the code of attendance."""
    id: int = 0

    @property
    def left_on(self) -> date | None:
        return self.stays[-1][2]

    @property
    def klass(self) -> "Klass":
        return self.stays[-1][0]


@dataclass(slots=True, eq=False)
class Room:
    number: str
    seats: int
    id: int = 0


@dataclass(slots=True, eq=False)
class Teacher:
    """A teacher; from `until` on, `heir` has all of their sections."""

    human: Human
    post: Post
    room: Room | None = None
    hours: int = 0
    until: date | None = None
    heir: "Teacher | None" = None
    id: int = 0

    def teacher_on(self, day: date) -> "Teacher":
        """Return the teacher or the heir on that day."""
        return self.heir if self.heir and self.until and day >= self.until else self


@dataclass(slots=True, eq=False)
class Section:
    """A subject of a class, or one of its subgroups if `group` is not 0."""

    klass: "Klass"
    subject: str
    hours: int
    group: int
    teacher: Teacher
    members: list[tuple[Pupil, date, date | None]] = field(default_factory=list)
    id: int = 0

    @property
    def name(self) -> str:
        group = f", группа {self.group}" if self.group else ""
        return f"{self.klass.name} {self.subject}{group}"

    @property
    def scale(self) -> MarkScale:
        return MarkScale.UNGRADED if self.klass.grade == 1 else SUBJECTS[self.subject].scale


@dataclass(slots=True, eq=False)
class Klass:
    name: str
    shift: int
    pupils: list[Pupil] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    leader: Teacher | None = None
    id: int = 0
    grade: int = field(init=False)

    def __post_init__(self) -> None:
        self.grade = int(self.name[:-1])

    @property
    def letter(self) -> str:
        return self.name[-1]


class Share(NamedTuple):
    """A subject of a class before it has a teacher; as in Section."""

    subject: str
    hours: int
    group: int = 0


Bundle = tuple[Klass, list[Share]]
"""The subjects of a class that one teacher takes together."""


class Faculty:
    """The teachers of a school, hired by the hours of its curriculum."""

    def __init__(self, rng: Random, plan: Plan, year: SchoolYear) -> None:
        self._rng, self._plan, self._year = rng, plan, year
        self.teachers: list[Teacher] = []
        self.classes = [
            Klass(name, 2 if int(name[:-1]) in plan.late_grades else 1) for name in plan.classes
        ]
        for klass in self.classes:
            if klass.grade <= PRIMARY:
                klass.leader = self._hire(PRIMARY_POST)
                self._teach(klass.leader, klass, self._own_shares(klass))
        for post in plan.posts:
            self._staff(post)
        for klass in sorted(self.classes, key=story_first):
            klass.leader = klass.leader or self._leader_of(klass)
            klass.sections.sort(key=lambda section: (order.index(section.subject), section.group))

    def _hire(self, post: Post) -> Teacher:
        """Hire a person with a story of this post if there is one left, else a random one."""
        hired = {teacher.human.login for teacher in self.teachers}
        born = date(self._year.since - self._rng.randint(26, 62), self._rng.randint(1, 12), 14)
        for employee in self._plan.cast.teachers:
            if employee.login not in hired and post.position.startswith(employee.position):
                return self._enter(make_human(employee.name, born, employee.login), post)
        sex = Sex.FEMALE if self._rng.random() < WOMEN_SHARE else Sex.MALE
        return self._enter(make_adult(self._rng, sex, born), post)

    def _enter(self, human: Human, post: Post) -> Teacher:
        self.teachers.append(Teacher(human, post))
        return self.teachers[-1]

    @staticmethod
    def _own_shares(klass: Klass) -> list[Share]:
        """Return the subjects that the teacher of a primary class gives."""
        return [Share(s, hours) for s, hours in hours_of(klass.grade).items() if s != ENGLISH]

    def _staff(self, post: Post) -> None:
        """Hire for the post, then distribute its bundles evenly, the heaviest first."""
        bundles = [bundle for klass in self.classes for bundle in self._bundles(klass, post)]
        total = sum(weight(bundle) for bundle in bundles)
        grouped = any(share.group for _, shares in bundles for share in shares)
        staff = [self._hire(post) for _ in range(max(ceil(total / FULL_LOAD), 2 if grouped else 1))]
        for klass, shares in sorted(bundles, key=lambda b: (story_first(b[0]), -weight(b))):
            subject = shares[0].subject
            busy = {s.teacher for s in klass.sections if s.group and s.subject == subject}
            free = [teacher for teacher in staff if teacher not in busy]
            self._teach(min(free, key=lambda teacher: teacher.hours), klass, shares)

    def _bundles(self, klass: Klass, post: Post) -> Iterator[Bundle]:
        """Yield the post's subjects of the class together, then each second group by itself, as it
        is taught at the same time as the first."""
        mine = {
            subject: hours
            for subject, hours in hours_of(klass.grade).items()
            if subject in post.subjects and (klass.grade > PRIMARY or subject == ENGLISH)
        }
        split = [s for s in mine if self._plan.subgroups(klass.name, s) == 2]
        if mine:
            yield klass, [Share(s, hours, int(s in split)) for s, hours in mine.items()]
        yield from ((klass, [Share(s, mine[s], 2)]) for s in split)

    def _teach(self, teacher: Teacher, klass: Klass, shares: list[Share]) -> None:
        for subject, hours, group in shares:
            klass.sections.append(Section(klass, subject, hours, group, teacher))
            teacher.hours += hours

    def _leader_of(self, klass: Klass) -> Teacher:
        """Choose the class teacher: the one with most hours there who leads no class yet."""
        leading = {other.leader for other in self.classes}
        hours: Counter[Teacher] = Counter()
        for section in klass.sections:
            hours[section.teacher] += section.hours

        def rank(teacher: Teacher) -> tuple[bool, bool, int]:
            login = teacher.human.login
            cannot = teacher in leading or login in LEAD_NO_CLASS
            return (klass.name == CLASS and login != LEADER, cannot, -hours[teacher])

        return min(hours, key=rank)

    def replace_teacher(self, retires: str, on: date, newcomer: Employee) -> None:
        """Let one teacher retire in the middle of the year and another take over."""
        for teacher in self.teachers:
            if teacher.human.login == retires:
                human = make_human(newcomer.name, date(self._year.since - 24, 3, 5), newcomer.login)
                teacher.until = on
                teacher.heir = Teacher(human, teacher.post, teacher.room, teacher.hours)
                self.teachers.append(teacher.heir)
                return


order = list(SUBJECTS)


def story_first(klass: Klass) -> bool:
    """Return the sort key that puts the story class first, so that the first of a post teaches
    it."""
    return klass.name != CLASS


def weight(bundle: Bundle) -> int:
    return sum(share.hours for share in bundle[1])
