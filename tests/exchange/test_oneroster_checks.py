"""The checks across files: names that repeat, references, schools, years, people."""

from pathlib import Path

import pytest

from resolvers.exchange.oneroster import read
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.records import composite
from resolvers.exchange.oneroster.references import REFERENCES, find_leading
from resolvers.exchange.oneroster.vocabulary import ClassKind
from tests.exchange.rosters import (
    DIALECTS,
    FIXTURES,
    list_findings,
    read_text,
    read_with,
    read_with_row,
)

# -- names ---------------------------------------------------------------------------


def test_a_row_that_says_the_same_again_does_no_harm(tmp_path: Path) -> None:
    again = read_text("users").splitlines()[3]
    roster = read_with_row(tmp_path, "users", again.replace("2025-08-15", "2025-08-16"))
    assert not roster.errors
    assert list_findings(roster, Code.ROW_TWICE) == [("users.csv", 9, None)]


def test_one_key_for_two_different_things_is_an_error(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "orgs", "sch-1,,,Лицей № 2,school,,")
    assert list_findings(roster, Code.KEY_CONFLICT) == [("orgs.csv", 3, None)]
    assert roster.records.orgs["sch-1"].name == "МБОУ «Гимназия № 1»"


def test_keys_made_of_keys_do_not_run_together() -> None:
    one, other = composite("enrollment", "a:b", "c"), composite("enrollment", "a", "b:c")
    assert one != other


def test_one_person_twice_is_suspected_and_never_merged(tmp_path: Path) -> None:
    twin = "petr-2,active,,TRUE,sch-1,student,Sokolov.P,,Петр,СОКОЛОВ,,,,,,,07,,\n"
    roster = read_with(
        tmp_path,
        users=read_text("users") + twin,
        demographics=read_text("demographics") + "petr-2,,,02.12.2011,male,,,\n",
    )
    assert list_findings(roster, Code.SAME_PERSON) == [("users.csv", 9, None)]
    assert list_findings(roster, Code.USERNAME_TWICE) == [("users.csv", 9, None)]
    assert {"petya", "petr-2"} <= roster.records.users.keys()


def test_somebody_withdrawn_may_share_a_name_with_a_successor(tmp_path: Path) -> None:
    roster = read_with_row(
        tmp_path, "users", "z-2,,,,sch-1,teacher,zakharov,,Яна,Захарова,,,,,,,,,"
    )
    assert not list_findings(roster, Code.USERNAME_TWICE)


# -- references ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [
        ("enrollments", "e-9,,,cls-8,sch-1,masha,student,,,", "classSourcedId"),
        ("enrollments", "e-9,,,cls-7a,sch-1,nobody,student,,,", "userSourcedId"),
        ("classes", "c-9,,,8А,08,,,homeroom,,sch-9,y-2025,,,", "schoolSourcedId"),
        ("users", "u-9,,,,sch-9,student,,,А,Б,,,,,,,,,", "orgSourcedIds"),
        ("demographics", "nobody,,,2012-01-01,,,,", "sourcedId"),
    ],
)
def test_a_needed_reference_that_leads_nowhere_is_an_error(
    tmp_path: Path, kind: str, row: str, column: str
) -> None:
    roster = read_with_row(tmp_path, kind, row)
    line = len(read_text(kind).splitlines()) + 1
    assert list_findings(roster, Code.REFERENCE_MISSING) == [(f"{kind}.csv", line, column)]


