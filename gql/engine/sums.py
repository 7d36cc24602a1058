"""Aggregates for all the rows of a list at once, instead of row by row.

The rows of an inner list may refer to those of an outer one (the sections of each student of a
class). Then a CTE computes their sums: a line for each outer row, in which each inner row finds its
own.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import ColumnElement, Label, Select, true

from auth.actor import Column, Viewer
from gql.engine.sql import SCHOOL, Name, Sql, SqlNode, constant, join_sql, sql
from gql.engine.sqlalchemy_compiler import EmbeddedSql, name_of, statement_sql
from models.base import OfSchool
from resolvers.core.news import table_of
from resolvers.core.shapes import Sum

Given: TypeAlias = Mapping[str, object]
"""The arguments of a report's shapes."""


BOTH = 2
"""The number of grouping columns: one of the outer row, and one that tells inner rows apart."""


def key_of_given(given: Given) -> tuple[tuple[str, object], ...]:
    """Return the part of the arguments on which the text of an expression depends."""
    return tuple((name, getattr(value, "key", None)) for name, value in given.items())


@dataclass(frozen=True, slots=True)
class ListMembers:
    """The inner rows: rows `link` whose `reference` leads to a row of the outer list.

    outer: SQL of the ids in the outer list.
    """

    link: type[OfSchool]
    reference: str
    outer: Sql

    def has_any(self, name: str, column: Column) -> ColumnElement[bool]:
        """Return the condition that a column equals the column `name` of some inner row. For the
        reference it is true: the other conditions leave few rows of others, and excluding them
        would cost more than summing them."""
        if name == self.reference:
            return true()
        keys = sql(
            "ANY(ARRAY(SELECT DISTINCT {name} FROM {table} WHERE school_id = {school}"
            " AND {reference} = ANY(ARRAY({outer}))))",
            name=name_of(name), table=name_of(table_of(self.link).name), school=SCHOOL,
            reference=name_of(self.reference), outer=self.outer,
        )  # fmt: skip
        return column == EmbeddedSql(keys)


@dataclass
class Table:
    """The CTE of sums: a line for each outer row, with an array of the second key and an array for
    each sum.

    Searching a short array takes no time. With a line for each pair of keys, PostgreSQL cannot
    estimate their number and may read all lines for each inner row.
    """

    name: Name
    query: Select[*tuple[object, ...]]
    keys: Mapping[str, Column]
    rows: tuple[Column, ...]
    among: ListMembers
    values: list[Sum] = field(default_factory=list)

    @property
    def apart(self) -> Name:
        """The second key, which tells the inner rows of an outer row apart."""
        [found] = self.keys.keys() - {self.among.reference}
        return name_of(found)

    def value(self, sum_: Sum, near: Name) -> Sql:
        """Return SQL of a sum for the inner row under an alias."""
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
        # Not coalesce: a sum that exists and is null is hidden from the viewer.
        empty = constant(sum_.empty)
        case = "CASE WHEN {place} IS NULL THEN {empty} ELSE {found} END"
        return sql(case, place=place, empty=empty, found=found)

    def __sql__(self) -> Sql:
        columns: list[Label[object]] = [key.label(name) for name, key in self.keys.items()]
        values = [one.value(*self.rows).label(f"v{n}") for n, one in enumerate(self.values)]
        text = statement_sql(
            self.query.add_columns(*columns, *values).group_by(*self.keys.values())
        )
        outer = name_of(self.among.reference)
        arrays = (self.apart, *(Name(value.name) for value in values))
        lines = [sql("array_agg({name}) AS {name}", name=name) for name in arrays]
        return sql(
            "{name} AS MATERIALIZED (SELECT {lines} FROM ({text}) s GROUP BY {outer})",
            name=self.name, lines=join_sql(", ", [outer, *lines]), text=text, outer=outer,
        )  # fmt: skip

    def join_clause(self, near: Name) -> Sql:
        """Return the JOIN of the CTE for the FROM of the inner rows."""
        outer = name_of(self.among.reference)
        join = " LEFT JOIN {name} ON {name}.{outer} = {near}.{outer}"
        return sql(join, name=self.name, outer=outer, near=near)


@dataclass
class Sums:
    """The sums of a statement, which are among its `ctes`."""

    ctes: list[SqlNode]
    tables: dict[Hashable, Table] = field(default_factory=dict)

    def table(self, sum_: Sum, viewer: Viewer, given: Given, among: ListMembers) -> Table | None:
        """Return the CTE that computes a sum; None if the inner rows are not grouped by two
        keys."""
        key = (sum_.rows, key_of_given(given), among)
        if key not in self.tables:
            query, keys, rows = sum_.rows(viewer, among.has_any, **given)
            if among.reference not in keys or len(keys) != BOTH:
                return None
            name = Name(f"sum{len(self.tables)}")
            self.tables[key] = Table(name, query, keys, rows, among)
            self.ctes.append(self.tables[key])
        return self.tables[key]
