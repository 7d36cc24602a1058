"""Specimens of people."""

from datetime import date
from typing import Any

from auth.rights import Right
from models.people.guardians import Guardian, GuardianLink, GuardianRelation, LegalStatus
from models.people.persons import Person, Sex
from models.people.private import (
    DocumentKind,
    GuardianContacts,
    StaffIdentity,
    StudentContacts,
    StudentHealth,
    StudentIdentity,
)
from models.people.staff import Staff
from models.people.students import Enrollment, Student, StudentStatus
from tests.specimens.declaring import (
    ALL,
    CHILD,
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    WHOLE_SCHOOL,
    Sees,
    Shown,
    Specimens,
    follow,
    follow_each,
    hold,
    invert,
    link,
    show,
    split_names,
)
from tests.specimens.stories import (
    BEGAN,
    CHILDREN,
    CLOSELY,
    FAMILY_NAMES,
    IN_CLASS,
    IN_SECTION,
    IN_THEIR_CLASS,
    IN_THEIR_SECTION,
    KNOWN,
    OWN,
    PERSONS,
    PUPIL_NAMES,
    PUPILS,
    STAFF_NAMES,
    TODAY,
    TOMORROW,
)

BORN = {"oleg": date(2008, 2, 1), "nina": date(2008, 11, 23), "yura": date(2008, 11, 24)}
RELATION = {"mother": GuardianRelation.MOTHER, "father": GuardianRelation.FATHER}

LINKS: dict[str, dict[str, Any]] = {
    "mother": {"student": "masha"},
    "uncle": {
        "student": "masha",
        "legal_status": LegalStatus.RESTRICTED,
        "hide_whereabouts": True,
    },
    "godmother": {"student": "masha", "may_contact": False},
    "father": {"student": "masha", "legal_status": LegalStatus.TERMINATED},
    "stepfather": {"student": "masha", "may_receive_info": False},
    "granny": {"student": "masha", "valid_to": TODAY},
    "aunt": {"student": "masha", "valid_from": TOMORROW},
    "dad": {"student": "pasha", "valid_to": TOMORROW},
    "ba": {"student": "bella"},
    "orlova": {"student": "vera"},
    "olga": {"student": "oleg"},
    "tanya": {"student": "oleg", "consent_from": TODAY, "consent_to": TOMORROW},
    "mum": {"student": "nina", "consent_from": BEGAN},
    "pop": {"student": "nina", "consent_from": BEGAN, "consent_to": TODAY},
    "nan": {"student": "nina", "consent_from": TOMORROW},
    "zhanna": {"student": "yura"},
    "galya": {"student": "gleb"},
}
CHILD_OF = {name: link["student"] for name, link in LINKS.items()}
LINKED_TODAY = {name: child for name, child in CHILD_OF.items() if name not in ("granny", "aunt")}
"""The child of each guardian whose link is valid today, whatever a court or the child says."""

# The links of a pupil that are valid today are visible to everybody who sees the pupil, whatever
# the adult is.
GUARDIANS: Sees = {
    **{scope: link(LINKED_TODAY, rows) for scope, rows in CLOSELY.items()},
    SCHOOL: ALL,
}
THEMSELVES = show({
    **{name: name for name in split_names(FAMILY_NAMES) if name != "orlova"},
    "orlova at home": "orlova",
})  # fmt: skip


def show_families(pupils: Shown) -> Shown:
    """Show pupils and their guardians."""
    return pupils | link(LINKED_TODAY, pupils)


STUDENTS = {name: {"person": name, "status": StudentStatus.ENROLLED}
            for name in split_names(PUPIL_NAMES)}  # fmt: skip
STUDENTS["gleb"]["status"] = StudentStatus.LEFT
OF_EACH_PUPIL = {name: {"student": name} for name in STUDENTS}
OF_EACH_ADULT = {name: {"guardian": name} for name in LINKS}
OF_EACH_AT_WORK = {name: {"staff": name} for name in split_names(STAFF_NAMES)}
AT_WORK = show({
    **{name: name for name in split_names(STAFF_NAMES)},
    "anna of grade 7": "anna", "boris of 8A": "boris",
})  # fmt: skip

