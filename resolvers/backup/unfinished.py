"""The note that stays in a data directory while a restore is under way, or after it was cut off.

While it is there no other command takes what is there for an installation.
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
    """Where a restore puts things. database: Without user and password."""

    database: str
    files: str


@dataclass
class Attempt:
    """A restore. again: Whether an earlier one was cut off at the same place, and may have left
    something there."""

    note: Path
    handle: int
    place: Place
    again: bool

    def begin(self) -> None:
        """Called before anything is written: what a killed restore leaves is marked by then."""
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
        """Everything is there, or nothing was done."""
        self.note.unlink(missing_ok=True)


@contextmanager
def attempt(note: Path, place: Place) -> Iterator[Attempt]:
    """Raises InUse while another restore is under way there, BackupProblem where an earlier one was
    cut off that wrote to other places: what is here now may be somebody's data."""
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
                one.end()  # nothing was begun
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
