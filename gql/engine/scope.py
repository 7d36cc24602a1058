"""The FROM of one SELECT."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Column, Table, inspect
from sqlalchemy.orm import InstrumentedAttribute

from auth.actor import Viewer
from auth.policy import is_certain, is_open
from gql.engine.declared import at, table
from gql.engine.optimisations import Optimisation, is_on
from gql.engine.sql import SCHOOL, Name, Sql, Written, joined, sql
from gql.engine.sums import Among, Given
from gql.engine.sums import Table as Summed
from models.base import OfSchool, target_of


class StatementWriter(Protocol):
    """What the writer of a whole statement offers to each SELECT in it.

    asides: What is asked before the rest, in order of need.
    """

    viewer: Viewer
    asides: list[Written]

    def alias(self) -> Name:
        """An alias that nothing else in the statement has."""

    def seen(self, row: type[OfSchool], alias: Name) -> Sql:
        """Whether the viewer sees the row under an alias."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A query that is asked once in a statement, before the rest."""

    name: Name
    query: Sql

    def __sql__(self) -> Sql:
        return sql("{name} AS MATERIALIZED ({query})", name=self.name, query=self.query)


@dataclass
class Scope:
    """The FROM of one SELECT; rows that are referred to are joined when they are first asked for.

    row, alias, start: What it began with.
    given: What the report that shows the row tells its shapes.
    """

    writer: StatementWriter
    row: type[OfSchool]
    alias: Name
    start: Sql
    given: Given = field(default_factory=dict)
    joins: list[Sql] = field(default_factory=list)
    joined: dict[tuple[Name, str, bool], Name] = field(default_factory=dict)
    rows: Aside | None = None
    """The rows, at least their `id`, where they are a list that stands by itself."""
    among: Among | None = None
    summed: dict[Name, Summed] = field(default_factory=dict)
    present: set[Name] = field(init=False)
    """Aliases under which there is a row for each row that it began with."""

    def __post_init__(self) -> None:
        self.present = {self.alias}

    @property
    def source(self) -> Sql:
        """The FROM clause. Read it last: fields that are written add joins."""
        return joined("", [self.start, *self.joins])

    def join(
        self,
        alias: Name,
        path: Sequence[InstrumentedAttribute[object]],
        *,
        see: bool,
        near: type[OfSchool] | None = None,
    ) -> Name:
        """The alias of the row that references lead to; with `see` only if the viewer may.

        near: The row the path begins at, where that may make it certain.
        """
        for number, reference in enumerate(path, start=1):
            last = number == len(path)
            sees = see and last and not self.is_certain(near if number == 1 else None, reference)
            key = (alias, reference.key, sees)
            if key not in self.joined:
                target, far = target_of(reference), self.writer.alias()
                on = [
                    sql("{far}.school_id = {school}", far=far, school=SCHOOL),
                    sql("{far}.id = {near}", far=far, near=at(alias, reference)),
                ]
                # A row that exists in any case may be read first, in the order of its index. Else a
                # list in the order of names is read and sorted whole for each page.
                exists = not sees and alias in self.present and always_refers(reference)
                exists = exists and is_on(Optimisation.INNER_JOINS)
                how = sql("INNER") if exists else sql("LEFT")
                if sees:
                    on.append(self.writer.seen(target, far))
                row, both = table(target, far), joined(" AND ", on)
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
    def beyond(self) -> Iterator[None]:
        """For the rows that a report's row leads to: their shapes are told nothing of the report,
        and those that take no more than a row would fail."""
        given, self.given = self.given, {}
        yield
        self.given = given

    # -- a list that stands by itself -------------------------------------------------

    def ids(self) -> Sql:
        """SQL of the ids of its rows."""
        assert self.rows  # noqa: S101  # it is one
        if self.rows not in self.writer.asides:
            self.writer.asides.append(self.rows)
        return sql("SELECT id FROM {rows}", rows=self.rows.name)

    def beside(self, query: Sql) -> Name:
        """The alias of what a query gives for a row whose id is its `k`: it is asked once, of all
        rows, for to ask it of each takes longer from a few rows on."""
        found = Aside(self.writer.alias(), query)
        self.writer.asides.append(found)
        join = " LEFT JOIN {name} ON {name}.k = {alias}.id"
        self.joins.append(sql(join, name=found.name, alias=self.alias))
        return found.name


def always_refers(reference: InstrumentedAttribute[object]) -> bool:
    """Whether the database makes sure that a reference leads to a row."""
    column, target = reference.property.columns[0], inspect(target_of(reference)).local_table
    return isinstance(column, Column) and isinstance(target, Table) and not column.nullable