CLASSMATES = show({
    pupil: there for there in IN_CLASS.values() for pupil in split_names(there)
})  # fmt: skip
COLLEAGUES = show({"*": STAFF_NAMES}) | show({
    **{name: name for name in PERSONS}, "orlova at home": "orlova",
})  # fmt: skip
"""Everybody knows the names of staff, and their own."""
PUPILS_KNOWN = link(invert(IN_SECTION), KNOWN)

CONTACTED = {name: child for name, child in LINKED_TODAY.items()
             if name not in ("godmother", "father", "olga", "pop", "nan")}  # fmt: skip
"""Guardians to whom the school may write, each with the child."""
SUPPORT, OFFICERS = "psychologist, social", show({"*": "director, deputy, anna, secretary, admin"})
WORKING = show({"*": STAFF_NAMES}).hide("fired, hired")
TEACHERS_OF = {
    "masha": "belova, boris, rosina, klimova",
    "pasha": "gusev, kim",
    "bella": "gusev, kim",
    "vera": "fomina, rosina, boris, anna",
    "tima": "fomina, anna",
    **dict.fromkeys(("oleg", "nina", "yura"), "fomina"),
}
"""The teachers of each pupil today, and the leader of the class."""


def show_contacts(pupils: Shown) -> Shown:
    """Show pupils and those of their guardians to whom the school may write."""
    return pupils | link(CONTACTED, pupils)


