"""SQL as a tree of parts that is written to text once, at its end.

Text of our own comes from constant templates (`sql`). All else enters as a node: identifiers as
`Name`, constants by `constant`, values as `Parameter`, queries for keys as `Keys`. A plain text is
refused, so nothing that a client sends can become SQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from string import Formatter
from typing import Final, Protocol, TypeAlias

from gql.engine.optimisations import Optimisation, is_on


class NotCompilable(Exception):
    """The engine cannot compile this; the standard executor can run it."""


class Name(str):
    """An identifier of SQL: a table, a column or an alias, quoted if it must be."""

    __slots__ = ()


class Slot(Enum):
    """A place that is filled when the statement is written.

    ALIAS: The alias of the row that a fragment is about; see `Aliased`.
    PREAMBLE: The `WITH` of a statement that has CTEs of its own.
    """

    ALIAS = 1
    PREAMBLE = 2


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that is sent with the statement, by its name."""

    name: str


class Sql:
    """SQL, as parts in order.

    size: The number of its characters, without the names of queries for keys.
    """

    __slots__ = ("_hash", "parts", "size")

    def __init__(self, parts: "tuple[Part, ...]") -> None:
        self.parts = parts
        self.size = sum([size_of(part) for part in parts])
        self._hash: int | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sql) and (self is other or self.parts == other.parts)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self.parts)
        return self._hash

    def __repr__(self) -> str:
        return f"Sql({to_text(self)[0]!r})"


@dataclass(frozen=True, slots=True)
class Keys:
    """The rows of a query for keys, which depends on nothing around it. A statement runs it once,
    as a CTE, however often it is needed."""

    query: Sql


@dataclass(frozen=True, slots=True)
class Aliased:
    """A fragment, which was written for any alias, for the row under this alias."""

    fragment: Sql
    alias: Name


Part: TypeAlias = str | Parameter | Keys | Aliased | Slot | Sql


class SqlNode(Protocol):
    """A value that can write itself as SQL."""

    def __sql__(self) -> Sql:
        """Return its SQL."""


Value: TypeAlias = Sql | Name | Parameter | int | SqlNode
"""A value for a place in a template."""


def size_of(part: Part) -> int:
    if isinstance(part, str):
        return len(part)
    if isinstance(part, Sql):
        return part.size
    return part.fragment.size if isinstance(part, Aliased) else 4


def part_of(value: Value) -> Part:
    """Return a value as a node of the tree. Raises TypeError for a text, which might hold anything
    that a client sent."""
    if isinstance(value, Sql | Parameter):
        return value
    if isinstance(value, Name):
        return str(value)
    if value.__class__ is int:
        return str(value)
    if (write := getattr(value, "__sql__", None)) is None:
        raise TypeError(f"{value!r} is no SQL")
    written: Sql = write()
    return written


def sql(template: str, /, **values: Value) -> Sql:
    """Return SQL of a template, with nodes in the place of `{names}`. A template must be a literal
    in our source."""
    parts: list[Part] = []
    for text, name in fields_of(template):
        if text:
            parts.append(text)
        if name is not None:
            parts.append(part_of(values[name]))
    return Sql(tuple(parts))


@lru_cache(2000)
def fields_of(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((text, name) for text, name, _, _ in Formatter().parse(template))


def join_sql(separator: str, values: Iterable[Value]) -> Sql:
    """Join nodes, with a text of our own between them."""
    parts: list[Part] = []
    for value in values:
        if parts:
            parts.append(separator)
        parts.append(part_of(value))
    return Sql(tuple(parts))


def constant(value: object) -> Sql:
    """Return a constant as SQL. Raises NotCompilable for one that PostgreSQL cannot hold."""
    return Sql((quote_constant(value),))


def quote_constant(value: object) -> str:
    """Return the literal of a constant. Raises NotCompilable for one that PostgreSQL cannot
    hold."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"({value})" if value < 0 else str(value)
    if isinstance(value, date | datetime | time):
        value = value.isoformat()
    if not isinstance(value, str) or "\0" in value:
        raise NotCompilable
    return "'" + "''".join(value.split("'")) + "'"


EMPTY: Final = Sql(())
SCHOOL: Final = sql("{id}::BIGINT", id=Parameter("viewer_school_id"))


# -- the whole statement --------------------------------------------------------------


class Statement:
    """Writes a tree as text.

    before: The CTEs of queries for keys, in order.
    """

    def __init__(self) -> None:
        self.names: dict[Keys, Name] = {}
        self.before: list[list[Part]] = []

    def flat(self, tree: Sql) -> list[Part]:
        """Flatten a tree to texts, parameters and the preamble."""
        out: list[Part] = []
        self.flatten(tree.parts, None, out)
        return out

    def flatten(self, parts: Iterable[Part], alias: Name | None, out: list[Part]) -> None:
        for part in parts:
            if part.__class__ is str:
                out.append(part)
            elif isinstance(part, Sql):
                self.flatten(part.parts, alias, out)
            elif isinstance(part, Aliased):
                self.flatten(part.fragment.parts, part.alias, out)
            elif isinstance(part, Keys):
                if is_on(Optimisation.KEYS_ONCE):
                    out.append(f"SELECT k FROM {self.name_of(part)}")
                else:
                    self.flatten(part.query.parts, None, out)
            elif part is Slot.ALIAS:
                if alias is None:
                    raise NotCompilable
                out.append(str(alias))
            else:
                out.append(part)

    def name_of(self, keys: Keys) -> Name:
        """Return the name of the CTE of a query for keys. It is added behind those that it needs
        itself."""
        if (known := self.names.get(keys)) is None:
            body = without_preamble(self.flat(keys.query))
            known = self.names[keys] = Name(f"k{len(self.names) + 1}")
            self.before.append([f"{known}(k) AS (", *body, ")"])
        return known

    def write(self, tree: Sql, others: Sequence[Sql] = ()) -> Iterator[Part]:
        """Yield the statement with its CTEs, as texts and parameters."""
        main = self.flat(tree)
        without_preamble(main[1:])
        rest = [without_preamble(self.flat(one)) for one in others]
        before = [*self.before, *rest]
        if before and Slot.PREAMBLE not in main:
            yield "WITH "
            yield from separate_by_comma(before)
            yield " "
        for part in main:
            if part is Slot.PREAMBLE:
                yield "WITH"
                if before:
                    yield " "
                    yield from separate_by_comma(before)
                    yield ","
            else:
                yield part


def without_preamble(parts: list[Part]) -> list[Part]:
    """Return the parts. Raises NotImplementedError for a `WITH` inside of the statement."""
    if Slot.PREAMBLE in parts:
        raise NotImplementedError("only a whole statement has common table expressions")
    return parts


def separate_by_comma(queries: Sequence[Sequence[Part]]) -> Iterator[Part]:
    for number, parts in enumerate(queries):
        if number:
            yield ", "
        yield from parts


def to_text(tree: Sql, before: Sequence[Sql] = ()) -> tuple[str, tuple[str, ...]]:
    """Return the text of a statement with `$1`, `$2` for its parameters, and their names in that
    order.

    before: Its common table expressions.
    """
    places: dict[str, int] = {}
    texts = [
        f"${places.setdefault(part.name, len(places) + 1)}"
        if isinstance(part, Parameter)
        else str(part)
        for part in Statement().write(tree, before)
    ]
    return "".join(texts), tuple(places)
