"""Rules for types of assignments, which everyone with the right reads."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.journal.assignment_types import AssignmentType

readable(AssignmentType, Right.SCHOOL_READ)(whole_school)
permits(AssignmentType, Right.SCHOOL_WRITE)(whole_school)
