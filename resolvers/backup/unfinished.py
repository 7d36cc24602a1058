"""The note of an unfinished restore in a data directory.

While it is there, no other command uses the directory as an installation.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from models.database import locks
from models.database.problems import InUse
from resolvers.backup.archive import BackupProblem


@dataclass(frozen=True)
class Place:
    """The places that a restore writes to.

    database: Its address without user and password.
    """

    database: str
    files: str


@dataclass
class Attempt:
    """A restore.

    again: Whether an earlier one was interrupted at the same place, and may have left something.
    """

    note: Path
    handle: int
    place: Place
    again: bool

    def begin(self) -> None:
        """Write the note. Call it before anything is restored, so that the rest of a killed restore
        is marked."""
        if self.again:
            return
        os.pwrite(self.handle, json.dumps(asdict(self.place)).encode(), 0)
        os.fsync(self.handle)
        folder = os.open(self.note.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def end(self) -> None:
        """Remove the note: everything is restored, or nothing was written."""
        self.note.unlink(missing_ok=True)


@contextmanager
def attempt(note: Path, place: Place) -> Iterator[Attempt]:
    """Take the note. Raises InUse while another restore is under way there, and BackupProblem if an
    earlier one was interrupted that wrote to other places: the data in these may be in use."""
    note.parent.mkdir(parents=True, exist_ok=True)
    handle = locks.take(note)
    if handle is None:
        raise InUse(f"A restore into {note.parent.resolve()} is under way. Wait for it to end.")
    try:
        earlier = note.read_bytes() if note.exists() else b""
        if earlier:
            _refuse_other(note, earlier, place)
        one = Attempt(note, handle, place, again=bool(earlier))
        try:
            yield one
        finally:
            if note.exists() and not note.stat().st_size:
                one.end()  # nothing was written
    finally:
        os.close(handle)


def _refuse_other(note: Path, earlier: bytes, place: Place) -> None:
    try:
        then = Place(**json.loads(earlier))
    except (ValueError, TypeError):
        raise BackupProblem(
            f"{note} cannot be read: it is of another Gorod. Begin in another data directory."
        ) from None
    if then != place:
        raise BackupProblem(
            f"A restore was cut off here that wrote to the database {then.database} and put its "
            f"files to {then.files}. Set DATABASE_URL and GOROD_STORAGE_URL to that, or begin in "
            "another data directory."
        )
