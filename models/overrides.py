"""Columns of rows that were written against a warning."""

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import words


class Overridable:
    """A row that someone may have written against a warning, for a reason.

    overridden_warnings: Codes of the warnings that were overridden.
    override_reason: Why they were overridden; null when there was no warning.
    """

    overridden_warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    override_reason: Mapped[str | None] = words(1000)
