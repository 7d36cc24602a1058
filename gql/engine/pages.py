"""Pages of long lists as JSON: the rows are chosen first, and only those are looked into."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement

from gql.engine.objects import bare
from gql.engine.operation import DEFINED, Asked
from gql.engine.roots import Roots, condition_sql, own_name
from gql.engine.scope import Aside, Scope
from gql.engine.sql import at
from gql.engine.text import Json, array, in_quotes, or_null
from resolvers.listing import Direction, Listing


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
    columns: list[str] = field(default_factory=list)

    def written(self, type_: GraphQLObjectType, asked: Asked) -> str:
        row: Any = self.listing.row
        self.scope: Scope = self.roots.writer.scope(row, own_name(row))
        page = self.scope.rows = Aside(self.roots.writer.alias(), self.chosen())
        self.cursor = condition_sql(row, self.listing.cursor(self.roots.writer.viewer))
        found = self.roots.writer.object(type_, asked.below, self.field(type_))
        chosen = page.name if page in self.roots.writer.asides else f"({page.query})"
        rows = self.scope.source.replace(
            f"{row.__table__.name} AS {own_name(row)}", f"{chosen} AS {own_name(row)}", 1
        )
        columns = ", ".join(
            [*(f"{made} AS c{number}" for number, made in enumerate(self.columns)), "count(*) AS n"]
        )
        return f"(SELECT {found} FROM (SELECT {columns} FROM {rows}) p)"

    def chosen(self) -> str:
        """The rows of the page, and one more if there is one."""
        row, writer = self.listing.row, self.roots.writer
        scope = writer.scope(row, own_name(row))
        keys = [
            (writer.value(key.shape, scope, scope.alias, row), key.direction is Direction.DESC)
            for key in self.listing.order
        ]
        order = ", ".join(
            f"{key} {'ASC' if down is self.backwards else 'DESC'}"
            for key, down in [*keys, (at(scope.alias, row.id), False)]
        )
        where = self.roots.conditions(row, (*self.listing.where, *self.beyond))
        return (
            f"SELECT {scope.alias}.*, row_number() OVER (ORDER BY {order}) AS rn"
            f" FROM {scope.source} WHERE {where} ORDER BY {order} LIMIT {self.size + 1}"
        )

    # -- fields -----------------------------------------------------------------------

    def field(self, type_: GraphQLObjectType) -> Any:
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
                    json.made(f"(SELECT count(*) FROM {source} WHERE {where})")

        return write

    def collected(self, made: Json) -> str:
        back = "DESC" if self.backwards else "ASC"
        return self.column(f"string_agg({made}, ',' ORDER BY rn {back}) {self.within}")

    @property
    def within(self) -> str:
        return f"FILTER (WHERE rn <= {self.size})"

    def column(self, made: str) -> str:
        self.columns.append(made)
        return f"p.c{len(self.columns) - 1}"

    def node(self, type_: GraphQLObjectType, asked: Asked) -> Json:
        return self.roots.writer.row(
            type_, asked.below, self.scope, self.scope.alias, self.listing.row
        )

    def edge(self, type_: GraphQLObjectType) -> Any:
        def write(json: Json, asked: Asked) -> None:
            if asked.name == "cursor":
                json.made(in_quotes(self.cursor))
            else:
                json.made(self.node(bare(type_.fields[asked.name].type), asked))

        return write

    def info(self, type_: GraphQLObjectType) -> Any:
        more = f"(p.n > {self.size})::text"

        def write(json: Json, asked: Asked) -> None:
            match type_.fields[asked.name].extensions[DEFINED].python_name:
                case "has_next_page":
                    json.made(known(self.follows) if self.backwards else more)
                case "has_previous_page":
                    json.made(more if self.backwards else known(self.precedes))
                case name:
                    first = (name == "start_cursor") is not self.backwards
                    json.made(or_null(in_quotes(self.end("ASC" if first else "DESC"))))

        return write

    def end(self, way: str) -> str:
        """The cursor of the first or last row of the page."""
        return self.column(f"(array_agg({self.cursor} ORDER BY rn {way}) {self.within})[1]")


def known(value: bool) -> str:
    return "'true'" if value else "'false'"
