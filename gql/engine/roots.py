"""Root fields as JSON: rows, and reports of their parts. Pages of long lists stand in `pages`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from graphql import GraphQLInterfaceType, GraphQLObjectType
from sqlalchemy import ColumnElement, select

from gql.engine.objects import Writer, bare
from gql.engine.operation import DEFINED, Asked
from gql.engine.scope import Aside, Scope
from gql.engine.sql import VALUE, Unspeakable, at, name_of, written_sql
from gql.engine.text import Json, array, leaf
from models.base import OfSchool
from resolvers.reads import Crossing, Each, Groups, Report, Row, Rows, Scalar, Told


def own_name(row: type[OfSchool]) -> str:
    """Conditions of root fields are written for the row itself, so it stands under the name of
    its table there."""
    return name_of(row.__table__.name)  # type: ignore[attr-defined]


WRITTEN: WeakKeyDictionary[ColumnElement[Any], dict[Any, str]] = WeakKeyDictionary()
"""Expressions that were said once for all with the same grants are written once, too. Those of
filters go with their request: a thousand of them would take a gigabyte."""


def scalar_sql(expression: ColumnElement[Any]) -> str:
    written = WRITTEN.setdefault(expression, {})
    if (found := written.get(None)) is None:
        found = written[None] = written_sql(select(expression))
    return found


def condition_sql(row: type[OfSchool], condition: ColumnElement[Any]) -> str:
    written = WRITTEN.setdefault(condition, {})
    if (found := written.get(row)) is None:
        whole = written_sql(select(condition.label(VALUE)).select_from(row))
        end = whole.rindex(f' AS "{VALUE}"')
        found = written[row] = f"({whole[len('SELECT ') : end]})"
    return found


@dataclass
class Side:
    """One part of a crossing or of groups: where its rows stand, and what is made of them."""

    rows: Rows[Any]
    scope: Scope
    letter: str
    columns: list[str] = field(default_factory=list)


@dataclass
class Roots:
    """Writes root fields."""

    writer: Writer

    def part(self, part: Any, returned: Any, asked: Asked) -> str | Json:
        """JSON of what a use case says, or of a part of its report."""
        type_ = bare(returned)
        if isinstance(part, Told):
            return self.writer.told(part, returned, asked)
        if isinstance(part, Each):
            return self.each(part, asked)
        if isinstance(part, Groups):
            return self.groups(part, type_, asked)
        if isinstance(part, Crossing):
            return self.crossing(part, type_, asked)
        if isinstance(part, Rows):
            return self.rows(part, type_, asked)
        if isinstance(part, Scalar):
            return leaf(returned, f"({scalar_sql(part.expression)})")
        if isinstance(part, Report):
            return self.report(part, type_, asked)
        raise Unspeakable

    # -- rows -------------------------------------------------------------------------

    def each(self, part: Each, asked: Asked) -> Json:
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
        found: Any = self.writer.operation.schema.get_type(row.api_name())
        return found  # type: ignore[no-any-return]

    def rows(self, part: Rows[Any], type_: Any, asked: Asked) -> str | Json:
        if isinstance(type_, GraphQLInterfaceType):
            type_ = self.type_of(part.row)
        scope = self.scope(part)
        if not isinstance(part, Row):
            ids = f"SELECT {scope.alias}.id {self.source(part, scope)}"
            scope.rows = Aside(self.writer.alias(), ids)
        found, order = self.of_row(part, type_, asked, scope), self.order(part, scope)
        if isinstance(part, Row):
            one = f"SELECT {found} {self.source(part, scope)} ORDER BY {order} LIMIT 1"
            return f"coalesce(({one}), 'null')"
        every = f"SELECT string_agg({found}, ',' ORDER BY {order}) {self.source(part, scope)}"
        return array(f"({every})")

    def scope(self, part: Rows[Any]) -> Scope:
        return self.writer.scope(part.row, own_name(part.row), part.given)

    def of_row(
        self, part: Rows[Any], type_: GraphQLObjectType, asked: Asked, scope: Scope
    ) -> Json:  # fmt: skip
        return self.writer.row(type_, asked.below, scope, scope.alias, part.row)

    def order(self, part: Rows[Any], scope: Scope) -> str:
        return self.writer.order((*part.order, part.row.id), scope, scope.alias, part.row)

    def source(self, part: Rows[Any], scope: Scope) -> str:
        """FROM and WHERE of rows: asked for last, when all is joined that is needed."""
        return f"FROM {scope.source} WHERE {self.conditions(part.row, part.where)}"

    def conditions(self, row: type[OfSchool], where: Sequence[ColumnElement[bool]]) -> str:
        seen = self.writer.seen(row, own_name(row))
        return " AND ".join([seen, *(condition_sql(row, condition) for condition in where)])

    # -- reports ----------------------------------------------------------------------

    def report(self, report: Report, type_: GraphQLObjectType, asked: Asked) -> str | Json:
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
        source = " CROSS JOIN ".join(scope.source for scope in scopes.values())
        where = " AND ".join(self.conditions(part.row, part.where) for part in needed.values())
        return f"coalesce((SELECT {found} FROM {source} WHERE {where}), 'null')"

    def groups(self, part: Groups[Any], type_: GraphQLObjectType, asked: Asked) -> Json:
        """The rows of each group are put together first."""
        sides = {part.inside: (Side(part.rows, self.scope(part.rows), "a"), part.by)}
        for letter, (name, (rows, by)) in zip("bcdefgh", part.beside.items(), strict=False):
            sides[name] = Side(rows, self.scope(rows), letter), by

        def write(json: Json, field: Asked) -> None:
            defined = type_.fields[field.name]
            if (named := defined.extensions[DEFINED].python_name) not in sides:
                json.made(leaf(defined.type, "g.k"))
                return
            side, _ = sides[named]
            side.columns.append(str(self.of_row(side.rows, bare(defined.type), field, side.scope)))
            json.made(array(f"g.{side.letter}{len(side.columns)}"))

        found = self.writer.object(type_, asked.below, write)
        (first, by), *others = sides.values()
        inner = self.grouped(first, by)
        for side, by in others:
            if side.columns:
                inner = f"{inner} FULL JOIN {self.grouped(side, by)} USING (k)"
        return array(
            f"(SELECT string_agg({found}, ',' ORDER BY g.k) FROM (SELECT * FROM {inner}) g)"
        )

    def grouped(self, side: Side, by: str) -> str:
        """The rows of a side, put together where they are alike in one column."""
        order = self.order(side.rows, side.scope)
        columns = [f"{at(side.scope.alias, getattr(side.rows.row, by))} AS k"] + [
            f"string_agg({found}, ',' ORDER BY {order}) AS {side.letter}{number}"
            for number, found in enumerate(side.columns, start=1)
        ]
        found = f"SELECT {', '.join(columns)} {self.source(side.rows, side.scope)} GROUP BY 1"
        return f"({found}) {side.letter}"

    def crossing(self, part: Crossing[Any], type_: GraphQLObjectType, asked: Asked) -> Json:
        """Each part is put together by the two keys, then they are laid side by side."""
        keys = [name_of(key) for key in part.keys]
        sides = {
            name: Side(rows, self.scope(rows), letter)
            for letter, (name, rows) in zip("abcdefgh", part.parts.items(), strict=False)
        }

        def write(json: Json, field: Asked) -> None:
            defined = type_.fields[field.name].extensions[DEFINED]
            if (side := sides.get(defined.python_name)) is None:
                self.writer.ident(json, defined.metadata["word"].shape, "k")
                return
            returned = bare(type_.fields[field.name].type)
            side.columns.append(str(self.of_row(side.rows, returned, field, side.scope)))
            found = f"k.{side.letter}{len(side.columns)}"
            single = isinstance(side.rows, Row)
            json.made(f"coalesce({found}, 'null')" if single else array(found))

        found = self.writer.object(type_, asked.below, write)
        joined = " FULL JOIN ".join(self.side(side, part.keys) for side in sides.values())
        joined = joined.replace(") b", f") b USING ({', '.join(keys)})")
        order = ", ".join(f"k.{key}" for key in keys)
        return array(
            f"(SELECT string_agg({found}, ',' ORDER BY {order}) FROM (SELECT * FROM {joined}) k)"
        )

    def side(self, side: Side, keys: Sequence[str]) -> str:
        alias, row = side.scope.alias, side.rows.row
        order = self.order(side.rows, side.scope)
        single = isinstance(side.rows, Row)

        def collected(found: str) -> str:
            return found if single else f"string_agg({found}, ',' ORDER BY {order})"

        columns = [at(alias, getattr(row, key)) for key in keys] + [
            f"{collected(found)} AS {side.letter}{n}"
            for n, found in enumerate(side.columns, start=1)
        ]
        grouped = "" if single else " GROUP BY 1, 2"
        found = f"SELECT {', '.join(columns)} {self.source(side.rows, side.scope)}{grouped}"
        return f"({found}) {side.letter}"
