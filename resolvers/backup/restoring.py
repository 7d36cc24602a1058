"""Restoring a backup into an empty installation."""

import asyncio
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models.database import dump, migrate
from models.keyfile import KeyProblem
from models.secrets import Secrets
from resolvers.backup.archive import AT_ONCE, DATABASE, FILES, ArchiveReader, BackupProblem
from resolvers.services.storage import Storage


class NotEmpty(BackupProblem):
    """The place to restore a backup to is not empty."""


ANY_TABLE = """
    SELECT EXISTS (SELECT FROM pg_class
                   WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace)
"""


def choose_key(backup: ArchiveReader, known: bytes | None) -> bytes:
    """Return the secret key of the backup: the one in it, or the one that is known here.

    Raises KeyProblem before anything is written.
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


def refuse_newer(backup: ArchiveReader) -> None:
    """Raise BackupProblem for tables of a newer Gorod."""
    if migrate.is_newer(backup.manifest["tables"]):
        raise BackupProblem(
            f"The backup was made by Gorod {backup.manifest['gorod']}, which is newer than this "
            "one. Install the newer Gorod."
        )


@dataclass(frozen=True)
class EmptyTarget:
    """The place that a backup is restored to.

    is_loaded: Whether its tables are complete already, because an earlier restore was interrupted
        after that.
    """

    url: str
    is_loaded: bool


async def empty_target(url: str, storage: Storage, cut_off: ArchiveReader | None) -> EmptyTarget:
    """Remove the files that an interrupted restore has put there.

    cut_off: The backup of the interrupted restore, if there was one.

    Raises NotEmpty, before anything is removed, if there are tables that are not those of the
    backup.
    """
    is_loaded = await _is_loaded(url, cut_off.manifest["rows"] if cut_off else None)
    if cut_off:
        for key in await storage.keys():
            await storage.drop(key)
    return EmptyTarget(url, is_loaded)


async def _is_loaded(url: str, expected: dict[str, str] | None) -> bool:
    connection = await dump.open_unrestricted(url)
    try:
        if not await connection.fetchval(ANY_TABLE):
            return False
        if expected is not None and await dump.hash_tables(connection) == expected:
            return True
        raise NotEmpty(
            "The database holds tables already. A backup is restored into an empty one: name "
            "another by DATABASE_URL."
        )
    finally:
        await connection.close()


async def refuse_files(storage: Storage) -> None:
    """Raise NotEmpty if the storage holds a file."""
    for key in await storage.keys():
        raise NotEmpty(
            f"There are uploaded files already ({key} …). A backup is restored where there are "
            "none: set GOROD_STORAGE_URL, or GOROD_DATA_DIR, to another place."
        )


async def restore(
    target: EmptyTarget,
    backup: ArchiveReader,
    storage: Storage,
    progress: Callable[[str, float], None],
) -> None:
    """Restore the files, and then the database in one transaction. So at any interruption no row
    names a file that is missing, and the tables are complete or do not exist.

    Raises DatabaseProblem, also if a table does not hold exactly the rows that were saved.
    """
    for number, key in enumerate(backup.files):
        progress("files", 0.5 * number / len(backup.files))
        await storage.put(key, _chunks(backup.content(f"{FILES}{key}")))
    progress("database", 0.5)
    if not target.is_loaded:
        await _load(target.url, backup)
    progress("statistics", 0.95)
    connection = await dump.open_unrestricted(target.url)
    await connection.execute("ANALYZE")
    await connection.close()


async def _load(url: str, backup: ArchiveReader) -> None:
    connection = await dump.open_unrestricted(url)
    major = connection.get_server_version().major
    await connection.close()
    with tempfile.TemporaryFile() as dumped:
        content = backup.content(DATABASE)
        while some := content.read(AT_ONCE):
            dumped.write(some)
        dumped.seek(0)
        made_by = int(str(backup.manifest["postgres"]).partition(".")[0])
        folder: Path = dump.find_programs(max(major, made_by))
        check = dump.make_check(backup.manifest["rows"])
        await asyncio.to_thread(dump.load, url, dumped, folder, check, old_server=major < 17)


async def _chunks(content: IO[bytes]) -> AsyncIterator[bytes]:
    while some := content.read(AT_ONCE):
        yield some
