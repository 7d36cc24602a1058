"""Rules for rooms."""

from auth.policy import readable, whole_school
from auth.rights import Right
from models.school.rooms import Room

readable(Room, Right.SCHOOL_READ)(whole_school)
