"""How a command that edits understands its client: what was left out, what it has seen."""

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
        """To a program it is as if another had been quicker (domain.md e7)."""
        return Conflict.code()


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
    """The row as the client believes it to be. Raises Taken where it believes there is none,
    Conflict where it has seen another."""
    if found is not None and expected_version is None:
        raise Taken(current=found)
    if found is None or found.version != expected_version:
        raise Conflict(field="expected_version", current=found)
    return found
