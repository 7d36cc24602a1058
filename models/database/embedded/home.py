"""The places of the parts of an embedded database, for one data directory."""

import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from models.database.embedded import account as accounts
from models.database.embedded.account import Account
from models.database.embedded.postmaster import SOCKET_NAME
from models.database.problems import DatabaseProblem

SHARED = Path("/var/lib/gorod")
"""The folder for the files of the server where root's own folders are closed to it."""

LONGEST_SOCKET = 100  # the kernel allows 107 bytes, on other systems 103
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")  # needs no quoting in a list of hosts or folders


@dataclass(frozen=True)
class Home:
    """The folders and files of one database.

    base: The folder of the cluster, the log and the locks: data_dir itself, unless the server's
        account cannot enter it.
    """

    data_dir: Path
    base: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.base / "postgres"

    @property
    def owner(self) -> Path:
        return self.base / "postgres.owner"

    @property
    def lock(self) -> Path:
        return self.base / "postgres.lock"

    @property
    def log(self) -> Path:
        return self.base / "postgres.log"


def find(data_dir: Path) -> Home:
    """Find the home of a data directory. The choice is made once and recorded, so a database never
    moves because the mode of a folder changed.

    Only a file in the data directory names another place, so an emptied data directory starts
    afresh, and a moved one keeps its database.
    """
    pointer = data_dir / "postgres.elsewhere"
    if pointer.exists():
        base = base_of(data_dir)
        if not base.is_dir():
            raise DatabaseProblem(
                f"The database of {data_dir} was kept in {base} and is gone. Bring it back, or "
                f"remove {data_dir} to start afresh."
            )
        return _check_access(Home(data_dir, base, accounts.find_server_account(base / "postgres")))
    account = accounts.find_server_account(data_dir / "postgres")
    here = Home(data_dir, data_dir, account)
    if here.cluster.exists() or account is None or account.may_enter(data_dir):
        return _check_access(here)
    base = _make_elsewhere(data_dir)
    _write(pointer, str(base))
    return _check_access(Home(data_dir, base, account))


def holds_database(data_dir: Path) -> bool:
    """Whether a database was made for this data directory, here or elsewhere."""
    return any((data_dir / name).exists() for name in ("postgres", "postgres.elsewhere"))


def base_of(data_dir: Path) -> Path:
    """Return the folder that holds the database of this data directory, or would by default."""
    pointer = data_dir / "postgres.elsewhere"
    return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else data_dir


def _check_access(home: Home) -> Home:
    me = os.geteuid()
    if home.account is None and home.cluster.exists() and home.cluster.stat().st_uid != me:
        raise DatabaseProblem(
            f"{home.cluster} belongs to another user. Start as that user (or as root), or set "
            "GOROD_DATA_DIR to a directory of your own."
        )
    if home.account and not home.account.may_enter(home.base):
        raise DatabaseProblem(
            f"As root, PostgreSQL runs under the account {home.account.uid}, which cannot enter "
            f"{home.base}. Open the folders above it to others (chmod o+x)."
        )
    return home


def _make_elsewhere(data_dir: Path) -> Path:
    """Make a new folder that the server can enter. Its name is only a help for people."""
    title = re.sub(r"[^A-Za-z0-9]+", "-", data_dir.parent.name)[:20].strip("-")
    base = accounts.make_public(SHARED) / f"{title or 'data'}-{secrets.token_hex(8)}"
    base.mkdir()
    base.chmod(0o711)
    return base


def make_socket_folder(home: Home) -> Path:
    """Make a folder for the socket that only the server's account and we can enter, with a name
    short enough for a socket.

    The folder of an earlier start is recorded in the data directory, and is reused or removed.
    """
    near = home.base / "socket"
    record = home.base / "postgres.socket"
    close_socket_folder(home)
    if _usable(near):
        return accounts.make_private(near, home.account)
    for place in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        if _usable(place / "gorod-12345678") and (
            home.account is None or home.account.may_enter(place)
        ):
            folder = Path(tempfile.mkdtemp(prefix="gorod-", dir=place))
            _write(record, str(folder))
            return accounts.make_private(folder, home.account)
    raise DatabaseProblem(f"No folder with a short name for the server's socket: not {near}.")


def find_running_socket(data_dir: Path) -> Path | None:
    """Find the folder of the socket of a server that runs over this data directory."""
    home = find(data_dir)
    record = home.base / "postgres.socket"
    folder = home.base / "socket"
    if record.exists():
        folder = Path(record.read_text(encoding="utf-8").strip())
    return folder if (folder / SOCKET_NAME).exists() else None


def close_socket_folder(home: Home) -> None:
    """Remove a temporary folder of the socket. Call it when no server is alive."""
    record = home.base / "postgres.socket"
    if not record.exists():
        return
    folder = Path(record.read_text(encoding="utf-8").strip())
    owner = home.account.uid if home.account else os.geteuid()
    try:
        ours = folder.name.startswith("gorod-") and folder.lstat().st_uid == owner
    except OSError:
        ours = False
    if ours and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    record.unlink()


def _usable(folder: Path) -> bool:
    path = str(folder / SOCKET_NAME)
    return bool(_PLAIN.fullmatch(path)) and len(os.fsencode(path)) <= LONGEST_SOCKET


def _write(file: Path, text: str) -> None:
    """Write a file completely or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(f"{text}\n", encoding="utf-8")
    part.replace(file)
