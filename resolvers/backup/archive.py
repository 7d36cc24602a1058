"""The file of a backup: a tar archive whose last member lists the checksums of the others."""

import fcntl
import hashlib
import json
import os
import secrets
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from models.operator import OperatorProblem

FORMAT = 1
MANIFEST, DATABASE, KEY, FILES = "manifest.json", "database.dump", "secret.key", "files/"
PART = ".gorod-backup-{}.part"
AT_ONCE = 1 << 20


class BackupProblem(OperatorProblem):
    """A backup cannot be made or used."""


@dataclass
class ArchiveWriter:
    """A backup that is being written. It gets its name when it is complete."""

    tar: tarfile.TarFile
    folder: Path
    members: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Yield a file for the content of a member, which is added at the end."""
        with tempfile.TemporaryFile(dir=self.folder) as content:
            yield content
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            content.seek(0)
            self._add(name, size, content)
        self.members.append({"name": name, "size": size, "sha256": digest})

    def finish(self, facts: dict[str, Any]) -> None:
        manifest = {"format": FORMAT, **facts, "members": self.members}
        with tempfile.TemporaryFile(dir=self.folder) as content:
            content.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())
            size = content.tell()
            content.seek(0)
            self._add(MANIFEST, size, content)

    def _add(self, name: str, size: int, content: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self.tar.addfile(member, content)


@contextmanager
def write_archive(target: Path) -> Iterator[ArchiveWriter]:
    """Write a new archive that only its owner can read. `target` is complete or does not exist; a
    part that a killed backup has left beside it is removed by the next backup."""
    if target.exists():
        raise BackupProblem(f"{target} is there already. Name another file.")
    if not target.parent.is_dir():
        raise BackupProblem(f"There is no folder {target.parent}. Make it first.")
    _sweep(target.parent)
    part = target.with_name(PART.format(secrets.token_hex(8)))
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as output:
            fcntl.flock(
                handle, fcntl.LOCK_EX
            )  # keeps the `_sweep` of another backup from removing it
            with tarfile.open(fileobj=output, mode="w") as tar:
                yield ArchiveWriter(tar, target.parent)
            output.flush()
            os.fsync(handle)
            _give_name(part, target)
    finally:
        part.unlink(missing_ok=True)


def _give_name(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except FileExistsError:
        raise BackupProblem(f"{target} was made meanwhile. Name another file.") from None
    except OSError:  # a file system without links, as on a memory stick
        part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(folder: Path) -> None:
    """Remove the parts of killed backups: no process holds their lock."""
    for left in folder.glob(PART.format("*")):
        try:
            handle = os.open(left, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink(missing_ok=True)
        except OSError:
            pass  # another backup is writing it
        finally:
            os.close(handle)


@dataclass
class ArchiveReader:
    """A backup whose members were all compared with their checksums."""

    tar: tarfile.TarFile
    manifest: dict[str, Any]

    def content(self, name: str) -> IO[bytes]:
        found = self.tar.extractfile(name)
        assert found is not None  # noqa: S101  # it was found by the check
        return found

    @property
    def files(self) -> list[str]:
        """The keys of the uploaded files in it."""
        names = (member["name"] for member in self.manifest["members"])
        return [name.removeprefix(FILES) for name in names if name.startswith(FILES)]

    @property
    def key(self) -> bytes | None:
        """The secret key, if the backup holds it."""
        inside = any(member["name"] == KEY for member in self.manifest["members"])
        return self.content(KEY).read() if inside else None


@contextmanager
def read_archive(source: Path) -> Iterator[ArchiveReader]:
    """Open a backup and check all of it. Raises BackupProblem for a file that is no complete
    backup."""
    try:
        with tarfile.open(source, mode="r:") as tar:
            yield ArchiveReader(tar, _check_members(source, tar))
    except (tarfile.TarError, EOFError) as problem:
        raise BackupProblem(f"{source} is no backup of Gorod, or not all of one.") from problem


def _check_members(source: Path, tar: tarfile.TarFile) -> dict[str, Any]:
    found = {member.name: member for member in tar.getmembers() if member.isfile()}
    manifest_file = tar.extractfile(found[MANIFEST]) if MANIFEST in found else None
    if manifest_file is None:
        raise BackupProblem(f"{source} is no backup of Gorod, or not all of one.")
    manifest: dict[str, Any] = json.load(manifest_file)
    if manifest.get("format") != FORMAT:
        raise BackupProblem(f"{source} was made by a newer Gorod. Install the newer Gorod.")
    for member in manifest["members"]:
        content = tar.extractfile(found[member["name"]]) if member["name"] in found else None
        digest = hashlib.sha256()
        while content and (some := content.read(AT_ONCE)):
            digest.update(some)
        if digest.hexdigest() != member["sha256"]:
            raise BackupProblem(f"{source} is damaged: {member['name']} is not what was saved.")
    return manifest
