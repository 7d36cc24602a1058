"""Who is asking and what they may do. Imports only `models`."""

from auth import (
    access,
    communication,
    directory,
    guardians,
    journal,
    people,
    school,
    structure,
    timetable,
)

__all__ = [
    "access", "communication", "directory", "guardians", "journal", "people", "school", "structure",
    "timetable",
]  # fmt: skip
