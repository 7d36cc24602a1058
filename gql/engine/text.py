"""The writing of JSON in SQL: text put together by `||`, which costs half of what
`json_build_object` does. Only what may hold a quote is escaped, by `to_json`."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
)

from gql.engine.sql import Unspeakable, quoted

NULL = "null"


class Json:
    """JSON in the making: what is known stands as it is, the rest is SQL whose text it is. Written
    in SQL, each part is one text more to be copied, so those that are known are kept together."""

    def __init__(self) -> None:
        self.parts: list[tuple[bool, str]] = []

    def known(self, text: str) -> "Json":
        if self.parts and self.parts[-1][0]:
            text = self.parts.pop()[1] + text
        self.parts.append((True, text))
        return self

    def made(self, sql: "str | Json") -> "Json":
        if isinstance(sql, str):
            self.parts.append((False, sql))
            return self
        for known, text in sql.parts:
            if known:
                self.known(text)
            else:
                self.made(text)
        return self

    def __str__(self) -> str:
        """SQL for the whole text."""
        return " || ".join(quoted(text) if known else text for known, text in self.parts)


Writer = Callable[[str], str | Json]


def in_quotes(value: str) -> Json:
    return Json().known('"').made(value).known('"')


def escaped(value: str) -> str:
    return f"to_json({value})::text"


def instant(value: str) -> str:
    """The session's zone is UTC, so `to_json` ends in `+00:00"`."""
    return f"left(to_json({value})::text, -7) || 'Z\"'"


SCALARS: Mapping[str, Writer] = {
    "Boolean": lambda value: f"({value})::text",
    "Date": in_quotes,
    "DateTime": instant,
    "Decimal": in_quotes,
    "ID": in_quotes,
    "Int": lambda value: f"({value})::text",
    "LocalTime": in_quotes,
    "String": escaped,
    "UUID": in_quotes,
}
"""How a value of each scalar is written, given SQL for it."""


def leaf(type_: GraphQLOutputType, value: str) -> str | Json:
    """JSON of a value: SQL that is never null, whose text it is."""
    nullable = not isinstance(type_, GraphQLNonNull)
    named: Any = type_ if nullable else type_.of_type  # type: ignore[union-attr]
    if isinstance(named, GraphQLList):
        return or_null(f"to_json({value})::text")
    if isinstance(named, GraphQLEnumType):
        written: str | Json = in_quotes(value)
    elif isinstance(named, GraphQLScalarType) and named.name in SCALARS:
        written = SCALARS[named.name](value)
    else:
        raise Unspeakable
    return or_null(written) if nullable else written


def or_null(text: str | Json) -> str:
    return f"coalesce({text}, 'null')"


def array(rows: str) -> Json:
    """JSON of a list, of SQL that puts its members together with commas, or is null."""
    return Json().known("[").made(f"coalesce({rows}, '')").known("]")
