"""Where the tests of the journal sit down to write."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Desk:
    """An assignment of a 7А algebra lesson of last week with no marks yet, and who it is about."""

    assignment: str
    lesson: str
    section: str
    masha: str
    others: list[str]
    teacher: str
    section_key: int
