"""Markers in the answers of compiled statements. Some name the persons whose records of special
categories are in the answer; others stand for texts that Python makes with a key. JSON has no raw
control characters, so no text that people wrote can be taken for a marker."""

import re
from collections import defaultdict
from collections.abc import Sequence

import orjson
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeEngine

from auth.actor import Actor
from gql.engine.sql import Sql, constant, sql
from models.base import OfSchool, find_row_type
from resolvers.core.context import Services
from resolvers.core.shapes import Keyed

BEGIN, OF, END = "\x1e", "\x1f", "\x1d"
"""The control characters before the type of the row, and before and behind the person's key."""
MARKER = re.compile(rf"{BEGIN}([A-Za-z]+){OF}([0-9]+){END}".encode())
BEGIN_KEYED = "\x1c"
"""The character before the number of a keyed text; its values follow, with `OF` before each."""
KEYED = re.compile(rf"{BEGIN_KEYED}([0-9]+){OF}([^{END}]*){END}".encode())

Keys = Sequence[tuple[type[OfSchool], Keyed]]
"""The keyed texts of a statement, in the order of their numbers."""


def take_out_markers(found: Sequence[bytes]) -> tuple[list[bytes], dict[type[OfSchool], set[int]]]:
    """Take the markers of special reads out of the texts. Return the texts, and the keys of the
    persons by the type of the rows."""
    read: dict[type[OfSchool], set[int]] = defaultdict(set)

    def note(mark: re.Match[bytes]) -> bytes:
        row = find_row_type(mark[1].decode())
        assert row is not None  # noqa: S101  # we wrote the markerer
        read[row].add(int(mark[2]))
        return b""

    return [MARKER.sub(note, text) for text in found], read


def fill_in_keyed(
    found: Sequence[bytes], keys: Keys, services: Services, actor: Actor
) -> list[bytes]:
    """Put the texts that Python makes in the place of their markers."""

    def make(mark: re.Match[bytes]) -> bytes:
        row, keyed = keys[int(mark[1])]
        values = (value_of(text) for text in mark[2].decode().split(OF))
        return orjson.dumps(keyed.make(services, actor, row, *values))

    return [KEYED.sub(make, text) for text in found]


BYTES = "x"
"""The prefix of bytes, in hexadecimal; whole numbers have none."""


def value_in_marker(value: Sql, type_: TypeEngine[object]) -> Sql:
    """Return SQL of the text of a value in a marker."""
    if isinstance(type_, LargeBinary):
        return sql("{kind} || encode({value}, 'hex')", kind=constant(BYTES), value=value)
    return sql("{value}::text", value=value)


def value_of(text: str) -> int | bytes:
    return bytes.fromhex(text.removeprefix(BYTES)) if text.startswith(BYTES) else int(text)
