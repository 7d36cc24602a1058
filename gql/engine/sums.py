"""Values that sum up many rows: for all the rows of a list at once, instead of row by row.

Where the rows of a list refer to those of a list that stands by itself (the sections of each of the
students of a class), what is summed up for them is put together once, before the rest; each of the
outer rows then takes its own part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, true

from auth.actor import Viewer
from gql.engine.sql import SCHOOL, name_of, written_sql
from resolvers.shapes import Sum

Given = Mapping[str, Any]
"""What a report tells its shapes."""


def names(given: Given) -> tuple[Any, ...]:
    """What of it decides how an expression is written."""
    return tuple((name, getattr(value, "key", None)) for name, value in given.items())


@dataclass(frozen=True, slots=True)
class Among:
    """Rows `link`, of those whose `reference` leads to a row of a list that stands by itself.

    outer: SQL of the ids in that list.
    """

    link: Any
    reference: str
    outer: str

    def have(self, name: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether some of them have the same under that name. Of whose they are it is not asked:
        what has all the rest is theirs but for little, and to leave that out costs more."""
        if name == self.reference:
            return true()
        table = name_of(self.link.__table__.name)
        keys = (
            f"SELECT DISTINCT {name_of(name)} FROM {table} WHERE school_id = {SCHOOL}"
            f" AND {name_of(self.reference)} = ANY(ARRAY({self.outer}))"
        )
        return column == literal_column(f"ANY(ARRAY({keys}))")


@dataclass
class Table:
    """What is put together: a line for each pair of keys, a column for each value asked for."""

    name: str
    query: Select[Any]
    keys: Mapping[str, Any]
    rows: Any
    among: Among
    values: list[Sum] = field(default_factory=list)

    def value(self, sum_: Sum) -> str:
        if sum_ not in self.values:
            self.values.append(sum_)
        found = f"{self.own}.v{self.values.index(sum_)}"
        return found if sum_.empty is None else f"coalesce({found}, {sum_.empty})"

    @property
    def own(self) -> str:
        """The part of it that belongs to one outer row."""
        return f"{self.name}_own"

    def written(self) -> str:
        columns = [key.label(name) for name, key in self.keys.items()]
        values = [one.value(*self.rows).label(f"v{n}") for n, one in enumerate(self.values)]
        text = written_sql(self.query.add_columns(*columns, *values).group_by(*self.keys.values()))
        return f"{self.name} AS MATERIALIZED ({text})"

    def part(self, outer: str) -> str:
        """Looked through once for an outer row, not once for each row that refers to it."""
        mine = f"{self.name}.{name_of(self.among.reference)} = {outer}.id"
        return f"{self.own} AS MATERIALIZED (SELECT * FROM {self.name} WHERE {mine})"

    def on(self, near: str) -> str:
        """For the FROM of the rows that refer."""
        same = (f"{self.own}.{name_of(name)} = {near}.{name_of(name)}" for name in self.keys)
        return f" LEFT JOIN {self.own} ON {' AND '.join(same)}"


@dataclass
class Sums:
    """All that is summed up in a statement."""

    tables: dict[Any, Table] = field(default_factory=dict)

    def table(self, sum_: Sum, viewer: Viewer, given: Given, among: Among) -> Table | None:
        """None where the rows that refer are not told apart by what it is summed up by."""
        key = (sum_.rows, names(given), among)
        if key not in self.tables:
            query, keys, rows = sum_.rows(viewer, among.have, **given)
            if among.reference not in keys:
                return None
            name = f"sum{len(self.tables)}"
            self.tables[key] = Table(name, query, keys, rows, among)
        return self.tables[key]

    def written(self) -> list[str]:
        return [table.written() for table in self.tables.values()]
