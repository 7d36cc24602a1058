"""Compiles tables, columns and the expressions of rules, shapes and use cases, which SQLAlchemy
holds, to SQL of the tree (`gql.engine.sql`).

SQLAlchemy's compiler returns a text. It writes each node (a parameter, an alias, a query for keys,
SQL of our own) as a name between two NUL characters, which no SQL can contain. The text is split at
them once. No other code searches or cuts a text of SQL.
"""

import sys
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any, TypeGuard

from sqlalchemy import Alias, BinaryExpression, ColumnElement, Dialect, Select, select, true
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.elements import ClauseElement, Grouping, Label, quoted_name
from sqlalchemy.sql.selectable import (
    CompoundSelect,
    ScalarSelect,
    SelectBase,
    SelectStatementGrouping,
)
from sqlalchemy.sql.visitors import InternalTraversal

from auth.actor import KEYS, Column
from auth.actor import Keys as KeysQuery
from gql.engine.sql import Keys, Mark, Name, Parameter, Part, Sql, Under, Unspeakable, quoted, sql
from models.base import OfSchool

NUL, NODE, BIND = "\0", "=", ":"
"""Around a name in a text; before the number of a node, and before the name of a parameter."""
HERE = quoted_name(f"{NUL}here{NUL}", quote=False)
"""Stands for the alias under which a row is read, until it is known."""
VALUE = "value alone"
"""No expression is called so."""
MARKS = {"here": Mark.ALIAS, "with": Mark.PREAMBLE}


class Embedded(ColumnElement[Any]):
    """SQL of the tree in an expression of SQLAlchemy."""

    __visit_name__ = "embedded"
    _traverse_internals = [("sql", InternalTraversal.dp_plain_obj)]

    def __init__(self, sql: Sql) -> None:
        self.sql = sql


