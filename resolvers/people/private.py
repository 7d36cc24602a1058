"""Opening what is stored encrypted, for a reader whom the policy let see the row."""

from typing import Any

from models.base import OfSchool
from resolvers.context import Ctx


def opened(ctx: Ctx, row: Any, column: str, owner: str) -> str | None:
    """The plain text of an encrypted column; its place is bound in, so no other opens it."""
    sealed = getattr(row, f"{column}_encrypted")
    if sealed is None:
        return None
    place = (row.__tablename__, column, row.school_id, getattr(row, owner))
    return ctx.caller.services.secrets.open(sealed, *place)


def owner_of(row: OfSchool) -> str:
    """The column that says whose row it is."""
    names = ("student_id", "staff_id", "guardian_id")
    return next(name for name in names if hasattr(row, name))


def document_number(ctx: Ctx, row: OfSchool) -> str | None:
    """Series and number in full, without spaces (серия и номер)."""
    return opened(ctx, row, "document", owner_of(row))


def snils(ctx: Ctx, row: OfSchool) -> str | None:
    """Insurance number in full (СНИЛС)."""
    return opened(ctx, row, "snils", owner_of(row))


def address(ctx: Ctx, row: OfSchool) -> str | None:
    """Where they live."""
    return opened(ctx, row, "address", owner_of(row))
