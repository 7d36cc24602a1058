"""Checks at the start that a server fits Gorod."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.database import migrate, pooler
from models.database.engine import explain_errors
from models.database.problems import Unfit
from models.walls import APP

OLDEST = 15

_FACTS = text("""
    SELECT lower('Ж') = 'ж' AS knows_case,
           to_tsvector('russian', 'ШКОЛЫ') = to_tsvector('russian', 'школа') AS knows_words,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist') AS has_gist,
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int AS sessions,
           EXISTS (SELECT FROM pg_class WHERE relowner = me.oid AND relkind IN ('r', 'p')) AS owns,
           me.rolname, me.rolsuper OR me.rolbypassrls AS above_walls
    FROM pg_roles me WHERE me.rolname = current_user
""")


_MIXED = (
    "a pooler hands its sessions from client to client, which can give one school the answers of "
    "another: connect to PostgreSQL itself or to a pool in session mode, or set "
    "GOROD_STATEMENT_CACHES=false and let DATABASE_URL name the user gorod_app"
)


async def check(engine: AsyncEngine, *, caches: bool = True, sessions: int = 0) -> None:
    """Raise Unfit, with every fault named, unless this server fits Gorod.

    sessions: How many this process will open; 0 for a command, which opens a few.
    """
    if found := await find_faults(engine, caches=caches, sessions=sessions):
        raise Unfit("This database cannot serve Gorod:\n" + "\n".join(f"  - {f}" for f in found))


async def find_faults(engine: AsyncEngine, *, caches: bool = True, sessions: int = 0) -> list[str]:
    """Return the faults of a server, each with what to do; empty if there are none.

    A pooler that mixes sessions is looked for first: behind one no other answer can be trusted.
    """
    with explain_errors(engine):
        # A server that is away would look like one behind a pooler; this raises first.
        async with engine.connect():
            pass
        if caches and await pooler.mixes_sessions(engine):
            return [_MIXED]
        async with engine.connect() as connection:
            found = await _of_server(connection, sessions)
            return found or await _of_schema(connection)


async def _of_server(connection: AsyncConnection, sessions: int) -> list[str]:
    number = await connection.scalar(text("SELECT current_setting('server_version_num')::int"))
    if number < OLDEST * 10_000:
        return [f"PostgreSQL {number // 10_000} is too old: {OLDEST} or newer is needed"]
    facts = (await connection.execute(_FACTS)).one()
    wrong = {
        "its locale does not know the case of Cyrillic: create the database with "
        "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'": not facts.knows_case,
        "its full text search does not know Russian words": not facts.knows_words,
        "the extension btree_gist is missing: run `gorod db upgrade`": not facts.has_gist,
        f"{facts.rolname} stands above row-level security: use {APP}": facts.above_walls,
        f"{facts.rolname} owns tables: use {APP}": facts.owns,
        f"it takes {facts.sessions} sessions, and this server would open up to {sessions}: lower "
        "GOROD_POOL_SIZE, or raise its max_connections": sessions > facts.sessions,
    }
    return [fault for fault, there in wrong.items() if there]


async def _of_schema(connection: AsyncConnection) -> list[str]:
    now, newest = await migrate.current(connection), migrate.head()
    if now == newest:
        return []
    if migrate.is_newer(now):
        return [migrate.NEWER.format(now=now, newest=newest)]
    return [f"its tables are of {now or 'no version'}, not {newest}: run `gorod db upgrade`"]
