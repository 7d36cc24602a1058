"""Root fields as JSON: rows and reports. `pages` writes the pages of long lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType
from sqlalchemy import ColumnElement, select

from auth.actor import Column
from gql.engine.objects import ObjectWriter, object_type_of
from gql.engine.scope import Cte, Scope
from gql.engine.sql import EMPTY, Name, NotCompilable, Sql, join_sql, sql
from gql.engine.sqlalchemy_compiler import column_at, name_of, statement_sql, value_sql
from gql.engine.text import Json, array, leaf, or_null
from gql.execution.operation import DEFINED, SelectedField
from models.base import OfSchool
from resolvers.core.news import table_of
from resolvers.core.reads import ActorValue, Crossing, Groups, Report, Row, Rows, RowsByIds, Scalar


def table_alias(row: type[OfSchool]) -> Name:
    """Return the alias of a row in a root field: the name of its table, as in the conditions that
    use cases declare."""
    return name_of(table_of(row).name)


WRITTEN: WeakKeyDictionary[Column, dict[type[OfSchool] | None, Sql]] = WeakKeyDictionary()
"""The SQL of expressions that use cases declared for viewers with the same rights. An entry lives
as long as its expression: those of filters end with their request, else a thousand of them would
take a gigabyte."""


def scalar_sql(expression: Column) -> Sql:
    written = WRITTEN.setdefault(expression, {})
    if (found := written.get(None)) is None:
        found = written[None] = statement_sql(select(expression))
    return found


def condition_sql(row: type[OfSchool], condition: Column) -> Sql:
    written = WRITTEN.setdefault(condition, {})
    if (found := written.get(row)) is None:
        found = written[row] = value_sql(condition, row)
    return found


@dataclass
class Side:
    """A part of a crossing or of groups: its rows, their scope, and the columns made of them."""

    rows: Rows[OfSchool]
    scope: Scope
    letter: Name
    columns: list[Sql] = field(default_factory=list)

    def add(self, found: Json) -> Name:
        """Add a column and return its name."""
        self.columns.append(found.__sql__())
        return Name(f"{self.letter}{len(self.columns)}")

    def named_columns(self) -> Iterator[tuple[Name, Sql]]:
        """Yield the columns with their names."""
        for number, column in enumerate(self.columns, start=1):
            yield Name(f"{self.letter}{number}"), column


@dataclass
class RootWriter:
    """Writes root fields.

    stand_in: The CTE that holds the rows of a root field, if they are not read from their table.
    is_seen: Whether the viewer sees these rows, whatever the rule says (`Change.is_seen`).
    """

    writer: ObjectWriter
    stand_in: Name | None = None
    is_seen: bool = False

    def part(self, part: object, returned: GraphQLOutputType, asked: SelectedField) -> Sql | Json:
        """Write the JSON of what a use case declares, or of a part of its report."""
        type_ = object_type_of(returned)
        if isinstance(part, ActorValue):
            return self.writer.actor_value(part, returned, asked)
        if isinstance(part, RowsByIds):
            return self.rows_by_ids(part, asked)
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
        raise NotCompilable

    # -- rows -------------------------------------------------------------------------

    def rows_by_ids(self, part: RowsByIds, asked: SelectedField) -> Json:
        """Write rows by their ids, each by its own subquery: their types may differ."""
        json = Json()
        json.add_text("[")
        for number, one in enumerate(part.ids):
            json.add_text("," if number else "")
            row = Row(one.row, (one.row.id == one.key,))
            json.add_sql(self.rows(row, self.type_of(one.row), asked))
        json.add_text("]")
        return json

    def type_of(self, row: type[OfSchool]) -> GraphQLObjectType:
        found = self.writer.operation.schema.get_type(row.api_name())
        assert isinstance(found, GraphQLObjectType)  # noqa: S101  # each row has one
        return found

    def rows(
        self,
        part: Rows[OfSchool],
        type_: GraphQLObjectType | GraphQLInterfaceType,
        asked: SelectedField,
    ) -> Sql | Json:
        if isinstance(type_, GraphQLInterfaceType):
            type_ = self.type_of(part.row)
        scope = self.scope(part)
        if not isinstance(part, Row):
            source = self.source(part, scope)
            ids = sql("SELECT {alias}.id {source}", alias=scope.alias, source=source)
            scope.rows = Cte(self.writer.alias(), ids)
        found, order = self.of_row(part, type_, asked, scope), self.order(part, scope)
        source = self.source(part, scope)
        if isinstance(part, Row):
            one = "coalesce((SELECT {found} {source} ORDER BY {order} LIMIT 1), 'null')"
            return sql(one, found=found, source=source, order=order)
        every = "(SELECT string_agg({found}, ',' ORDER BY {order}) {source})"
        return array(sql(every, found=found, order=order, source=source))

    def scope(self, part: Rows[OfSchool]) -> Scope:
        scope = self.writer.scope(part.row, table_alias(part.row), part.given)
        if self.stand_in is not None:
            scope.start = sql("{place} {alias}", place=self.stand_in, alias=scope.alias)
        return scope

    def of_row(
        self, part: Rows[OfSchool], type_: GraphQLObjectType, asked: SelectedField, scope: Scope
    ) -> Json:  # fmt: skip
        return self.writer.row(type_, asked.below, scope, scope.alias, part.row)

    def order(self, part: Rows[OfSchool], scope: Scope) -> Sql:
        return self.writer.order((*part.order, part.row.id), scope, scope.alias, part.row)

    def source(self, part: Rows[OfSchool], scope: Scope) -> Sql:
        """Return FROM and WHERE of rows. Call it last: writing fields adds joins."""
        where = self.conditions(part.row, part.where)
        return sql("FROM {source} WHERE {where}", source=scope.source, where=where)

    def conditions(self, row: type[OfSchool], where: Sequence[ColumnElement[bool]]) -> Sql:
        seen = sql("true") if self.is_seen else self.writer.is_seen(row, table_alias(row))
        return join_sql(" AND ", [seen, *(condition_sql(row, condition) for condition in where)])

    # -- reports ----------------------------------------------------------------------

    def report(self, report: Report, type_: GraphQLObjectType, asked: SelectedField) -> Sql | Json:
        needed = {name: getattr(report, name) for name in report.needs}
        scopes = {name: self.scope(part) for name, part in needed.items()}

        def write(json: Json, field: SelectedField) -> None:
            defined = type_.fields[field.name]
            name = defined.extensions[DEFINED].python_name
            if name in needed:
                json.add_sql(
                    self.of_row(needed[name], object_type_of(defined.type), field, scopes[name])
                )
            else:
                json.add_sql(self.part(getattr(report, name), defined.type, field))

        found = self.writer.object(type_, asked.below, write)
        if not needed:
            return found
        source = join_sql(" CROSS JOIN ", [scope.source for scope in scopes.values()])
        where = [self.conditions(part.row, part.where) for part in needed.values()]
        one = "coalesce((SELECT {found} FROM {source} WHERE {where}), 'null')"
        return sql(one, found=found, source=source, where=join_sql(" AND ", where))

    def groups(self, part: Groups[object], type_: GraphQLObjectType, asked: SelectedField) -> Json:
        """Write groups: a subquery aggregates the rows of each group."""
        sides = {part.inside: (Side(part.rows, self.scope(part.rows), Name("a")), part.by)}
        for letter, (name, (rows, by)) in zip("bcdefgh", part.beside.items(), strict=False):
            sides[name] = Side(rows, self.scope(rows), Name(letter)), by

        def write(json: Json, field: SelectedField) -> None:
            defined = type_.fields[field.name]
            if (named := defined.extensions[DEFINED].python_name) not in sides:
                json.add_sql(leaf(defined.type, sql("g.k")))
                return
            side, _ = sides[named]
            column = side.add(
                self.of_row(side.rows, object_type_of(defined.type), field, side.scope)
            )
            json.add_sql(array(sql("g.{column}", column=column)))

        found = self.writer.object(type_, asked.below, write)
        (first, by), *others = sides.values()
        inner = self.group_rows(first, by)
        for side, by in others:
            if side.columns:
                join = "{inner} FULL JOIN {side} USING (k)"
                inner = sql(join, inner=inner, side=self.group_rows(side, by))
        every = "(SELECT string_agg({found}, ',' ORDER BY g.k) FROM (SELECT * FROM {inner}) g)"
        return array(sql(every, found=found, inner=inner))

    def group_rows(self, side: Side, by: str) -> Sql:
        """SELECT the rows of a side, aggregated by a column."""
        key = column_at(side.scope.alias, getattr(side.rows.row, by))
        columns = [sql("{key} AS k", key=key), *self.aggregate_rows(side)]
        return sql(
            "(SELECT {columns} {source} GROUP BY 1) {letter}",
            columns=join_sql(", ", columns), source=self.source(side.rows, side.scope),
            letter=side.letter,
        )  # fmt: skip

    def aggregate_rows(self, side: Side) -> Iterator[Sql]:
        """Yield the columns of a side as aggregates over its rows."""
        order = self.order(side.rows, side.scope)
        one = "string_agg({found}, ',' ORDER BY {order}) AS {name}"
        for name, found in side.named_columns():
            yield sql(one, found=found, order=order, name=name)

    def crossing(
        self, part: Crossing[object], type_: GraphQLObjectType, asked: SelectedField
    ) -> Json:
        """Write cells: each part is aggregated by the two keys, then the parts are joined."""
        keys = [name_of(key) for key in part.keys]
        sides = {
            name: Side(rows, self.scope(rows), Name(letter))
            for letter, (name, rows) in zip("abcdefgh", part.parts.items(), strict=False)
        }

        def write(json: Json, field: SelectedField) -> None:
            defined = type_.fields[field.name].extensions[DEFINED]
            if (side := sides.get(defined.python_name)) is None:
                self.writer.ident(json, defined.metadata["word"].shape, Name("k"))
                return
            returned = object_type_of(type_.fields[field.name].type)
            column = side.add(self.of_row(side.rows, returned, field, side.scope))
            found = sql("k.{column}", column=column)
            json.add_sql(or_null(found) if isinstance(side.rows, Row) else array(found))

        found = self.writer.object(type_, asked.below, write)
        first, *others = (self.side(side, part.keys) for side in sides.values())
        join, using = " FULL JOIN {one} USING ({using})", join_sql(", ", keys)
        rows = [first, *(sql(join, one=one, using=using) for one in others)]
        every = "(SELECT string_agg({found}, ',' ORDER BY {order}) FROM (SELECT * FROM {rows}) k)"
        order = join_sql(", ", [sql("k.{key}", key=key) for key in keys])
        return array(sql(every, found=found, order=order, rows=join_sql("", rows)))

    def side(self, side: Side, keys: Sequence[str]) -> Sql:
        alias, row = side.scope.alias, side.rows.row
        columns = [column_at(alias, getattr(row, key)) for key in keys]
        if isinstance(side.rows, Row):
            grouped = EMPTY
            columns += [
                sql("{one} AS {name}", one=one, name=name) for name, one in side.named_columns()
            ]
        else:
            grouped = sql(" GROUP BY 1, 2")
            columns += self.aggregate_rows(side)
        return sql(
            "(SELECT {columns} {source}{grouped}) {letter}",
            columns=join_sql(", ", columns), source=self.source(side.rows, side.scope),
            grouped=grouped, letter=side.letter,
        )  # fmt: skip