class Compiler(PGCompiler_asyncpg):
    """Compiles to text with a place for each node.

    nodes: Those nodes that have no name of their own.
    part, source: The value labelled VALUE, and the FROM of the row called HERE. They are compiled
        inside a whole SELECT: subqueries in them depend on what is around them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.nodes: list[Part] = []
        self.part = self.source = ""
        super().__init__(*args, **kwargs)

    @property
    def bindtemplate(self) -> str:
        """The place of a parameter."""
        return f"{NUL}{BIND}%(name)s{NUL}"

    @bindtemplate.setter
    def bindtemplate(self, _: str) -> None:
        """SQLAlchemy sets that of the parameter style."""

    compilation_bindtemplate = bindtemplate

    def place(self, node: Part) -> str:
        self.nodes.append(node)
        return f"{NUL}{NODE}{len(self.nodes) - 1}{NUL}"

    def keys_in(self, element: object) -> str | None:
        """The place of a query for keys in parentheses. Raises NotImplementedError for one that
        depends on the statement around it: compiled alone it would reach other rows."""
        if not isinstance(element, Grouping | ScalarSelect | SelectStatementGrouping):
            return None
        query: object = element.element
        if not is_for_keys(query):
            return None
        if getattr(query, "_correlate", ()) or getattr(query, "_correlate_except", None):
            raise NotImplementedError("a query for keys stands by itself: it has no `correlate`")
        return self.place(Keys(written_sql(query)))

    def visit_grouping(self, grouping: Grouping[object], asfrom: bool = False, **kw: object) -> str:
        if keys := self.keys_in(grouping):
            return f"({keys})"
        return str(super().visit_grouping(grouping, asfrom, **kw))  # type: ignore[no-untyped-call]

    def visit_select_statement_grouping(
        self, grouping: SelectStatementGrouping[SelectBase], **kw: object
    ) -> str:
        is_united = "compound_index" in kw  # then SQLAlchemy itself has to see the first of them
        if not is_united and (keys := self.keys_in(grouping)):
            return f"({keys})"
        return str(super().visit_select_statement_grouping(grouping, **kw))  # type: ignore[no-untyped-call]

    def visit_in_op_binary(
        self, binary: BinaryExpression[bool], operator: object, **kw: Any
    ) -> str:
        """Compare with an array, which PostgreSQL builds once and then searches. It would run a
        join for each row, or begin its plan with it."""
        if keys := self.keys_in(binary.right):
            return f"{self.process(binary.left, **kw)} = ANY(ARRAY({keys}))"
        return str(self._generate_generic_binary(binary, " IN ", **kw))

    def visit_embedded(self, embedded: Embedded, **_: object) -> str:
        return self.place(embedded.sql)

    def visit_label(self, label: object, *args: object, **kw: object) -> str:
        if isinstance(label, Label) and label.name == VALUE:
            kw |= {"within_columns_clause": True, "within_label_clause": True}
            kw.pop("add_to_result_map", None)
            self.part = label.element._compiler_dispatch(self, **kw)  # noqa: SLF001
            return self.part
        return str(super().visit_label(label, *args, **kw))  # type: ignore[no-untyped-call]

    def visit_alias(self, alias: Alias, *args: object, **kw: object) -> str:
        text = str(super().visit_alias(alias, *args, **kw))  # type: ignore[no-untyped-call]
        if kw.get("asfrom") and alias.name == HERE:
            self.source = text
        return text

    def get_cte_preamble(self, recursive: bool) -> str:
        if recursive:
            raise Unspeakable
        return f"{NUL}with{NUL}"


DIALECT: Dialect = asyncpg.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
DIALECT.statement_compiler = Compiler


def is_for_keys(query: object) -> TypeGuard[KeysQuery]:
    """Whether a query stands by itself (`Viewer.keys`), or all that it unites do."""
    if isinstance(query, CompoundSelect):
        return all(is_for_keys(getattr(one, "element", one)) for one in query.selects)
    return isinstance(query, Select) and bool(query.get_execution_options().get(KEYS))


def name_of(identifier: str) -> Name:
    """A name of the models as SQL has it."""
    return Name(DIALECT.identifier_preparer.quote(identifier))


def at(alias: Name, attribute: InstrumentedAttribute[object]) -> Sql:
    """A column of the row that stands under an alias, or what stands for one."""
    of = attribute.property.columns[0]
    if isinstance(of, TableColumn):
        return sql("{alias}.{column}", alias=alias, column=name_of(of.name))
    row: Any = attribute.class_
    key = attribute.key
    return fragment((row, key), lambda entity: getattr(entity, key), row, alias)


class Fragments(dict[Hashable, Sql]):
    """Declared expressions written once, for any alias, any viewer with the same grants.

    weight: Bytes they take; of most of them the key takes more than the text.
    """

    weight = 0

    def keep(self, key: Hashable, written: Sql) -> Sql:
        if self.weight > MOST_FRAGMENTS:  # a client may ask for any number of them
            self.clear()
            self.weight = 0
        self[key] = written
        self.weight += weight_of(key, written)
        return written


def weight_of(key: object, written: Sql) -> int:
    """Bytes of SQL, and of the tuples inside each other by which it is kept."""
    found, waiting = written.size + PER_PART * len(written.parts), [key]
    while waiting:
        one = waiting.pop()
        found += sys.getsizeof(one)
        if isinstance(one, tuple):
            waiting += one
    return found


FRAGMENTS = Fragments()
MOST_FRAGMENTS, PER_PART = 16 * 1_048_576, 100
"""Bytes: of all that is kept, and of a part besides its text."""


def fragment(
    key: Hashable,
    expression: Callable[[type[OfSchool]], Column],
    row: type[OfSchool],
    alias: Name,
) -> Sql:
    """`expression(entity)`, written for the row under an alias. `key` is all it depends on but
    the alias."""
    if (written := FRAGMENTS.get(key)) is None:
        entity = aliased(row, name=HERE)
        written = FRAGMENTS.keep(key, value_sql(expression(entity), entity))
    return Sql((Under(written, alias),))


def table(row: type[OfSchool], alias: Name) -> Sql:
    """For FROM: the table of a row type, or the query it is another look at, under an alias."""
    return Sql((Under(from_clause(row), alias),))


@cache
def from_clause(row: type[OfSchool]) -> Sql:
    entity = aliased(row, name=HERE)
    made = compiled(select(true()).select_from(entity))
    return parts_of(made, made.source)


def value_sql(expression: Column, row: type[OfSchool]) -> Sql:
    """An expression over a row or an alias of one, in parentheses."""
    made = compiled(select(expression.label(VALUE)).select_from(row))
    return sql("({value})", value=parts_of(made, made.part))


def written_sql(statement: ClauseElement) -> Sql:
    """A statement in which constants stand as they are, and parameters in their places."""
    if (key := key_of(statement)) is None:
        return newly_written(statement)
    if (written := FRAGMENTS.get(key)) is None:
        written = FRAGMENTS.keep(key, newly_written(statement))
    return written


def key_of(statement: ClauseElement) -> Hashable | None:
    """Return the key by which the SQL of a statement is kept; None if SQLAlchemy has no key."""
    found = statement._generate_cache_key()  # noqa: SLF001  # how SQLAlchemy itself knows them again
    if found is None:
        return None
    values = [(b.key, None) if b.required else (None, b.effective_value) for b in found.bindparams]
    try:
        hash(key := (found.key, repr(values)))
    except TypeError:
        return None
    return key


def newly_written(statement: ClauseElement) -> Sql:
    made = compiled(statement)
    return parts_of(made, made.string)


def compiled(statement: ClauseElement) -> Compiler:
    made = statement.compile(dialect=DIALECT)
    assert isinstance(made, Compiler)  # noqa: S101  # the dialect has no other
    return made


def parts_of(made: Compiler, text: str) -> Sql:
    """Split a compiled text at its NUL characters, and put the nodes back. Raises
    NotImplementedError for a parameter whose name SQLAlchemy changes."""
    if made.escaped_bind_names:
        raise NotImplementedError(f"names of parameters: {', '.join(made.escaped_bind_names)}")
    parameters = {name: None for name, bind in made.binds.items() if bind.required}
    made.string = text
    state = made.construct_expanded_state(parameters)  # lists of constants are written out
    processors = {**made._bind_processors, **state.processors}  # noqa: SLF001  # as it would send
    values = state.parameters
    parts: list[Part] = []
    for number, piece in enumerate(state.statement.split(NUL)):
        if not number % 2:
            parts.append(piece)
        elif piece in MARKS:
            parts.append(MARKS[piece])
        elif piece.startswith(NODE):
            parts.append(made.nodes[int(piece[1:])])
        elif (name := piece.removeprefix(BIND)) in parameters:
            parts.append(Parameter(name))
        else:
            process = processors.get(name)
            parts.append(quoted(process(values[name]) if callable(process) else values[name]))
    return Sql(tuple(part for part in parts if part != ""))
