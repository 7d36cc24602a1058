"""Where the bytes of files lie: a local folder, or an S3 bucket by setting."""

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
from resolvers.services.outage import FilesUnavailable, Reach

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PATIENCE = 10.0
"""Seconds in which a place must answer."""
STALLED = 30.0
"""Seconds after which a place that takes no more of a file, or gives no more of it, is given up."""
LONGEST = "1h"
"""For one request to a bucket, with all its bytes: a slow reader may take long."""
RETRIES: "RetryConfig" = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=5),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
"""Of a request to a bucket. By itself obstore tries for three minutes while somebody waits."""
AT_ONCE = 2
"""Parts of one file that are under way at once: what is held in memory is so many parts."""


PART = re.compile(r"[0-9]+/[0-9]+/[A-Za-z0-9_-]+#[0-9]+")
"""How obstore calls a file that is being written: its key and a number."""
FULL = re.compile("No space left on device|Disk quota exceeded")


class StorageProblem(OperatorProblem):
    """Files cannot be kept where GOROD_STORAGE_URL says."""


class StorageFull(Problem):
    """There is no room for files on the server at the moment: try again later, or tell whoever
    looks after the server."""

    russian = (
        "На сервере сейчас нет места для файлов: повторите позже или сообщите тому, кто "
        "обслуживает сервер."
    )


class Storage:
    """Bytes by key. `url` is `file:///folder` or anything else obstore knows, e.g. `s3://bucket`.

    minimum: Bytes that must stay free on the disk of a folder.
    follows: Whether an outage is remembered and followed until it is over, as a server does.

    Raises StorageProblem. Whether a bucket is there and open to us shows at its first use.
    """

    def __init__(self, url: str, minimum: int = 0, *, follows: bool = False) -> None:
        self.minimum = minimum
        self.reach = Reach(self.probe if follows else None)
        self.folder: Path | None = None
        """Where the files lie, if not in a bucket."""
        self._lock: int | None = None
        try:
            if url.startswith("file://"):
                self.folder = made(unquote(url.removeprefix("file://")))
                self.store: ObjectStore = LocalStore(str(self.folder))
            else:
                self.store = from_url(url, client_options=client(), retry_config=RETRIES)
        except (OSError, ValueError, BaseError) as problem:
            said = str(problem).partition("\n")[0]
            raise StorageProblem(
                f"Uploads cannot be kept: {said}. Set GOROD_STORAGE_URL to a folder that can be "
                "written (file:///…) or to a bucket (s3://bucket/prefix)."
            ) from problem

    def expect_room(self, size: int) -> None:
        """Raises StorageFull if so many bytes would leave less than the minimum, FilesUnavailable
        while nothing can be stored."""
        self.reach.require()
        if self.folder and self.minimum:
            with self.reach.needed():
                free = free_bytes(self.folder)
            if free - size < self.minimum:
                raise StorageFull

    async def put(self, key: str, content: AsyncIterator[bytes]) -> None:
        """Write what comes, without holding it whole; a broken stream leaves nothing behind.

        Raises StorageFull if there was no room for all of it, FilesUnavailable.
        """
        self.reach.require()
        try:
            with self.reach.needed():
                try:
                    async with asyncio.timeout(STALLED) as limit:
                        sent = paced(content, limit)
                        await obstore.put_async(self.store, key, sent, max_concurrency=AT_ONCE)
                except BaseError as problem:  # which has no code of its own for it
                    if self.folder and FULL.search(str(problem)):
                        raise StorageFull from problem
                    raise
        except SenderFailed as failed:
            raise failed.cause from None

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """Raises FileNotFoundError, before anything is given out, and FilesUnavailable, also on the
        way."""
        self.reach.require()
        with self.reach.needed():
            async with asyncio.timeout(PATIENCE):
                found = await obstore.get_async(self.store, key)

        async def chunks() -> AsyncIterator[bytes]:
            stream = aiter(found.stream())
            while True:
                with self.reach.needed():
                    async with asyncio.timeout(STALLED):
                        chunk = await anext(stream, None)
                if chunk is None:
                    return
                yield bytes(chunk)

        return chunks()

    async def drop(self, key: str) -> None:
        """Harmless where there is nothing. Raises FilesUnavailable."""
        self.reach.require()
        with suppress(FileNotFoundError), self.reach.needed():
            async with asyncio.timeout(PATIENCE):
                await obstore.delete_async(self.store, key)

    async def schools(self) -> list[int]:
        """Schools that have files, or have begun to. Raises FilesUnavailable."""
        self.reach.require()
        with self.reach.needed():
            found = await obstore.list_with_delimiter_async(self.store)
        names = [prefix.rstrip("/") for prefix in found["common_prefixes"]]
        return [int(name) for name in names if name.isdecimal()]

    def claim(self) -> bool:
        """Say that this process uses the folder, until it ends. Whether no other process does: then
        nobody else is uploading. Of a bucket nobody knows."""
        if self.folder is None or self._lock is not None:
            return False
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            is_alone = False
        else:
            is_alone = True
        with suppress(OSError):  # some network file systems know no locks
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return is_alone

    def sweep(self, before: float) -> None:
        """Remove parts of files that a killed process has left, if nothing was written to them
        since that moment, in seconds since 1970."""
        for part in self.folder.glob("*/*/*#*") if self.folder else ():
            with suppress(OSError):  # it was finished or swept meanwhile
                is_left = part.stat().st_mtime < before
                if is_left and PART.fullmatch(str(part.relative_to(part.parents[2]))):
                    part.unlink()

    async def keys(self) -> list[str]:
        """Of all that lies there. Raises StorageProblem."""
        with seen(), self.reach.needed():
            found = await obstore.list(self.store).collect_async()
        return [one["path"] for one in found]

    async def look(self) -> None:
        """Raises StorageProblem where nothing can be read, or no answer comes."""
        with seen(), self.reach.needed():
            await self.probe()

    async def probe(self) -> None:
        """Ask for the first of the files. Raises what obstore raises, TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            if self.folder:
                await asyncio.to_thread(os.listdir, self.folder)
            async for _ in obstore.list(self.store, chunk_size=1):
                return


@contextmanager
def seen() -> Iterator[None]:
    """What goes wrong with a place, in words for the operator. Raises StorageProblem."""
    try:
        yield
    except FilesUnavailable as problem:
        raise StorageProblem(
            f"The place of uploads cannot be used: {problem.reason}. GOROD_STORAGE_URL says where "
            "it is, and `gorod doctor` whether it answers."
        ) from problem


class SenderFailed(Exception):
    """Bytes that were on their way to a place do not come any more: no fault of the place."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


async def paced(content: AsyncIterator[bytes], limit: asyncio.Timeout) -> AsyncIterator[bytes]:
    """What a sender sends. The limit runs only while the place has something to do: a sender may be
    as slow as they like. Raises SenderFailed."""
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


def client() -> "ClientConfig":
    """Of requests to a bucket: how long they wait. Options take the place of all that obstore reads
    from the environment, so what it would have read there of plain HTTP is repeated here."""
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    return {
        "connect_timeout": "3s",
        "read_timeout": f"{PATIENCE:.0f}s",
        "timeout": LONGEST,
        "allow_http": plain,
    }


def made(path: str) -> Path:
    folder = Path(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
