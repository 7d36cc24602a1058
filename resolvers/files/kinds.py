"""The media types that may be uploaded, and checks that the bytes of a file are of its type."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from models.problems import Problem

Sign: TypeAlias = tuple[tuple[int, bytes], ...]
"""Bytes at places of a file, all of which must match."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A media type: the extensions of its files, and signs, one of which must match. Text has no
    signs; all of it is checked."""

    extensions: tuple[str, ...]
    signs: tuple[Sign, ...] = ()


class TypeDiffers(Problem):
    """The file is not of the media type that was announced; upload it under its own."""

    russian = "Файл не того типа, какой был заявлен; загрузите его под его собственным типом."


ZIP = (0, b"PK\x03\x04")
IN_ZIP = 30
"""The place of the name of a zip archive's first file."""
OFFICE = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"customXml/")


def office(folder: bytes, extension: str) -> Kind:
    """Make the kind of an Office Open XML type: a zip archive that begins with one of its parts."""
    return Kind((extension,), tuple((ZIP, (IN_ZIP, part)) for part in (*OFFICE, folder)))


def open_document(media_type: str, extension: str) -> Kind:
    """Make the kind of an OpenDocument type: a zip archive that begins with its media type."""
    return Kind((extension,), ((ZIP, (IN_ZIP, b"mimetype" + media_type.encode())),))


def iso_media(*brands: bytes) -> tuple[Sign, ...]:
    """Make the signs of ISO base media (MP4, HEIF, QuickTime): the brand stands behind `ftyp`."""
    return tuple(((4, b"ftyp" + brand),) for brand in brands)


OPEN_XML = "application/vnd.openxmlformats-officedocument"
OASIS = "application/vnd.oasis.opendocument"
COMPOUND = ((0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),)
"""Documents of Office until 2003."""
MP4 = iso_media(b"iso", b"mp4", b"avc", b"M4V", b"MSNV", b"dash", b"f4v", b"3gp")
HEIF = iso_media(b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
KINDS: Mapping[str, Kind] = {
    "application/pdf": Kind((".pdf",), (((0, b"%PDF-"),),)),
    "image/png": Kind((".png",), (((0, b"\x89PNG\r\n\x1a\n"),),)),
    "image/jpeg": Kind((".jpg", ".jpeg"), (((0, b"\xff\xd8\xff"),),)),
    "image/gif": Kind((".gif",), (((0, b"GIF87a"),), ((0, b"GIF89a"),))),
    "image/webp": Kind((".webp",), (((0, b"RIFF"), (8, b"WEBP")),)),
    "audio/mpeg": Kind(
        (".mp3",), (((0, b"ID3"),), *(((0, b"\xff" + bytes([b])),) for b in b"\xfa\xfb\xf2\xf3"))
    ),
    "video/mp4": Kind((".mp4",), MP4),
    "application/zip": Kind((".zip",), ((ZIP,), ((0, b"PK\x05\x06"),))),
    "image/heic": Kind((".heic",), HEIF),
    "image/heif": Kind((".heif",), HEIF),
    "audio/mp4": Kind((".m4a",), iso_media(b"M4A", b"M4B")),
    "video/quicktime": Kind((".mov",), iso_media(b"qt")),
    "application/msword": Kind((".doc",), (COMPOUND,)),
    "application/vnd.ms-excel": Kind((".xls",), (COMPOUND,)),
    "application/vnd.ms-powerpoint": Kind((".ppt",), (COMPOUND,)),
    "application/rtf": Kind((".rtf",), (((0, b"{\\rtf"),),)),
    f"{OPEN_XML}.wordprocessingml.document": office(b"word/", ".docx"),
    f"{OPEN_XML}.spreadsheetml.sheet": office(b"xl/", ".xlsx"),
    f"{OPEN_XML}.presentationml.presentation": office(b"ppt/", ".pptx"),
    f"{OASIS}.text": open_document(f"{OASIS}.text", ".odt"),
    f"{OASIS}.spreadsheet": open_document(f"{OASIS}.spreadsheet", ".ods"),
    f"{OASIS}.presentation": open_document(f"{OASIS}.presentation", ".odp"),
    "text/plain": Kind((".txt",)),
    "text/csv": Kind((".csv",)),
}
SPOKEN: Mapping[str, tuple[str, ...]] = {
    "application/zip": ("application/x-zip-compressed", "application/x-zip"),
    "text/csv": ("application/vnd.ms-excel", "application/csv", "text/x-csv",
                 "text/comma-separated-values", "text/plain"),
    "application/pdf": ("application/x-pdf",),
    "application/rtf": ("text/rtf", "application/msword"),
    "image/jpeg": ("image/jpg", "image/pjpeg"),
    "image/png": ("image/x-png",),
    "image/heic": ("image/heif",),
    "image/heif": ("image/heic",),
    "audio/mpeg": ("audio/mp3", "audio/x-mp3"),
    "audio/mp4": ("audio/x-m4a", "audio/m4a"),
}  # fmt: skip
"""By media type, other names that browsers send for it; on Windows the registry decides."""
UNKNOWN = ("", "application/octet-stream", "application/x-download")
"""The media types that browsers send for an extension that the machine does not know."""
BY_EXTENSION = {
    extension: media_type for media_type, kind in KINDS.items() for extension in kind.extensions
}


def media_type_of(name: str, said: str) -> str:
    """Return the registered media type of a file for which a browser sent `said`. A type that does
    not fit the extension stays as it is. The bytes must match in either case."""
    named = BY_EXTENSION.get(PurePosixPath(name).suffix.lower(), said)
    said = said.partition(";")[0].strip().lower()
    return named if said in (named, *UNKNOWN, *SPOKEN.get(named, ())) else said


LOOKED_AT = max(
    place + len(part) for kind in KINDS.values() for sign in kind.signs for place, part in sign
)
NEVER_IN_TEXT = bytes({*range(32)} - set(b"\t\n\v\f\r\x1a\x1b"))
NOT_IN_1251 = b"\x98"


class Inspection:
    """Checks the bytes of a file as they pass."""

    def __init__(self, media_type: str) -> None:
        self._signs = KINDS[media_type].signs
        self._begun = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._encodings = {"utf-8", "cp1251"}

    def look(self, chunk: bytes) -> None:
        """Check a chunk. Raises TypeDiffers as soon as the type is certain to differ."""
        if not self._signs:
            self._read(chunk)
        elif len(self._begun) < LOOKED_AT:
            self._begun += chunk[: LOOKED_AT - len(self._begun)]
            if len(self._begun) == LOOKED_AT:
                self._compare()

    def end(self) -> None:
        """Check the end of the file. Raises TypeDiffers."""
        if self._signs:
            self._compare()
        else:
            self._read(b"", final=True)

    def _compare(self) -> None:
        def shows(sign: Sign) -> bool:
            return all(self._begun.startswith(part, place) for place, part in sign)

        if not any(map(shows, self._signs)):
            raise TypeDiffers

    def _read(self, chunk: bytes, *, final: bool = False) -> None:
        """Check text: it must be UTF-8, or Windows-1251."""
        if len(chunk.translate(None, NEVER_IN_TEXT)) < len(chunk):
            raise TypeDiffers
        if NOT_IN_1251 in chunk:
            self._encodings.discard("cp1251")
        try:
            self._utf8.decode(chunk, final)
        except UnicodeDecodeError:
            self._encodings.discard("utf-8")
        if not self._encodings:
            raise TypeDiffers
