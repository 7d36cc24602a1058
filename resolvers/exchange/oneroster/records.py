"""The neutral model: what a set says, whichever dialect it says it in.

Every record is named by `sourced_id`, the sender's own identifier, by which it is found again
when the next set comes. What has none of its own (roles, enrollments and relationships of School
Data Sync, roles of OneRoster 1.1) is named by what it connects: see `composite`.

References (`..._id`, `..._ids`) are identifiers in the same set. If a set was read without errors
the required ones lead somewhere; the others may not, with a warning.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from resolvers.exchange.oneroster.vocabulary import (
    GUARDIANS,
    ClassKind,
    OrgKind,
    Role,
    SessionKind,
    Sex,
    Status,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was read: the file, and its line as a person counts."""

    file: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records have.

    modified: When the sender last changed it, if it says so. Place and time do not make two
        records different.
    """

    sourced_id: str
    status: Status = Status.ACTIVE
    modified: datetime | None = field(default=None, compare=False)
    place: Place = field(compare=False)

    @property
    def active(self) -> bool:
        """False of what the sender has withdrawn, or is about to delete."""
        return self.status is Status.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Org(Record):
    """An organisation. `word` is its kind as written, `identifier` its official number."""

    name: str
    kind: OrgKind
    word: str
    identifier: str
    parent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Record):
    """A school year or a part of one.

    year: The number the sender gives the school year. OneRoster means the year it ends in,
        School Data Sync writes the year it begins in: trust the dates.
    """

    title: str
    kind: SessionKind
    start: date
    end: date
    parent_id: str | None
    year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course(Record):
    """A subject for a grade. `grades` are as written: "07", "KG"; see `level_of`."""

    title: str
    code: str
    grades: tuple[str, ...]
    org_id: str | None
    year_id: str | None
    subjects: tuple[str, ...]
    subject_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecord(Record):
    """A school class (HOMEROOM) or a section of one subject (SCHEDULED)."""

    title: str
    code: str
    kind: ClassKind
    grades: tuple[str, ...]
    course_id: str | None
    org_id: str
    session_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    subject_codes: tuple[str, ...]
    periods: tuple[str, ...]
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Record):
    """A person. There is no password: it is not read.

    middle_name: The patronymic, in Russian sets.
    enabled: Whether the sender lets the person sign in.
    user_ids: (kind, identifier) in other systems, as in `{LDAP:12}`.
    agent_ids: Other people the sender links to this one; what they are to each other is worked
        out in `Relationship`.
    """

    given_name: str
    family_name: str
    middle_name: str
    preferred_given_name: str
    preferred_family_name: str
    preferred_middle_name: str
    username: str
    enabled: bool
    identifier: str
    user_ids: tuple[tuple[str, str], ...]
    email: str
    phone: str
    sms: str
    grades: tuple[str, ...]
    agent_ids: tuple[str, ...]
    primary_org_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRecord(Record):
    """What somebody is in an organisation, and when. `word` is the role as written."""

    user_id: str
    org_id: str | None
    role: Role
    word: str
    primary: bool
    session_id: str | None
    grade: str
    begin: date | None
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment(Record):
    """Somebody in a class, as a student or a teacher.

    primary: Of several teachers, the one who answers for the class.
    org_id: The school, where the file names one apart from that of the class.
    """

    class_id: str
    user_id: str
    org_id: str | None
    role: Role
    word: str
    primary: bool
    begin: date | None
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics(Record):
    """About the user of the same `sourced_id`. Race and ethnicity are not read."""

    birth_date: date | None
    sex: Sex | None
    birth_city: str
    birth_region: str
    birth_country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship(Record):
    """What somebody (`relative_id`) is to a student. `word` is the role as written.

    begin, end: Of the role it was concluded from; open where the set says nothing.
    """

    student_id: str
    relative_id: str
    role: Role
    word: str
    begin: date | None
    end: date | None

    @property
    def guardian(self) -> bool:
        """A parent, guardian or relative; not the family's doctor."""
        return self.role in GUARDIANS


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFlag(Record):
    """A mark on a person, such as `freeLunch`: sensitive, so whoever stores it decides anew."""

    user_id: str
    flag: str


@dataclass(slots=True)
class Records:
    """All records of a set by `sourced_id`, in the order of the files."""

    orgs: dict[str, Org] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    classes: dict[str, ClassRecord] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, RoleRecord] = field(default_factory=dict)
    enrollments: dict[str, Enrollment] = field(default_factory=dict)
    demographics: dict[str, Demographics] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)
    flags: dict[str, UserFlag] = field(default_factory=dict)


def composite(kind: str, *parts: str | None) -> str:
    """A key made of other keys: `enrollment:112001:114008:student`, the same every time."""
    plain = (part.replace("%", "%25").replace(":", "%3A") if part else "" for part in parts)
    return ":".join([kind, *plain])


def level_of(grade: str) -> int | None:
    """1..12 of "07", "7"; 0 of "KG", the year before school; None of what is no grade here."""
    if grade.casefold() == "kg":
        return 0
    level = int(grade) if grade.isdecimal() and len(grade) <= 2 else None
    return level if level is not None and level <= 12 else None
