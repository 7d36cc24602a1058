"""Specimens of the school itself: everybody who works with it sees its card, calendar and rooms."""

from collections.abc import Mapping
from datetime import date, time

from auth.rights import Right
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    Period,
    Term,
    TermStatus,
    TermType,
    YearStatus,
)
from models.school.holidays import Holiday, HolidaySet
from models.school.rooms import Room
from models.school.schools import School
from tests.specimens.declaring import WHOLE_SCHOOL, Holding, Sees, Specimens
from tests.specimens.stories import BEGAN, LAST_YEAR

OPEN: Mapping[Right | Holding, Sees] = {Right.SCHOOL_READ: WHOLE_SCHOOL}
KEPT: Mapping[Right | Holding, Sees] = {**OPEN, Right.SCHOOL_WRITE: WHOLE_SCHOOL}

Specimens(
    School,
    {"the school": {"time_zone": "Asia/Barnaul"}},
    dict.fromkeys(
        (
            Right.SCHOOL_READ,
            Right.SCHOOL_WRITE,
            Right.NOTICES_PUBLISH,
            Right.NOTICES_ADDRESS_FAMILIES,
            Right.STUDENTS_WRITE,
            Right.STAFF_WRITE,
            Right.CLASSES_WRITE,
            Right.ROLES_GRANT,
            Right.ROLES_GRANT_PROTECTED,
            Right.RIGHTS_WRITE,
            Right.ACCESS_EXPLAIN,
            Right.ACCESS_REQUEST,
        ),
        WHOLE_SCHOOL,
    ),
)
Specimens(
    AcademicYear,
    {
        "this year": {
            "starts_on": BEGAN, "ends_on": date(2027, 5, 31), "status": YearStatus.CURRENT,
        },
        "last year": {
            "starts_on": LAST_YEAR, "ends_on": date(2026, 5, 31), "status": YearStatus.ARCHIVED,
        },
    },
    OPEN,
)  # fmt: skip
Specimens(TermType, {"quarters": {}, "half-years": {}}, OPEN)
Specimens(
    Term,
    {
        "autumn": {
            "academic_year": "this year", "term_type": "quarters", "ordinal": 1,
            "starts_on": BEGAN, "ends_on": date(2026, 10, 31), "status": TermStatus.CLOSED,
        },
        "winter": {
            "academic_year": "this year", "term_type": "quarters", "ordinal": 2,
            "starts_on": date(2026, 11, 1), "ends_on": date(2026, 12, 31),
        },
    },
    {**OPEN, Right.JOURNAL_CLOSE: WHOLE_SCHOOL},
)  # fmt: skip
Specimens(HolidaySet, {"for all": {}, "for the first": {}}, KEPT)
Specimens(
    Holiday,
    {
        name: {"holiday_set": "for all", "starts_on": day, "ends_on": day}
        for name, day in {"unity": date(2026, 11, 4), "new year": date(2027, 1, 1)}.items()
    },
    KEPT,
)
Specimens(BellSchedule, {"first shift": {}, "second shift": {}}, OPEN)
Specimens(
    Period,
    {
        name: {
            "bell_schedule": "first shift", "ordinal": hour, "starts_at": time(hour),
            "ends_at": time(hour, 40),
        }
        for name, hour in {"first": 8, "second": 9}.items()
    },
    OPEN,
)  # fmt: skip
Specimens(
    Room,
    {"204": {"capacity": 30}, "gym": {"capacity": 60}},
    KEPT,
)
