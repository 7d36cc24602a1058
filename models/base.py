"""The parts that all tables share: keys with the school, references within it, global ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    and_,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    MappedColumn,
    declared_attr,
    mapped_column,
)

from models.limits import check_length, ends_after, mark_internal, means, name_in_database
from models.problems import BadUserInput, NotFound, Overlaps, Problem

THE_SCHOOL = "nullif(current_setting('app.school_id', true), '')::bigint"
"""SQL: the school of this transaction, or null, which matches no row and fits no column."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Record(DeclarativeBase):
    """A row. Its docstring lines `column: text` become the API's field descriptions."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        Decimal: Numeric,
        datetime: DateTime(timezone=True),
        Enum: sqlalchemy.Enum(Enum, native_enum=False, length=40, create_constraint=False),
    }
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)

    @classmethod
    def __table_cls__(cls, name: str, metadata: MetaData, *items: Any, **options: Any) -> Table:
        """Add what the columns imply: references bound to the school, indexes, limits."""
        columns = [item for item in items if isinstance(item, Column)]
        for item in items:
            if isinstance(item, Index | ExcludeConstraint):  # one name space for all tables
                item.name = f"{name}_{item.name}"
        implied = [rule for column in columns for rule in find_implied(column)]
        return Table(name, metadata, *items, *implied, **options)


def find_implied(column: Column[Any]) -> list[Any]:
    """Return the constraints and indexes that a column's own declaration implies."""
    if target := column.info.get("refers"):
        pair = ["school_id", column.name]
        reference = means(
            ForeignKeyConstraint(pair, [f"{target}.school_id", f"{target}.id"]),
            NotFound,
            column.name,
        )
        return [reference, *([] if column.info["covered"] else [Index(None, *pair)])]
    if most := column.info.get("most"):
        return [check_length(column.name, most)]
    if isinstance(column.type, sqlalchemy.Enum):
        names = ", ".join(f"'{name}'" for name in column.type.enums)
        return [mark_internal(CheckConstraint(f"{column.name} IN ({names})", column.name))]
    return []


