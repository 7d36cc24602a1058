"""A small disk of one's own, to be filled."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from models.database.space import MB
from tests.database.processes import passable
from tests.needing import ROOT


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder that is a file system of this size. Only root may mount one; where root may not
    either, the test fails."""
    if os.geteuid() != 0:
        pytest.skip(ROOT)
    with passable() as folder:
        place = folder / "disk"
        place.mkdir()
        options = f"size={megabytes}m,mode=755"
        command = ["mount", "-t", "tmpfs", "-o", options, "gorod-test", str(place)]
        mount = shutil.which("mount")
        done = subprocess.run(command, capture_output=True, text=True) if mount else None
        if done is None or done.returncode:
            said = done.stderr if done else "no mount"
            pytest.fail(f"no file system can be mounted here: {said}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """A file that takes all the space but so many megabytes; whoever removes it has it back.

    Raises OSError where the disk is mounted no more: the file would take the space of this machine.
    """
    file = disk / "filler"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if os.fstat(handle).st_dev == disk.parent.stat().st_dev:
            raise OSError(errno.ENODEV, "nothing is mounted there", str(disk))
        end = os.fstat(handle).st_size
        while (left := free_bytes_of(handle) - leave * MB) > 0:
            # Somebody who takes a block between the two calls makes all of it fail.
            with suppress(OSError):
                os.posix_fallocate(handle, end, left)
                end += left
    finally:
        os.close(handle)
    return file


def free_bytes_of(handle: int) -> int:
    """What may still be written on the disk of an open file."""
    disk = os.fstatvfs(handle)
    return disk.f_bavail * disk.f_frsize
