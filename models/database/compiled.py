"""Statements of SQLAlchemy, compiled once into SQL for the driver and loaders of what it gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import Numeric
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

Converter: TypeAlias = Callable[[Any], Any]
Loader: TypeAlias = Callable[[Sequence[Any], Any, bool], Any]
"""`load(line, session, anew)` makes a value of a line. `anew`: Whether a row that the session holds
is loaded again."""
MOST_LENGTHS = 20
"""The most texts of a statement for lists of different lengths. Clients choose the lengths, and
could fill the memory."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The text of a statement, and its parameters in their order, each with a converter for the
    driver."""

    sql: str
    parameters: Sequence[tuple[str, Converter | None]]
    lists: Mapping[str, Sequence[str]]
    """By the names of lists, the parameters of their members."""

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        if self.lists:
            given = dict(given)
            for name, members in self.lists.items():
                given.update(zip(members, given[name], strict=False))
        return [given[n] if make is None else make(given[n]) for n, make in self.parameters]


@dataclass(slots=True)
class Compiled:
    """A compiled statement.

    keys: Of the columns that it gives; None of a text, whose columns are not declared.
    loaders: One for each of them.
    """

    compiled: Any
    lists: Sequence[str]
    keys: SimpleResultMetaData | None
    loaders: Sequence[Loader]
    texts: dict[tuple[int, ...], Sent] = field(default_factory=dict)

    def text_for(self, given: Mapping[str, Any]) -> Sent:
        """The text for the lengths of the lists among the values."""
        lengths = tuple(len(given[name]) for name in self.lists)
        if (found := self.texts.get(lengths)) is None:
            if len(self.texts) >= MOST_LENGTHS:
                self.texts.clear()
            found = self.texts[lengths] = sent_of(self.compiled, given)
        return found


def compile_statement(statement: Any, dialect: Any, key: Any = None) -> Compiled | None:
    """None for a statement whose rows only SQLAlchemy can load.

    key: Its cache key.
    """
    compiled: SQLCompiler = statement.compile(dialect=dialect, cache_key=key)
    if compiled.literal_execute_params:
        return None
    lists = [compiled.bind_names[one] for one in compiled.post_compile_params]
    columns = compiled._result_columns  # noqa: SLF001  # nothing public tells them
    if not columns:
        return Compiled(compiled, lists, None, ())
    try:
        names, loaders = loaders_of(compiled, columns)
    except LookupError:
        return None
    return Compiled(compiled, lists, SimpleResultMetaData(names), loaders)


def sent_of(compiled: Any, given: Mapping[str, Any]) -> Sent:
    converters = dict(compiled._bind_processors)  # noqa: SLF001  # as SQLAlchemy's own execution
    if not compiled.post_compile_params:
        return Sent(compiled.string, [(n, converters.get(n)) for n in compiled.positiontup], {})
    whole = compiled._process_parameters_for_postcompile(dict(given))  # noqa: SLF001
    converters |= whole.processors
    parameters = [(name, converters.get(name)) for name in whole.positiontup]
    return Sent(whole.statement, parameters, whole.parameter_expansion)


def loaders_of(compiled: Any, columns: Sequence[Any]) -> tuple[list[str], list[Loader]]:
    """The names and the loaders of what a statement gives. Raises LookupError for a column that is
    not found again."""
    converters = [converter_of(compiled.dialect, column.type) for column in columns]
    entities = getattr(compiled.compile_state, "_entities", None)
    if entities is None:
        keys = [column.keyname for column in columns]
        return keys, [column_loader(*pair) for pair in enumerate(converters)]
    objects = [[o for o in c.objects if isinstance(o, ClauseElement)] for c in columns]
    places = {one: place for place, some in enumerate(objects) for one in some}
    loaders = []
    for entity in entities:
        if hasattr(entity, "_with_polymorphic_mappers"):  # it is a row and not a column
            loaders.append(row_loader(entity, places, converters))
        else:
            place = places[entity._fetch_column]  # noqa: SLF001
            loaders.append(column_loader(place, converters[place]))
    return [entity._label_name for entity in entities], loaders  # noqa: SLF001


def column_loader(place: int, convert: Converter | None) -> Loader:
    if convert is None:
        return lambda line, _session, _anew: line[place]
    return lambda line, _session, _anew: convert(line[place])


def row_loader(
    entity: Any, places: Mapping[Any, int], converters: Sequence[Converter | None]
) -> Loader:
    """A loader of rows. It gives the row that the session holds already, if there is one."""
    mapper: Mapper[Any] = entity.mapper
    adapter = entity.entity_zero._adapter if entity.is_aliased_class else None  # noqa: SLF001
    parts = []
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        place = places.get(adapter.columns[column] if adapter else column)
        if place is not None:
            parts.append((prop.key, place, converters[place]))
        elif not prop.deferred:
            raise LookupError(prop.key)
    by_key = {key: place for key, place, _ in parts}
    identity = [by_key[mapper.get_property_by_column(one).key] for one in mapper.primary_key]
    manager, kind = mapper.class_manager, mapper.class_

    def load(line: Sequence[Any], session: Any, anew: bool) -> Any:
        if None in (key := tuple(line[one] for one in identity)):
            return None
        row = session.identity_map.get((kind, key, None))
        if row is not None and not anew:
            return row
        values = {name: line[at] if make is None else make(line[at]) for name, at, make in parts}
        if row is None:
            row = manager.new_instance()
            state: Any = instance_state(row)
            state.key, state.session_id = (kind, key, None), session.hash_key
            session.identity_map.add(state)
        row.__dict__.update(values)
        instance_state(row)._commit_all(row.__dict__)  # noqa: SLF001  # as SQLAlchemy's loading
        return row

    return load


def converter_of(dialect: Any, type_: Any) -> Converter | None:
    """The converter of values that the driver gives for a type."""
    if isinstance(type_, Numeric):  # SQLAlchemy looks at the type that the server names
        return as_decimal if type_.asdecimal else as_float
    found: Converter | None = type_._cached_result_processor(dialect, None)  # noqa: SLF001
    return found


def as_decimal(value: Any) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value))


def as_float(value: Any) -> float | None:
    return None if value is None else float(value)
