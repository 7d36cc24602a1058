"""Sets that others made, with all their oddities: they are read, and the oddities are reported."""

from collections import Counter

from resolvers.exchange.oneroster import RosterSet, read
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.vocabulary import ClassKind, Dialect, Role
from tests.exchange.rosters import REAL, list_findings, real

pytestmark = real


def count_rows(roster: RosterSet) -> dict[str, int]:
    every = {kind: len(getattr(roster.records, kind)) for kind in type(roster.records).__slots__}
    return {kind: count for kind, count in every.items() if count}


def test_oneroster_1_1_is_read_whole() -> None:
    roster = read(REAL / "v1p1_full.zip")

    assert roster.dialect is Dialect.ONEROSTER_1_1
    assert not roster.errors
    assert count_rows(roster) == {
        "orgs": 1,
        "sessions": 5,
        "classes": 2,
        "users": 6,
        "roles": 6,
        "enrollments": 6,
        "relationships": 1,
    }
    assert Counter(it.code for it in roster.warnings) == {
        Code.ENROLLMENT_OUTSIDE_SESSIONS: 6,
        Code.AGENT_NOT_GUARDIAN: 4,
        Code.REFERENCE_INACTIVE: 3,
        Code.LINK_MISSING: 3,
        Code.OUTSIDE_YEAR: 2,
        Code.ENROLLMENT_ROLE_DIFFERS: 2,
        Code.FILE_ABSENT: 1,
        Code.SCHOOL_GUESSED: 1,
    }


def test_a_department_is_its_only_school_and_a_term_has_a_year() -> None:
    roster = read(REAL / "v1p1_full.zip")
    assert roster.schools == ("org-sch-222-456",)
    assert roster.year_of["as-trm-222-1234"] == "as-grp-222-3456"
    classes = roster.records.classes
    assert classes["cls-222-123456"].kind is ClassKind.SCHEDULED
    assert classes["cls-222-123456"].grades == ("09", "10", "11")
    assert classes["cls-222-123478"].kind is ClassKind.HOMEROOM
    assert not classes["cls-222-123478"].active


def test_its_parent_names_the_child() -> None:
    [link] = read(REAL / "v1p1_full.zip").records.relationships.values()
    assert (link.student_id, link.relative_id) == ("usr-222-66778899", "usr-222-1234561")
    assert link.role is Role.PARENT


def test_oneroster_1_2_is_read_in_spite_of_its_oddities() -> None:
    roster = read(REAL / "v1p2_full.zip")

    assert roster.dialect is Dialect.ONEROSTER_1_2
    assert not roster.errors
    assert count_rows(roster) == {
        "orgs": 1,
        "sessions": 5,
        "classes": 2,
        "users": 6,
        "roles": 7,
        "enrollments": 6,
        "relationships": 2,
    }
    assert list_findings(roster, Code.PROFILES_ARE_ROLES) == [("userprofiles.csv", None, None)]
    assert list_findings(roster, Code.COLUMNS_UNNAMED) == [("roles.csv", None, None)]
    assert ("roles.csv", None, "dataLastModified") in list_findings(roster, Code.COLUMN_MISSPELT)
    assert list_findings(roster, Code.DATE_NOT_ISO) == [("users.csv", 2, "dateLastModified")]


def test_its_dates_have_the_day_first_because_one_of_them_is_the_fifteenth() -> None:
    users = read(REAL / "v1p2_full.zip").records.users
    days = {user.modified.date().isoformat() for user in users.values() if user.modified}
    assert days == {"2023-05-01", "2023-06-15"}


def test_its_teacher_who_is_a_guardian_too_is_linked_to_two_students() -> None:
    links = read(REAL / "v1p2_full.zip").records.relationships.values()
    assert {it.relative_id for it in links} == {"usr-222-123456"}
    assert {it.role for it in links} == {Role.GUARDIAN}


def test_school_data_sync_is_read_whole() -> None:
    roster = read(REAL / "sds_v2p1")

    assert roster.dialect is Dialect.SDS_2_1
    assert not roster.errors
    assert count_rows(roster) == {
        "orgs": 4,
        "sessions": 2,
        "courses": 3,
        "classes": 2,
        "users": 8,
        "roles": 7,
        "enrollments": 6,
        "demographics": 6,
        "relationships": 3,
        "flags": 3,
    }
    assert roster.schools == ("110003",)
    assert Counter(it.code for it in roster.warnings) == {
        Code.OUTSIDE_SCHOOLS: 4,
        Code.COLUMNS_UNWANTED: 1,
    }


def test_no_password_of_a_real_set_is_kept() -> None:
    for name in ("v1p1_full.zip", "v1p2_full.zip", "sds_v2p1"):
        everything = repr(read(REAL / name))
        assert "Password1-" not in everything
        assert "P@ssword123" not in everything
