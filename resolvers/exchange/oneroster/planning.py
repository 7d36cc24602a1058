"""What the parts of a plan share: the set, one school of it, its rows, and what was found out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from models.people.guardians import Guardian
from models.people.staff import Staff
from models.people.students import Student
from models.structure.classes import SchoolClass
from models.structure.sections import Section
from resolvers.exchange.oneroster.book import Book, Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import (
    ClassRecord,
    Enrollment,
    Place,
    Record,
    Records,
    RoleRecord,
)
from resolvers.exchange.oneroster.roster import RosterSet
from resolvers.exchange.oneroster.vocabulary import GUARDIANS, Role

DAY = timedelta(days=1)
PUPILS = (Role.STUDENT,)
NOT_STAFF = (*PUPILS, *GUARDIANS, Role.OTHER)


@dataclass(kw_only=True)
class Planning:
    """The plan of one school while it is made.

    key: The school's `sourced_id` in the set.
    years, classes, sections, students, guardians, staff: Rows by `sourced_id`, those there are
        and those that the set brings.
    types: {session: number of its type of term}, of sessions that are terms here.
    free_days: {(student, section): the day after the last mark}, of marks of today and later.
    left: {number of a student: since when they are not here any more}; staff alike.
    """

    roster: RosterSet
    key: str
    alone: bool
    book: Book
    today: date
    findings: Findings
    years: dict[str, Entry] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    left_students: dict[int, date] = field(default_factory=dict)
    left_staff: dict[int, date] = field(default_factory=dict)
    free_days: Mapping[tuple[int, int], date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._spans: dict[str, tuple[date, date] | None] = {}
        self.students = self.book[Student].named()
        self.guardians = self.book[Guardian].named()
        self.staff = self.book[Staff].named()
        self.classes = self.book[SchoolClass].named()
        self.sections = self.book[Section].named()

    @property
    def records(self) -> Records:
        return self.roster.records

    def here(self, org_id: str | None) -> bool:
        """Whether the organisation is this school or a part of it. Who names none is in the only
        school there is."""
        if org_id is None:
            return self.alone
        return self.roster.school_of.get(org_id, org_id) == self.key

    @cached_property
    def roles(self) -> dict[str, list[RoleRecord]]:
        """{user: roles in this school, withdrawn ones too}."""
        found: dict[str, list[RoleRecord]] = {}
        for role in self.records.roles.values():
            if self.here(role.org_id):
                found.setdefault(role.user_id, []).append(role)
        return found

    @cached_property
    def class_records(self) -> list[ClassRecord]:
        """Classes and sections of this school, withdrawn ones too."""
        return [it for it in self.records.classes.values() if self.here(it.org_id)]

    @cached_property
    def enrollments(self) -> dict[str, list[Enrollment]]:
        """{class: who is enrolled in it}, in this school, withdrawn ones too."""
        mine: dict[str, list[Enrollment]] = {it.sourced_id: [] for it in self.class_records}
        mine |= {key: [] for key in (*self.classes, *self.sections) if key not in mine}
        for it in self.records.enrollments.values():
            if it.class_id in mine:
                mine[it.class_id].append(it)
        return mine

    def span_of(self, class_id: str) -> tuple[date, date] | None:
        """From the first day of its sessions to the last; None if the set does not say."""
        if class_id not in self._spans:
            record = self.records.classes.get(class_id)
            keys = record.session_ids if record else ()
            known = [self.records.sessions[key] for key in keys if key in self.records.sessions]
            days = (min(it.start for it in known), max(it.end for it in known)) if known else None
            self._spans[class_id] = days
        return self._spans[class_id]

    def withdrawn(self, user_id: str) -> bool:
        user = self.records.users.get(user_id)
        return user is not None and not user.active

    def tell(self, code: Code, of: Record | Place | None, column: str | None = None,
             **details: object) -> None:  # fmt: skip
        """A finding about a row of the set."""
        place = of.place if isinstance(of, Record) else of
        if place is None:
            self.findings.add(code, "", None, None, **details)
        else:
            self.findings.add(code, place.file, place.row, column, **details)


def first(entries: Iterable[Entry]) -> Entry | None:
    return next(iter(entries), None)


def same_title(text: str) -> str:
    """What two spellings of a subject have in common. Signs are kept: they tell C from C++."""
    return " ".join(text.split()).casefold().replace("ё", "е")


def cut(text: str, most: int) -> str:
    """A title that need not be whole."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
