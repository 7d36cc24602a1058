"""Rules for rooms."""

from auth.policy import permits, readable, whole_school
from auth.rights import Right
from models.school.rooms import Room

readable(Room, Right.SCHOOL_READ)(whole_school)
permits(Room, Right.SCHOOL_WRITE)(whole_school)