def test_the_column_is_called_as_the_file_calls_it(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "classes", "c-9,sch-9,8А,y-2025,", "sds_v2p1")
    assert list_findings(roster, Code.REFERENCE_MISSING) == [("classes.csv", 5, "orgSourcedId")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_set_without_errors_has_no_needed_reference_open(dialect: str) -> None:
    records = read(FIXTURES / dialect).records
    for reference in REFERENCES:
        targets = getattr(records, reference.to)
        if reference.needed:
            assert all(key in targets for _, key in find_leading(reference, records))


def test_a_row_to_delete_may_refer_to_a_missing_row(tmp_path: Path) -> None:
    roster = read_with_row(
        tmp_path, "enrollments", "e-9,tobedeleted,,cls-1a,sch-1,masha,student,,,"
    )
    assert not roster.errors


def test_an_active_row_should_not_refer_to_an_inactive_one(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "enrollments", "e-9,active,,cls-6b,sch-1,masha,student,,,")
    assert list_findings(roster, Code.REFERENCE_INACTIVE) == [
        ("enrollments.csv", 9, "classSourcedId")
    ]


def test_a_missing_file_is_reported_once(tmp_path: Path) -> None:
    roster = read_with(tmp_path, users=None)
    assert [(it.code, it.file) for it in roster.errors] == [(Code.FILE_MISSING, "users.csv")]
    assert list_findings(roster, Code.FILE_ABSENT) == [("courses.csv", None, None)]


def test_enrollments_make_no_sense_without_classes(tmp_path: Path) -> None:
    for nothing in (None, "", "sourcedId,title\n"):
        roster = read_with(tmp_path / str(nothing)[:4], classes=nothing)
        assert list_findings(roster, Code.FILE_MISSING) == [("classes.csv", None, None)]


def test_a_delta_may_refer_to_rows_of_earlier_sets(tmp_path: Path) -> None:
    """A delta brings one new enrollment; class, student and school are known from earlier sets."""
    modes = "propertyName,value\noneroster.version,1.1\nfile.enrollments,delta\nfile.orgs,absent\n"
    row = (
        read_text("enrollments").splitlines()[0] + "\ne-9,active,,sec-eng,sch-1,masha,student,,,\n"
    )
    left_out = dict.fromkeys(["academicSessions", "classes", "demographics", "orgs", "users"])
    roster = read_with(tmp_path, manifest=modes, enrollments=row, **left_out)
    assert roster.delta
    assert list(roster.records.enrollments) == ["e-9"]
    assert not roster.findings


def test_a_delta_is_not_blamed_for_rows_that_it_leaves_out(tmp_path: Path) -> None:
    """A delta brings a student with her agents, and a term; roles and the year are known
    already."""
    modes = "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.roles,absent\n"
    header, *rows = read_text("users", "v1p2").splitlines()
    kept = dict.fromkeys([*("classes", "courses", "demographics", "orgs", "roles"), "userprofiles"])
    roster = read_with(
        tmp_path,
        "v1p2",
        manifest=modes,
        users="\n".join([header, *rows[2:5]]),
        academicSessions="sourcedId,title,type,startDate,endDate\nq,III,term,2026-01-10,2026-03-20",
        enrollments=read_text("enrollments", "v1p2").splitlines()[0]
        + "\ne,,,x,,nobody,student,,,\n",
        **kept,
    )
    assert {it.code for it in roster.findings} == {Code.COLUMN_MISSPELT, Code.DATE_AMBIGUOUS}
    assert roster.records.users["masha"].agent_ids == ("anna", "smirnova")


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("orgs", "sch-1,,,Гимназия,school,,sch-2\nsch-2,,,Лицей,school,,sch-1"),
        ("academicSessions", "y,,,Год,term,2025-09-01,2026-05-31,y,"),
    ],
)
def test_nothing_is_above_itself(tmp_path: Path, kind: str, row: str) -> None:
    header = read_text(kind).splitlines()[0]
    roster = read_with(tmp_path, **{kind: f"{header}\n{row}\n"})
    assert len(list_findings(roster, Code.PARENT_CYCLE)) == len(row.splitlines())


# -- schools and years ---------------------------------------------------------------


def test_without_a_school_the_one_that_classes_belong_to_is_taken(tmp_path: Path) -> None:
    orgs = read_text("orgs").replace(",school,", ",department,") + "sch-9,,,Архив,department,,\n"
    roster = read_with(tmp_path, orgs=orgs)
    assert roster.schools == ("sch-1",)
    assert list_findings(roster, Code.SCHOOL_GUESSED) == [("orgs.csv", 2, None)]


def test_the_school_of_the_classes_counts_more_than_that_of_people(tmp_path: Path) -> None:
    orgs = read_text("orgs").replace(",school,", ",department,") + "mun,,,Отдел,district,,\n"
    users = read_text("users").replace("sch-1,principal", "mun,principal")
    assert read_with(tmp_path, orgs=orgs, users=users).schools == ("sch-1",)


