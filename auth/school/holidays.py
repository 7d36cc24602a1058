"""Rules for holidays, which everyone with the right reads."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.school.holidays import Holiday, HolidaySet

for row in (HolidaySet, Holiday):
    readable(row, Right.SCHOOL_READ)(whole_school)
    permits(row, Right.SCHOOL_WRITE)(whole_school)
