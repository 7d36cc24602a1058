"""Reading the files of a set from an untrusted folder or ZIP.

Anybody who can upload may have made the archive. It is read within limits, in memory, and nothing
is written to disk. A file beyond a limit is skipped with a finding; a path that cannot be a set is
refused.
"""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.columns import FILES
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.refusals import RosterUnreadable, Why

MIB = 1 << 20
TOP = PurePosixPath()
DEEPEST = 2
END_OF_DIRECTORY = struct.Struct("<4s8xI6x")  # signature, size of the list of files
ZIP64_LOCATOR = b"PK\x06\x07"
LONGEST_ENTRY = 1024  # bytes that one file needs in the list of an archive, generously
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(OSError, ValueError, RuntimeError, EOFError, OverflowError),
)
DRIVE = re.compile(r"[A-Za-z]:")
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of reading a set. They allow half a million rows in a file, and no ZIP bomb.

    archive: Bytes of the ZIP itself.
    entries: Files and folders in it.
    file: Bytes of one file, unpacked.
    total: Bytes of all files, unpacked.
    ratio: How many times larger than packed a file of over `free` bytes may be.
    rows: Rows of one file.
    """

    archive: int = 32 * MIB
    entries: int = 500
    file: int = 64 * MIB
    total: int = 192 * MIB
    ratio: int = 150
    free: int = 4 * MIB
    rows: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file before it is read: its path, its declared size, and a function that opens it."""

    path: PurePosixPath
    size: int
    packed: int
    open: Callable[[], IO[bytes]]

    @property
    def kind(self) -> str | None:
        """Its name in the standard: `users` for `school/Users.CSV`."""
        known = self.path.suffix.casefold() == ".csv"
        return FILES.get(self.path.stem.casefold()) if known else None


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A file of the set: `kind` is its name in the standard, `name` its own."""

    kind: str
    name: str
    content: bytes


def files_of(path: Path, limits: Limits, findings: Findings) -> dict[str, RosterFile]:
    """Read the files of the set at `path`, by kind."""
    try:
        if path.is_dir():
            return the_set(list(in_folder(path, limits, findings)), limits, findings)
        if path.exists() and not path.is_file():
            raise RosterUnreadable(Why.NOT_A_SET)  # reading a pipe would block for ever
        with path.open("rb") as handle:
            measure(handle, limits)
            with zipfile.ZipFile(handle) as archive:
                return the_set(list(in_archive(archive, limits, findings)), limits, findings)
    except FileNotFoundError as missing:
        raise RosterUnreadable(Why.NOT_FOUND) from missing
    except BROKEN as broken:
        raise RosterUnreadable(Why.NOT_A_SET) from broken


def in_folder(
    folder: Path, limits: Limits, findings: Findings, above: PurePosixPath = TOP
) -> Iterator[Entry]:
    """Yield the plain files in this folder and a little below; links are not followed."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda it: it.name)
    if len(entries) > limits.entries:
        raise RosterUnreadable(Why.TOO_LARGE)
    for entry in entries:
        path = above / entry.name
        if is_hidden(path):
            continue
        if entry.is_symlink():
            findings.add(Code.SYMLINK, str(path), value=entry.name)
        elif entry.is_dir() and len(path.parts) <= DEEPEST:
            yield from in_folder(folder / entry.name, limits, findings, path)
        elif entry.is_file():
            size = entry.stat(follow_symlinks=False).st_size
            yield Entry(path, size, size, partial(open_plain, folder / entry.name))


def open_plain(path: Path) -> IO[bytes]:
    """Open a plain file; fail if it was replaced by a link."""
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")


def measure(handle: IO[bytes], limits: Limits) -> None:
    """Refuse an archive that is too large, or that has too long a list of files.

    `zipfile` builds the whole list in memory, so its size is read first.
    """
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - (1 << 16) - END_OF_DIRECTORY.size - 20))
    tail = handle.read()
    handle.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise RosterUnreadable(Why.NOT_A_SET)
    _, listing = END_OF_DIRECTORY.unpack_from(tail, at)
    zip64 = tail[max(0, at - 20) : at].startswith(ZIP64_LOCATOR)
    large = zip64 or listing > limits.entries * LONGEST_ENTRY
    if size > limits.archive or large:
        raise RosterUnreadable(Why.TOO_LARGE)


def in_archive(archive: zipfile.ZipFile, limits: Limits, findings: Findings) -> Iterator[Entry]:
    """Yield its files. A link, or a name that leads out of the archive, is skipped with a
    finding."""
    if len(archive.infolist()) > limits.entries:
        raise RosterUnreadable(Why.TOO_LARGE)
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")  # some programs of Windows write backslashes
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or DRIVE.match(name):
            findings.add(Code.UNSAFE_NAME, value=info.filename)
        elif stat.S_ISLNK(info.external_attr >> 16):
            findings.add(Code.SYMLINK, name, value=name)
        elif not name.endswith("/"):
            yield Entry(path, info.file_size, info.compress_size, partial(unpack, archive, info))


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    if info.compress_type not in PLAIN:
        raise zipfile.BadZipFile(f"compression {info.compress_type}")
    return archive.open(info)


def the_set(entries: list[Entry], limits: Limits, findings: Findings) -> dict[str, RosterFile]:
    """Read the files in the folder of the set."""
    folder = folder_of_set(entries)
    files: dict[str, RosterFile] = {}
    total = 0
    for entry in entries:
        kind, name = entry.kind, str(entry.path)
        if kind is None or entry.path.parent != folder:
            if entry.path.suffix.casefold() == ".csv" and not is_hidden(entry.path):
                findings.add(Code.FILE_UNKNOWN, name)
        elif kind in files:
            findings.add(Code.TWO_FILES, entry.path.name)
        elif (content := content_of(entry, limits, findings)) is not None:
            files[kind] = RosterFile(kind, entry.path.name, content)
            total += len(content)
            if total > limits.total:
                raise RosterUnreadable(Why.TOO_LARGE)
    return files


def folder_of_set(entries: list[Entry]) -> PurePosixPath:
    """Return the folder with the most files of the standard, which must be unique."""
    known: dict[PurePosixPath, set[str]] = {}
    for entry in entries:
        if entry.kind and not is_hidden(entry.path):
            known.setdefault(entry.path.parent, set()).add(entry.kind)
    if not known:
        raise RosterUnreadable(Why.NO_FILES)
    most = max(len(kinds) for kinds in known.values())
    folders = [folder for folder, kinds in known.items() if len(kinds) == most]
    if len(folders) > 1:
        raise RosterUnreadable(Why.SEVERAL_SETS)
    return folders[0]


def is_hidden(path: PurePosixPath) -> bool:
    """Whether it is a file of an operating system: `__MACOSX/._users.csv`."""
    return path.parts[0] == "__MACOSX" or any(part.startswith(".") for part in path.parts)


def content_of(entry: Entry, limits: Limits, findings: Findings) -> bytes | None:
    """Return the bytes of a file, or None with a finding. Both the declared and the real size are
    checked."""
    name = entry.path.name
    swells = entry.size > max(limits.free, entry.packed * limits.ratio)
    if entry.size > limits.file or swells:
        findings.add(Code.FILE_TOO_LARGE, name)
        return None
    try:
        with closing(entry.open()) as handle:
            content = handle.read(limits.file + 1)
    except BROKEN:
        findings.add(Code.FILE_UNREADABLE, name)
        return None
    if len(content) > limits.file:
        findings.add(Code.FILE_TOO_LARGE, name)
        return None
    return content
