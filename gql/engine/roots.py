"""Root fields as JSON: rows, and reports of their parts. Pages of long lists stand in `pages`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType
from sqlalchemy import ColumnElement, select

from auth.actor import Column
from gql.engine.declared import at, name_of, value_sql, written_sql
from gql.engine.objects import Writer, bare
from gql.engine.scope import Aside, Scope
from gql.engine.sql import EMPTY, Name, Sql, Unspeakable, joined, sql
from gql.engine.text import Json, array, leaf, or_null
from gql.execution.operation import DEFINED, Asked
from models.base import OfSchool
from resolvers.core.news import table_of
from resolvers.core.reads import ActorValue, Crossing, Groups, Report, Row, Rows, RowsByIds, Scalar


def own_name(row: type[OfSchool]) -> Name:
    """Conditions of root fields are written for the row itself, so it stands under the name of
    its table there."""
    return name_of(table_of(row).name)


WRITTEN: WeakKeyDictionary[Column, dict[type[OfSchool] | None, Sql]] = WeakKeyDictionary()
"""Expressions that were said once for all with the same grants are written once, too. Those of
filters go with their request: a thousand of them would take a gigabyte."""


def scalar_sql(expression: Column) -> Sql:
    written = WRITTEN.setdefault(expression, {})
    if (found := written.get(None)) is None:
        found = written[None] = written_sql(select(expression))
    return found


def condition_sql(row: type[OfSchool], condition: Column) -> Sql:
    written = WRITTEN.setdefault(condition, {})
    if (found := written.get(row)) is None:
        found = written[row] = value_sql(condition, row)
    return found


@dataclass
class Side:
    """One part of a crossing or of groups: where its rows stand, and what is made of them."""

    rows: Rows[OfSchool]
    scope: Scope
    letter: Name
    columns: list[Sql] = field(default_factory=list)

    def add(self, found: Json) -> Name:
        """The name of one more column."""
        self.columns.append(found.__sql__())
        return Name(f"{self.letter}{len(self.columns)}")

    def named(self) -> Iterator[tuple[Name, Sql]]:
        """The columns with their names."""
        for number, column in enumerate(self.columns, start=1):
            yield Name(f"{self.letter}{number}"), column


@dataclass
class Roots:
    """Writes root fields.

    stand_in: Where rows of a root stand, if not in their table.
    """

    writer: Writer
    stand_in: Name | None = None

    def part(self, part: object, returned: GraphQLOutputType, asked: Asked) -> Sql | Json:
        """JSON of what a use case says, or of a part of its report."""
        type_ = bare(returned)
        if isinstance(part, ActorValue):
            return self.writer.told(part, returned, asked)
        if isinstance(part, RowsByIds):
            return self.each(part, asked)
        if isinstance(part, Groups):
            return self.groups(part, type_, asked)
        if isinstance(part, Crossing):
            return self.crossing(part, type_, asked)
        if isinstance(part, Rows):
            return self.rows(part, type_, asked)
        if isinstance(part, Scalar):
            return leaf(returned, sql("({value})", value=scalar_sql(part.expression)))
        if isinstance(part, Report):
            return self.report(part, type_, asked)
        raise Unspeakable

    # -- rows -------------------------------------------------------------------------

    def each(self, part: RowsByIds, asked: Asked) -> Json:
        """Every one by itself, for they may be of as many types."""
        json = Json()
        json.known("[")
        for number, one in enumerate(part.ids):
            json.known("," if number else "")
            row = Row(one.row, (one.row.id == one.key,))
            json.made(self.rows(row, self.type_of(one.row), asked))
        json.known("]")
        return json

    def type_of(self, row: type[OfSchool]) -> GraphQLObjectType:
        found = self.writer.operation.schema.get_type(row.api_name())
        assert isinstance(found, GraphQLObjectType)  # noqa: S101  # each row has one
        return found

    def rows(
        self, part: Rows[OfSchool], type_: GraphQLObjectType | GraphQLInterfaceType, asked: Asked
    ) -> Sql | Json:
        if isinstance(type_, GraphQLInterfaceType):
            type_ = self.type_of(part.row)
        scope = self.scope(part)
        if not isinstance(part, Row):
            source = self.source(part, scope)
            ids = sql("SELECT {alias}.id {source}", alias=scope.alias, source=source)
            scope.rows = Aside(self.writer.alias(), ids)
        found, order = self.of_row(part, type_, asked, scope), self.order(part, scope)
        source = self.source(part, scope)
        if isinstance(part, Row):
            one = "coalesce((SELECT {found} {source} ORDER BY {order} LIMIT 1), 'null')"
            return sql(one, found=found, source=source, order=order)
        every = "(SELECT string_agg({found}, ',' ORDER BY {order}) {source})"
        return array(sql(every, found=found, order=order, source=source))

    def scope(self, part: Rows[OfSchool]) -> Scope:
        scope = self.writer.scope(part.row, own_name(part.row), part.given)
        if self.stand_in is not None:
            scope.start = sql("{place} {alias}", place=self.stand_in, alias=scope.alias)
        return scope

    def of_row(
        self, part: Rows[OfSchool], type_: GraphQLObjectType, asked: Asked, scope: Scope
    ) -> Json:  # fmt: skip
        return self.writer.row(type_, asked.below, scope, scope.alias, part.row)

    def order(self, part: Rows[OfSchool], scope: Scope) -> Sql:
        return self.writer.order((*part.order, part.row.id), scope, scope.alias, part.row)

    def source(self, part: Rows[OfSchool], scope: Scope) -> Sql:
        """FROM and WHERE of rows: asked for last, when all is joined that is needed."""
        where = self.conditions(part.row, part.where)
        return sql("FROM {source} WHERE {where}", source=scope.source, where=where)

    def conditions(self, row: type[OfSchool], where: Sequence[ColumnElement[bool]]) -> Sql:
        seen = self.writer.seen(row, own_name(row))
        return joined(" AND ", [seen, *(condition_sql(row, condition) for condition in where)])

    # -- reports ----------------------------------------------------------------------

    def report(self, report: Report, type_: GraphQLObjectType, asked: Asked) -> Sql | Json:
        needed = {name: getattr(report, name) for name in report.needs}
        scopes = {name: self.scope(part) for name, part in needed.items()}

        def write(json: Json, field: Asked) -> None:
            defined = type_.fields[field.name]
            name = defined.extensions[DEFINED].python_name
            if name in needed:
                json.made(self.of_row(needed[name], bare(defined.type), field, scopes[name]))
            else:
                json.made(self.part(getattr(report, name), defined.type, field))

        found = self.writer.object(type_, asked.below, write)
        if not needed:
            return found
        source = joined(" CROSS JOIN ", [scope.source for scope in scopes.values()])
        where = [self.conditions(part.row, part.where) for part in needed.values()]
        one = "coalesce((SELECT {found} FROM {source} WHERE {where}), 'null')"
        return sql(one, found=found, source=source, where=joined(" AND ", where))

    def groups(self, part: Groups[object], type_: GraphQLObjectType, asked: Asked) -> Json:
        """The rows of each group are put together first."""
        sides = {part.inside: (Side(part.rows, self.scope(part.rows), Name("a")), part.by)}
        for letter, (name, (rows, by)) in zip("bcdefgh", part.beside.items(), strict=False):
            sides[name] = Side(rows, self.scope(rows), Name(letter)), by

        def write(json: Json, field: Asked) -> None:
            defined = type_.fields[field.name]
            if (named := defined.extensions[DEFINED].python_name) not in sides:
                json.made(leaf(defined.type, sql("g.k")))
                return
            side, _ = sides[named]
            column = side.add(self.of_row(side.rows, bare(defined.type), field, side.scope))
            json.made(array(sql("g.{column}", column=column)))

        found = self.writer.object(type_, asked.below, write)
        (first, by), *others = sides.values()
        inner = self.grouped(first, by)
        for side, by in others:
            if side.columns:
                join = "{inner} FULL JOIN {side} USING (k)"
                inner = sql(join, inner=inner, side=self.grouped(side, by))
        every = "(SELECT string_agg({found}, ',' ORDER BY g.k) FROM (SELECT * FROM {inner}) g)"
        return array(sql(every, found=found, inner=inner))

    def grouped(self, side: Side, by: str) -> Sql:
        """The rows of a side, put together where they are alike in one column."""
        key = at(side.scope.alias, getattr(side.rows.row, by))
        columns = [sql("{key} AS k", key=key), *self.collected(side)]
        return sql(
            "(SELECT {columns} {source} GROUP BY 1) {letter}",
            columns=joined(", ", columns), source=self.source(side.rows, side.scope),
            letter=side.letter,
        )  # fmt: skip

    def collected(self, side: Side) -> Iterator[Sql]:
        """The columns of a side in which its rows are put together."""
        order = self.order(side.rows, side.scope)
        one = "string_agg({found}, ',' ORDER BY {order}) AS {name}"
        for name, found in side.named():
            yield sql(one, found=found, order=order, name=name)

    def crossing(self, part: Crossing[object], type_: GraphQLObjectType, asked: Asked) -> Json:
        """Each part is put together by the two keys, then they are laid side by side."""
        keys = [name_of(key) for key in part.keys]
        sides = {
            name: Side(rows, self.scope(rows), Name(letter))
            for letter, (name, rows) in zip("abcdefgh", part.parts.items(), strict=False)
        }

        def write(json: Json, field: Asked) -> None:
            defined = type_.fields[field.name].extensions[DEFINED]
            if (side := sides.get(defined.python_name)) is None:
                self.writer.ident(json, defined.metadata["word"].shape, Name("k"))
                return
            returned = bare(type_.fields[field.name].type)
            column = side.add(self.of_row(side.rows, returned, field, side.scope))
            found = sql("k.{column}", column=column)
            json.made(or_null(found) if isinstance(side.rows, Row) else array(found))

        found = self.writer.object(type_, asked.below, write)
        first, *others = (self.side(side, part.keys) for side in sides.values())
        join, using = " FULL JOIN {one} USING ({using})", joined(", ", keys)
        rows = [first, *(sql(join, one=one, using=using) for one in others)]
        every = "(SELECT string_agg({found}, ',' ORDER BY {order}) FROM (SELECT * FROM {rows}) k)"
        order = joined(", ", [sql("k.{key}", key=key) for key in keys])
        return array(sql(every, found=found, order=order, rows=joined("", rows)))

    def side(self, side: Side, keys: Sequence[str]) -> Sql:
        alias, row = side.scope.alias, side.rows.row
        columns = [at(alias, getattr(row, key)) for key in keys]
        if isinstance(side.rows, Row):
            grouped = EMPTY
            columns += [sql("{one} AS {name}", one=one, name=name) for name, one in side.named()]
        else:
            grouped = sql(" GROUP BY 1, 2")
            columns += self.collected(side)
        return sql(
            "(SELECT {columns} {source}{grouped}) {letter}",
            columns=joined(", ", columns), source=self.source(side.rows, side.scope),
            grouped=grouped, letter=side.letter,
        )  # fmt: skip
