"""The FROM of one SELECT."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Column, Table, inspect
from sqlalchemy.orm import InstrumentedAttribute

from auth.actor import Viewer
from auth.policy import is_certain, is_open
from gql.engine.optimisations import Optimisation, is_on
from gql.engine.sql import SCHOOL, Name, Sql, SqlNode, join_sql, sql
from gql.engine.sqlalchemy_compiler import column_at, table
from gql.engine.sums import Given, ListMembers
from gql.engine.sums import Table as Summed
from models.base import OfSchool, target_of


class StatementWriter(Protocol):
    """The part of the writer of a statement that each SELECT in it uses.

    ctes: The common table expressions, in order.
    """

    viewer: Viewer
    ctes: list[SqlNode]

    def alias(self) -> Name:
        """Return an alias that nothing else in the statement has."""

    def is_seen(self, row: type[OfSchool], alias: Name) -> Sql:
        """Return the condition that the viewer sees the row under an alias."""


@dataclass(frozen=True, slots=True)
class Cte:
    """A materialised common table expression, which runs once in a statement."""

    name: Name
    query: Sql

    def __sql__(self) -> Sql:
        return sql("{name} AS MATERIALIZED ({query})", name=self.name, query=self.query)


@dataclass
class Scope:
    """The FROM of a SELECT. A row that is referred to is joined when it is first needed.

    row, alias, start: The row it begins with, its alias, and its table.
    given: The arguments of the report that shows the row.
    """

    writer: StatementWriter
    row: type[OfSchool]
    alias: Name
    start: Sql
    given: Given = field(default_factory=dict)
    joins: list[Sql] = field(default_factory=list)
    joined: dict[tuple[Name, str, bool], Name] = field(default_factory=dict)
    rows: Cte | None = None
    """The rows, at least their `id`, if they are a list that does not depend on an outer row."""
    among: ListMembers | None = None
    sum_tables: dict[Name, Summed] = field(default_factory=dict)
    present: set[Name] = field(init=False)
    """Aliases of rows that exist for each row it begins with."""

    def __post_init__(self) -> None:
        self.present = {self.alias}

    @property
    def source(self) -> Sql:
        """The FROM clause. Read it last: fields that are written add joins."""
        return join_sql("", [self.start, *self.joins])

    def join(
        self,
        alias: Name,
        path: Sequence[InstrumentedAttribute[object]],
        *,
        see: bool,
        near: type[OfSchool] | None = None,
    ) -> Name:
        """Join the row that references lead to, with `see` only if the viewer sees it. Return its
        alias.

        near: The row at which the path begins, if the right to it may imply the right to the other.
        """
        for number, reference in enumerate(path, start=1):
            last = number == len(path)
            sees = see and last and not self.is_certain(near if number == 1 else None, reference)
            key = (alias, reference.key, sees)
            if key not in self.joined:
                target, far = target_of(reference), self.writer.alias()
                on = [
                    sql("{far}.school_id = {school}", far=far, school=SCHOOL),
                    sql("{far}.id = {near}", far=far, near=column_at(alias, reference)),
                ]
                # With an inner join PostgreSQL may read the other row first, in the order of its
                # index. Else a list in the order of names is read and sorted whole for each page.
                exists = not sees and alias in self.present and always_refers(reference)
                exists = exists and is_on(Optimisation.INNER_JOINS)
                how = sql("INNER") if exists else sql("LEFT")
                if sees:
                    on.append(self.writer.is_seen(target, far))
                row, both = table(target, far), join_sql(" AND ", on)
                self.joins.append(sql(" {how} JOIN {row} ON {both}", how=how, row=row, both=both))
                if exists:
                    self.present.add(far)
                self.joined[key] = far
            alias = self.joined[key]
        return alias

    def is_certain(
        self, near: type[OfSchool] | None, reference: InstrumentedAttribute[object]
    ) -> bool:
        if not is_on(Optimisation.CERTAIN_ROWS):
            return False
        target, viewer = target_of(reference), self.writer.viewer
        known = near is not None and is_certain(viewer, reference, near, target)
        return known or is_open(viewer, target)

    @contextmanager
    def without_given(self) -> Iterator[None]:
        """Hide the arguments of the report from the rows that its row leads to: their formulas take
        no such arguments."""
        given, self.given = self.given, {}
        yield
        self.given = given

    # -- a list that depends on no outer row ------------------------------------------

    def ids(self) -> Sql:
        """Return SQL of the ids of its rows."""
        assert self.rows  # noqa: S101  # it is one
        if self.rows not in self.writer.ctes:
            self.writer.ctes.append(self.rows)
        return sql("SELECT id FROM {rows}", rows=self.rows.name)

    def join_once(self, query: Sql) -> Name:
        """Join a CTE with a line for each row, whose id is its `k`, and return its alias. It runs
        once for all rows: a subquery for each would take longer from a few rows on."""
        found = Cte(self.writer.alias(), query)
        self.writer.ctes.append(found)
        join = " LEFT JOIN {name} ON {name}.k = {alias}.id"
        self.joins.append(sql(join, name=found.name, alias=self.alias))
        return found.name


def always_refers(reference: InstrumentedAttribute[object]) -> bool:
    """Whether a foreign key and NOT NULL make sure that a reference leads to a row."""
    column, target = reference.property.columns[0], inspect(target_of(reference)).local_table
    return isinstance(column, Column) and isinstance(target, Table) and not column.nullable
