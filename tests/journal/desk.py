"""Where the tests of the journal sit down to write."""

from dataclasses import dataclass
from typing import Any

SET = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
  mark { id value kind version comment student { fullName } revisions { newValue oldValue reason } }
  userErrors { code field message } } }"""


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


def cell(desk: Desk, **more: Any) -> dict[str, Any]:
    """A mark for Masha."""
    return {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 5, **more}


def batch(desk: Desk, *values: int) -> list[dict[str, Any]]:
    """Marks for Masha and those after her."""
    students = [desk.masha, *desk.others]
    return [
        {"assignmentId": desk.assignment, "studentId": student, "value": value}
        for student, value in zip(students, values, strict=False)
    ]
