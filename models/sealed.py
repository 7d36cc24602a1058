"""Columns that are stored encrypted, and the check value of their key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Table
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from models.base import Record
from models.limits import mark_internal


def sealed_column(name: str) -> MappedColumn[Any]:
    """A column encrypted by `Secrets.seal(value, table, name, school, owner)`. The owner is the row
    that its row refers to."""
    return mapped_column(info={"sealed": name})


def blind_index(name: str) -> MappedColumn[Any]:
    """A column with `Secrets.index` of the value that the column sealed as `name` holds."""
    return mapped_column(info={"index_of": name})


@dataclass(frozen=True)
class SealedColumn:
    """A column that is stored encrypted.

    name: The name it is sealed under. owner: The column that refers to the owner.
    index: The column with its blind index, if it has one.
    """

    table: Table
    column: str
    name: str
    owner: str
    index: str | None

    def place(self, school_id: int, owner: int) -> tuple[object, ...]:
        """Return the place that a value is bound to."""
        return (self.table.name, self.name, school_id, owner)


def find_sealed_columns() -> Iterator[SealedColumn]:
    """Yield the encrypted columns of all tables."""
    for table in Record.metadata.sorted_tables:
        names = {c.name: c.info["sealed"] for c in table.columns if "sealed" in c.info}
        if not names:
            continue
        [owner] = [column.name for column in table.columns if "refers" in column.info]
        indexes = {c.info["index_of"]: c.name for c in table.columns if "index_of" in c.info}
        for column, name in names.items():
            yield SealedColumn(table, column, name, owner, indexes.get(name))


class SecretKey(Record):
    """A check value: a sealed constant that only the right secret key opens. It helps to guess the
    key no more than any encrypted column does."""

    __tablename__ = "secret_keys"
    __table_args__ = (
        mark_internal(CheckConstraint("id = 1", "only_one")),
        {"info": {"grants": "SELECT"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    """When the key came into use."""