class OfSchool(Record):
    """A row of one school. A new row belongs to the school of its transaction."""

    __abstract__ = True
    shown_as: ClassVar[str | None] = None
    """The name of its type in the API, where it is not the name of the class."""
    is_view: ClassVar[bool] = False
    """Whether it is a view of rows of another type; a view has no ids of its own."""

    school_id: Mapped[int] = mapped_column(
        ForeignKey("schools.id"), primary_key=True, server_default=text(THE_SCHOOL), sort_order=-3
    )
    # Without `autoincrement` SQLAlchemy sends one statement per row where many are added.
    id: Mapped[int] = mapped_column(Identity(), primary_key=True, autoincrement=True, sort_order=-2)
    version: Mapped[int] = mapped_column(server_default="1", sort_order=-1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Every UPDATE adds 1 to `version` and fails if another transaction did so first."""
        return {"version_id_col": cls.version}

    @property
    def joined(self) -> dict[Any, Any]:
        """Rows loaded together with this one, by the reference or path that leads to them."""
        found: dict[Any, Any] = self.__dict__.setdefault("_joined", {})
        return found

    @property
    def global_id(self) -> Id[OfSchool]:
        return Id(type(self), self.school_id, self.id)

    @classmethod
    def api_name(cls) -> str:
        return cls.shown_as or cls.__name__


def refers(to: type[OfSchool] | str, *, covered: bool = False) -> MappedColumn[Any]:
    """A reference to a row of the same school. It gets an index, unless it is `covered` by another
    index or constraint, or no rows are ever looked for by it."""
    table = to if isinstance(to, str) else to.__tablename__
    return mapped_column(info={"refers": table, "covered": covered})


def keep_equal(*columns: str, of: str) -> ForeignKeyConstraint:
    """Columns copied from the row that the first of them refers to. The foreign key keeps them
    equal, so policies and joins may rely on the copy."""
    theirs = [f"{of}.school_id", f"{of}.id", *(f"{of}.{column}" for column in columns[1:])]
    return mark_internal(ForeignKeyConstraint(["school_id", *columns], theirs))


def words(most: int) -> MappedColumn[Any]:
    """A text of 1..`most` characters; null means that there is none."""
    return mapped_column(info={"most": most})


def exact() -> MappedColumn[Any]:
    """A text that is looked for as a whole, by an index, and never by a part of it."""
    return mapped_column(info={"exact": True})


def without_filter() -> MappedColumn[Any]:
    """A column by which lists are not filtered: it has no index, so a filter would read all
    rows."""
    return mapped_column(info={"unlisted": True})


def max_length_of(column: InstrumentedAttribute[object]) -> int:
    """Return how many characters a `words(...)` column takes."""
    most: int = column.property.columns[0].info["most"]
    return most


def target_of(column: InstrumentedAttribute[object]) -> type[OfSchool]:
    """Return the row type that a `refers(...)` column refers to."""
    [stored] = column.property.columns[0].base_columns  # behind a view
    return row_of(stored.info["refers"])


@cache
def referrers_of(row: type[OfSchool]) -> Mapping[str, str]:
    """Return the foreign keys by which other rows refer to a row: the names of their row types, by
    the name of the constraint in the database."""
    target = row.__table__
    return {
        name_in_database(one): row_of(table.name).api_name()
        for table in Record.metadata.sorted_tables
        for one in table.foreign_key_constraints
        if one.referred_table is target and table is not target
    }


@cache
def row_of(table: str) -> type[OfSchool]:
    """Return the row type of a table. Raises LookupError if there is none."""
    for mapper in Record.registry.mappers:
        if getattr(mapper.class_, "__tablename__", None) == table:
            found: type[OfSchool] = mapper.class_
            return found
    raise LookupError(table)


class Dated:
    """A fact that holds for a time: a half-open range, with `valid_to` null while it lasts.

    valid_from: First day it holds.
    valid_to: First day on which it no longer holds; null while it lasts.
    """

    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


def holds_on(row: Any, day: Any) -> ColumnElement[bool]:
    """Whether a dated row holds on the day."""
    return and_(row.valid_from <= day, or_(row.valid_to.is_(None), row.valid_to > day))


DURATION = "daterange(valid_from, valid_to)"


def never_overlaps(
    *same: str,
    span: str = DURATION,
    where: str | None = None,
    says: type[Problem] = Overlaps,
    blamed: str | None = "valid_from",
) -> ExcludeConstraint:
    """An EXCLUDE constraint: rows alike in the columns `same` never overlap in their `span`."""
    alike = [(column, "=") for column in ("school_id", *same)]
    limit = ExcludeConstraint(
        *alike,
        (text(span), "&&"),
        using="gist",
        where=text(where) if where else None,
        name="_".join(["never_overlaps", *same]),
    )
    return means(limit, says, blamed)


def one_at_a_time(
    *same: str,
    where: str | None = None,
    says: type[Problem] = Overlaps,
    blamed: str | None = "valid_from",
) -> tuple[Any, ...]:
    """Table arguments of a dated fact: at any time there is at most one for the columns `same`."""
    return (
        never_overlaps(*same, where=where, says=says, blamed=blamed),
        ends_after("valid_to >= valid_from", "valid_to"),
    )


def compute(sql: str) -> Computed:
    """A column that the database computes when a row is written."""
    return Computed(sql, persisted=True)


def is_storable(value: str) -> bool:
    """Whether PostgreSQL can hold a text: no zero bytes and no halves of characters."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


GLOBAL = re.compile(r"([A-Za-z]{1,60}):([1-9][0-9]{0,17})-([1-9][0-9]{0,17})")


@lru_cache(1000)
def find_row_type(name: str) -> type[OfSchool] | None:
    """Return the row type that has this name in the API and ids of its own, if there is one."""
    for mapper in Record.registry.mappers:
        kind = mapper.class_
        if issubclass(kind, OfSchool) and kind.api_name() == name and not kind.is_view:
            return kind
    return None


R_co = TypeVar("R_co", bound=OfSchool, covariant=True)


@dataclass(frozen=True, slots=True)
class Id(Generic[R_co]):
    """A global id, e.g. `Mark:17-823441`: the type, school and key of a row."""

    row: type[R_co]
    school_id: int
    key: int

    def __str__(self) -> str:
        return f"{self.row.api_name()}:{self.school_id}-{self.key}"

    @staticmethod
    def parse(value: str, row: type[OfSchool] = OfSchool) -> Id[OfSchool]:
        """Read the id of some `row`. Raises BadUserInput for any other text."""
        if found := GLOBAL.fullmatch(value):
            kind = find_row_type(found[1])
            if kind is not None and issubclass(kind, row):
                return Id(kind, int(found[2]), int(found[3]))
        raise BadUserInput(expected="id" if row is OfSchool else f"id of {row.api_name()}")


__all__ = [
    "THE_SCHOOL", "Dated", "Id", "OfSchool", "Record", "compute", "holds_on", "is_storable",
    "keep_equal", "max_length_of", "never_overlaps", "one_at_a_time", "refers", "target_of", "time",
    "words",
]  # fmt: skip
