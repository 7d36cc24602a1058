"""Where the bytes of files lie: a local folder, or an S3 bucket by setting."""

from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

AT_ONCE = 2
"""Parts of one file that are under way at once: what is held in memory is so many parts."""


class Storage:
    """Bytes by key. `url` is `file:///folder` or anything else obstore knows, e.g. `s3://bucket`."""

    def __init__(self, url: str) -> None:
        if url.startswith("file://"):
            folder = Path(url.removeprefix("file://"))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.store: ObjectStore = LocalStore(str(folder))
        else:
            self.store = from_url(url, client_options={"timeout": "30s"})

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
