"""The shared state of a plan: the set, one of its schools, its rows, and findings."""

from collections.abc import Mapping
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
    years, classes, sections, students, guardians, staff: Rows by `sourced_id`, existing and new.
    types: {session: number of its type of term}, of sessions that are terms here.
    free_days: {(student, section): the day after the last mark}, of marks of today and later.
    left: {number of a student: the day since which they are gone}; staff alike.
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
        self.students = self.book[Student].rows_by()
        self.guardians = self.book[Guardian].rows_by()
        self.staff = self.book[Staff].rows_by()
        self.classes = self.book[SchoolClass].rows_by()
        self.sections = self.book[Section].rows_by()

    @property
    def records(self) -> Records:
        return self.roster.records

    def is_here(self, org_id: str | None) -> bool:
        """Whether the organisation is this school or a part of it. A record without an
        organisation belongs to the only school."""
        if org_id is None:
            return self.alone
        return self.roster.school_of.get(org_id, org_id) == self.key

    @cached_property
    def roles(self) -> dict[str, list[RoleRecord]]:
        """{user: roles in this school, withdrawn ones too}."""
        found: dict[str, list[RoleRecord]] = {}
        for role in self.records.roles.values():
            if self.is_here(role.org_id):
                found.setdefault(role.user_id, []).append(role)
        return found

    @cached_property
    def class_records(self) -> list[ClassRecord]:
        """Classes and sections of this school, withdrawn ones too."""
        return [it for it in self.records.classes.values() if self.is_here(it.org_id)]

    @cached_property
    def enrollments(self) -> dict[str, list[Enrollment]]:
        """{class: its enrollments}, in this school, withdrawn ones too."""
        mine: dict[str, list[Enrollment]] = {it.sourced_id: [] for it in self.class_records}
        mine |= {key: [] for key in (*self.classes, *self.sections) if key not in mine}
        for it in self.records.enrollments.values():
            if it.class_id in mine:
                mine[it.class_id].append(it)
        return mine

    def span_of(self, class_id: str) -> tuple[date, date] | None:
        """Return the span from the first day of its sessions to the last; None if unknown."""
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
        """Add a finding about a row of the set."""
        place = of.place if isinstance(of, Record) else of
        if place is None:
            self.findings.add(code, "", None, None, **details)
        else:
            self.findings.add(code, place.file, place.row, column, **details)


def same_title(text: str) -> str:
    """Return the common form of two spellings of a subject. Signs are kept, as in C and C++."""
    return " ".join(text.split()).casefold().replace("ё", "е")


def cut(text: str, most: int) -> str:
    """Cut a title that need not be complete."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
