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


class Unspeakable(Exception):
    """The engine cannot say this in SQL; the standard executor can."""


class Name(str):
    """An identifier as SQL has it: of a table, a column or an alias."""

    __slots__ = ()


class Mark(Enum):
    """A place that is filled when the statement is written.

    ALIAS: The alias of the row that a fragment is about; see `Under`.
    PREAMBLE: The `WITH` of a statement that has queries of its own before it.
    """

    ALIAS = 1
    PREAMBLE = 2


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that is sent with the statement, by its name."""

    name: str


class Sql:
    """SQL, as parts in order.

    size: Characters of it, or a little less: names of queries for keys are not known yet.
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
        return f"Sql({numbered(self)[0]!r})"


@dataclass(frozen=True, slots=True)
class Keys:
    """The rows of a query for keys that stands by itself, whatever is around it. However often it
    is needed, a statement asks it once, before the rest."""

    query: Sql


@dataclass(frozen=True, slots=True)
class Under:
    """A fragment that was written for the row under any alias, for the row under this one."""

    fragment: Sql
    alias: Name


Part: TypeAlias = str | Parameter | Keys | Under | Mark | Sql


class Written(Protocol):
    """A value that can write itself as SQL."""

    def __sql__(self) -> Sql:
        """The SQL of it."""


Value: TypeAlias = Sql | Name | Parameter | int | Written
"""What may stand in a template."""


def size_of(part: Part) -> int:
    if isinstance(part, str):
        return len(part)
    if isinstance(part, Sql):
        return part.size
    return part.fragment.size if isinstance(part, Under) else 4


def part_of(value: Value) -> Part:
    """A node of the tree. Raises TypeError for a text, which might hold anything."""
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
    """SQL of a template that stands in our source, with nodes in the place of `{names}`."""
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


def joined(separator: str, values: Iterable[Value]) -> Sql:
    """Nodes with a text of our own between them."""
    parts: list[Part] = []
    for value in values:
        if parts:
            parts.append(separator)
        parts.append(part_of(value))
    return Sql(tuple(parts))


def constant(value: object) -> Sql:
    """A constant. Raises Unspeakable for what PostgreSQL cannot hold."""
    return Sql((quoted(value),))


def quoted(value: object) -> str:
    """The text of a constant. Raises Unspeakable for what PostgreSQL cannot hold."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"({value})" if value < 0 else str(value)
    if isinstance(value, date | datetime | time):
        value = value.isoformat()
    if not isinstance(value, str) or "\0" in value:
        raise Unspeakable
    return "'" + "''".join(value.split("'")) + "'"


EMPTY: Final = Sql(())
SCHOOL: Final = sql("{id}::BIGINT", id=Parameter("viewer_school_id"))


# -- the whole statement --------------------------------------------------------------


class Statement:
    """Writes a tree as text.

    before: Queries for keys, in order of need.
    """

    def __init__(self) -> None:
        self.names: dict[Keys, Name] = {}
        self.before: list[list[Part]] = []

    def flat(self, tree: Sql) -> list[Part]:
        """Texts, parameters and the preamble in order; nothing else is left."""
        out: list[Part] = []
        self.flatten(tree.parts, None, out)
        return out

    def flatten(self, parts: Iterable[Part], alias: Name | None, out: list[Part]) -> None:
        for part in parts:
            if part.__class__ is str:
                out.append(part)
            elif isinstance(part, Sql):
                self.flatten(part.parts, alias, out)
            elif isinstance(part, Under):
                self.flatten(part.fragment.parts, part.alias, out)
            elif isinstance(part, Keys):
                if is_on(Optimisation.KEYS_ONCE):
                    out.append(f"SELECT k FROM {self.name_of(part)}")
                else:
                    self.flatten(part.query.parts, None, out)
            elif part is Mark.ALIAS:
                if alias is None:
                    raise Unspeakable
                out.append(str(alias))
            else:
                out.append(part)

    def name_of(self, keys: Keys) -> Name:
        """The name of a query for keys, which stands before the statement, behind those that it
        needs itself."""
        if (known := self.names.get(keys)) is None:
            body = without_preamble(self.flat(keys.query))
            known = self.names[keys] = Name(f"k{len(self.names) + 1}")
            self.before.append([f"{known}(k) AS (", *body, ")"])
        return known

    def written(self, tree: Sql, others: Sequence[Sql] = ()) -> Iterator[Part]:
        """The statement after what goes before it, in texts and parameters."""
        main = self.flat(tree)
        without_preamble(main[1:])
        rest = [without_preamble(self.flat(one)) for one in others]
        before = [*self.before, *rest]
        if before and Mark.PREAMBLE not in main:
            yield "WITH "
            yield from separated(before)
            yield " "
        for part in main:
            if part is Mark.PREAMBLE:
                yield "WITH"
                if before:
                    yield " "
                    yield from separated(before)
                    yield ","
            else:
                yield part


def without_preamble(parts: list[Part]) -> list[Part]:
    """The parts. Raises NotImplementedError for a `WITH` that does not begin the statement."""
    if Mark.PREAMBLE in parts:
        raise NotImplementedError("only a whole statement has common table expressions")
    return parts


def separated(queries: Sequence[Sequence[Part]]) -> Iterator[Part]:
    for number, parts in enumerate(queries):
        if number:
            yield ", "
        yield from parts


def numbered(tree: Sql, before: Sequence[Sql] = ()) -> tuple[str, tuple[str, ...]]:
    """The statement, after what goes `before` it, with `$1`, `$2` for its parameters, and their
    names in that order."""
    places: dict[str, int] = {}
    texts = [
        f"${places.setdefault(part.name, len(places) + 1)}"
        if isinstance(part, Parameter)
        else str(part)
        for part in Statement().written(tree, before)
    ]
    return "".join(texts), tuple(places)
