"""Three dialects, one result: the content of a set is the same in each of them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from resolvers.exchange.oneroster import RosterSet, read
from resolvers.exchange.oneroster.codes import ERRORS, Code
from resolvers.exchange.oneroster.english import ENGLISH
from resolvers.exchange.oneroster.records import level_of
from resolvers.exchange.oneroster.russian import RUSSIAN
from resolvers.exchange.oneroster.vocabulary import ClassKind, Dialect, Mode, OrgKind, Role, Sex
from tests.exchange.rosters import (
    DIALECTS,
    FIXTURES,
    list_findings,
    read_text,
    read_with,
    zip_folder,
)


@pytest.fixture(params=DIALECTS)
def roster(request: pytest.FixtureRequest) -> RosterSet:
    return read(FIXTURES / str(request.param))


@pytest.mark.parametrize(("folder", "dialect"), list(zip(DIALECTS, Dialect, strict=True)))
def test_a_dialect_is_known_by_its_files(folder: str, dialect: Dialect) -> None:
    assert read(FIXTURES / folder).dialect is dialect


def test_a_set_without_errors_has_only_warnings(roster: RosterSet) -> None:
    assert not roster.errors
    assert roster.warnings == list(roster.findings)


def test_a_zip_reads_like_its_folder(tmp_path: Path) -> None:
    for dialect in DIALECTS:
        archive = zip_folder(FIXTURES / dialect, tmp_path / f"{dialect}.zip")
        assert read(archive) == read(FIXTURES / dialect)


def test_people_are_the_same_in_every_dialect(roster: RosterSet) -> None:
    masha = roster.records.users["masha"]
    names = (masha.family_name, masha.given_name, masha.middle_name, masha.username)
    assert names == ("Петрова", "Мария", "Сергеевна", "petrova.m")
    assert roster.records.users["anna"].sms == "+79130000001"


def test_a_school_and_its_year_are_found(roster: RosterSet) -> None:
    assert roster.schools == ("sch-1",)
    assert roster.records.orgs["sch-1"].kind is OrgKind.SCHOOL
    assert roster.school_of["sch-1"] == "sch-1"
    assert roster.year_of == {"y-2025": "y-2025", "q-1": "y-2025", "q-2": "y-2025"}
    assert roster.records.sessions["y-2025"].start == date(2025, 9, 1)


def test_a_school_class_is_distinguished_from_a_section(roster: RosterSet) -> None:
    classes = roster.records.classes
    assert classes["cls-7a"].kind is ClassKind.HOMEROOM
    assert classes["sec-alg"].kind is ClassKind.SCHEDULED
    assert classes["sec-eng"].title == "Английский 7А, 1 группа"
    assert classes["sec-alg"].session_ids == ("q-1", "q-2")
    assert classes["sec-alg"].course_id == "crs-alg"


def test_a_parent_is_found_and_a_teacher_is_not_taken_for_one(roster: RosterSet) -> None:
    """1.1 and 1.2: Maria names her mother and her teacher; Pyotr's guardian names Pyotr."""
    links = {(it.student_id, it.relative_id): it for it in roster.records.relationships.values()}
    assert {pair: it.role for pair, it in links.items()} == {
        ("masha", "anna"): Role.PARENT,
        ("petya", "igor"): Role.GUARDIAN,
    }
    assert all(it.guardian and it.active for it in links.values())


def test_a_parent_is_found_through_the_agents_of_a_child() -> None:
    roster = read(FIXTURES / "v1p2")

    link = roster.records.relationships["relationship:masha:anna"]

    assert (link.begin, link.end) == (date(2019, 9, 1), date(2030, 5, 31))
    assert list_findings(roster, Code.AGENT_NOT_GUARDIAN) == [("users.csv", 4, "agentSourcedIds")]


def test_roles_of_people_are_read(roster: RosterSet) -> None:
    roles = {it.user_id: it.role for it in roster.records.roles.values() if it.active}
    expected = {"dir": Role.PRINCIPAL, "smirnova": Role.TEACHER, "masha": Role.STUDENT}
    assert expected.items() <= roles.items()
    assert all(it.org_id == "sch-1" and it.primary for it in roster.records.roles.values())


