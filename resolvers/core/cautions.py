"""Warnings: objections to a command that do not make it impossible. A client that overrides them
gives a reason; the reason and the warnings stay with the row that is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    case,
    func,
    literal,
    null,
    or_,
)
from sqlalchemy.dialects.postgresql import array

from models.overrides import Overridable
from models.problems import Caution, Problem, WarningNeedsReason
from resolvers.core.guards import Guard, Target


def warn(holds: ColumnElement[bool], caution: type[Caution], field: str, **details: Any) -> Guard:
    """Return the warning that is given unless a condition holds. It shows no row.

    details: The arguments of the warning, as SQL or as constants.
    """
    return Guard(holds, caution, field, None, details)


@dataclass(frozen=True, slots=True, eq=False)
class ReasonGuard(Guard):
    """The guard that no warning is given, or that the client says why it is overridden."""

    cautions: Sequence[Guard] = ()

    def select(self, prefix: str) -> list[Any]:
        """Return for each warning whether it is given, and its details."""
        return [
            column
            for place, one in enumerate(self.cautions)
            for column in (
                one.holds.is_not(True).label(f"{prefix}_{place}"),
                *one.select(f"{prefix}_{place}"),
            )
        ]

    def read(self, found: Iterator[Any]) -> tuple[Problem, int | None]:
        given = []
        for one in self.cautions:
            is_given = next(found)
            problem, _ = one.read(found)
            if is_given and isinstance(problem, Caution):
                given.append(problem)
        return WarningNeedsReason(given), None


def need_reason(target: Target, cautions: Sequence[Guard], reason: Any) -> Target:
    """Add to a target the guard that its warnings are overridden. It raises
    WarningNeedsReason.

    reason: The argument `override_reason`, as SQL.
    """
    holds = or_(func.coalesce(reason, "") != "", and_(*(one.holds for one in cautions)))
    guard = ReasonGuard(holds, WarningNeedsReason, "override_reason", None, {}, cautions)
    return target.add(guard)


def overriding(cautions: Sequence[Guard], reason: Any) -> dict[str, Any]:
    """Return the columns of an Overridable row, as SQL over the rows of the target."""
    codes = [case((one.holds.is_not(True), literal(one.problem.code(), Text))) for one in cautions]
    given = func.array_remove(array[Any](codes, type_=Text), null(), type_=ARRAY(Text))
    return {
        "overridden_warnings": given,
        "override_reason": case((func.cardinality(given) > 0, reason)),
    }


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
