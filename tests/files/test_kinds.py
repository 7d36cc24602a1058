"""Media types, as the bytes of a file show them."""

import io
import zipfile

import pytest

from resolvers.files.files import is_plain
from resolvers.files.kinds import KINDS, Inspection, TypeDiffers

OFFICE = "application/vnd.openxmlformats-officedocument"
OASIS = "application/vnd.oasis.opendocument"
HEIF = {"image/heic", "image/heif"}
COMPOUND = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")


def archive(*names: str, media_type: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, media_type if name == "mimetype" else "<xml/>" * 20)
    return packed.getvalue()


GOOD = {
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" + b"x" * 200,
    "image/png": b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 200,
    "image/gif": b"GIF89a" + b"\0" * 10,
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 200,
    "audio/mpeg": b"ID3\x04\0\0" + b"\0" * 200,
    "video/mp4": b"\0\0\0\x20ftypisom" + b"\0" * 200,
    "application/zip": archive("задание.txt"),
    f"{OFFICE}.wordprocessingml.document": archive("[Content_Types].xml", "word/document.xml"),
    f"{OFFICE}.spreadsheetml.sheet": archive("xl/workbook.xml", "[Content_Types].xml"),
    f"{OFFICE}.presentationml.presentation": archive("_rels/.rels", "ppt/presentation.xml"),
    **{
        media_type: archive("mimetype", "content.xml", media_type=media_type)
        for media_type in (f"{OASIS}.text", f"{OASIS}.spreadsheet", f"{OASIS}.presentation")
    },
    "image/heic": b"\0\0\0\x18ftypheic" + b"\0" * 200,
    "image/heif": b"\0\0\0\x18ftypmif1" + b"\0" * 200,
    "audio/mp4": b"\0\0\0\x20ftypM4A " + b"\0" * 200,
    "video/quicktime": b"\0\0\0\x14ftypqt  " + b"\0" * 200,
    **dict.fromkeys(COMPOUND, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 200),
    "application/rtf": b"{\\rtf1\\ansi " + b"x" * 200,
    "text/plain": "Ёжик в тумане\r\n".encode(),
    "text/csv": "Фамилия;Имя\nСёмин;Лев\n".encode("cp1251"),
}


def looked_at(media_type: str, content: bytes, step: int = 7) -> None:
    """In small pieces, as a slow network brings them."""
    inspection = Inspection(media_type)
    for start in range(0, len(content), step):
        inspection.look(content[start : start + step])
    inspection.end()


def test_there_is_an_example_of_every_kind() -> None:
    assert set(GOOD) == set(KINDS)


@pytest.mark.parametrize("media_type", GOOD)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_what_is_what_it_says_it_is(media_type: str, step: int) -> None:
    looked_at(media_type, GOOD[media_type], step)


@pytest.mark.parametrize("media_type", [kind for kind in GOOD if not kind.startswith("text/")])
def test_nothing_passes_for_another(media_type: str) -> None:
    is_archive = media_type == "application/zip"  # which all of the office files are
    for other, content in GOOD.items():
        if other == media_type or (is_archive and content.startswith(b"PK")):
            continue
        if "openxmlformats" in media_type and "openxmlformats" in other:
            continue  # they begin alike, and none can do harm
        if {media_type, other} <= set(COMPOUND) or {media_type, other} <= HEIF:
            continue  # one format under several names
        with pytest.raises(TypeDiffers):
            looked_at(media_type, content)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0\x03\0\0\0",
        b"\x7fELF\x02\x01\x01",
        GOOD["image/png"],
        GOOD["application/zip"],
        "со\0всем".encode(),
        b"\xff\xfe" + "в другой кодировке".encode("utf-16-le"),
        b"\x98\xd0",
        "оборвано".encode()[:-1] + b"\x98\x98",
    ],
)
def test_what_is_no_text(content: bytes) -> None:
    for media_type in ("text/plain", "text/csv"):
        with pytest.raises(TypeDiffers):
            looked_at(media_type, content)


def test_a_lie_is_found_out_at_its_beginning() -> None:
    inspection = Inspection("application/pdf")
    with pytest.raises(TypeDiffers):
        inspection.look(b"MZ" + b"\0" * 100_000)


@pytest.mark.parametrize("content", [b"", b"%PD"])
def test_what_is_too_short_to_be_anything(content: bytes) -> None:
    with pytest.raises(TypeDiffers):
        looked_at("application/pdf", content)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Домашняя работа № 5 (черновик).pdf", True),
        ("👩‍👧.png", True),
        ("a" * 255, True),
        ("a" * 256, False),
        ("", False),
        ("../etc/passwd", False),
        ("C:\\Windows\\win.ini", False),
        ("строка\nвторая.txt", False),
        ("реферат\u202efdp.exe", False),
        ("a\x7f.txt", False),
    ],
)
def test_names(name: str, plain: bool) -> None:
    assert is_plain(name) is plain
