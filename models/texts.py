"""Invisible characters, and how texts are trimmed of them."""

import unicodedata
from typing import Final

INVISIBLE: Final = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Soft hyphen, characters of zero width, and marks of direction."""
TRIMMED: Final = INVISIBLE + "".join(filter(str.isspace, map(chr, range(0x3001))))
FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Letters, marks and signs that are drawn as nothing: fillers and variation selectors."""
UNSEEN_KINDS: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories: control and format characters, separators."""


def trim(text: str) -> str:
    """Return the text without spaces and invisible characters at its ends; empty if nothing in it
    can be seen. Invisible characters inside stay: they join the parts of an emoji."""
    return text.strip(TRIMMED) if any(map(can_be_seen, text)) else ""


def can_be_seen(character: str) -> bool:
    """Whether a character shows anything."""
    return unicodedata.category(character) not in UNSEEN_KINDS and character not in FILLERS
