"""Decoding of files. The standards say UTF-8; spreadsheets in Russia write windows-1251."""

import codecs
from typing import Final

from charset_normalizer import from_bytes

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings

CANDIDATES: Final = ["cp1251", "koi8_r", "cp866", "mac_cyrillic", "cp1252"]
SAMPLE: Final = 1 << 16
REPLACED: Final = "\ufffd"


def text_of(content: bytes, file: str, findings: Findings) -> str:
    """Decode the text, with `\\n` as line ends and U+FFFD for bytes that cannot be decoded."""
    encoding = encoding_of(content)
    if encoding != "utf-8-sig":
        findings.add(Code.ENCODING_GUESSED, file, value=encoding)
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(content: bytes) -> str:
    """Return the encoding. It is guessed if it is neither UTF-8, even slightly damaged, nor
    UTF-16."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:SAMPLE]
    if head.count(0) * 4 > len(head):  # Latin letters and commas in UTF-16 are half zeros
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    return "utf-8-sig" if nearly_utf8(content) else guess_encoding(content)


def nearly_utf8(content: bytes) -> bool:
    """Whether it is slightly damaged UTF-8: of another encoding, most non-ASCII letters would be
    invalid."""
    try:
        content.decode()
    except UnicodeDecodeError:
        text = content.decode(errors="replace")
        foreign = len(text) - len(text.encode("ascii", errors="ignore"))
        return text.count(REPLACED) * 10 < foreign
    return True


def guess_encoding(content: bytes) -> str:
    """Guess the encoding by the lines that are not ASCII; the others would outweigh them."""
    telling = b"\n".join(line for line in content.splitlines() if not line.isascii())
    best = from_bytes(telling[:SAMPLE], cp_isolation=CANDIDATES).best()
    return best.encoding if best else CANDIDATES[0]
