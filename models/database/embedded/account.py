"""The account of the server. PostgreSQL refuses root, so root starts it as one without rights."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_OVERFLOW_ID = 65534  # the id of "nobody" in every kernel, with or without an entry in passwd

_CAN_ENTER = """
import os, sys
uid, gid = map(int, sys.argv[1:3])
os.setgroups([])
os.setgid(gid)
os.setuid(uid)
sys.exit(not os.access(sys.argv[3], os.X_OK))
"""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can enter a folder. A process with its ids asks the kernel, which
        knows of modes, access lists and mounts."""
        ids = [str(self.uid), str(self.gid)]
        command = [sys.executable, "-I", "-S", "-c", _CAN_ENTER, *ids, str(folder)]
        asked = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        return asked.returncode == 0


def find_server_account(cluster: Path) -> Account | None:
    """Return the account that the server runs as; None means our own. For root it is the owner of
    the cluster, or `nobody` if there is none yet."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return find_nobody()


def find_nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(_OVERFLOW_ID, _OVERFLOW_ID)
    return Account(entry.pw_uid, entry.pw_gid)


def make_private(folder: Path, account: Account | None) -> Path:
    """Make a folder, if need be, that only the server's account (and root) can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def make_public(folder: Path) -> Path:
    """Make a folder, if need be, that everyone can read, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder
