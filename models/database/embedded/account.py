"""Whom the server runs as: PostgreSQL refuses root, so root lends it an account without rights."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_OVERFLOW_ID = 65534  # what every kernel calls "nobody", with or without an entry in passwd

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
        """Asks the kernel as that user: modes, lists of access and mounts all have their say."""
        ids = [str(self.uid), str(self.gid)]
        command = [sys.executable, "-I", "-S", "-c", _CAN_ENTER, *ids, str(folder)]
        asked = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        return asked.returncode == 0


def of_server(cluster: Path) -> Account | None:
    """None: as ourselves. For root: the owner of the cluster, or `nobody` if there is none yet."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return nobody()


def nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(_OVERFLOW_ID, _OVERFLOW_ID)
    return Account(entry.pw_uid, entry.pw_gid)


def private(folder: Path, account: Account | None) -> Path:
    """The folder, made if need be, for the server alone (and root, whom nothing stops)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def public(folder: Path) -> Path:
    """The folder, made if need be, that everyone may read, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder
