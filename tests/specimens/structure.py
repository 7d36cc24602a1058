"""Specimens of classes, subjects and sections."""

from datetime import date
from typing import Any

from auth.rights import Right
from models.structure.classes import ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import Section, SectionMembership, TeachingAssignment
from models.structure.subjects import Subject
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
    invert,
    link,
    show,
)
from tests.specimens.stories import (
    BEGAN,
    CHILDREN,
    EVER_IN_SECTION,
    IN_CLASS,
    IN_SECTION,
    IN_THEIR_CLASS,
    KNOWN,
    LAST_YEAR,
    LED,
    OF_STAY,
    OWN,
    TAUGHT,
    TODAY,
    TOMORROW,
)

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 10), date(2026, 10, 1), date(2026, 11, 2)
LEFT_MUSIC = date(2026, 10, 12)
CLASS_OF_SECTION = {
    "algebra 7A": "7A",
    "music 7A": "7A",
    "algebra 7B": "7B",
    "music 7B": "7B",
    "algebra 8A": "8A",
    "reading 8A": "8A",
    "algebra 11A": "11A",
    "algebra 6A": "6A",
}
CLASSES: Sees = {
    SELF: link(IN_CLASS, OWN),
    CHILD: link(IN_CLASS, CHILDREN),
    # The classes of one's sections, and those of the pupils in them.
    SECTION: show({
        "belova": "7A",
        "gusev": "7B",
        "fomina": "8A, 11A",
        "fired": "11A",
        "rosina": "7A, 7B, 8A",
        "boris": "7A, 8A",
        "boris of 8A": "8A",
    }),
    CLASS: LED,
    SCHOOL: ALL,
}  # fmt: skip
SECTIONS_LED = link(CLASS_OF_SECTION, LED)
SECTIONS: Sees = {
    SELF: link(EVER_IN_SECTION, OWN),
    CHILD: link(EVER_IN_SECTION, CHILDREN),
    SECTION: TAUGHT,
    CLASS: SECTIONS_LED | link(EVER_IN_SECTION, IN_THEIR_CLASS),
    SCHOOL: ALL,
}
"""The sections of each pupil, including past ones."""
WRITTEN: Sees = {SECTION: TAUGHT, CLASS: SECTIONS_LED, SCHOOL: ALL}
TO_PUBLISH = {Right.NOTICES_PUBLISH, Right.NOTICES_ADDRESS_FAMILIES}

Specimens(
    SchoolClass,
    {
        name: {
            "academic_year": "last year" if name == "6A" else "this year",
            "grade_level": int(name[:-1]), "letter": name[-1], "term_type": "quarters",
            "reference_count": 20, "room": "204", "holiday_set": "for all",
            "bell_schedule": "first shift",
            "overridden_warnings": ["SECOND_SHIFT"], "override_reason": "so it must be",
        }
        for name in ("7A", "7B", "8A", "11A", "6A")
    },
    {
        Right.CLASSES_READ: CLASSES,
        Right.CLASSES_WRITE: {CLASS: LED, SCHOOL: ALL},
        **{right: {CLASS: LED, SCHOOL: ALL} for right in TO_PUBLISH},
    },
)  # fmt: skip
LEADING: dict[str, dict[str, Any]] = {
    "klimova": {"school_class": "7A", "staff": "klimova"},
    "zueva": {"school_class": "7A", "staff": "zueva", "is_deputy": True, "valid_to": TODAY},
    "sizova": {"school_class": "7A", "staff": "sizova", "is_deputy": True, "valid_from": TOMORROW},
    "kim": {"school_class": "7B", "staff": "kim"},
    "fomina": {"school_class": "8A", "staff": "fomina", "valid_to": TOMORROW},
    "anna": {"school_class": "8A", "staff": "anna", "is_deputy": True},
}
Specimens(ClassTeacher, LEADING, {Right.CLASSES_READ: follow_each("school_class", CLASSES)})
STAYS: dict[str, dict[str, Any]] = {
    "masha in 6A": {"valid_from": LAST_YEAR, "valid_to": BEGAN},
    "masha in 7A": {},
    "pasha in 7A": {"valid_to": NOVEMBER},
    "pasha in 7B": {"valid_from": NOVEMBER},
    "bella in 7B": {},
    "vera in 8A": {},
    "tima in 8A": {"valid_to": TOMORROW},
    "tima in 7A": {"valid_from": TOMORROW},
    "gleb in 7A": {"valid_to": TODAY},
    "oleg in 11A": {},
    "nina in 11A": {},
    "yura in 11A": {},
}
NOW_IN = ", ".join(
    name for name in STAYS if name not in ("masha in 6A", "pasha in 7A", "tima in 7A", "gleb in 7A")
)
TODAYS = show({"*": NOW_IN})
Specimens(
    ClassMembership,
    {
        name: {"student": name.split(" in ")[0], "school_class": name.split(" in ")[1], **stay}
        for name, stay in STAYS.items()
    },
    {
        Right.CLASSMATES_READ: {
            **follow_each("school_class", CLASSES),
            SELF: follow("student", OWN) | (follow("school_class", CLASSES[SELF]) & TODAYS),
            CHILD: follow("student", CHILDREN) | (follow("school_class", CLASSES[CHILD]) & TODAYS),
        }
    },
)
Specimens(
    Subject, {"algebra": {}, "art": {"position": 2}, "music": {}, "reading": {}},
    dict.fromkeys((Right.SCHOOL_READ, Right.SCHOOL_WRITE), WHOLE_SCHOOL),
)  # fmt: skip
LENT = show({"efimov, ivlev": "algebra 7A"})
"""Sections of which a substitute who is still to give a lesson there sees no more than the row."""
Specimens(
    Section,
    {
        name: {
            "academic_year": "last year" if name == "algebra 6A" else "this year",
            "school_class": CLASS_OF_SECTION.get(name), "subject": name.split(" ")[0],
            "term_type": "quarters", "hours_per_week": 3,
        }
        for name in IN_SECTION
    },
    {
        Right.CLASSES_READ: {**SECTIONS, SECTION: KNOWN | LENT},
        Right.CLASSES_WRITE: WRITTEN,
        Right.TIMETABLE_WRITE: WRITTEN,
        Right.TERM_MARKS_WRITE: WRITTEN,
        **dict.fromkeys(TO_PUBLISH, WRITTEN),
    },
)  # fmt: skip
ATTENDS: dict[str, dict[str, Any]] = {
    "masha in algebra 6A": {"valid_from": LAST_YEAR, "valid_to": BEGAN},
    "masha in algebra 7B": {"valid_to": SEPTEMBER},
    "masha in algebra 7A": {"valid_from": SEPTEMBER},
    "masha in music 7A": {"valid_to": LEFT_MUSIC},
    "masha in art": {},
    "vera in art": {},
    "pasha in algebra 7A": {"valid_to": NOVEMBER},
    "pasha in algebra 7B": {"valid_from": NOVEMBER},
    "bella in algebra 8A": {"valid_to": TODAY},
    "bella in algebra 7B": {"valid_from": TODAY},
    "gleb in algebra 7B": {"valid_to": OCTOBER},
    "gleb in algebra 7A": {"valid_from": OCTOBER, "valid_to": TODAY},
    "tima in algebra 8A": {"valid_to": TOMORROW},
    "tima in algebra 7A": {"valid_from": TOMORROW},
    "vera in algebra 7B": {"valid_to": SEPTEMBER},
    "vera in algebra 8A": {"valid_from": SEPTEMBER},
    "vera in reading 8A": {},
    "oleg in algebra 11A": {},
    "nina in algebra 11A": {},
    "yura in algebra 7A": {"valid_to": OCTOBER},
    "yura in algebra 11A": {"valid_from": OCTOBER},
}
PAST_OR_TO_COME = (
    "masha in algebra 6A, masha in music 7A, masha in algebra 7B, vera in algebra 7B,"
    " bella in algebra 8A, yura in algebra 7A, pasha in algebra 7A, gleb in *, tima in algebra 7A"
)


def show_together(pupils: Shown) -> Shown:
    """Show one's own membership of a section, and those of others in it today while one is in
    it."""
    return follow("student", pupils) | follow("section", link(IN_SECTION, pupils)).hide(
        PAST_OR_TO_COME
    )


Specimens(
    SectionMembership,
    {
        name: {"student": name.split(" in ")[0], "section": name.split(" in ")[1],
               "_stay": name, **stay}
        for name, stay in ATTENDS.items()
    },
    {
        Right.CLASSMATES_READ: {
            SELF: show_together(OWN),
            CHILD: show_together(CHILDREN),
            SECTION: follow("section", KNOWN),
            CLASS: follow("section", SECTIONS_LED) | show_together(IN_THEIR_CLASS),
            SCHOOL: ALL,
        },
        Right.MARKS_READ: OF_STAY,
    },
)  # fmt: skip
TEACHING: dict[str, dict[str, Any]] = {
    "belova in algebra 7A": {},
    "safonova in algebra 7A": {"valid_to": TODAY},
    "petrenko in algebra 7A": {"valid_from": TOMORROW},
    "dubova in algebra 7A": {"valid_from": date(2026, 11, 30)},
    "boris in algebra 7A": {},
    "gusev in algebra 7B": {},
    "safonova in algebra 7B": {"valid_from": OCTOBER, "valid_to": TODAY},
    "fomina in algebra 8A": {"valid_to": TOMORROW},
    "fomina in algebra 11A": {},
    "fired in algebra 11A": {},
    "rosina in art": {},
    "rosina in music 7A": {},
    "rosina in music 7B": {},
    "boris in reading 8A": {},
    "belova in algebra 6A": {"valid_from": LAST_YEAR, "valid_to": BEGAN},
}
SOON = "petrenko in algebra 7A, dubova in algebra 7A"
IN_7A = "belova in algebra 7A, safonova in algebra 7A, boris in algebra 7A"
MET = {
    "masha": f"{IN_7A}, {SOON}, rosina in art, rosina in music 7A, belova in algebra 6A,"
    " gusev in algebra 7B",
    "pasha": f"{IN_7A}, gusev in algebra 7B, safonova in algebra 7B",
    "bella": "gusev in algebra 7B, fomina in algebra 8A",
    "gleb": f"{IN_7A}, gusev in algebra 7B",
    "vera": "fomina in algebra 8A, rosina in art, boris in reading 8A, gusev in algebra 7B",
    "tima": f"fomina in algebra 8A, belova in algebra 7A, boris in algebra 7A, {SOON}",
    "oleg": "fomina in algebra 11A, fired in algebra 11A",
    "nina": "fomina in algebra 11A, fired in algebra 11A",
    "yura": f"{IN_7A}, fomina in algebra 11A, fired in algebra 11A",
}
"""Those who teach or taught a pupil, or will."""
Specimens(
    TeachingAssignment,
    {
        name: {"staff": name.split(" in ")[0], "section": name.split(" in ")[1], "hours": 3, **how}
        for name, how in TEACHING.items()
    },
    {
        Right.CLASSES_READ: {
            SELF: link(invert(MET), OWN),
            CHILD: link(invert(MET), CHILDREN),
            SECTION: follow("section", TAUGHT),
            CLASS: follow("section", SECTIONS_LED) | link(invert(MET), IN_THEIR_CLASS),
            SCHOOL: ALL,
        }
    },
)
