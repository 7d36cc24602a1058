"""Marks in the answers of compiled statements. They say whose records of special categories are in
them. JSON holds no raw control character, so nothing that people wrote can be taken for a mark."""

import re
from collections import defaultdict
from collections.abc import Sequence

from models.base import OfSchool, row_named

BEGIN, OF, END = "\x1e", "\x1f", "\x1d"
"""Around the type of the row, and the key of the person whose it is."""
MARK = re.compile(rf"{BEGIN}([A-Za-z]+){OF}([0-9]+){END}".encode())


def taken(found: Sequence[bytes]) -> tuple[list[bytes], dict[type[OfSchool], set[int]]]:
    """The texts without the marks, and by the type of the rows, the keys of whose they are."""
    read: dict[type[OfSchool], set[int]] = defaultdict(set)

    def note(mark: re.Match[bytes]) -> bytes:
        row = row_named(mark[1].decode())
        assert row is not None  # noqa: S101  # we wrote the mark
        read[row].add(int(mark[2]))
        return b""

    return [MARK.sub(note, text) for text in found], read
