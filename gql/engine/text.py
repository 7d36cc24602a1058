"""Writing JSON in SQL: texts are concatenated by `||`, which costs half of `json_build_object`.
Only values that may hold a quote are escaped, by `to_json`."""

from collections.abc import Callable, Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
)

from gql.engine.sql import NotCompilable, Sql, Value, constant, join_sql, sql

NULL = "null"


class Json:
    """JSON in parts: known texts, and SQL that returns texts. PostgreSQL copies a text for each
    part, so known texts are kept together."""

    def __init__(self) -> None:
        self.parts: list[str | Sql] = []

    def add_text(self, text: str) -> "Json":
        if self.parts and isinstance(last := self.parts[-1], str):
            self.parts[-1] = last + text
        else:
            self.parts.append(text)
        return self

    def add_sql(self, part: "Sql | Json") -> "Json":
        if isinstance(part, Sql):
            self.parts.append(part)
            return self
        for one in part.parts:
            if isinstance(one, str):
                self.add_text(one)
            else:
                self.add_sql(one)
        return self

    def __sql__(self) -> Sql:
        """Return SQL of the whole text."""
        parts = (constant(one) if isinstance(one, str) else one for one in self.parts)
        return join_sql(" || ", parts)


Writer = Callable[[Value], Sql | Json]


def quote_json(value: Value) -> Json:
    return Json().add_text('"').add_sql(sql("{value}", value=value)).add_text('"')


def as_text(value: Value) -> Sql:
    return sql("({value})::text", value=value)


def escape_json(value: Value) -> Sql:
    return sql("to_json({value})::text", value=value)


def instant(value: Value) -> Sql:
    """Write a time. The time zone of the session is UTC, so `to_json` ends in `+00:00"`."""
    return sql("left(to_json({value})::text, -7) || 'Z\"'", value=value)


SCALARS: Mapping[str, Writer] = {
    "Boolean": as_text,
    "Date": quote_json,
    "DateTime": instant,
    "Decimal": quote_json,
    "ID": quote_json,
    "Int": as_text,
    "LocalTime": quote_json,
    "String": escape_json,
    "UUID": quote_json,
}
"""The functions that write values of the scalars."""


def leaf(type_: GraphQLOutputType, value: Value) -> Sql | Json:
    """Write the JSON of a leaf value. The SQL is never null."""
    nullable = not isinstance(type_, GraphQLNonNull)
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(named, GraphQLList):
        return or_null(escape_json(value))
    if isinstance(named, GraphQLEnumType):
        written: Sql | Json = quote_json(value)
    elif isinstance(named, GraphQLScalarType) and named.name in SCALARS:
        written = SCALARS[named.name](value)
    else:
        raise NotCompilable
    return or_null(written) if nullable else written


def or_null(text: Sql | Json) -> Sql:
    return sql("coalesce({text}, 'null')", text=text)


def array(rows: Sql) -> Json:
    """Write the JSON of a list.

    rows: SQL of its members, separated by commas; null if there are none.
    """
    return Json().add_text("[").add_sql(sql("coalesce({rows}, '')", rows=rows)).add_text("]")
