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
from gql.engine.sql import (
    Aliased,
    Keys,
    Name,
    NotCompilable,
    Parameter,
    Part,
    Slot,
    Sql,
    quote_constant,
    sql,
)
from models.base import OfSchool

NUL, NODE, BIND = "\0", "=", ":"
"""Around a name in a text; before the number of a node, and before the name of a parameter."""
HERE = quoted_name(f"{NUL}here{NUL}", quote=False)
"""Stands for the alias of a row until it is known."""
VALUE = "value alone"
"""A label that no expression has."""
SLOTS = {"here": Slot.ALIAS, "with": Slot.PREAMBLE}


class EmbeddedSql(ColumnElement[Any]):
    """SQL of our tree inside of an expression of SQLAlchemy."""

    __visit_name__ = "embedded"
    _traverse_internals = [("sql", InternalTraversal.dp_plain_obj)]

    def __init__(self, sql: Sql) -> None:
        self.sql = sql


class Compiler(PGCompiler_asyncpg):
    """Compiles to a text with a place for each node.

    nodes: The nodes that have no name of their own.
    part, source: The value labelled VALUE, and the FROM of the row named HERE. They are compiled
        inside of a whole SELECT: SQLAlchemy correlates their subqueries with it.
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
        """Ignore the template of the parameter style, which SQLAlchemy sets."""

    compilation_bindtemplate = bindtemplate

    def place(self, node: Part) -> str:
        self.nodes.append(node)
        return f"{NUL}{NODE}{len(self.nodes) - 1}{NUL}"

    def keys_in(self, element: object) -> str | None:
        """Return the place of a query for keys in parentheses. Raises NotImplementedError for one
        that is correlated with the statement around it: compiled alone it would find other rows."""
        if not isinstance(element, Grouping | ScalarSelect | SelectStatementGrouping):
            return None
        query: object = element.element
        if not is_for_keys(query):
            return None
        if getattr(query, "_correlate", ()) or getattr(query, "_correlate_except", None):
            raise NotImplementedError("a query for keys stands by itself: it has no `correlate`")
        return self.place(Keys(statement_sql(query)))

    def visit_grouping(self, grouping: Grouping[object], asfrom: bool = False, **kw: object) -> str:
        if keys := self.keys_in(grouping):
            return f"({keys})"
        return str(super().visit_grouping(grouping, asfrom, **kw))  # type: ignore[no-untyped-call]

    def visit_select_statement_grouping(
        self, grouping: SelectStatementGrouping[SelectBase], **kw: object
    ) -> str:
        is_united = "compound_index" in kw  # SQLAlchemy takes the columns of a UNION from its first
        if not is_united and (keys := self.keys_in(grouping)):
            return f"({keys})"
        return str(super().visit_select_statement_grouping(grouping, **kw))  # type: ignore[no-untyped-call]

    def visit_in_op_binary(
        self, binary: BinaryExpression[bool], operator: object, **kw: Any
    ) -> str:
        """Compare with an array, which PostgreSQL builds once and then searches. For IN it would
        plan a join, which it may run for each row."""
        if keys := self.keys_in(binary.right):
            return f"{self.process(binary.left, **kw)} = ANY(ARRAY({keys}))"
        return str(self._generate_generic_binary(binary, " IN ", **kw))

    def visit_embedded(self, embedded: EmbeddedSql, **_: object) -> str:
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
            raise NotCompilable
        return f"{NUL}with{NUL}"


DIALECT: Dialect = asyncpg.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
DIALECT.statement_compiler = Compiler


def is_for_keys(query: object) -> TypeGuard[KeysQuery]:
    """Whether a query is one for keys (`Viewer.keys`), or a UNION of such."""
    if isinstance(query, CompoundSelect):
        return all(is_for_keys(getattr(one, "element", one)) for one in query.selects)
    return isinstance(query, Select) and bool(query.get_execution_options().get(KEYS))


def name_of(identifier: str) -> Name:
    """Return an identifier of the models, quoted if it must be."""
    return Name(DIALECT.identifier_preparer.quote(identifier))


def column_at(alias: Name, attribute: InstrumentedAttribute[object]) -> Sql:
    """Return a column, or a computed column, of the row under an alias."""
    of = attribute.property.columns[0]
    if isinstance(of, TableColumn):
        return sql("{alias}.{column}", alias=alias, column=name_of(of.name))
    row: Any = attribute.class_
    key = attribute.key
    return fragment((row, key), lambda entity: getattr(entity, key), row, alias)


class Fragments(dict[Hashable, Sql]):
    """The cache of declared expressions as SQL, for any alias and viewers with the same rights.

    weight: The bytes that they take; most keys take more than their text.
    """

    weight = 0

    def keep(self, key: Hashable, written: Sql) -> Sql:
        if self.weight > MOST_FRAGMENTS:  # filters can make any number of fragments
            self.clear()
            self.weight = 0
        self[key] = written
        self.weight += weight_of(key, written)
        return written


def weight_of(key: object, written: Sql) -> int:
    """Return the bytes of SQL and of the nested tuples of its key."""
    found, waiting = written.size + PER_PART * len(written.parts), [key]
    while waiting:
        one = waiting.pop()
        found += sys.getsizeof(one)
        if isinstance(one, tuple):
            waiting += one
    return found


FRAGMENTS = Fragments()
MOST_FRAGMENTS, PER_PART = 16 * 1_048_576, 100
"""The limit of bytes of all fragments, and the bytes of a part besides its text."""


def fragment(
    key: Hashable,
    expression: Callable[[type[OfSchool]], Column],
    row: type[OfSchool],
    alias: Name,
) -> Sql:
    """Return `expression(entity)` as SQL, for the row under an alias.

    key: All that the expression depends on, except the alias: two expressions with the same key
        would be taken for each other.
    """
    if (written := FRAGMENTS.get(key)) is None:
        entity = aliased(row, name=HERE)
        written = FRAGMENTS.keep(key, value_sql(expression(entity), entity))
    return Sql((Aliased(written, alias),))


def table(row: type[OfSchool], alias: Name) -> Sql:
    """Return the table of a row type, or the query it is mapped to, under an alias, for FROM."""
    return Sql((Aliased(from_clause(row), alias),))


@cache
def from_clause(row: type[OfSchool]) -> Sql:
    entity = aliased(row, name=HERE)
    made = compile_statement(select(true()).select_from(entity))
    return split_at_nodes(made, made.source)


def value_sql(expression: Column, row: type[OfSchool]) -> Sql:
    """Compile an expression over a row, or an alias of one, in parentheses."""
    made = compile_statement(select(expression.label(VALUE)).select_from(row))
    return sql("({value})", value=split_at_nodes(made, made.part))


def statement_sql(statement: ClauseElement) -> Sql:
    """Compile a statement, or return the cached SQL of an equal one."""
    if (key := key_of(statement)) is None:
        return write_statement(statement)
    if (written := FRAGMENTS.get(key)) is None:
        written = FRAGMENTS.keep(key, write_statement(statement))
    return written


def key_of(statement: ClauseElement) -> Hashable | None:
    """Return the key by which the SQL of a statement is kept; None if SQLAlchemy has no key."""
    found = statement._generate_cache_key()  # noqa: SLF001  # the key of SQLAlchemy's own cache
    if found is None:
        return None
    values = [(b.key, None) if b.required else (None, b.effective_value) for b in found.bindparams]
    try:
        hash(key := (found.key, repr(values)))
    except TypeError:
        return None
    return key


def write_statement(statement: ClauseElement) -> Sql:
    made = compile_statement(statement)
    return split_at_nodes(made, made.string)


def compile_statement(statement: ClauseElement) -> Compiler:
    made = statement.compile(dialect=DIALECT)
    assert isinstance(made, Compiler)  # noqa: S101  # the dialect has no other
    return made


def split_at_nodes(made: Compiler, text: str) -> Sql:
    """Split a compiled text at its NUL characters, and put the nodes back. Raises
    NotImplementedError for a parameter whose name SQLAlchemy changes."""
    if made.escaped_bind_names:
        raise NotImplementedError(f"names of parameters: {', '.join(made.escaped_bind_names)}")
    parameters = {name: None for name, bind in made.binds.items() if bind.required}
    made.string = text
    state = made.construct_expanded_state(parameters)  # writes lists of constants out
    processors = {**made._bind_processors, **state.processors}  # noqa: SLF001  # as it would send
    values = state.parameters
    parts: list[Part] = []
    for number, piece in enumerate(state.statement.split(NUL)):
        if not number % 2:
            parts.append(piece)
        elif piece in SLOTS:
            parts.append(SLOTS[piece])
        elif piece.startswith(NODE):
            parts.append(made.nodes[int(piece[1:])])
        elif (name := piece.removeprefix(BIND)) in parameters:
            parts.append(Parameter(name))
        else:
            process = processors.get(name)
            parts.append(
                quote_constant(process(values[name]) if callable(process) else values[name])
            )
    return Sql(tuple(part for part in parts if part != ""))