def test_organisations_in_a_circle_have_no_school(tmp_path: Path) -> None:
    orgs = read_text("orgs") + "a,,,А,district,,b\nb,,,Б,district,,a\n"
    assert read_with(tmp_path, orgs=orgs).school_of == {"sch-1": "sch-1"}


def test_without_classes_the_one_that_people_belong_to_is_taken(tmp_path: Path) -> None:
    orgs = read_text("orgs").replace(",school,", ",department,")
    roster = read_with(tmp_path, orgs=orgs, classes=None, enrollments=None)
    assert roster.schools == ("sch-1",)


def test_a_set_with_nothing_like_a_school_is_an_error(tmp_path: Path) -> None:
    header = read_text("orgs").splitlines()[0]
    roster = read_with(tmp_path, orgs=f"{header}\nmun,,,Город,district,,\n", classes=None)
    assert list_findings(roster, Code.SCHOOL_MISSING) == [("", None, None)]


def test_a_department_belongs_to_the_school_above_it(tmp_path: Path) -> None:
    orgs = read_text("orgs") + "dep,,,Начальная школа,department,,sch-1\nfar,,,Кружок,local,,\n"
    classes = read_text("classes") + "c-1,,,1А,01,,,homeroom,,dep,y-2025,,,\n"
    classes += "c-2,,,Шахматы,01,,,scheduled,,far,y-2025,,,\n"
    roster = read_with(tmp_path, orgs=orgs, classes=classes)
    assert roster.school_of == {"sch-1": "sch-1", "dep": "sch-1"}
    assert list_findings(roster, Code.OUTSIDE_SCHOOLS) == [("classes.csv", 7, None)]


def test_a_year_is_found_by_parents_then_dates_then_number(tmp_path: Path) -> None:
    rows = [
        "y-2026,,,2026/2027,schoolYear,2026-09-01,2027-05-31,,2027",
        "by-dates,,,I,term,2026-09-01,2026-10-30,gone,2026",
        "by-number,,,Лето,term,2026-06-01,2026-08-25,gone,2026",
        "by-nothing,,,Лето,term,2019-06-01,2019-08-25,,",
        "gone,tobedeleted,,Лето,term,2018-06-01,2018-08-25,,",
    ]
    roster = read_with_row(tmp_path, "academicSessions", "\n".join(rows))
    assert roster.year_of["by-dates"] == "y-2026"
    assert roster.year_of["by-number"] == "y-2025"
    assert "by-nothing" not in roster.year_of
    assert list_findings(roster, Code.YEAR_MISSING) == [("academicSessions.csv", 8, None)]
    assert list_findings(roster, Code.OUTSIDE_YEAR) == [("academicSessions.csv", 7, None)]


def test_if_two_years_fit_none_is_chosen(tmp_path: Path) -> None:
    rows = (
        "y-2,,,2025/2026,schoolYear,2025-09-01,2026-06-30,,2026\nt,,,I,term,2025-09-01,2025-10-26,,"
    )
    roster = read_with_row(tmp_path, "academicSessions", rows)
    assert "t" not in roster.year_of


def test_a_class_without_a_session_is_reported(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "classes", "c-9,sch-1,Хор,,", "sds_v2p1")
    assert list_findings(roster, Code.CLASS_WITHOUT_SESSION) == [("classes.csv", 5, None)]


@pytest.mark.parametrize(
    ("title", "kind"),
    [("10 «Б»", ClassKind.HOMEROOM), ("5-в", ClassKind.HOMEROOM), ("Хор", ClassKind.SCHEDULED)],
)
def test_the_kind_of_a_class_is_guessed_by_its_name(
    tmp_path: Path, title: str, kind: ClassKind
) -> None:
    roster = read_with_row(tmp_path, "classes", f"c-9,sch-1,{title},y-2025,", "sds_v2p1")
    assert roster.records.classes["c-9"].kind is kind
    assert ("classes.csv", 5, "title") in list_findings(roster, Code.CLASS_KIND_GUESSED)
