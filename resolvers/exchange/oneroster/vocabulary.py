"""The vocabularies of OneRoster 1.1, 1.2 and School Data Sync 2.1, with their meanings here.

Sources: 1EdTech OneRoster CSV Tables 1.1 and CSV Binding 1.2; Microsoft's "SDS V2.1 CSV file
format" and its "default list of values". Words are compared without regard to case, because
real sets write `Scheduled` and `TRUE`.
"""

from collections.abc import Mapping
from enum import StrEnum


class Dialect(StrEnum):
    """The standard of a set."""

    ONEROSTER_1_1 = "OneRoster 1.1"
    ONEROSTER_1_2 = "OneRoster 1.2"
    SDS_2_1 = "School Data Sync 2.1"


class Mode(StrEnum):
    """Whether a file contains all records, or changes only."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


class Status(StrEnum):
    """The state of a record in the sender's system."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    TO_BE_DELETED = "tobedeleted"


class OrgKind(StrEnum):
    """The kind of an organisation; OTHER is neither above nor inside a school."""

    SCHOOL = "school"
    DEPARTMENT = "department"
    MUNICIPALITY = "municipality"
    REGION = "region"
    NATIONAL = "national"
    OTHER = "other"


class SessionKind(StrEnum):
    """The kind of a session."""

    SCHOOL_YEAR = "schoolYear"
    SEMESTER = "semester"
    TERM = "term"
    GRADING_PERIOD = "gradingPeriod"


class ClassKind(StrEnum):
    """The kind of a class: a homeroom is a school class (класс), a scheduled class is a section
    (учебная группа)."""

    HOMEROOM = "homeroom"
    SCHEDULED = "scheduled"


class Sex(StrEnum):
    """The sex in documents."""

    MALE = "male"
    FEMALE = "female"


class Role(StrEnum):
    """The role of a person in a school, in a class or towards a child."""

    STUDENT = "student"
    TEACHER = "teacher"
    PRINCIPAL = "principal"
    ADMINISTRATOR = "administrator"
    IT_ADMINISTRATOR = "itAdministrator"
    DISTRICT_ADMINISTRATOR = "districtAdministrator"
    OFFICE_STAFF = "officeStaff"
    COUNSELOR = "counselor"
    NURSE = "nurse"
    AIDE = "aide"
    PROCTOR = "proctor"
    STAFF = "staff"
    PARENT = "parent"
    GUARDIAN = "guardian"
    RELATIVE = "relative"
    OTHER = "other"


# The nearest first: a user who is both a parent and a relative of a child is its parent.
GUARDIANS = (Role.PARENT, Role.GUARDIAN, Role.RELATIVE)


def index_words(**words: str) -> Mapping[str, str]:
    """Return {word in lower case: meaning} for `meaning="word word"`."""
    return {word.casefold(): meaning for meaning, many in words.items() for word in many.split()}


STATUSES = {
    "": Status.ACTIVE,  # a bulk set leaves it empty
    "active": Status.ACTIVE,
    "inactive": Status.INACTIVE,  # of OneRoster 1.0; withdrawn from 1.1, and still written
    "tobedeleted": Status.TO_BE_DELETED,
}
ORG_KINDS = {
    word: OrgKind[meaning]
    for word, meaning in index_words(
        SCHOOL="school",
        DEPARTMENT="department division program",
        MUNICIPALITY="district local localAuthority municipality",
        REGION="state region province departmentOfEducation",
        NATIONAL="national ministryOfEducation",
        OTHER="university college campus adultEducation researchCenter academicTrust",
    ).items()
}
SESSION_KINDS = {
    word: SessionKind[meaning]
    for word, meaning in index_words(
        SCHOOL_YEAR="schoolYear",
        SEMESTER="semester",
        TERM="term",
        GRADING_PERIOD="gradingPeriod quarter",
    ).items()
}
CLASS_KINDS = {kind.value: kind for kind in ClassKind}
SEXES = {
    "male": Sex.MALE,
    "m": Sex.MALE,
    "м": Sex.MALE,
    "муж": Sex.MALE,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
    "ж": Sex.FEMALE,
    "жен": Sex.FEMALE,
    "other": None,
    "unspecified": None,
}
ROLES = {
    word: Role[meaning]
    for word, meaning in index_words(
        STUDENT="student",
        TEACHER="teacher professor lecturer instructor faculty adjunct substitute",
        PRINCIPAL="principal",
        ADMINISTRATOR="administrator siteAdministrator",
        IT_ADMINISTRATOR="itAdmin systemAdministrator",
        DISTRICT_ADMINISTRATOR="districtAdministrator",
        OFFICE_STAFF="officeStaff",
        COUNSELOR="counselor advisor specialServices occupationalTherapist physicalTherapist"
        " speechTherapist visionTherapist",
        NURSE="nurse",
        AIDE="aide paraprofessional teacherAssistant",
        PROCTOR="proctor",
        STAFF="staff chair researcher affiliate coach",
        PARENT="parent",
        GUARDIAN="guardian",
        RELATIVE="relative",
        OTHER="other alumni doctor child",
    ).items()
}
YES = frozenset({"true", "1", "yes", "y", "да", "истина"})
NO = frozenset({"false", "0", "no", "n", "нет", "ложь"})
