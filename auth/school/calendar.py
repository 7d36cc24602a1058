"""Rules for the calendar of the school, which everyone with the right reads."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.school.calendar import AcademicYear, BellSchedule, Period, Term, TermType

for row in (AcademicYear, TermType, Term, BellSchedule, Period):
    readable(row, Right.SCHOOL_READ)(whole_school)
permits(Term, Right.JOURNAL_CLOSE)(whole_school)
