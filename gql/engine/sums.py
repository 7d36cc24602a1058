"""Values that sum up many rows: for all the rows of a list at once, instead of row by row.

Where the rows of a list refer to those of a list that stands by itself (the sections of each of the
students of a class), what is summed up for them is put together once, before the rest: a line for
each of the outer rows, in which those that refer to it find their own.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import ColumnElement, Label, Select, true

from auth.actor import Column, Viewer
from gql.engine.declared import Embedded, name_of, written_sql
from gql.engine.sql import SCHOOL, Name, Sql, Written, constant, joined, sql
from models.base import OfSchool
from resolvers.core.news import table_of
from resolvers.core.shapes import Sum

Given: TypeAlias = Mapping[str, object]
"""What a report tells its shapes."""


BOTH = 2
"""Keys: of the outer row, and of the row that refers to it."""


def names(given: Given) -> tuple[tuple[str, object], ...]:
    """What of it decides how an expression is written."""
    return tuple((name, getattr(value, "key", None)) for name, value in given.items())


@dataclass(frozen=True, slots=True)
class Among:
    """Rows `link`, of those whose `reference` leads to a row of a list that stands by itself.

    outer: SQL of the ids in that list.
    """

    link: type[OfSchool]
    reference: str
    outer: Sql

    def have(self, name: str, column: Column) -> ColumnElement[bool]:
        """Whether some of them have the same under that name. Of whose they are it is not asked:
        what has all the rest is theirs but for little, and to leave that out costs more."""
        if name == self.reference:
            return true()
        keys = sql(
            "ANY(ARRAY(SELECT DISTINCT {name} FROM {table} WHERE school_id = {school}"
            " AND {reference} = ANY(ARRAY({outer}))))",
            name=name_of(name), table=name_of(table_of(self.link).name), school=SCHOOL,
            reference=name_of(self.reference), outer=self.outer,
        )  # fmt: skip
        return column == Embedded(keys)


@dataclass
class Table:
    """What is put together: a line for each outer row, in which the rows that refer are told apart
    by one more key; a column for each value asked for.

    Both are arrays, which are looked through for one row in no time. Lines for each pair of keys
    would be looked through all of them for each row: nobody knows beforehand how many there are.
    """

    name: Name
    query: Select[*tuple[object, ...]]
    keys: Mapping[str, Column]
    rows: tuple[Column, ...]
    among: Among
    values: list[Sum] = field(default_factory=list)

    @property
    def apart(self) -> Name:
        """The key that is not the outer row's."""
        [found] = self.keys.keys() - {self.among.reference}
        return name_of(found)

    def value(self, sum_: Sum, near: Name) -> Sql:
        """For the row that refers, under an alias."""
        if sum_ not in self.values:
            self.values.append(sum_)
        place = sql(
            "array_position({name}.{apart}, {near}.{apart})",
            name=self.name, apart=self.apart, near=near,
        )  # fmt: skip
        number = self.values.index(sum_)
        found = sql("{name}.v{number}[{place}]", name=self.name, number=number, place=place)
        if sum_.empty is None:
            return found
        # Not coalesce: a sum that is there and null is not known to the viewer.
        empty = constant(sum_.empty)
        case = "CASE WHEN {place} IS NULL THEN {empty} ELSE {found} END"
        return sql(case, place=place, empty=empty, found=found)

    def __sql__(self) -> Sql:
        columns: list[Label[object]] = [key.label(name) for name, key in self.keys.items()]
        values = [one.value(*self.rows).label(f"v{n}") for n, one in enumerate(self.values)]
        text = written_sql(self.query.add_columns(*columns, *values).group_by(*self.keys.values()))
        outer = name_of(self.among.reference)
        arrays = (self.apart, *(Name(value.name) for value in values))
        lines = [sql("array_agg({name}) AS {name}", name=name) for name in arrays]
        return sql(
            "{name} AS MATERIALIZED (SELECT {lines} FROM ({text}) s GROUP BY {outer})",
            name=self.name, lines=joined(", ", [outer, *lines]), text=text, outer=outer,
        )  # fmt: skip

    def on(self, near: Name) -> Sql:
        """For the FROM of the rows that refer."""
        outer = name_of(self.among.reference)
        join = " LEFT JOIN {name} ON {name}.{outer} = {near}.{outer}"
        return sql(join, name=self.name, outer=outer, near=near)


@dataclass
class Sums:
    """All that is summed up in a statement, which stands among its `asides`."""

    asides: list[Written]
    tables: dict[Hashable, Table] = field(default_factory=dict)

    def table(self, sum_: Sum, viewer: Viewer, given: Given, among: Among) -> Table | None:
        """None where the rows that refer are not told apart by what it is summed up by."""
        key = (sum_.rows, names(given), among)
        if key not in self.tables:
            query, keys, rows = sum_.rows(viewer, among.have, **given)
            if among.reference not in keys or len(keys) != BOTH:
                return None
            name = Name(f"sum{len(self.tables)}")
            self.tables[key] = Table(name, query, keys, rows, among)
            self.asides.append(self.tables[key])
        return self.tables[key]
