"""Rules for the calendar of the school, which is open to all who hold the right at all."""

from auth.policy import allowed, readable, whole_school
from auth.rights import Right
from models.school.calendar import (
    AcademicYear,
    BellSchedule,
    Holiday,
    HolidaySet,
    Period,
    Term,
    TermType,
)

for row in (AcademicYear, TermType, Term, HolidaySet, Holiday, BellSchedule, Period):
    readable(row, Right.SCHOOL_READ)(whole_school)
allowed(Term, Right.JOURNAL_CLOSE)(whole_school)
