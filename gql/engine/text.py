"""The writing of JSON in SQL: text put together by `||`, which costs half of what
`json_build_object` does. Only what may hold a quote is escaped, by `to_json`."""

from collections.abc import Callable, Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
)

from gql.engine.sql import Sql, Unspeakable, Value, constant, joined, sql

NULL = "null"


class Json:
    """JSON in the making: what is known stands as it is, the rest is SQL whose text it is. Written
    in SQL, each part is one text more to be copied, so those that are known are kept together."""

    def __init__(self) -> None:
        self.parts: list[str | Sql] = []

    def known(self, text: str) -> "Json":
        if self.parts and isinstance(last := self.parts[-1], str):
            self.parts[-1] = last + text
        else:
            self.parts.append(text)
        return self

    def made(self, part: "Sql | Json") -> "Json":
        if isinstance(part, Sql):
            self.parts.append(part)
            return self
        for one in part.parts:
            if isinstance(one, str):
                self.known(one)
            else:
                self.made(one)
        return self

    def __sql__(self) -> Sql:
        """SQL of the whole text."""
        parts = (constant(one) if isinstance(one, str) else one for one in self.parts)
        return joined(" || ", parts)


Writer = Callable[[Value], Sql | Json]


def in_quotes(value: Value) -> Json:
    return Json().known('"').made(sql("{value}", value=value)).known('"')


def as_text(value: Value) -> Sql:
    return sql("({value})::text", value=value)


def escaped(value: Value) -> Sql:
    return sql("to_json({value})::text", value=value)


def instant(value: Value) -> Sql:
    """The session's zone is UTC, so `to_json` ends in `+00:00"`."""
    return sql("left(to_json({value})::text, -7) || 'Z\"'", value=value)


SCALARS: Mapping[str, Writer] = {
    "Boolean": as_text,
    "Date": in_quotes,
    "DateTime": instant,
    "Decimal": in_quotes,
    "ID": in_quotes,
    "Int": as_text,
    "LocalTime": in_quotes,
    "String": escaped,
    "UUID": in_quotes,
}
"""How a value of each scalar is written, given SQL for it."""


def leaf(type_: GraphQLOutputType, value: Value) -> Sql | Json:
    """JSON of a value: SQL that is never null, whose text it is."""
    nullable = not isinstance(type_, GraphQLNonNull)
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(named, GraphQLList):
        return or_null(escaped(value))
    if isinstance(named, GraphQLEnumType):
        written: Sql | Json = in_quotes(value)
    elif isinstance(named, GraphQLScalarType) and named.name in SCALARS:
        written = SCALARS[named.name](value)
    else:
        raise Unspeakable
    return or_null(written) if nullable else written


def or_null(text: Sql | Json) -> Sql:
    return sql("coalesce({text}, 'null')", text=text)


def array(rows: Sql) -> Json:
    """JSON of a list, of SQL that puts its members together with commas, or is null."""
    return Json().known("[").made(sql("coalesce({rows}, '')", rows=rows)).known("]")
