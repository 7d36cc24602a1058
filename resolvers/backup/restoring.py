"""Restoring a backup into an installation that holds nothing."""

import asyncio
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

from models.database import dump, migrate
from models.keyfile import KeyProblem
from models.secrets import Secrets
from resolvers.backup.archive import AT_ONCE, DATABASE, FILES, BackupProblem, Reading
from resolvers.files.storage import Storage


class NotEmpty(BackupProblem):
    """There is something already where a backup should be restored to."""


ANY_TABLE = """
    SELECT EXISTS (SELECT FROM pg_class
                   WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace)
"""


def fitting_key(backup: Reading, known: bytes | None) -> bytes:
    """The secret key of the backup: the one in it, or the one that is known here.

    Raises KeyProblem, before anything is written.
    """
    key = backup.key or known
    if key is None:
        raise KeyProblem(
            "The backup holds no secret key, and there is none here. Put it back first: "
            "GOROD_SECRET_KEY, or secret.key in the data directory."
        )
    check = backup.manifest["keyCheck"]
    fits = check is None or Secrets(key).opens_check(b64decode(check))
    if not fits or (known is not None and known != key):
        raise KeyProblem(
            "The secret key here is not that of the backup. Remove GOROD_SECRET_KEY or secret.key, "
            "or set it to the key of the backup."
        )
    return key


def refuse_newer(backup: Reading) -> None:
    """Raises BackupProblem for tables of which this Gorod knows nothing."""
    if migrate.is_newer(backup.manifest["tables"]):
        raise BackupProblem(
            f"The backup was made by Gorod {backup.manifest['gorod']}, which is newer than this "
            "one. Install the newer Gorod."
        )


async def refuse_tables(url: str) -> None:
    """Raises NotEmpty unless the database is empty."""
    connection = await dump.seeing_all(url)
    try:
        if await connection.fetchval(ANY_TABLE):
            raise NotEmpty(
                "The database holds tables already. A backup is restored into an empty one: name "
                "another by DATABASE_URL."
            )
    finally:
        await connection.close()


async def refuse_files(storage: Storage) -> None:
    """Raises NotEmpty unless no file lies there."""
    for key in await storage.keys():
        raise NotEmpty(
            f"There are uploaded files already ({key} …). A backup is restored where there are "
            "none: set GOROD_STORAGE_URL, or GOROD_DATA_DIR, to another place."
        )


def refuse_other_storage(then: str, now: str) -> None:
    """Raises BackupProblem where a restore that was cut off had put its files elsewhere."""
    if then != now:
        raise BackupProblem(
            f"A restore was cut off that put its files to {then}. Set GOROD_STORAGE_URL to that, "
            "or begin in another data directory."
        )


async def clear(storage: Storage) -> None:
    """Take away what a restore that was cut off had put there."""
    for key in await storage.keys():
        await storage.drop(key)


async def restore(
    url: str, backup: Reading, storage: Storage, progress: Callable[[str, float], None]
) -> None:
    """Put the files back, then the database in one transaction: whenever it ends, no row speaks of
    a file that is not there, and the tables are whole or not there.

    Raises DatabaseProblem, also if a table does not hold exactly the rows that were saved.
    """
    for number, key in enumerate(backup.files):
        progress("files", 0.5 * number / len(backup.files))
        await storage.put(key, _chunks(backup.content(f"{FILES}{key}")))
    progress("database", 0.5)
    connection = await dump.seeing_all(url)
    major = connection.get_server_version().major
    await connection.close()
    with tempfile.TemporaryFile() as dumped:
        content = backup.content(DATABASE)
        while some := content.read(AT_ONCE):
            dumped.write(some)
        dumped.seek(0)
        made_by = int(str(backup.manifest["postgres"]).partition(".")[0])
        folder: Path = dump.programs(max(major, made_by))
        check = dump.checking(backup.manifest["rows"])
        await asyncio.to_thread(dump.load, url, dumped, folder, check, old_server=major < 17)
    progress("statistics", 0.95)
    connection = await dump.seeing_all(url)
    await connection.execute("ANALYZE")
    await connection.close()


async def _chunks(content: IO[bytes]) -> AsyncIterator[bytes]:
    while some := content.read(AT_ONCE):
        yield some
