"""A small gymnasium in three dialects, and ways to spoil it.

`fixtures/v1p1`, `fixtures/v1p2` and `fixtures/sds_v2p1` tell of the same people: Maria and Pyotr of
7А, their teacher Olga Smirnova, Maria's mother Anna, Pyotr's guardian Igor.
"""

import shutil
import zipfile
from pathlib import Path

import pytest

from resolvers.exchange.oneroster import RosterSet, read
from resolvers.exchange.oneroster.codes import Code
from tests.needing import ROSTERS

DIALECTS = ("v1p1", "v1p2", "sds_v2p1")
FIXTURES = Path(__file__).parent / "fixtures"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "oneroster"

real = pytest.mark.skipif(not REAL.is_dir(), reason=ROSTERS)


def copy_school(folder: Path, dialect: str = "v1p1", /, **files: str | bytes | None) -> Path:
    """Copy the school, with files replaced (`users="..."`) or left out (`users=None`)."""
    shutil.copytree(FIXTURES / dialect, folder / dialect)
    for kind, content in files.items():
        file = folder / dialect / f"{kind}.csv"
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / dialect


def read_text(kind: str, dialect: str = "v1p1") -> str:
    """Read a file of the school, with plain line ends and without a byte order mark."""
    content = (FIXTURES / dialect / f"{kind}.csv").read_bytes().decode("utf-8-sig")
    return content.replace("\r\n", "\n")


def zip_folder(folder: Path, archive: Path, inside: str = "") -> Path:
    """Pack the folder into an archive, its files below `inside`."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, f"{inside}{file.name}")
    return archive


def list_findings(roster: RosterSet, code: Code) -> list[tuple[str, int | None, str | None]]:
    """Return (file, row, column) of every finding with this code."""
    return [(it.file, it.row, it.column) for it in roster.findings if it.code is code]


def read_with(folder: Path, dialect: str = "v1p1", /, **files: str | bytes | None) -> RosterSet:
    return read(copy_school(folder, dialect, **files))


def read_with_row(folder: Path, kind: str, row: str, dialect: str = "v1p1") -> RosterSet:
    """Read the school with a row added at the end of a file."""
    return read_with(folder, dialect, **{kind: read_text(kind, dialect) + row + "\n"})