Specimens(
    Person,
    {
        name: {
            "birth_date": BORN.get(name, date(2013, 5, 5) if name in STUDENTS else None),
            "sex": Sex.FEMALE,
        }
        for name in PERSONS
    },
    {
        Right.PERSONS_READ: {
            SELF: COLLEAGUES | show_families(OWN) | CLASSMATES,
            CHILD: COLLEAGUES | show_families(CHILDREN),
            SECTION: COLLEAGUES | show_families(IN_THEIR_SECTION) | PUPILS_KNOWN,
            CLASS: COLLEAGUES | show_families(IN_THEIR_CLASS),
            SCHOOL: COLLEAGUES | show({"*": f"{PUPIL_NAMES}, municipal, ba"}),
        },
        hold(Right.PERSONS_READ, (Right.GUARDIANS_READ, SCHOOL)): {
            SELF: COLLEAGUES | show_families(OWN) | CLASSMATES,
            CHILD: COLLEAGUES | show_families(CHILDREN),
            SECTION: COLLEAGUES | show_families(IN_THEIR_SECTION) | PUPILS_KNOWN,
            CLASS: COLLEAGUES | show_families(IN_THEIR_CLASS),
            SCHOOL: ALL,
        },
        Right.ACCOUNTS_WRITE: {CLASS: show_families(IN_THEIR_CLASS), SCHOOL: ALL},
        Right.ROLES_GRANT: WHOLE_SCHOOL,
        Right.MAIL_WRITE: {
            SELF: OFFICERS | link(invert(TEACHERS_OF), OWN) | show({PUPIL_NAMES: SUPPORT}),
            CHILD: OFFICERS | link(invert(TEACHERS_OF), CHILDREN) | link(
                dict.fromkeys(split_names(SUPPORT), PUPIL_NAMES), CHILDREN
            ),
            SECTION: WORKING | show_contacts(IN_THEIR_SECTION),
            CLASS: WORKING | show_contacts(IN_THEIR_CLASS),
            SCHOOL: WORKING | show({"*": PUPIL_NAMES}).hide("gleb") | show({
                "*": f"municipal, {', '.join(CONTACTED)}",
            }),
        },
    },
)  # fmt: skip
Specimens(
    Student,
    STUDENTS,
    {
        Right.STUDENTS_READ: {**PUPILS, SECTION: PUPILS_KNOWN},
        Right.BIRTH_DATES_READ: PUPILS,
        Right.HEALTH_READ: PUPILS,
        Right.STUDENTS_WRITE: PUPILS,
        Right.STUDENTS_READ_FILE: CLOSELY,
        Right.GUARDIANS_WRITE: CLOSELY,
    },
)
Specimens(
    Enrollment,
    {
        **OF_EACH_PUPIL,
        "gleb": {"student": "gleb", "entry_date": BEGAN, "exit_date": TODAY},
    },
    {Right.STUDENTS_READ_MOVEMENTS: follow_each("student", CLOSELY)},
)
Specimens(
    Guardian,
    {name: {"person": name} for name in LINKS},
    {Right.GUARDIANS_READ: {**GUARDIANS, CHILD: GUARDIANS[CHILD] | THEMSELVES}},
)
Specimens(
    GuardianLink,
    {
        name: {
            "guardian": name,
            "relation": GuardianRelation.MOTHER,
            "legal_status": LegalStatus.FULL,
            "may_receive_info": True,
            "may_contact": True,
            "valid_from": BEGAN,
            **link,
        }
        for name, link in LINKS.items()
    },
    {
        Right.GUARDIANS_READ: follow_each("student", CLOSELY),
        Right.GUARDIANS_WRITE: follow_each("student", CLOSELY),
        Right.GUARDIANS_CONSENT: {SELF: show({"oleg": "olga, tanya", "nina": "mum, pop, nan"})},
        Right.GUARDIANS_READ_DETAILS: {
            SELF: follow("student", OWN) | follow("guardian", THEMSELVES),
            CLASS: follow("student", IN_THEIR_CLASS),
            SCHOOL: ALL,
        },
        Right.GUARDIANS_READ_LEGAL_STATUS: {SELF: follow("guardian", THEMSELVES), SCHOOL: ALL},
        Right.GUARDIANS_READ_RESTRICTION: {CLASS: follow("student", IN_THEIR_CLASS), SCHOOL: ALL},
    },
)
Specimens(
    GuardianContacts,
    OF_EACH_ADULT,
    {
        Right.GUARDIANS_READ_CONTACTS: {
            SELF: GUARDIANS[SELF] | THEMSELVES, CLASS: GUARDIANS[CLASS], SCHOOL: ALL,
        },
        Right.ADDRESSES_READ: {SELF: THEMSELVES, CLASS: GUARDIANS[CLASS], SCHOOL: ALL},
    },
)  # fmt: skip
WHEREABOUTS = {**CLOSELY, CHILD: CHILDREN.hide_from("uncle")}
Specimens(
    StudentContacts,
    OF_EACH_PUPIL,
    {Right.CONTACTS_READ: WHEREABOUTS, Right.ADDRESSES_READ: WHEREABOUTS},
)
Specimens(
    StudentIdentity,
    {
        name: {**row, "document_kind": DocumentKind.PASSPORT, "issued_on": BEGAN}
        for name, row in OF_EACH_PUPIL.items()
    },
    {Right.IDENTITY_READ: CLOSELY, Right.IDENTITY_READ_FULL: CLOSELY},
)
Specimens(
    StudentHealth,
    {name: {**row, "health_group": 2} for name, row in OF_EACH_PUPIL.items()},
    {
        Right.HEALTH_READ_ACCOMMODATIONS: PUPILS,
        Right.HEALTH_READ: PUPILS,
        Right.HEALTH_READ_SPECIAL_NEEDS: PUPILS,
    },
)
HIRED: dict[str, Any] = {
    "fired": {"dismissed_on": TODAY},
    "hired": {"hired_on": TOMORROW},
    "galin": {"hired_on": TODAY},
    "hitrova": {"dismissed_on": TOMORROW},
}
Specimens(
    Staff,
    {
        name: {"person": name, "load_rate": 1, "room": "204", **HIRED.get(name, {})}
        for name in split_names(STAFF_NAMES)
    },
    {
        Right.STAFF_READ: WHOLE_SCHOOL,
        Right.STAFF_WRITE: WHOLE_SCHOOL,
        Right.STAFF_READ_FILE: {SELF: AT_WORK, SCHOOL: ALL},
    },
)
Specimens(
    StaffIdentity,
    {
        name: {**row, "document_kind": DocumentKind.PASSPORT, "issued_on": BEGAN}
        for name, row in OF_EACH_AT_WORK.items()
    },
    {Right.STAFF_READ_IDENTITY: {SELF: AT_WORK, SCHOOL: ALL}},
)
