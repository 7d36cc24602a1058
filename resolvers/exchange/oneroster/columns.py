"""The files of a set, their columns, and other names of the same columns.

A column has the name of OneRoster 1.2 here. The names of other dialects and misspellings of real
sets are mapped to it. So the dialects hardly differ except in missing columns.
"""

from collections.abc import Mapping
from typing import Final

MANIFEST: Final = "manifest"
PROFILES: Final = "userProfiles"
READ: Final = (
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "users",
    "roles",
    "enrollments",
    "demographics",
    "relationships",
    "userFlags",
)
# Gradebook, resources and accounts of other systems: in the standards, and no part of a roster.
NOT_READ: Final = (
    PROFILES,
    "categories",
    "classResources",
    "courseResources",
    "lineItemLearningObjectiveIds",
    "lineItemScoreScales",
    "lineItems",
    "resources",
    "resultLearningObjectiveIds",
    "resultScoreScales",
    "results",
    "scoreScales",
    "userResources",
)
FILES: Final = {name.casefold(): name for name in (MANIFEST, *READ, *NOT_READ)}

# Passwords are blanked when a file is read: no row, record or finding contains one.
PASSWORD: Final = "password"  # noqa: S105
# 152-ФЗ, art. 10: a school may not process these, so they are not read.
UNWANTED: Final = frozenset(
    {
        "americanIndianOrAlaskaNative",
        "asian",
        "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander",
        "white",
        "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity",
        "ethnicityCodes",
        "raceCodes",
    }
)
EVERYWHERE: Final = ("sourcedId", "status", "dateLastModified")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "manifest": ("propertyName", "value"),
    "orgs": ("name", "type", "identifier", "parentSourcedId"),
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": (
        *("title", "courseCode", "grades", "orgSourcedId", "schoolYearSourcedId"),
        *("subjects", "subjectCodes"),
    ),
    "classes": (
        *("title", "grades", "courseSourcedId", "classCode", "classType", "location"),
        *("schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"),
    ),
    "users": (
        *("enabledUser", "orgSourcedIds", "role", "username", "userIds"),
        *("givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
        *("agentSourcedIds", "grades", "password", "userMasterIdentifier", "resourceSourcedIds"),
        *("preferredGivenName", "preferredMiddleName", "preferredFamilyName"),
        *("primaryOrgSourcedId", "pronouns", "activeDirectoryMatchId"),
    ),
    "roles": (
        *("userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
        *("userProfileSourcedId", "sessionSourcedId", "grade", "isPrimary"),
    ),
    "enrollments": (
        *("classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary"),
        *("beginDate", "endDate"),
    ),
    "demographics": (
        *("birthDate", "sex", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth"),
        *("publicSchoolResidenceStatus", *sorted(UNWANTED)),
    ),
    "relationships": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
    "userFlags": ("userSourcedId", "flag"),
}
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "manifest": ("propertyName", "value"),
    "orgs": ("sourcedId", "name", "type"),
    "academicSessions": ("sourcedId", "title", "type", "startDate", "endDate"),
    "courses": ("sourcedId", "title"),
    "classes": ("sourcedId", "title", "schoolSourcedId"),
    "users": ("sourcedId", "givenName", "familyName"),
    "roles": ("userSourcedId", "role", "orgSourcedId"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "demographics": ("sourcedId",),
    "relationships": COLUMNS["relationships"],
    "userFlags": COLUMNS["userFlags"],
}
DATES: Final = ("birthDate", "beginDate", "endDate", "startDate", "dateLastModified")

# Names of School Data Sync, and of OneRoster 1.0.
ALIASES: Final[Mapping[str, Mapping[str, str]]] = {
    "courses": {
        "code": "courseCode",
        "grade": "grades",
        "subject": "subjects",
        "schoolYearId": "schoolYearSourcedId",
    },
    "classes": {
        "orgSourcedId": "schoolSourcedId",
        "sessionSourcedIds": "termSourcedIds",
        "termSourcedId": "termSourcedIds",
        "code": "classCode",
        "grade": "grades",
        "subject": "subjects",
    },
    "users": {"agents": "agentSourcedIds", "grade": "grades", "userId": "userIds"},
    "roles": {"roleStartDate": "beginDate", "roleEndDate": "endDate"},
    "enrollments": {"orgSourcedId": "schoolSourcedId"},
    "demographics": {
        "userSourcedId": "sourcedId",
        "birthCity": "cityOfBirth",
        "birthState": "stateOfBirthAbbreviation",
        "birthCountry": "countryOfBirthCode",
    },
}
MISSPELT: Final = {
    "dataLastModified": "dateLastModified",
    "dateModified": "dateLastModified",
    "prefferedGivenName": "preferredGivenName",
    "prefferedMiddleName": "preferredMiddleName",
    "prefferedFamilyName": "preferredFamilyName",
}
