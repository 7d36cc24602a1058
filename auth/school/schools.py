"""Rules for the school, whose card everyone with the right reads."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.school.schools import School

readable(School, Right.SCHOOL_READ)(whole_school)
for right in (
    Right.ACCESS_EXPLAIN,
    Right.ACCESS_REQUEST,
    Right.CLASSES_WRITE,
    Right.NOTICES_PUBLISH,
    Right.RIGHTS_WRITE,
    Right.ROLES_GRANT,
    Right.ROLES_GRANT_PROTECTED,
    Right.SCHOOL_WRITE,
    Right.STAFF_WRITE,
    Right.STUDENTS_WRITE,
):
    permits(School, right)(whole_school)
