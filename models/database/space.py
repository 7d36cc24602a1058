"""Free space on the disk of the embedded database, and a reserve file that is given up in time.

PostgreSQL ends when the next segment of its log does not fit on the disk, and its recovery needs a
segment, too. So writes are refused below a minimum of free space, and a reserve file is deleted
when space runs out.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

MB = 1024 * 1024
SEGMENT = 16 * MB
"""Size of a file of PostgreSQL's log (wal_segment_size)."""
FRESH = 0.2
"""Seconds for which a look at the disk is used again, because each command asks."""


def free_bytes(folder: Path) -> int:
    """Return the bytes that an ordinary account may still write on the disk of a folder.

    Raises OSError if the folder cannot be looked at.
    """
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@dataclass(frozen=True)
class Reserve:
    """A file that holds space on a disk until it is needed there.

    size: Bytes; 0 means that there is no reserve.
    """

    file: Path
    size: int

    @property
    def held(self) -> int:
        """The bytes that it holds now."""
        try:
            return min(self.file.stat().st_size, self.size)
        except FileNotFoundError:
            return 0

    @property
    def missing(self) -> int:
        return self.size - self.held

    def hold(self) -> None:
        """Grow it to its full size. Raises OSError, and leaves it as it was, if it does not fit."""
        held = self.held
        handle = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            allocate(handle, held, self.size - held)
        except OSError:
            os.ftruncate(handle, held)
            raise
        finally:
            os.close(handle)

    def give_up_half(self) -> None:
        """Give up half. The other half is kept for a server that cannot start."""
        if self.held > self.size // 2:
            os.truncate(self.file, self.size // 2)

    def give_up(self) -> bool:
        """Delete it. Returns whether it held anything."""
        held = self.held > 0
        self.file.unlink(missing_ok=True)
        return held


def allocate(handle: int, start: int, size: int) -> None:
    """Allocate blocks of the disk for a part of a file; a file with holes would hold no space."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, start, size)
        return
    for place in range(start, start + size, MB):  # macOS has no such call
        os.pwrite(handle, bytes(min(MB, start + size - place)), place)
    os.fsync(handle)


@dataclass
class Space:
    """The disk of a database.

    folders: The folders that it writes to; they may lie on several disks.
    minimum: Bytes that must be free for anything to be written.
    """

    folders: Sequence[Path]
    minimum: int
    reserve: Reserve | None = None
    _seen: int = 0
    _until: float = field(default=0.0)

    @classmethod
    def of_cluster(cls, base: Path, *, minimum: int, reserve: int) -> Self:
        """Make it for the cluster below `base`, with its WAL if that lies on another disk."""
        folders = (base, base / "postgres", base / "postgres" / "pg_wal")
        return cls(folders, minimum, Reserve(base / "postgres.reserve", reserve))

    def free(self) -> int:
        """Return the bytes that may be written: those that are free and that the reserve does not
        lack."""
        if time.monotonic() >= self._until:
            left = [free_bytes(folder) for folder in self.folders if folder.exists()]
            missing = self.reserve.missing if self.reserve else 0
            self._seen = min(left) - missing if left else self.minimum  # there is no cluster yet
            self._until = time.monotonic() + FRESH
        return max(0, self._seen)

    def shortage(self) -> str | None:
        """Return a sentence that says why nothing may be written; None if there is room."""
        if (free := self.free()) >= self.minimum:
            return None
        return (
            f"the disk of {self.folders[0]} has {free // MB} MB free, less than the "
            f"{self.minimum // MB} MB of GOROD_DISK_MINIMUM_MB: free some space"
        )

    def tend(self) -> None:
        """Give up half of the reserve before the disk is full; restore it when there is room."""
        if self.reserve is None:
            return
        with suppress(OSError):  # the next look tries again
            free = free_bytes(self.reserve.file.parent)
            if free < 2 * SEGMENT:
                self.reserve.give_up_half()
            elif (missing := self.reserve.missing) and free - missing >= self.minimum:
                self.reserve.hold()

    def give_up_reserve(self) -> bool:
        """Give up the whole reserve for a server that cannot start. Returns whether it held any."""
        self._until = 0.0
        return self.reserve is not None and self.reserve.give_up()
