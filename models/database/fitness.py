"""Whether a server can be Gorod's: looked at once, at the start."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.database import migrate, pooler
from models.database.problems import DatabaseProblem, Unfit
from models.walls import APP

OLDEST = 15

_FACTS = text("""
    SELECT lower('Ж') = 'ж' AS knows_case,
           to_tsvector('russian', 'ШКОЛЫ') = to_tsvector('russian', 'школа') AS knows_words,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist') AS has_gist,
           EXISTS (SELECT FROM pg_class WHERE relowner = me.oid AND relkind IN ('r', 'p')) AS owns,
           me.rolname, me.rolsuper OR me.rolbypassrls AS above_walls
    FROM pg_roles me WHERE me.rolname = current_user
""")


_MIXED = (
    "a pooler hands its sessions from client to client, which can give one school the answers of "
    "another: connect to PostgreSQL itself or to a pool in session mode, or set "
    "GOROD_STATEMENT_CACHES=false and let DATABASE_URL name the user gorod_app"
)


async def check(engine: AsyncEngine, *, caches: bool = True) -> None:
    """Raises Unfit, naming every fault, unless this server can be Gorod's."""
    if found := await faults(engine, caches=caches):
        raise Unfit("This database cannot serve Gorod:\n" + "\n".join(f"  - {f}" for f in found))


async def faults(engine: AsyncEngine, *, caches: bool = True) -> list[str]:
    """What is wrong, each with what to do; empty if nothing is.

    First of all whether our sessions are ours: if not, no other answer can be trusted.
    """
    try:
        if caches and await pooler.mixes_sessions(engine):
            return [_MIXED]
        async with engine.connect() as connection:
            return await _of_server(connection) or await _of_schema(connection)
    except DBAPIError as problem:
        raise DatabaseProblem(_unreachable(engine, str(problem.orig))) from problem
    except OSError as problem:
        raise DatabaseProblem(_unreachable(engine, str(problem))) from problem


async def _of_server(connection: AsyncConnection) -> list[str]:
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
    }
    return [fault for fault, there in wrong.items() if there]


async def _of_schema(connection: AsyncConnection) -> list[str]:
    now, newest = await migrate.current(connection), migrate.head()
    if now == newest:
        return []
    return [f"its tables are of {now or 'no version'}, not {newest}: run `gorod db upgrade`"]


def _unreachable(engine: AsyncEngine, problem: str) -> str:
    where = engine.url.render_as_string(hide_password=True)
    if "unsupported startup parameter" in problem:
        return (
            f"A pooler stands before {where} and refuses a session's settings: set "
            "GOROD_STATEMENT_CACHES=false and let DATABASE_URL name the user gorod_app."
        )
    return f"{where} cannot be used: {problem}"
