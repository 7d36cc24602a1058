"""Warnings: objections to a command that do not make it impossible. A client that overrides them
gives a reason; the reason and the warnings stay with the row that is written."""

from collections.abc import Sequence

from models.overrides import Overridable
from models.problems import Caution, WarningNeedsReason


def override(row: Overridable, cautions: Sequence[Caution], reason: str | None) -> None:
    """Store the warnings and the reason in the row; a reason without warnings is not stored.
    Raises WarningNeedsReason for warnings without a reason."""
    require_reason(cautions, reason)
    store_override(row, cautions, reason)


def require_reason(cautions: Sequence[Caution], reason: str | None) -> None:
    """Raises WarningNeedsReason for warnings without a reason."""
    if cautions and not reason:
        raise WarningNeedsReason(cautions)


def store_override(row: Overridable, cautions: Sequence[Caution], reason: str | None) -> None:
    """Store the warnings and the reason in the row.

    A command that calls this and `require_reason` after its rows are written reports a problem that
    no reason overrides, such as a number that is taken, before the warnings."""
    row.overridden_warnings = [one.code() for one in cautions]
    row.override_reason = reason if cautions else None
