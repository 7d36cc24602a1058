"""Making a backup of the database as of one moment, the files that it knows of, and the key."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

from models.database import dump
from models.database.keys import WRONG
from models.database.problems import Unfit
from models.keyfile import KeyProblem
from models.secrets import Secrets
from resolvers.backup.archive import (
    DATABASE,
    FILES,
    KEY,
    ArchiveWriter,
    BackupProblem,
    write_archive,
)
from resolvers.services.storage import Storage

FOUND = "SELECT to_regclass('{}') IS NOT NULL"
UPLOADED = """
    SELECT storage_key, sha256 FROM files WHERE status = 'READY' AND storage_key IS NOT NULL
    ORDER BY storage_key
"""


@dataclass(frozen=True)
class Backup:
    """The contents of a backup.

    lost: The keys of files that the database knows of and that the storage lacks.
    """

    file: Path
    rows: int
    files: int
    lost: tuple[str, ...]
    has_key: bool


async def make(
    url: str,
    target: Path,
    storage: Storage | None,
    key: bytes | None,
    progress: Callable[[str, float], None],
) -> Backup:
    """Write a backup to a new file. The server may go on: the backup holds the state of one moment,
    and the files that belonged to it.

    storage: The storage of the files; None to leave them out. key: The secret key; None to leave it
        out.

    Raises BackupProblem and DatabaseProblem; then `target` does not exist.
    """
    with write_archive(target) as archive:
        connection = await dump.open_unrestricted(url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                facts = await _facts(connection, key)
                progress("database", 0.1)
                await _save_database(connection, url, archive)
                progress("rows", 0.5)
                facts["rows"] = await dump.hash_tables(connection)
                known = await connection.fetch(UPLOADED)
        finally:
            await connection.close()
        progress("files", 0.7)
        lost = await _save_files(archive, storage, known) if storage else []
        if key:
            with archive.part(KEY) as content:
                content.write(key)
        archive.finish({**facts, "lost": lost, "hasFiles": storage is not None})
    rows = sum(int(found.split()[0]) for found in facts["rows"].values())
    files = len(known) - len(lost) if storage else 0
    return Backup(target, rows, files, tuple(lost), key is not None)


async def _facts(connection: asyncpg.Connection, key: bytes | None) -> dict[str, Any]:
    """Return the facts that a restore needs first. Raises KeyProblem for a wrong key."""
    if not await connection.fetchval(FOUND.format("alembic_version")):
        raise Unfit("There are no tables in this database yet, so there is nothing to save.")
    check = None
    if await connection.fetchval(FOUND.format("secret_keys")):
        check = await connection.fetchval("SELECT sealed FROM secret_keys")
    if key and check and not Secrets(key).opens_check(check):
        raise KeyProblem(WRONG)
    return {
        "madeAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "gorod": version("gorod"),
        "tables": await connection.fetchval("SELECT version_num FROM alembic_version"),
        "postgres": await connection.fetchval("SHOW server_version"),
        "keyCheck": b64encode(check).decode() if check else None,
    }


async def _save_database(connection: asyncpg.Connection, url: str, archive: ArchiveWriter) -> None:
    folder = dump.find_programs(connection.get_server_version().major)
    snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
    with archive.part(DATABASE) as content:
        await asyncio.to_thread(dump.dump, url, snapshot, folder, content)


async def _save_files(archive: ArchiveWriter, storage: Storage, known: list[Any]) -> list[str]:
    """Save the files and return the keys of those that the storage lacks; some may have been
    removed since the snapshot."""
    lost = []
    for key, digest in known:
        try:
            chunks = await storage.get(key)
        except FileNotFoundError:
            lost.append(key)
            continue
        with archive.part(f"{FILES}{key}") as content:
            async for chunk in chunks:
                content.write(chunk)
        if archive.members[-1]["sha256"] != digest.hex():
            raise BackupProblem(
                f"The uploaded file {key} is not what was uploaded: its checksum is another. Bring "
                "it back from an older backup, or delete it, then try again."
            )
    return lost
