"""How a command that edits understands its client: what was left out, what it has seen."""

from enum import Enum
from typing import Any

from models.problems import Conflict, Validation


class Keep(Enum):
    """The default of an argument that leaves a value as it is."""

    KEEP = "KEEP"


KEEP: Any = Keep.KEEP


def edited(row: Any, **values: Any) -> None:
    """Set what was given."""
    for name, value in values.items():
        if value is not KEEP:
            setattr(row, name, value)


def as_expected(found: Any, expected_version: int | None) -> Any:
    """The row as the client believes it to be. Raises Validation where it did not say what it has
    seen, Conflict where it has seen something else."""
    if found is not None and expected_version is None:
        raise Validation(field="expected_version")
    if found is None or found.version != expected_version:
        raise Conflict(field="expected_version", current=found)
    return found
