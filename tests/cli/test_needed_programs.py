"""`.ci/need`, which installs the programs that the project needs besides Python, or asks for
them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NEED = Path(__file__).parents[2] / ".ci" / "need"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder that holds only the programs that the script itself uses."""
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "bash").symlink_to(bash)
    return tmp_path


def add_program(folder: Path, name: str, script: str) -> None:
    made = folder / name
    made.write_text(f"#!{folder}/bash\n{script}\n")
    made.chmod(0o755)


def run_need(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(folder)}
    command = [str(folder / "bash"), str(NEED), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_one_who_may_not_install_is_told_all_that_is_missing_at_once(programs: Path) -> None:
    add_program(programs, "id", "echo 1000")
    add_program(programs, "apt-get", "echo it was run >&2")
    add_program(programs, "curl", "")
    ended = run_need(programs, "npm", "curl", "jq", "for", "The test of clients")
    told = "The test of clients needs npm, jq (Debian, Ubuntu: apt install npm jq).\n"
    assert (ended.returncode, ended.stderr) == (1, told)


def test_nobody_is_asked_for_programs_that_are_there(programs: Path) -> None:
    add_program(programs, "id", "echo 1000")
    add_program(programs, "jq", "")
    ended = run_need(programs, "jq")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_missing_programs_are_installed_for_root(programs: Path) -> None:
    add_program(programs, "id", "echo 0")
    add_program(programs, "apt-get", f'echo "$@" >>{programs}/asked')
    assert run_need(programs, "npm", "jq").returncode == 0
    asked = (programs / "asked").read_text().splitlines()
    assert asked == ["-qq update", "-qq install --no-install-recommends npm jq"]


def test_root_without_packages_of_debian_is_told(programs: Path) -> None:
    add_program(programs, "id", "echo 0")
    ended = run_need(programs, "npm")
    assert (ended.returncode, "needs npm" in ended.stderr) == (1, True)
