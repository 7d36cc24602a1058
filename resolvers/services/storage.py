"""The storage of uploaded files: a local folder, or an S3 bucket by setting."""

import asyncio
import fcntl
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from models.database.space import free_bytes
from models.operator import OperatorProblem
from models.problems import Problem
from resolvers.services.outage import FilesUnavailable, StorageAvailability

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PATIENCE = 10.0
"""Seconds in which the storage must answer. Without it, requests would wait for a dead one."""
STALLED = 30.0
"""Seconds without progress in a transfer. Without it, one could hang for ever."""
LONGEST = "1h"
"""The time of one request to a bucket with all its bytes: a slow reader may take long."""
RETRIES: "RetryConfig" = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=5),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
"""The retries of a request to a bucket. obstore's default is three minutes, for which the client
would wait."""
AT_ONCE = 2
"""Parts of one file that are sent at once, and so are in memory."""


PART = re.compile(r"[0-9]+/[0-9]+/[A-Za-z0-9_-]+#[0-9]+")
"""obstore's name of a file that is being written: its key and a number."""
FULL = re.compile("No space left on device|Disk quota exceeded")


class StorageProblem(OperatorProblem):
    """Files cannot be stored at GOROD_STORAGE_URL."""


class StorageFull(Problem):
    """There is no room for files on the server at the moment: try again later, or tell the operator
    of the server."""

    russian = (
        "На сервере сейчас нет места для файлов: повторите позже или сообщите тому, кто "
        "обслуживает сервер."
    )