def test_enrollments_of_people_are_read(roster: RosterSet) -> None:
    now = [it for it in roster.records.enrollments.values() if it.active]
    assert {(it.user_id, it.class_id) for it in now if it.role is Role.TEACHER} == {
        ("smirnova", "cls-7a"),
        ("smirnova", "sec-alg"),
    }
    assert {it.user_id for it in now if it.class_id == "cls-7a" and it.role is Role.STUDENT} == {
        "masha",
        "petya",
    }


def test_birth_dates_and_sex_are_read_but_race_is_not(roster: RosterSet) -> None:
    masha = roster.records.demographics["masha"]
    assert (masha.birth_date, masha.sex) == (date(2012, 3, 14), Sex.FEMALE)
    assert (masha.birth_city, masha.birth_country) == ("Зеленогорск", "RU")
    assert list_findings(roster, Code.COLUMNS_UNWANTED) == [("demographics.csv", None, None)]
    assert "white" not in repr(roster)


def test_no_password_is_kept_anywhere(roster: RosterSet) -> None:
    assert "Parol" not in repr(roster)


def test_a_cell_that_looks_like_a_formula_is_only_text(roster: RosterSet) -> None:
    assert roster.records.users["igor"].phone == "=1+1"


def test_a_row_to_delete_is_kept_and_marked() -> None:
    records = read(FIXTURES / "v1p1").records
    assert not records.classes["cls-6b"].active
    assert not records.enrollments["e-7"].active
    assert not records.users["zakharov"].active
    assert records.users["dir"].active, "an empty status means active"


def test_details_of_a_user_are_typed() -> None:
    users = read(FIXTURES / "v1p1").records.users
    assert users["smirnova"].user_ids == (("ЕСИА", "77"),)
    assert users["masha"].agent_ids == ("anna", "smirnova")
    assert users["dir"].modified == datetime(2025, 8, 15, 9, 30, tzinfo=UTC)
    assert users["smirnova"].modified == datetime(2025, 8, 15, tzinfo=UTC)
    assert (users["masha"].enabled, users["petya"].enabled) == (True, False)
    assert read(FIXTURES / "v1p2").records.users["masha"].preferred_given_name == "Маша"


def test_missing_keys_are_made_of_the_keys_of_the_connected_rows(tmp_path: Path) -> None:
    records = read(FIXTURES / "sds_v2p1").records
    assert "enrollment:cls-7a:masha:student" in records.enrollments
    assert "role:masha:sch-1:student:y-2025" in records.roles
    assert "relationship:masha:anna" in records.relationships
    assert "flag:petya:freeLunch" in records.flags
    shuffled = "\n".join([*read_text("roles", "sds_v2p1").splitlines()[:1], *reversed(ROLES)])
    assert read_with(tmp_path, "sds_v2p1", roles=shuffled).records.roles == records.roles


ROLES = read_text("roles", "sds_v2p1").splitlines()[1:]


def test_grades_are_numbers_where_they_can_be() -> None:
    grades = read(FIXTURES / "v1p1").records.classes["sec-eng"].grades
    assert [level_of(grade) for grade in grades] == [7, 8]
    assert [level_of(it) for it in ("KG", "12", "13", "PS1", "²", "")] == [0, 12] + [None] * 4


def test_the_manifest_says_which_files_are_whole(tmp_path: Path) -> None:
    assert read(FIXTURES / "v1p1").modes["users"] is Mode.BULK
    changes = read_text("manifest").replace("users,bulk", "users,delta")
    assert not read(FIXTURES / "v1p1").delta
    assert read_with(tmp_path, manifest=changes).delta


def test_the_files_are_believed_where_the_manifest_is_wrong(tmp_path: Path) -> None:
    wrong = read_text("manifest").replace("version,1.1", "version,1.2")
    wrong = wrong.replace("demographics,bulk", "demographics,absent")

    roster = read_with(tmp_path, manifest=wrong)

    assert roster.dialect is Dialect.ONEROSTER_1_1
    assert list_findings(roster, Code.DIALECT_DISAGREES) == [("manifest.csv", None, None)]
    assert list_findings(roster, Code.MANIFEST_DISAGREES) == [("manifest.csv", 8, None)]
    assert len(roster.records.demographics) == 2


def test_every_code_has_a_text_in_both_languages() -> None:
    assert ENGLISH.keys() == RUSSIAN.keys() == set(Code)
    assert set(Code) > ERRORS
    for code in Code:
        fields = [{part.partition("}")[0] for part in it[code].split("{")[1:]} for it in SAID]
        assert fields[0] == fields[1], code


SAID = (ENGLISH, RUSSIAN)
