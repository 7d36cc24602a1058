"""Sessions that give their usual statements to the driver themselves.

SQLAlchemy takes 0.2 to 0.4 ms for a statement, most of it for greenlets, cursors and the loading of
rows; the driver takes 0.03 ms. So SELECT, and the INSERT or UPDATE of one row, are compiled once
and then sent by the shortest way. SQLAlchemy does all else, in the same transaction. It raises the
errors and hears of the statements in both cases.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, TextClause
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.util import LRUCache, greenlet_spawn

from models.database.compiled import Compiled, compile_statement
from models.database.row_writing import WAS, attributes_of, is_usual, statement_of

MOST = 500
"""The most statements that stay compiled, as many as SQLAlchemy itself keeps: filters and orders
of clients make new ones."""
FEW = 4
"""The most rows that are added one by one. SQLAlchemy adds many rows of a type in one statement."""
_compiled: "LRUCache[Any, Compiled | None]" = LRUCache(MOST)
"""By cache keys of SQLAlchemy, which are equal for statements that differ only in their values."""


class Session(AsyncSession):
    """An AsyncSession whose usual statements take the shortest way."""

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Result[Any]:
        usual = isinstance(statement, Select | TextClause) and not options
        key: Any = statement._generate_cache_key() if usual else None  # noqa: SLF001
        compiled = self.compile_once(statement, key) if key is not None else None
        if compiled is None or not isinstance(params, Mapping | None):
            whole: Result[Any] = await super().execute(statement, params, **options)
            return whole
        if not self.sync_session._is_clean():  # noqa: SLF001  # SELECT must see what was added
            await self.flush()
        given = compiled.compiled.construct_params(
            params or {}, extracted_parameters=key.bindparams, escape_names=False
        )
        sent = compiled.text_for(given)
        lines = await self.send(sent.sql, sent.values(given))
        if compiled.keys is None:
            # Without a line nobody tells the columns, and a result without columns has no scalars.
            names = list(lines[0].keys()) if lines else ["none"]
            return IteratorResult(SimpleResultMetaData(names), map(tuple, lines))
        anew = bool(statement._execution_options.get("populate_existing"))  # noqa: SLF001
        session, loaders = self.sync_session, compiled.loaders
        found = [tuple([load(line, session, anew) for load in loaders]) for line in lines]
        return IteratorResult(compiled.keys, iter(found))

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalars()

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalar()

    def compile_once(self, statement: Any, key: Any) -> Compiled | None:
        """None if SQLAlchemy must run it."""
        if key.key not in _compiled:
            dialect = self.get_bind().dialect
            _compiled[key.key] = compile_statement(statement, dialect, key)
        found: Compiled | None = _compiled[key.key]
        return found

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what was changed and what was added. Changes come first, so that a row that ends
        makes room for the next one; new rows come in the order in which they were added."""
        sync = self.sync_session
        new = sorted(map(instance_state, sync.new), key=lambda one: one.insert_order or 0)
        changed = [instance_state(one) for one in sync.dirty]
        unusual = objects is not None or sync.deleted or len(new) > FEW
        if unusual or not all(map(is_usual, (*new, *changed))):
            await super().flush(objects)
            return
        for state in changed:
            await self.write_changes(state)
        for state in new:
            await self.write_new(state)

    async def write_new(self, state: Any) -> None:
        held, keys = state.dict, [one.key for one in attributes_of(state.mapper)]
        given = tuple(key for key in keys if held.get(key) is not None)
        sent, made = statement_of(state.mapper, given, is_new=True)
        [line] = await self.send(sent.sql, sent.values(held))
        held.update({key: None for key in keys if key not in held})
        held.update(zip(made, line, strict=True))
        self.sync_session._register_persistent({state})  # noqa: SLF001  # as its own flush

    async def write_changes(self, state: Any) -> None:
        """Raises StaleDataError if another transaction changed the row."""
        held, before, mapper = state.dict, state.committed_state, state.mapper
        version = mapper.get_property_by_column(mapper.version_id_col).key
        changed = tuple(
            one.key
            for one in attributes_of(mapper)
            if one.key in before
            and one.key != version
            and not one.columns[0].type.compare_values(before[one.key], held[one.key])
        )
        if changed or version in before:
            sent, made = statement_of(mapper, changed, is_new=False)
            was = before.get(version, held[version])
            lines = await self.send(sent.sql, sent.values({**held, WAS: was}))
            if not lines:
                raise StaleDataError(f"another transaction changed {mapper.class_.__name__}")
            held.update(zip(made, lines[0], strict=True))
        self.sync_session._register_persistent({state})  # noqa: SLF001  # as its own flush

    async def send(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run a statement on the connection of the transaction."""
        sync = await self.begun_connection()
        adapted: Any = sync.connection.dbapi_connection
        told = (sync, None, sql, values, None, False)
        for hear in sync.dispatch.before_cursor_execute:
            hear(*told)
        try:
            if adapted._transaction is None:  # noqa: SLF001  # SQLAlchemy begins late, too
                await adapted._start_transaction()  # noqa: SLF001
            found: Sequence[Any] = await adapted.driver_connection.fetch(sql, *values)
        except BaseException as error:
            await greenlet_spawn(fail, sync, adapted, sql, error)
            raise
        for hear in sync.dispatch.after_cursor_execute:
            hear(*told)
        return found

    async def begun_connection(self) -> Any:
        """The connection of the transaction, which is begun if there is none."""
        transaction = self.sync_session.get_transaction()
        begun = transaction._connections if transaction else None  # noqa: SLF001  # without a greenlet
        if not begun:
            return (await self.connection()).sync_connection
        return next(iter(begun.values()))[0]


def fail(sync: Any, adapted: Any, sql: str, error: BaseException) -> None:
    """Raise an error of the driver as SQLAlchemy does. It also closes a broken connection, and one
    whose statement was cancelled."""
    if isinstance(error, Exception):
        try:
            adapted._handle_exception(error)  # noqa: SLF001
        except Exception as translated:
            error = translated
    sync._handle_dbapi_exception(error, sql, None, None, None)  # noqa: SLF001
