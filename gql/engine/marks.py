"""Marks in the answers of compiled statements. Some say whose records of special categories are in
them; others stand where a text belongs that Python makes with a key. JSON holds no raw control
character, so nothing that people wrote can be taken for a mark."""

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
"""Around the type of the row, and the key of the person whose it is."""
MARK = re.compile(rf"{BEGIN}([A-Za-z]+){OF}([0-9]+){END}".encode())
BEGIN_KEYED = "\x1c"
"""Before the number of a keyed text and the values that it is made of, `OF` before each."""
KEYED = re.compile(rf"{BEGIN_KEYED}([0-9]+){OF}([^{END}]*){END}".encode())

Keys = Sequence[tuple[type[OfSchool], Keyed]]
"""Keyed texts of a statement, in the order of their numbers."""


def taken(found: Sequence[bytes]) -> tuple[list[bytes], dict[type[OfSchool], set[int]]]:
    """The texts without the marks, and by the type of the rows, the keys of whose they are."""
    read: dict[type[OfSchool], set[int]] = defaultdict(set)

    def note(mark: re.Match[bytes]) -> bytes:
        row = find_row_type(mark[1].decode())
        assert row is not None  # noqa: S101  # we wrote the mark
        read[row].add(int(mark[2]))
        return b""

    return [MARK.sub(note, text) for text in found], read


def filled(found: Sequence[bytes], keys: Keys, services: Services, actor: Actor) -> list[bytes]:
    """The texts with what Python makes in the place of the marks."""

    def make(mark: re.Match[bytes]) -> bytes:
        row, keyed = keys[int(mark[1])]
        values = (value_of(text) for text in mark[2].decode().split(OF))
        return orjson.dumps(keyed.make(services, actor, row, *values))

    return [KEYED.sub(make, text) for text in found]


BYTES = "x"
"""Before bytes in hexadecimal; whole numbers stand by themselves."""


def value_in_mark(value: Sql, type_: TypeEngine[object]) -> Sql:
    """SQL of the text of a value in a mark."""
    if isinstance(type_, LargeBinary):
        return sql("{kind} || encode({value}, 'hex')", kind=constant(BYTES), value=value)
    return sql("{value}::text", value=value)


def value_of(text: str) -> int | bytes:
    return bytes.fromhex(text.removeprefix(BYTES)) if text.startswith(BYTES) else int(text)
