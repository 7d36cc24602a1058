"""Where the bytes of files lie: a local folder, or an S3 bucket by setting."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from models.operator import OperatorProblem

PATIENCE = 10.0
"""Seconds in which a place must answer."""
AT_ONCE = 2
"""Parts of one file that are under way at once: what is held in memory is so many parts."""


class StorageProblem(OperatorProblem):
    """Files cannot be kept where GOROD_STORAGE_URL says."""


class Storage:
    """Bytes by key. `url` is `file:///folder` or anything else obstore knows, e.g. `s3://bucket`.

    Raises StorageProblem. Whether a bucket is there and open to us shows at its first use.
    """

    def __init__(self, url: str) -> None:
        try:
            self.store = opened(url)
        except (OSError, ValueError, BaseError) as problem:
            said = str(problem).partition("\n")[0]
            raise StorageProblem(
                f"Uploads cannot be kept: {said}. Set GOROD_STORAGE_URL to a folder that can be "
                "written (file:///…) or to a bucket (s3://bucket/prefix)."
            ) from problem

    async def put(self, key: str, content: AsyncIterator[bytes]) -> None:
        """Write what comes, without holding it whole; a broken stream leaves nothing behind."""
        await obstore.put_async(self.store, key, content, max_concurrency=AT_ONCE)

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """Raises FileNotFoundError, before anything is given out."""
        found = await obstore.get_async(self.store, key)

        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in found.stream():
                yield bytes(chunk)

        return chunks()

    async def drop(self, key: str) -> None:
        await obstore.delete_async(self.store, key)

    async def keys(self) -> list[str]:
        """Of all that lies there. Raises StorageProblem."""
        with seen():
            found = await obstore.list(self.store).collect_async()
        return [one["path"] for one in found]

    async def look(self) -> None:
        """Raises StorageProblem where nothing can be read, or no answer comes."""
        with seen():
            async with asyncio.timeout(PATIENCE):
                async for _ in obstore.list(self.store, chunk_size=1):
                    return


@contextmanager
def seen() -> Iterator[None]:
    """What goes wrong in looking at a place, in words for the operator."""
    try:
        yield
    except (OSError, BaseError) as problem:
        said = str(problem).partition("\n")[0] or "no answer comes"
        raise StorageProblem(f"The place of uploads cannot be looked at: {said}.") from problem


def opened(url: str) -> ObjectStore:
    if not url.startswith("file://"):
        return from_url(url, client_options={"timeout": "30s"})
    folder = Path(unquote(url.removeprefix("file://")))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(str(folder))
