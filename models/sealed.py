"""Columns that are stored encrypted, declared where they stand, and how their key is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Table
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from models.base import Record
from models.limits import ours


def sealed(name: str) -> MappedColumn[Any]:
    """A column encrypted by `Secrets.seal(value, table, name, school, owner)`, where the owner is
    the row that its row refers to."""
    return mapped_column(info={"sealed": name})


def blind_index(name: str) -> MappedColumn[Any]:
    """A column with `Secrets.index` of the value that the column sealed as `name` holds."""
    return mapped_column(info={"index_of": name})


@dataclass(frozen=True)
class SealedColumn:
    """A column that is stored encrypted.

    name: Under which it is sealed. owner: The column that says whose row it is.
    index: The column with its blind index, if it has one.
    """

    table: Table
    column: str
    name: str
    owner: str
    index: str | None

    def place(self, school_id: int, owner: int) -> tuple[object, ...]:
        """What a value is bound to."""
        return (self.table.name, self.name, school_id, owner)


def sealed_columns() -> Iterator[SealedColumn]:
    """All there are, in all tables."""
    for table in Record.metadata.sorted_tables:
        names = {c.name: c.info["sealed"] for c in table.columns if "sealed" in c.info}
        if not names:
            continue
        [owner] = [column.name for column in table.columns if "refers" in column.info]
        indexes = {c.info["index_of"]: c.name for c in table.columns if "index_of" in c.info}
        for column, name in names.items():
            yield SealedColumn(table, column, name, owner, indexes.get(name))


class SecretKey(Record):
    """Tells the right secret key from any other: a constant that only the right one opens. It
    helps nobody to guess the key more than any encrypted column does."""

    __tablename__ = "secret_keys"
    __table_args__ = (
        ours(CheckConstraint("id = 1", "only_one")),
        {"info": {"grants": "SELECT"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    """When the key came into use."""
