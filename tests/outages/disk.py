"""A small disk that tests can fill."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from models.database.space import MB
from tests.database.processes import make_open_folder
from tests.needing import ROOT


@contextmanager
def mount_small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a file system of this size on a folder. Only root may mount one; if root may not, the
    test fails."""
    if os.geteuid() != 0:
        pytest.skip(ROOT)
    with make_open_folder() as folder:
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
    """Make a file that takes all the space except `leave` megabytes; removing it frees the space.

    Raises OSError if the disk is no longer mounted: the file would take the space of this machine.
    """
    file = disk / "filler"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if os.fstat(handle).st_dev == disk.parent.stat().st_dev:
            raise OSError(errno.ENODEV, "nothing is mounted there", str(disk))
        end = os.fstat(handle).st_size
        while (left := count_free_bytes(handle) - leave * MB) > 0:
            # A block that another process takes between the two calls makes the whole call fail.
            with suppress(OSError):
                os.posix_fallocate(handle, end, left)
                end += left
    finally:
        os.close(handle)
    return file


def count_free_bytes(handle: int) -> int:
    """Return the bytes that may still be written on the disk of an open file."""
    disk = os.fstatvfs(handle)
    return disk.f_bavail * disk.f_frsize
