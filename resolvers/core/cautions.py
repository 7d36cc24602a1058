"""Warnings: what speaks against a command without making it impossible. Whoever insists says why;
the reason and the warnings stay with the row that is written."""

from collections.abc import Sequence

from models.overrides import Overridable
from models.problems import Caution, WarningNeedsReason


def override(row: Overridable, cautions: Sequence[Caution], reason: str | None) -> None:
    """Keep with the row what speaks against it and why it is written all the same; a reason for
    nothing is not kept. Raises WarningNeedsReason for warnings without a reason."""
    insist(cautions, reason)
    keep(row, cautions, reason)


def insist(cautions: Sequence[Caution], reason: str | None) -> None:
    """Raises WarningNeedsReason for warnings without a reason."""
    if cautions and not reason:
        raise WarningNeedsReason(cautions)


def keep(row: Overridable, cautions: Sequence[Caution], reason: str | None) -> None:
    """Write them into the row. For a command that first writes its rows and then insists: what no
    reason overrides, such as a number that is taken, is to be told before what one does."""
    row.overridden_warnings = [one.code() for one in cautions]
    row.override_reason = reason if cautions else None
