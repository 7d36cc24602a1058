"""The reserve on the disk is held while there is room, freed in time, and made again."""

import os
from pathlib import Path

import pytest

from models.database import space as module
from models.database.space import MB, Reserve, Space
from tests.outages.disk import fill, mount_small_disk


def count_bytes(file: Path) -> int:
    """Return the bytes of the disk that a file really takes."""
    return file.stat().st_blocks * 512


def test_a_reserve_takes_blocks_of_the_disk_and_gives_them_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 8 * MB)
    assert (reserve.held, reserve.missing) == (0, 8 * MB)
    reserve.hold()
    assert (reserve.held, reserve.missing) == (8 * MB, 0)
    assert count_bytes(reserve.file) >= 8 * MB, "holes would hold nothing"
    for _ in range(2):
        reserve.give_up_half()
        assert reserve.held == count_bytes(reserve.file) == 4 * MB
    assert [reserve.give_up(), reserve.give_up()] == [True, False]
    assert not reserve.file.exists()


def test_on_a_system_without_a_call_for_it_a_reserve_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    reserve = Reserve(tmp_path / "reserve", 3 * MB // 2)
    reserve.hold()
    assert reserve.held == 3 * MB // 2
    assert count_bytes(reserve.file) >= reserve.size


def test_a_reserve_of_size_zero_takes_nothing(tmp_path: Path) -> None:
    space = Space([tmp_path], 0, Reserve(tmp_path / "reserve", 0))
    space.tend()
    assert not space.give_up_reserve()
    assert list(tmp_path.iterdir()) == []
    assert space.shortage() is None


def test_a_disk_that_nobody_has_seen_is_not_called_full(tmp_path: Path) -> None:
    """Otherwise a server that may not make the folder would wait for space for ever."""
    folder = tmp_path / "data"
    space = Space([folder], 128 * MB, Reserve(folder / "reserve", 64 * MB))
    assert space.shortage() is None


def test_space_that_the_reserve_lacks_is_not_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the process that has freed the reserve would fill the space that it needs again."""
    free = 100 * MB
    monkeypatch.setattr(module, "free_bytes", lambda _: free)
    space = Space([tmp_path], 80 * MB, Reserve(tmp_path / "reserve", 32 * MB))
    assert space.free() == 68 * MB
    said = space.shortage()
    assert said
    assert "68 MB free" in said
    assert "80 MB" in said
    space.tend()
    assert space.reserve
    assert space.reserve.held == 0, "it would leave less than the minimum"


def test_on_a_small_disk_the_reserve_follows_the_space() -> None:
    with mount_small_disk(200) as disk:
        space = Space([disk], 40 * MB, Reserve(disk / "reserve", 64 * MB))
        reserve = space.reserve
        assert reserve
        space.tend()
        assert reserve.held == 64 * MB
        filler = fill(disk)
        space.tend()
        assert reserve.held == 32 * MB, "half of it, before the server has to stop"
        fill(disk)
        space.tend()
        assert reserve.held == 32 * MB, "the other half is for its start"
        assert space.give_up_reserve()
        assert space.free() == 0
        filler.unlink()
        space.tend()
        assert reserve.held == 64 * MB
        space._until = 0  # noqa: SLF001  # as if a moment had passed
        assert space.shortage() is None
