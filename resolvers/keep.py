"""How a command that edits tells what was left out from what was set to nothing."""

from enum import Enum
from typing import Any


class Keep(Enum):
    """The default of an argument that leaves a value as it is."""

    KEEP = "KEEP"


KEEP: Any = Keep.KEEP


def edited(row: Any, **values: Any) -> None:
    """Set what was given."""
    for name, value in values.items():
        if value is not KEEP:
            setattr(row, name, value)
