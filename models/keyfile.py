"""The secret key of an installation, in a file of its data directory."""

import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from models.operator import OperatorProblem

SHORTEST = 32
"""Characters of a secret key."""


class KeyProblem(OperatorProblem):
    """The secret key is missing, unreadable, or not the one of this database."""


@dataclass(frozen=True)
class KeyFile:
    """The file of the secret key, and its neighbours.

    path: The key. Beside it lie `….next` while the key is being changed, and `….previous`, the
        key before the last change, which opens older backups.
    """

    path: Path

    @property
    def next(self) -> Path:
        return self.path.with_name(f"{self.path.name}.next")

    @property
    def previous(self) -> Path:
        return self.path.with_name(f"{self.path.name}.previous")

    def read(self) -> bytes | None:
        """Return the key; None where there is no file. Raises KeyProblem for a file without a
        key."""
        return _key_in(self.path)

    def read_next(self) -> bytes | None:
        """Return the new key of a change that has begun; None if none has."""
        return _key_in(self.next)

    def make(self) -> bytes:
        """Return the key; make it where there is none. Two who do so at once get the same key."""
        _write_new(self.path, urlsafe_b64encode(secrets.token_bytes(32)))
        return _key_in(self.path) or self.make()

    def keep(self, key: bytes) -> None:
        """Write a given key to the file. Raises KeyProblem where the file holds another."""
        _write_new(self.path, key)
        if self.read() != key:
            raise KeyProblem(f"{self.path} holds another key. Move it away first.")

    def begin_change(self) -> bytes:
        """Make a new key, kept beside the one in use until `end_change`."""
        self.next.unlink(missing_ok=True)  # left by a change that ended before it did anything
        _write_new(self.next, urlsafe_b64encode(secrets.token_bytes(32)))
        return _key_in(self.next) or self.begin_change()

    def end_change(self) -> None:
        """Put the new key in the place of the old one. May be repeated after any interruption."""
        if self.path.exists():
            self.previous.unlink(missing_ok=True)
            self.previous.hardlink_to(self.path)
        self.next.replace(self.path)
        _sync(self.path.parent)


def _key_in(file: Path) -> bytes | None:
    try:
        key = file.read_bytes().strip()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise KeyProblem(f"The secret key {file} cannot be read: {problem.strerror}.") from problem
    if len(key) < SHORTEST:
        raise KeyProblem(
            f"{file} holds no secret key of {SHORTEST} characters or more. Bring it back from a "
            "backup; if this installation has no data yet, remove the file."
        )
    return key


def _write_new(file: Path, key: bytes) -> None:
    """Write a key to a file that does not exist yet. The file is linked into its place when it is
    complete and on disk, so a crash leaves no half of a key."""
    if not file.parent.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o711)  # root's PostgreSQL passes through to its own folder
    if file.exists():
        return
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as output:
            output.write(key)
            output.flush()
            os.fsync(handle)
        file.hardlink_to(part)
        _sync(file.parent)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _sync(folder: Path) -> None:
    """Write a folder to disk: without that a name in it may be lost in a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
