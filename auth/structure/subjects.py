"""Rules for subjects, which everyone with the right reads."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.structure.subjects import Subject

readable(Subject, Right.SCHOOL_READ)(whole_school)
permits(Subject, Right.SCHOOL_WRITE)(whole_school)
