"""Real sets that were once misread, or refused as a whole."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from resolvers.exchange.oneroster import read
from resolvers.exchange.oneroster.codes import Code
from tests.exchange.imported import Import, get_school
from tests.exchange.rosters import copy_school, list_findings, read_text
from tests.exchange.test_oneroster_command import Run, gorod, parse_answer

__all__ = ["gorod"]
SESSIONS = (
    "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
)
YEAR = "y-2025,active,,2025/2026,schoolYear,2025-09-01,2026-05-31,,2026\n"


def make_sessions(*rows: str) -> str:
    return SESSIONS + YEAR + "".join(f"{row}\n" for row in rows)


THIRDS = (
    "t1,active,,T1,term,2025-09-01,2025-11-22,y-2025,2026",
    "t2,active,,T2,term,2025-11-30,2026-02-21,y-2025,2026",
    "t3,active,,T3,term,2026-03-01,2026-05-31,y-2025,2026",
)
TERMS = "{ terms { name ordinal termType { code } } }"


async def import_terms(
    taking: Import, folder: Path, rows: tuple[str, ...]
) -> list[tuple[str, str, int]]:
    """Return (title, kind, number) of the terms that a set with these sessions brings."""
    lists = read_text("classes").replace("q-1", "y-2025").replace("q-2", "y-2025")
    report = await taking.apply(
        read(copy_school(folder, "v1p1", academicSessions=make_sessions(*rows), classes=lists))
    )
    assert report.applied, report.errors
    seen = await (await taking.sign_in_director(get_school(report)))(TERMS)
    return [(it["name"], it["termType"]["code"], it["ordinal"]) for it in seen["terms"]]


async def test_three_siblings_are_trimesters_whatever_their_lengths(
    importer: Import, tmp_path: Path
) -> None:
    assert await import_terms(importer, tmp_path, THIRDS) == [
        ("T1", "TRIMESTER", 1),
        ("T2", "TRIMESTER", 2),
        ("T3", "TRIMESTER", 3),
    ]


async def test_a_term_is_not_dropped_for_its_parts(importer: Import, tmp_path: Path) -> None:
    parts = (
        "p1,active,,T1 progress,gradingPeriod,2025-09-01,2025-10-11,t1,2026",
        "p2,active,,T1 final,gradingPeriod,2025-10-12,2025-11-22,t1,2026",
    )
    shown = await import_terms(importer, tmp_path, (*parts, *THIRDS))
    assert [name for name, _, _ in shown] == ["T1", "T2", "T3"]


async def test_half_years_keep_their_quarters(importer: Import, tmp_path: Path) -> None:
    shown = await import_terms(
        importer,
        tmp_path,
        (
            "h1,active,,S1,semester,2025-09-01,2025-12-28,y-2025,2026",
            "h2,active,,S2,semester,2026-01-12,2026-05-31,y-2025,2026",
            "a,active,,A,gradingPeriod,2025-09-01,2025-10-26,h1,2026",
            "b,active,,B,gradingPeriod,2025-11-03,2025-12-28,h1,2026",
            "c,active,,C,gradingPeriod,2026-01-12,2026-03-27,h2,2026",
            "d,active,,D,gradingPeriod,2026-04-05,2026-05-31,h2,2026",
        ),
    )
    assert sorted(shown) == [
        ("A", "QUARTER", 1),
        ("B", "QUARTER", 2),
        ("C", "QUARTER", 3),
        ("D", "QUARTER", 4),
        ("S1", "HALF_YEAR", 1),
        ("S2", "HALF_YEAR", 2),
    ]


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2013-02-03T21:00:00.000Z", "Europe/Moscow", date(2013, 2, 4)),
        ("2013-02-03T17:00:00Z", "Asia/Barnaul", date(2013, 2, 4)),
        ("2013-02-04T00:00:00+03:00", "Europe/Moscow", date(2013, 2, 4)),
        ("2013-02-04T00:00:00Z", "Europe/Moscow", date(2013, 2, 4)),
    ],
)
def test_an_instant_is_the_day_of_the_school_and_is_reported(
    tmp_path: Path, written: str, zone: str, day: date
) -> None:
    content = "sourcedId,status,dateLastModified,birthDate,sex\nmasha,active,,{},female\n"
    folder = copy_school(tmp_path, "v1p1", demographics=content.format(written))
    roster = read(folder, time_zone=zone)
    assert roster.records.demographics["masha"].birth_date == day
    assert list_findings(roster, Code.DATE_IS_INSTANT) == [("demographics.csv", 2, "birthDate")]


@pytest.mark.parametrize(
    "written",
    ["14.03.2012", "14/03/2012", "2012/03/14", "2012-3-14", "14 марта 2012 г.", "14-Mar-2012",
     "Mar 14, 2012", "14.03.2012 г."],
)  # fmt: skip
def test_a_date_that_can_mean_one_day_only_is_read(tmp_path: Path, written: str) -> None:
    content = (
        "sourcedId,status,dateLastModified,birthDate,sex\n"
        f'masha,active,,"{written}",female\npyotr,active,,05/16/2012,male\n'
    )
    roster = read(copy_school(tmp_path, "v1p1", demographics=content))
    assert roster.records.demographics["masha"].birth_date == date(2012, 3, 14)
    assert not roster.errors


def test_names_of_oneroster_1_0_are_read(tmp_path: Path) -> None:
    old = {
        "users": read_text("users").replace("agentSourcedIds", "agents").replace("grades", "grade"),
        "classes": read_text("classes").replace("termSourcedIds", "termSourcedId"),
    }
    new, renamed = (
        read(copy_school(tmp_path / "new", "v1p1")),
        read(copy_school(tmp_path / "old", "v1p1", **old)),
    )
    assert renamed.records.relationships == new.records.relationships
    assert renamed.records.relationships
    assert {key: it.session_ids for key, it in renamed.records.classes.items()} == {
        key: it.session_ids for key, it in new.records.classes.items()
    }
    assert [it.grades for it in renamed.records.users.values()] == [
        it.grades for it in new.records.users.values()
    ]
    assert not list_findings(renamed, Code.COLUMN_UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("classes", "club,active,,Кружок чтения,,,КЧ,homeroom,,sch-1,y-2025,,,"),
        ("orgs", "mun-9,active,,,district,,"),
        ("enrollments", "e-9,active,,nowhere,sch-1,masha,student,,,"),
        ("demographics", "masha,active,,32.13.2012,female"),
    ],
)
async def test_a_bad_row_on_which_nothing_depends_does_not_refuse_the_set(
    importer: Import, tmp_path: Path, kind: str, row: str
) -> None:
    header = "sourcedId,status,dateLastModified,birthDate,sex\n"
    content = header if kind == "demographics" else read_text(kind)
    roster = read(copy_school(tmp_path, "v1p1", **{kind: f"{content}{row}\n"}))
    report = await importer.apply(roster)
    assert report.applied, report.errors
    assert any(it.file == f"{kind}.csv" for it in report.warnings)


async def test_a_bad_row_that_others_need_refuses_the_set_unless_it_is_left_out(
    importer: Import, tmp_path: Path
) -> None:
    users = read_text("users")
    broken = next(line for line in users.splitlines() if line.startswith("masha"))
    spoilt = users.replace(broken, broken.replace("Мария", "", 1))
    assert spoilt != users
    folder = copy_school(tmp_path, "v1p1", users=spoilt)
    assert not (await importer.apply(read(folder))).applied
    report = await importer.apply(read(folder, lenient=True))
    assert report.applied, report.errors
    assert Code.ROWS_LEFT_OUT in {it.code for it in report.warnings}
    students = {change.label for change in report.schools[0].changes if change.entity == "Student"}
    assert len(students) == 1


def test_a_dry_run_shows_rows_field_by_field(gorod: Run, tmp_path: Path) -> None:
    shown = gorod(copy_school(tmp_path, "v1p1"), "--csv", tmp_path / "changes.csv")
    assert shown.exit_code == 0, shown.output
    assert "Мария" in shown.stdout
    lines = list(csv.DictReader(StringIO((tmp_path / "changes.csv").read_text("utf-8-sig"))))
    [given] = [
        line
        for line in lines
        if (line["entity"], line["column"], line["after"]) == ("Person", "given_name", "Мария")
    ]
    assert (given["deed"], given["before"]) == ("created", "")
    assert (tmp_path / "changes.csv").stat().st_mode & 0o777 == 0o600
    told = parse_answer(gorod(tmp_path / "v1p1", "--json"))["schools"][0]["changes"]
    columns = [field for change in told for field in change["columns"]]
    assert {"column": "given_name", "before": None, "after": "Мария"} in columns


def test_a_cell_is_no_formula(gorod: Run, tmp_path: Path) -> None:
    users = read_text("users").replace("Мария", "=1+1", 1)
    shown = gorod(copy_school(tmp_path, "v1p1", users=users), "--csv", tmp_path / "changes.csv")
    assert shown.exit_code == 0, shown.output
    assert "'=1+1" in (tmp_path / "changes.csv").read_text("utf-8-sig")
