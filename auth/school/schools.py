"""Rules for the school: its card is open to all who hold the right at all."""

from auth.policy import allowed, readable, whole_school
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
    allowed(School, right)(whole_school)