class Storage:
    """A store of bytes by key.

    url: `file:///folder`, or another address of obstore, e.g. `s3://bucket`.
    minimum: Bytes that must stay free on the disk of a folder.
    follows: Whether an outage is remembered and probed until its end, as a server does.

    Raises StorageProblem. A missing or closed bucket shows at its first use only.
    """

    def __init__(self, url: str, minimum: int = 0, *, follows: bool = False) -> None:
        self.minimum = minimum
        self.reach = StorageAvailability(self.probe if follows else None)
        self.folder: Path | None = None
        """The folder of the files; None for a bucket."""
        self._lock: int | None = None
        try:
            if url.startswith("file://"):
                self.folder = make_folder(unquote(url.removeprefix("file://")))
                self.store: ObjectStore = LocalStore(str(self.folder))
            else:
                self.store = from_url(url, client_options=client_options(), retry_config=RETRIES)
        except (OSError, ValueError, BaseError) as problem:
            said = str(problem).partition("\n")[0]
            raise StorageProblem(
                f"Uploads cannot be kept: {said}. Set GOROD_STORAGE_URL to a folder that can be "
                "written (file:///…) or to a bucket (s3://bucket/prefix)."
            ) from problem

    def expect_room(self, size: int) -> None:
        """Raise StorageFull if so many bytes would leave less than the minimum, FilesUnavailable
        during an outage."""
        self.reach.require()
        if self.folder and self.minimum:
            with self.reach.translate_errors():
                free = free_bytes(self.folder)
            if free - size < self.minimum:
                raise StorageFull

    async def put(self, key: str, content: AsyncIterator[bytes]) -> None:
        """Write a stream without holding all of it in memory; a broken stream leaves nothing.

        Raises StorageFull if there was no room for all of it, FilesUnavailable.
        """
        self.reach.require()
        try:
            with self.reach.translate_errors():
                try:
                    async with asyncio.timeout(STALLED) as limit:
                        sent = pace_chunks(content, limit)
                        await obstore.put_async(self.store, key, sent, max_concurrency=AT_ONCE)
                except BaseError as problem:  # obstore has no class for a full disk
                    if self.folder and FULL.search(str(problem)):
                        raise StorageFull from problem
                    raise
        except SenderFailed as failed:
            raise failed.cause from None

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """Return the bytes. Raises FileNotFoundError before the first of them, and FilesUnavailable
        at any time."""
        self.reach.require()
        with self.reach.translate_errors():
            async with asyncio.timeout(PATIENCE):
                found = await obstore.get_async(self.store, key)

        async def chunks() -> AsyncIterator[bytes]:
            stream = aiter(found.stream())
            while True:
                with self.reach.translate_errors():
                    async with asyncio.timeout(STALLED):
                        chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield bytes(chunk)

        return chunks()

    async def drop(self, key: str) -> None:
        """Delete a file, if it exists. Raises FilesUnavailable."""
        self.reach.require()
        with suppress(FileNotFoundError), self.reach.translate_errors():
            async with asyncio.timeout(PATIENCE):
                await obstore.delete_async(self.store, key)

    async def schools(self) -> list[int]:
        """Return the schools that have files, finished or not. Raises FilesUnavailable."""
        self.reach.require()
        with self.reach.translate_errors():
            found = await obstore.list_with_delimiter_async(self.store)
        names = [prefix.rstrip("/") for prefix in found["common_prefixes"]]
        return [int(name) for name in names if name.isdecimal()]

    def claim(self) -> bool:
        """Lock the folder for this process until its end. Return whether no other process uses it,
        so that no upload is running; False for a bucket, which has no locks."""
        if self.folder is None or self._lock is not None:
            return False
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            is_alone = False
        else:
            is_alone = True
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return is_alone

    def sweep(self, before: float) -> None:
        """Remove the partial files of killed processes that were not written to since that moment,
        in seconds since 1970."""
        for part in self.folder.glob("*/*/*#*") if self.folder else ():
            with suppress(OSError):  # it was finished or removed meanwhile
                is_left = part.stat().st_mtime < before
                if is_left and PART.fullmatch(str(part.relative_to(part.parents[2]))):
                    part.unlink()

    async def keys(self) -> list[str]:
        """Return the keys of all files. Raises StorageProblem."""
        with report_outage(), self.reach.translate_errors():
            found = await obstore.list(self.store).collect_async()
        return [one["path"] for one in found]

    async def check(self) -> None:
        """Check the storage. Raises StorageProblem if it cannot be read or does not answer."""
        with report_outage(), self.reach.translate_errors():
            await self.probe()

    async def probe(self) -> None:
        """List the first file. Raises TimeoutError and the errors of obstore."""
        async with asyncio.timeout(PATIENCE):
            if self.folder:
                await asyncio.to_thread(os.listdir, self.folder)
            async for _ in obstore.list(self.store, chunk_size=1):
                return


@contextmanager
def report_outage() -> Iterator[None]:
    """Translate FilesUnavailable into StorageProblem, for the operator."""
    try:
        yield
    except FilesUnavailable as problem:
        raise StorageProblem(
            f"The place of uploads cannot be used: {problem.reason}. GOROD_STORAGE_URL says where "
            "it is, and `gorod doctor` whether it answers."
        ) from problem


class SenderFailed(Exception):
    """The sender of a file failed, not the storage."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


async def pace_chunks(
    content: AsyncIterator[bytes], limit: asyncio.Timeout
) -> AsyncIterator[bytes]:
    """Yield the chunks of a sender. The limit runs only while the storage works: a slow sender does
    not count. Raises SenderFailed."""
    now = asyncio.get_running_loop().time
    while True:
        limit.reschedule(None)
        try:
            chunk = await anext(content, None)
        except Exception as problem:
            raise SenderFailed(problem) from problem
        limit.reschedule(now() + STALLED)
        if chunk is None:
            return
        yield chunk


def client_options() -> "ClientConfig":
    """Return obstore's options for a bucket. They replace those that obstore reads from the
    environment, so the option of plain HTTP is read here."""
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    return {
        "connect_timeout": "3s",
        "read_timeout": f"{PATIENCE:.0f}s",
        "timeout": LONGEST,
        "allow_http": plain,
    }


def make_folder(path: str) -> Path:
    folder = Path(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
