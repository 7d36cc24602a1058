"""Dates, words, numbers and identifiers in cells, as people and spreadsheets leave them."""

from datetime import date
from pathlib import Path

import pytest

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.vocabulary import ClassKind, OrgKind, SessionKind
from tests.exchange.rosters import list_findings, read_text, read_with, read_with_row


@pytest.mark.parametrize(
    ("dates", "expected", "code"),
    [
        (["2012-03-04", "20111202"], [date(2012, 3, 4), date(2011, 12, 2)], None),
        (["04.03.2012", "2.12.2011"], [date(2012, 3, 4), date(2011, 12, 2)], Code.DATE_NOT_ISO),
        (["4/03/2012", "15/12/2011"], [date(2012, 3, 4), date(2011, 12, 15)], Code.DATE_NOT_ISO),
        (["3/4/2012", "12/15/2011"], [date(2012, 3, 4), date(2011, 12, 15)], Code.DATE_NOT_ISO),
        (["4/3/2012", "2/12/2011"], [date(2012, 3, 4), date(2011, 12, 2)], Code.DATE_AMBIGUOUS),
        (["2012-03-04 00:00:00", ""], [date(2012, 3, 4), None], None),
    ],
)
def test_dates_are_read_as_people_write_them(
    tmp_path: Path, dates: list[str], expected: list[date | None], code: Code | None
) -> None:
    """Day and month are distinguished by the other dates of the file."""
    rows = [f"{who},{day}" for who, day in zip(["masha", "petya"], dates, strict=True)]
    roster = read_with(tmp_path, demographics="sourcedId,birthDate\n" + "\n".join(rows))
    assert [it.birth_date for it in roster.records.demographics.values()] == expected
    told = [it for it in (Code.DATE_NOT_ISO, Code.DATE_AMBIGUOUS) if list_findings(roster, it)]
    assert told == ([code] if code else [])


@pytest.mark.parametrize("day", ["31.02.2012", "2012-13-01", "40980", "вчера", "1712-01-01"])
def test_a_value_that_is_no_date_is_an_error(tmp_path: Path, day: str) -> None:
    roster = read_with(tmp_path, demographics=f"sourcedId,birthDate\nmasha,{day}\n")
    assert list_findings(roster, Code.DATE_BAD) == [("demographics.csv", 2, "birthDate")]
    assert not roster.records.demographics


def test_a_bad_time_of_change_is_only_a_warning(tmp_path: Path) -> None:
    rows = "o-2,,вчера,Филиал,school,,sch-1\no-3,,0001-01-01T00:00:00+23:00,Филиал,school,,sch-1"
    roster = read_with_row(tmp_path, "orgs", rows)
    assert list_findings(roster, Code.DATE_IGNORED) == [
        ("orgs.csv", 3, "dateLastModified"),
        ("orgs.csv", 4, "dateLastModified"),
    ]
    assert roster.records.orgs["o-2"].modified is None


def test_an_end_before_the_beginning_is_an_error(tmp_path: Path) -> None:
    roster = read_with_row(
        tmp_path, "academicSessions", "q-3,,,III,term,2026-03-20,2026-01-10,,2026"
    )
    assert list_findings(roster, Code.DATES_REVERSED) == [("academicSessions.csv", 5, "endDate")]


def test_numbers_that_a_spreadsheet_rounded_are_detected(tmp_path: Path) -> None:
    users = read_text("users").replace("+79130000001", '"7,9130000001E+10"')
    roster = read_with(tmp_path, users=users + '"1,12E+11",,,,sch-1,student,,,А,Б,,,,,,,,,\n')
    assert list_findings(roster, Code.NUMBER_MANGLED) == [("users.csv", 6, "sms")]
    assert list_findings(roster, Code.KEY_MANGLED) == [("users.csv", 9, "sourcedId")]


def test_unknown_words_are_read_with_care(tmp_path: Path) -> None:
    """A state or a kind of session is never guessed; other unknown words become OTHER."""
    roster = read_with(
        tmp_path,
        orgs=read_text("orgs") + "o-2,,,Кружок,circle,,sch-1\no-3,deleted,,Лишняя,school,,\n",
        academicSessions=read_text("academicSessions") + "q-9,,,?,epoch,2025-09-01,2026-05-31,,\n",
    )
    assert list_findings(roster, Code.WORD_UNKNOWN) == [("orgs.csv", 3, "type")]
    assert roster.records.orgs["o-2"].kind is OrgKind.OTHER
    assert list_findings(roster, Code.WORD_BAD) == [
        ("academicSessions.csv", 5, "type"),
        ("orgs.csv", 4, "status"),
    ]


def test_words_are_known_in_any_case(tmp_path: Path) -> None:
    roster = read_with_row(
        tmp_path, "academicSessions", "q-3,,,III,GRADINGPERIOD,2026-01-10,2026-03-20,,"
    )
    assert roster.records.sessions["q-3"].kind is SessionKind.GRADING_PERIOD
    assert roster.records.classes["cls-7a"].kind is ClassKind.HOMEROOM


def test_an_identifier_longer_than_the_standard_allows_is_an_error(tmp_path: Path) -> None:
    roster = read_with_row(tmp_path, "orgs", f"{'o' * 256},,,Филиал,school,,sch-1")
    assert list_findings(roster, Code.CELL_TOO_LONG) == [("orgs.csv", 3, "sourcedId")]


def test_an_invalid_address_is_left_out(tmp_path: Path) -> None:
    roster = read_with(tmp_path, users=read_text("users").replace("anna@mail.example", "нет"))
    assert list_findings(roster, Code.VALUE_IGNORED) == [("users.csv", 6, "email")]
    assert roster.records.users["anna"].email == ""


def test_the_first_of_several_organisations_is_the_main_one(tmp_path: Path) -> None:
    users = read_text("users").replace("sch-1,teacher", '"sch-1,sch-2",teacher')
    orgs = read_text("orgs") + "sch-2,,,Лицей,school,,\n"
    roles = read_with(tmp_path, users=users, orgs=orgs).records.roles.values()
    teaching = {it.org_id: it.primary for it in roles if it.user_id == "smirnova"}
    assert teaching == {"sch-1": True, "sch-2": False}


def test_findings_are_short_and_plain_whatever_the_file_says(tmp_path: Path) -> None:
    """Findings are shown in terminals and tables: no escape sequence, line break or novel gets
    in."""
    name = "\x1b[31mимя\u2028{value}" + "ы" * 500
    roster = read_with(tmp_path, orgs=read_text("orgs").replace("identifier", name))
    [(_, _, column)] = list_findings(roster, Code.COLUMN_UNKNOWN)
    assert column
    assert column.isprintable()
    assert len(column) <= 60
