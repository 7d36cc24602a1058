"""Enrollments and guardians: oddities about people are reported, and nothing is assumed."""

from pathlib import Path

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.records import Records
from resolvers.exchange.oneroster.vocabulary import Role
from tests.exchange.rosters import list_findings, read_text, read_with, read_with_row


def test_an_enrollment_at_odds_with_its_class_or_person_is_reported(tmp_path: Path) -> None:
    roster = read_with(
        tmp_path,
        orgs=read_text("orgs") + "sch-2,,,Лицей,school,,\n",
        enrollments=read_text("enrollments")
        + "e-8,,,sec-alg,sch-2,petya,student,,,\n"
        + "e-9,,,sec-alg,sch-1,petya,student,,2024-01-01,2024-05-01\n"
        + "e-10,,,sec-alg,sch-1,petya,teacher,,,\n",
    )
    assert list_findings(roster, Code.ENROLLMENT_ELSEWHERE) == [("enrollments.csv", 9, None)]
    assert list_findings(roster, Code.ENROLLMENT_OUTSIDE_SESSIONS) == [
        ("enrollments.csv", 10, None)
    ]
    assert list_findings(roster, Code.ENROLLMENT_ROLE_DIFFERS) == [("enrollments.csv", 11, None)]


def test_a_student_in_two_school_classes_at_once_is_reported(tmp_path: Path) -> None:
    """A move from 7А to 7Б in January is no such case; nor are teachers, nor sections."""
    header = read_text("enrollments").splitlines()[0]
    rows = [
        "e-1,,,cls-7a,sch-1,masha,student,,2025-09-01,2026-01-11",
        "e-2,,,cls-7b,sch-1,masha,student,,2026-01-12,",
        "e-3,,,cls-7a,sch-1,petya,student,,,",
        "e-4,,,cls-7b,sch-1,petya,student,,,",
        "e-5,,,cls-7a,sch-1,smirnova,teacher,,,",
        "e-6,,,cls-7b,sch-1,smirnova,teacher,,,",
        "e-7,,,sec-alg,sch-1,masha,student,,,",
        "e-8,,,sec-eng,sch-1,masha,student,,,",
    ]
    roster = read_with(
        tmp_path,
        classes=read_text("classes") + "cls-7b,,,7Б,07,,,homeroom,,sch-1,y-2025,,,\n",
        enrollments="\n".join([header, *rows]),
    )
    assert list_findings(roster, Code.TWO_HOMEROOMS) == [("enrollments.csv", 5, None)]


def test_somebody_with_neither_a_role_nor_a_ward_is_reported(tmp_path: Path) -> None:
    """Igor has no role in School Data Sync, but he is Pyotr's guardian; Boris is not."""
    roster = read_with_row(tmp_path, "users", "boris,boris,Борис,Белов,,,,,,", "sds_v2p1")
    assert list_findings(roster, Code.USER_WITHOUT_ROLE) == [("users.csv", 8, None)]


def test_a_role_may_name_no_organisation(tmp_path: Path) -> None:
    roster = read_with(tmp_path, users=read_text("users").replace("sch-1,parent", ",parent"))
    assert list_findings(roster, Code.ROLE_WITHOUT_ORG) == [("users.csv", 6, None)]
    assert list_guardians(roster.records) == {("masha", "anna"), ("petya", "igor")}


def list_guardians(records: Records) -> set[tuple[str, str]]:
    found = (it for it in records.relationships.values() if it.guardian and it.active)
    return {(it.student_id, it.relative_id) for it in found}


def test_a_family_doctor_is_no_guardian(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "relationships", "masha,dir,doctor", "sds_v2p1")
    doctor = roster.records.relationships["relationship:masha:dir"]
    assert (doctor.role, doctor.word) == (Role.OTHER, "doctor")
    assert ("masha", "dir") not in list_guardians(roster.records)


def test_nobody_is_their_own_guardian(tmp_path: Path) -> None:
    sds = read_with_row(tmp_path, "relationships", "masha,masha,parent", "sds_v2p1")
    plain = read_with(tmp_path, users=read_text("users").replace('"anna,smirnova"', "masha"))
    assert list_findings(sds, Code.SELF_GUARDIAN) == [
        ("relationships.csv", 4, "relationshipUserSourcedId")
    ]
    assert list_findings(plain, Code.SELF_GUARDIAN) == [("users.csv", 4, "agentSourcedIds")]
    assert list_guardians(plain.records) == {("petya", "igor")}
    assert list_guardians(sds.records) == {("masha", "anna"), ("petya", "igor")}


def test_a_student_who_is_somebody_elses_guardian_is_not_their_own(tmp_path: Path) -> None:
    users = read_text("users", "v1p2").replace('"anna,smirnova"', "masha")
    roles = read_text("roles", "v1p2") + "r-8,,,masha,secondary,guardian,,,sch-1\n"
    roster = read_with(tmp_path, "v1p2", users=users, roles=roles)
    assert ("masha", "masha") not in list_guardians(roster.records)


def test_a_link_of_somebody_withdrawn_is_not_active(tmp_path: Path) -> None:
    for who, left in {"petya": ("masha", "anna"), "anna": ("petya", "igor")}.items():
        gone = read_text("users", "v1p2").replace(f"{who},active", f"{who},tobedeleted")
        roster = read_with(tmp_path / who, "v1p2", users=gone)
        assert len(roster.records.relationships) == 2
        assert list_guardians(roster.records) == {left}


def test_a_withdrawn_role_makes_nobody_a_guardian(tmp_path: Path) -> None:
    roles = read_text("roles", "v1p2").replace("r-5,active", "r-5,tobedeleted")
    roster = read_with(tmp_path, "v1p2", roles=roles)
    assert list_guardians(roster.records) == {("petya", "igor")}
