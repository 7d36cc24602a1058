"""The records of a set, independent of its dialect.

The key of a record is `sourced_id`, the sender's identifier, by which the next set finds it again.
Records without one (roles, enrollments and relationships of School Data Sync, roles of OneRoster
1.1) have a key made of the records that they connect: see `composite`.

References (`..._id`, `..._ids`) are identifiers in the same set. If a set has no errors, required
references are valid; others may dangle, with a warning.
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
    """The file and line of a record; the first line is 1."""

    file: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The fields of all records.

    modified: The time of the sender's last change, if given. Place and time do not count for
        equality.
    """

    sourced_id: str
    status: Status = Status.ACTIVE
    modified: datetime | None = field(default=None, compare=False)
    place: Place = field(compare=False)

    @property
    def active(self) -> bool:
        """False if the sender has withdrawn it or is about to delete it."""
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

    year: The sender's number of the school year. In OneRoster it is the year of its end, in School
        Data Sync that of its beginning, so use the dates.
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
    agent_ids: Other people whom the sender links to this one; see `Relationship`.
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
    """The role of a user in an organisation. `word` is the role as written."""

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
    """The enrollment of a student or teacher in a class.

    primary: Whether the teacher is the responsible one of several.
    org_id: The school, if the file names one besides that of the class.
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
    """The demographics of the user of the same `sourced_id`. Race and ethnicity are not read."""

    birth_date: date | None
    sex: Sex | None
    birth_city: str
    birth_region: str
    birth_country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship(Record):
    """The relationship of `relative_id` to a student. `word` is the role as written.

    begin, end: Of the role from which it was derived; None if unknown.
    """

    student_id: str
    relative_id: str
    role: Role
    word: str
    begin: date | None
    end: date | None

    @property
    def guardian(self) -> bool:
        """Whether it is a parent, guardian or relative, not e.g. the family's doctor."""
        return self.role in GUARDIANS


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFlag(Record):
    """A flag of a person, such as `freeLunch`, which is sensitive and not stored."""

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
    """Return a stable key made of other keys: `enrollment:112001:114008:student`."""
    plain = (part.replace("%", "%25").replace(":", "%3A") if part else "" for part in parts)
    return ":".join([kind, *plain])


def level_of(grade: str) -> int | None:
    """Return 1..12 for "07", "7"; 0 for "KG", the year before school; None for other grades."""
    if grade.casefold() == "kg":
        return 0
    level = int(grade) if grade.isdecimal() and len(grade) <= 2 else None
    return level if level is not None and level <= 12 else None
