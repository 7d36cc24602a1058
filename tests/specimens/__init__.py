"""Specimens: for every type of row, rows that each scope of its rules shows, and rows that it does
not. `declaring` says how they are written, `stories` who is who; a room of the domain is a file."""

from tests.specimens import (
    access,
    communication,
    files,
    journal,
    people,
    school,
    structure,
    timetable,
)

__all__ = [
    "access", "communication", "files", "journal", "people", "school", "structure", "timetable",
]  # fmt: skip
