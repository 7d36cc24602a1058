"""Arguments of commands that edit a row: values that are left out, and the expected version."""

from enum import Enum
from typing import Any

from models.problems import Conflict


class Taken(Conflict):
    """There is one already: look at it as it is now; to change it, send its `version` as
    `expectedVersion`."""

    russian = (
        "Здесь уже есть запись: посмотрите её; чтобы изменить, пришлите её `version` "
        "как `expectedVersion`."
    )

    def __init__(self, *, field: str = "expected_version", current: Any = None) -> None:
        super().__init__(field=field, current=current)

    @classmethod
    def code(cls) -> str:
        """Return CONFLICT: a client handles it like a lost race (domain.md e7)."""
        return Conflict.code()


class Keep(Enum):
    """The default of an argument that leaves a value as it is."""

    KEEP = "KEEP"


KEEP: Any = Keep.KEEP


def edit_row(row: Any, **values: Any) -> None:
    """Set the values that the client sent."""
    for name, value in values.items():
        if value is not KEEP:
            setattr(row, name, value)


def check_version(found: Any, expected_version: int | None) -> Any:
    """Return the row if its version is the expected one. Raises Taken if the client expects no row,
    Conflict if it has seen another version."""
    if found is not None and expected_version is None:
        raise Taken(current=found)
    if found is None or found.version != expected_version:
        raise Conflict(field="expected_version", current=found)
    return found
