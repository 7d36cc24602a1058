"""What was done against a warning, and why."""

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import words


class Overridable:
    """A row that someone may have written against a warning, for a reason.

    overridden_warnings: Codes of the warnings against which it is as it is.
    override_reason: Why; null when nothing spoke against it.
    """

    overridden_warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    override_reason: Mapped[str | None] = words(1000)
