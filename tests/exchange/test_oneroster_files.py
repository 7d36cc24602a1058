"""Folders and archives: files that are read, ignored, or cause the refusal of the whole set."""

import io
import os
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.exchange.oneroster import Limits, RosterUnreadable, read
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.refusals import REASONS, Why
from tests.exchange.rosters import (
    FIXTURES,
    copy_school,
    list_findings,
    read_text,
    read_with,
    zip_folder,
)

SIZE = 1_234_567


def read_refusal(path: Path, limits: Limits | None = None) -> Why:
    with pytest.raises(RosterUnreadable) as refusal:
        read(path, limits or Limits())
    assert refusal.value.english != refusal.value.russian
    return refusal.value.code


def pack_school(path: Path, **entries: str | bytes) -> Path:
    """Pack the 1.1 school into an archive, with further entries: `{name: content}`."""
    zip_folder(FIXTURES / "v1p1", path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_set_may_lie_in_a_folder_of_the_archive(tmp_path: Path) -> None:
    plain = read(FIXTURES / "v1p1")
    for inside in ("Гимназия/", "out/2025/", "out\\2025\\"):
        archive = zip_folder(FIXTURES / "v1p1", tmp_path / "school.zip", inside)
        assert read(archive).records == plain.records


def test_a_set_may_lie_in_a_folder_of_the_folder(tmp_path: Path) -> None:
    copy_school(tmp_path / "out")
    (tmp_path / "out" / "readme.txt").write_text("Выгрузка за август")
    assert read(tmp_path).records == read(FIXTURES / "v1p1").records


def test_files_that_macos_adds_are_ignored(tmp_path: Path) -> None:
    left = {"__MACOSX/._users.csv": b"\0\5\x16\7", "__MACOSX/rows.csv": b"\0"}
    archive = pack_school(tmp_path / "mac.zip", **left)
    folder = copy_school(tmp_path)
    (folder / ".Trashes").symlink_to(tmp_path)
    for path in (archive, folder):
        assert read(path).findings == read(FIXTURES / "v1p1").findings


def test_names_of_files_are_known_in_any_case(tmp_path: Path) -> None:
    folder = copy_school(tmp_path)
    (folder / "users.csv").rename(folder / "USERS.CSV")
    assert read(folder).records.users["masha"].place.file == "USERS.CSV"


@pytest.mark.parametrize(
    "name", ["../users.csv", "/etc/users.csv", "..\\..\\users.csv", "C:\\users.csv", "a/../b.csv"]
)
def test_a_name_that_leads_out_of_the_archive_is_an_error(tmp_path: Path, name: str) -> None:
    roster = read(pack_school(tmp_path / "evil.zip", **{name: "sourcedId\nx\n"}))

    assert [it.code for it in roster.errors] == [Code.UNSAFE_NAME]
    assert roster.records == read(FIXTURES / "v1p1").records


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = copy_school(tmp_path, users=None)
    (tmp_path / "secret.csv").write_text(read_text("users"))
    (folder / "users.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "more").symlink_to(FIXTURES)

    roster = read(folder)

    assert {file for file, _, _ in list_findings(roster, Code.SYMLINK)} == {"more", "users.csv"}
    assert not roster.records.users
    assert list_findings(roster, Code.FILE_MISSING) == [("users.csv", None, None)]


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("courses.csv")
    link.external_attr = 0o120777 << 16
    archive = pack_school(tmp_path / "link.zip")
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr(link, "/etc/passwd")

    assert list_findings(read(archive), Code.SYMLINK) == [("courses.csv", None, None)]


def test_two_files_of_one_name_are_an_error(tmp_path: Path) -> None:
    archive = pack_school(tmp_path / "two.zip", **{"Users.csv": read_text("users")})
    assert list_findings(read(archive), Code.TWO_FILES) == [("Users.csv", None, None)]


def test_files_that_are_no_part_of_a_roster_are_named_and_not_read(tmp_path: Path) -> None:
    roster = read_with(tmp_path, results="sourcedId\n", teachers="a,b\n")
    assert list_findings(roster, Code.FILE_NOT_READ) == [("results.csv", None, None)]
    assert list_findings(roster, Code.FILE_UNKNOWN) == [("teachers.csv", None, None)]


def test_profiles_that_are_a_copy_of_roles_are_noticed() -> None:
    roster = read(FIXTURES / "v1p2")
    assert list_findings(roster, Code.PROFILES_ARE_ROLES) == [("userprofiles.csv", None, None)]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b"sourcedId,title\n" + b"0" * (20 << 20)
    roster = read(pack_school(tmp_path / "bomb.zip", **{"courses.csv": bomb}))
    assert list_findings(roster, Code.FILE_TOO_LARGE) == [("courses.csv", None, None)]
    assert roster.records.users


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    """Its directory says 30 bytes; the check sum reveals it before anything is unpacked."""
    archive = pack_school(tmp_path / "liar.zip", **{"courses.csv": b"x" * SIZE})
    content = archive.read_bytes()
    archive.write_bytes(content.replace(struct.pack("<I", SIZE), struct.pack("<I", 30)))
    assert list_findings(read(archive), Code.FILE_UNREADABLE) == [("courses.csv", None, None)]


def test_limits_hold_for_folders_too(tmp_path: Path) -> None:
    folder = copy_school(tmp_path)
    roster = read(folder, Limits(file=1000))
    assert list_findings(roster, Code.FILE_TOO_LARGE) == [("users.csv", None, None)]
    assert read_refusal(folder, Limits(total=2000)) is Why.TOO_LARGE
    assert read_refusal(folder, Limits(entries=5)) is Why.TOO_LARGE


def test_limits_hold_for_the_archive_itself(tmp_path: Path) -> None:
    archive = pack_school(tmp_path / "school.zip")
    assert read_refusal(archive, Limits(archive=1000)) is Why.TOO_LARGE
    assert read_refusal(archive, Limits(entries=5)) is Why.TOO_LARGE


def test_a_list_of_a_million_files_is_refused_before_it_is_built(tmp_path: Path) -> None:
    """The directory is found at the end of the archive, in the old format and in the new one."""
    archive = pack_school(tmp_path / "list.zip")
    content = archive.read_bytes()
    at = content.rfind(b"PK\5\6")
    swollen = content[: at + 12] + struct.pack("<I", 1 << 30) + content[at + 16 :]
    locator = content[:at] + b"PK\6\7" + bytes(16) + content[at:]
    for forged in (swollen, locator):
        archive.write_bytes(forged)
        assert read_refusal(archive) is Why.TOO_LARGE


def test_an_encrypted_or_damaged_file_is_an_error(tmp_path: Path) -> None:
    archive = zip_folder(FIXTURES / "v1p1", tmp_path / "school.zip")
    content = bytearray(archive.read_bytes())
    at = content.rfind(b"PK\1\2", 0, content.rfind(b"users.csv"))
    content[at + 8] |= 1  # the flag of an encrypted file
    archive.write_bytes(content)
    assert list_findings(read(archive), Code.FILE_UNREADABLE) == [("users.csv", None, None)]


def test_other_ways_of_packing_are_not_tried(tmp_path: Path) -> None:
    archive = tmp_path / "lzma.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("users.csv", read_text("users"))
    assert read_refusal(archive) is Why.UNKNOWN_DIALECT


def test_files_that_are_no_set_are_refused(tmp_path: Path) -> None:
    assert read_refusal(tmp_path / "nowhere") is Why.NOT_FOUND
    assert read_refusal(tmp_path) is Why.NO_FILES
    (tmp_path / "users.csv").write_text(read_text("users"))
    assert read_refusal(tmp_path / "users.csv") is Why.NOT_A_SET
    os.mkfifo(tmp_path / "pipe")
    assert read_refusal(tmp_path / "pipe") is Why.NOT_A_SET
    cut = pack_school(tmp_path / "cut.zip")
    cut.write_bytes(cut.read_bytes()[:-40])
    assert read_refusal(cut) is Why.NOT_A_SET


def test_several_sets_at_once_are_refused(tmp_path: Path) -> None:
    copy_school(tmp_path / "a")
    copy_school(tmp_path / "b")
    assert read_refusal(tmp_path) is Why.SEVERAL_SETS


def test_files_of_no_known_dialect_are_refused_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,name\n1,Мария\n")
    with pytest.raises(RosterUnreadable) as refusal:
        read(tmp_path)
    assert refusal.value.code is Why.UNKNOWN_DIALECT
    assert Code.COLUMN_MISSING in {it.code for it in refusal.value.findings}


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["users", "orgs", "enrollments", "manifest"]))
def test_no_content_makes_reading_fail(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, kind: str
) -> None:
    folder = copy_school(tmp_path_factory.mktemp("noise"))
    with (folder / f"{kind}.csv").open("ab") as file:
        file.write(noise)
    with suppress(RosterUnreadable):
        assert read(folder).findings


@settings(deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    archive = zip_folder(FIXTURES / "v1p1", tmp_path_factory.mktemp("damaged") / "school.zip")
    content = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    archive.write_bytes(content)
    with suppress(RosterUnreadable):
        assert read(archive).findings


def test_every_refusal_is_explained() -> None:
    assert set(REASONS) == set(Why)


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "empty.zip").write_bytes(empty.getvalue())
    assert read_refusal(tmp_path / "empty.zip") is Why.NO_FILES
