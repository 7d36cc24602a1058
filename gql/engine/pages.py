"""Pages of long lists as JSON: a subquery selects the rows of the page, and only their fields are
computed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement

from gql.engine.objects import WriteField, object_type_of
from gql.engine.roots import RootWriter, condition_sql, table_alias
from gql.engine.scope import Cte, Scope
from gql.engine.sql import Sql, join_sql, sql
from gql.engine.sqlalchemy_compiler import column_at
from gql.engine.text import Json, array, or_null, quote_json
from gql.execution.operation import DEFINED, SelectedField
from models.base import OfSchool
from resolvers.core.listing import Direction, Listing

ASC, DESC = sql("ASC"), sql("DESC")


@dataclass
class Page:
    """The writer of a page.

    beyond: The conditions of rows behind `after` and before `before`.
    follows, precedes: Whether a cursor shows that there are rows on that side.
    columns: The aggregates over the rows of the page.
    """

    roots: RootWriter
    listing: Listing[Any]
    size: int
    backwards: bool
    beyond: Sequence[ColumnElement[bool]]
    follows: bool
    precedes: bool
    columns: list[Sql] = field(default_factory=list)

    def write(self, type_: GraphQLObjectType, asked: SelectedField) -> Sql:
        row: type[OfSchool] = self.listing.row
        self.scope: Scope = self.roots.writer.scope(row, table_alias(row))
        page = self.scope.rows = Cte(self.roots.writer.alias(), self.select_page())
        self.cursor = condition_sql(row, self.listing.cursor(self.roots.writer.viewer))
        found = self.roots.writer.object(type_, asked.below, self.field(type_))
        is_aside = page in self.roots.writer.ctes
        chosen = page.name if is_aside else sql("({query})", query=page.query)
        self.scope.start = sql("{chosen} AS {alias}", chosen=chosen, alias=table_alias(row))
        columns = [
            sql("{made} AS c{number}", made=made, number=number)
            for number, made in enumerate(self.columns)
        ]
        return sql(
            "(SELECT {found} FROM (SELECT {columns} FROM {rows}) p)",
            found=found, columns=join_sql(", ", [*columns, sql("count(*) AS n")]),
            rows=self.scope.source,
        )  # fmt: skip

    def select_page(self) -> Sql:
        """SELECT the rows of the page, and one more if there is one."""
        row, writer = self.listing.row, self.roots.writer
        scope = writer.scope(row, table_alias(row))
        keys = [
            (writer.value(key.shape, scope, scope.alias, row), key.direction is Direction.DESC)
            for key in self.listing.order
        ]
        order = join_sql(
            ", ",
            [
                sql("{key} {way}", key=key, way=ASC if down is self.backwards else DESC)
                for key, down in [*keys, (column_at(scope.alias, row.id), False)]
            ],
        )
        return sql(
            "SELECT {alias}.*, row_number() OVER (ORDER BY {order}) AS rn"
            " FROM {source} WHERE {where} ORDER BY {order} LIMIT {most}",
            alias=scope.alias, order=order, source=scope.source, most=self.size + 1,
            where=self.roots.conditions(row, (*self.listing.where, *self.beyond)),
        )  # fmt: skip

    # -- fields -----------------------------------------------------------------------

    def field(self, type_: GraphQLObjectType) -> WriteField:
        def write(json: Json, asked: SelectedField) -> None:
            defined = type_.fields[asked.name]
            below = object_type_of(defined.type)
            match defined.extensions[DEFINED].python_name:
                case "nodes":
                    json.add_sql(array(self.aggregate(self.node(below, asked))))
                case "edges":
                    edge = self.roots.writer.object(below, asked.below, self.edge(below))
                    json.add_sql(array(self.aggregate(edge)))
                case "page_info":
                    info = self.info(below)
                    json.add_sql(self.roots.writer.object(below, asked.below, info))
                case _:
                    row = self.listing.row
                    where = self.roots.conditions(row, self.listing.where)
                    source = self.roots.writer.scope(row, table_alias(row)).source
                    count = "(SELECT count(*) FROM {source} WHERE {where})"
                    json.add_sql(sql(count, source=source, where=where))

        return write

    def aggregate(self, made: Json) -> Sql:
        every = "string_agg({made}, ',' ORDER BY rn {way}) {within}"
        way = DESC if self.backwards else ASC
        return self.column(sql(every, made=made, way=way, within=self.within))

    @property
    def within(self) -> Sql:
        return sql("FILTER (WHERE rn <= {size})", size=self.size)

    def column(self, made: Sql) -> Sql:
        self.columns.append(made)
        return sql("p.c{number}", number=len(self.columns) - 1)

    def node(self, type_: GraphQLObjectType, asked: SelectedField) -> Json:
        return self.roots.writer.row(
            type_, asked.below, self.scope, self.scope.alias, self.listing.row
        )

    def edge(self, type_: GraphQLObjectType) -> WriteField:
        def write(json: Json, asked: SelectedField) -> None:
            if asked.name == "cursor":
                json.add_sql(quote_json(self.cursor))
            else:
                json.add_sql(self.node(object_type_of(type_.fields[asked.name].type), asked))

        return write

    def info(self, type_: GraphQLObjectType) -> WriteField:
        more = sql("(p.n > {size})::text", size=self.size)

        def write(json: Json, asked: SelectedField) -> None:
            match type_.fields[asked.name].extensions[DEFINED].python_name:
                case "has_next_page":
                    json.add_sql(boolean_text(self.follows) if self.backwards else more)
                case "has_previous_page":
                    json.add_sql(more if self.backwards else boolean_text(self.precedes))
                case name:
                    first = (name == "start_cursor") is not self.backwards
                    json.add_sql(or_null(quote_json(self.end(ASC if first else DESC))))

        return write

    def end(self, way: Sql) -> Sql:
        """Return SQL of the cursor of the first or last row of the page."""
        one = "(array_agg({cursor} ORDER BY rn {way}) {within})[1]"
        return self.column(sql(one, cursor=self.cursor, way=way, within=self.within))


def boolean_text(value: bool) -> Sql:
    return sql("'true'") if value else sql("'false'")
