"""A backup holds uploaded files wherever they lie, and is not made if it cannot reach them."""

import tarfile
from pathlib import Path

from tests.cli.conftest import OnBareMachine
from tests.cli.saving import School
from tests.cli.test_restore_killed import bucket  # noqa: F401  # a fixture
from tests.files.bucket import Bucket
from tests.files.sending import PDF


def test_files_in_a_bucket_are_in_the_backup(
    run: OnBareMachine,
    school: School,
    bucket: Bucket,  # noqa: F811
    tmp_path: Path,
) -> None:
    environment = {**school.make_environment(), "GOROD_STORAGE_URL": bucket.url}
    lost = run("backup", str(tmp_path / "lost.tar"), **environment)
    assert (lost.code, "in the backup: 1 uploaded file (" in lost.said) == (1, True), lost
    bucket.objects["gorod/1/1/AbC_-12"] = PDF
    made = run("backup", str(tmp_path / "whole.tar"), **environment)
    assert (made.code, "1 file." in made.said) == (0, True), made
    with tarfile.open(tmp_path / "whole.tar") as tar:
        content = tar.extractfile("files/1/1/AbC_-12")
        assert content
        assert content.read() == PDF
    for name in ("gone", "broken"):
        bucket.broken = 500
        if name == "gone":
            bucket.end()
        refused = run("backup", str(tmp_path / f"{name}.tar"), **environment)
        assert (refused.code, "GOROD_STORAGE_URL says where" in refused.said) == (1, True), refused
        assert "Traceback" not in refused.said
        if name == "gone":
            bucket.begin()
    without = run("backup", str(tmp_path / "without.tar"), "--without-files", **environment)
    assert without.code == 0, without
    assert {file.name for file in tmp_path.glob("*.tar")} == {
        "lost.tar",
        "whole.tar",
        "without.tar",
    }
    assert list(tmp_path.glob(".gorod-backup*")) == []
