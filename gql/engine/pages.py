"""Pages of long lists as JSON: the rows are chosen first, and only those are looked into."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement

from gql.engine.declared import at
from gql.engine.objects import WriteField, bare
from gql.engine.roots import Roots, condition_sql, own_name
from gql.engine.scope import Aside, Scope
from gql.engine.sql import Sql, joined, sql
from gql.engine.text import Json, array, in_quotes, or_null
from gql.execution.operation import DEFINED, Asked
from models.base import OfSchool
from resolvers.core.listing import Direction, Listing

ASC, DESC = sql("ASC"), sql("DESC")


@dataclass
class Page:
    """A part of a list as it is asked for, and how it is written.

    beyond: What rows behind `after` and before `before` fulfil.
    follows, precedes: Whether a cursor says that there is something on that side.
    columns: What is put together of the rows.
    """

    roots: Roots
    listing: Listing[Any]
    size: int
    backwards: bool
    beyond: Sequence[ColumnElement[bool]]
    follows: bool
    precedes: bool
    columns: list[Sql] = field(default_factory=list)

    def written(self, type_: GraphQLObjectType, asked: Asked) -> Sql:
        row: type[OfSchool] = self.listing.row
        self.scope: Scope = self.roots.writer.scope(row, own_name(row))
        page = self.scope.rows = Aside(self.roots.writer.alias(), self.chosen())
        self.cursor = condition_sql(row, self.listing.cursor(self.roots.writer.viewer))
        found = self.roots.writer.object(type_, asked.below, self.field(type_))
        is_aside = page in self.roots.writer.asides
        chosen = page.name if is_aside else sql("({query})", query=page.query)
        self.scope.start = sql("{chosen} AS {alias}", chosen=chosen, alias=own_name(row))
        columns = [
            sql("{made} AS c{number}", made=made, number=number)
            for number, made in enumerate(self.columns)
        ]
        return sql(
            "(SELECT {found} FROM (SELECT {columns} FROM {rows}) p)",
            found=found, columns=joined(", ", [*columns, sql("count(*) AS n")]),
            rows=self.scope.source,
        )  # fmt: skip

    def chosen(self) -> Sql:
        """The rows of the page, and one more if there is one."""
        row, writer = self.listing.row, self.roots.writer
        scope = writer.scope(row, own_name(row))
        keys = [
            (writer.value(key.shape, scope, scope.alias, row), key.direction is Direction.DESC)
            for key in self.listing.order
        ]
        order = joined(
            ", ",
            [
                sql("{key} {way}", key=key, way=ASC if down is self.backwards else DESC)
                for key, down in [*keys, (at(scope.alias, row.id), False)]
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
        def write(json: Json, asked: Asked) -> None:
            defined = type_.fields[asked.name]
            below = bare(defined.type)
            match defined.extensions[DEFINED].python_name:
                case "nodes":
                    json.made(array(self.collected(self.node(below, asked))))
                case "edges":
                    edge = self.roots.writer.object(below, asked.below, self.edge(below))
                    json.made(array(self.collected(edge)))
                case "page_info":
                    info = self.info(below)
                    json.made(self.roots.writer.object(below, asked.below, info))
                case _:
                    row = self.listing.row
                    where = self.roots.conditions(row, self.listing.where)
                    source = self.roots.writer.scope(row, own_name(row)).source
                    count = "(SELECT count(*) FROM {source} WHERE {where})"
                    json.made(sql(count, source=source, where=where))

        return write

    def collected(self, made: Json) -> Sql:
        every = "string_agg({made}, ',' ORDER BY rn {way}) {within}"
        way = DESC if self.backwards else ASC
        return self.column(sql(every, made=made, way=way, within=self.within))

    @property
    def within(self) -> Sql:
        return sql("FILTER (WHERE rn <= {size})", size=self.size)

    def column(self, made: Sql) -> Sql:
        self.columns.append(made)
        return sql("p.c{number}", number=len(self.columns) - 1)

    def node(self, type_: GraphQLObjectType, asked: Asked) -> Json:
        return self.roots.writer.row(
            type_, asked.below, self.scope, self.scope.alias, self.listing.row
        )

    def edge(self, type_: GraphQLObjectType) -> WriteField:
        def write(json: Json, asked: Asked) -> None:
            if asked.name == "cursor":
                json.made(in_quotes(self.cursor))
            else:
                json.made(self.node(bare(type_.fields[asked.name].type), asked))

        return write

    def info(self, type_: GraphQLObjectType) -> WriteField:
        more = sql("(p.n > {size})::text", size=self.size)

        def write(json: Json, asked: Asked) -> None:
            match type_.fields[asked.name].extensions[DEFINED].python_name:
                case "has_next_page":
                    json.made(known(self.follows) if self.backwards else more)
                case "has_previous_page":
                    json.made(more if self.backwards else known(self.precedes))
                case name:
                    first = (name == "start_cursor") is not self.backwards
                    json.made(or_null(in_quotes(self.end(ASC if first else DESC))))

        return write

    def end(self, way: Sql) -> Sql:
        """The cursor of the first or last row of the page."""
        one = "(array_agg({cursor} ORDER BY rn {way}) {within})[1]"
        return self.column(sql(one, cursor=self.cursor, way=way, within=self.within))


def known(value: bool) -> Sql:
    return sql("'true'") if value else sql("'false'")
