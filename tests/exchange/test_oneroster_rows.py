"""Encodings, separators, quotation marks, columns: which rows are read, and how."""

from pathlib import Path

import pytest

from resolvers.exchange.oneroster import Limits, read
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.files import RosterFile
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.tables import table_of
from tests.exchange.rosters import FIXTURES, list_findings, read_text, read_with, read_with_row

ORGS = "sourcedId,name,type\n"


def read_cells(content: str | bytes) -> tuple[list[tuple[int, list[str]]], list[Code]]:
    """Return the rows of an orgs.csv and the codes of the findings."""
    findings = Findings()
    raw = content.encode() if isinstance(content, str) else content
    table = table_of(RosterFile("orgs", "orgs.csv", raw), 1000, findings)
    return (table.rows if table else []), [it.code for it in findings.list_all()]


# -- text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["cp1251", "koi8_r", "cp866", "mac_cyrillic", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_other_encodings_are_guessed_with_a_warning(tmp_path: Path, encoding: str) -> None:
    content = read_text("users").encode(encoding)

    roster = read_with(tmp_path, users=content)

    assert roster.records.users["masha"].family_name == "Петрова"
    assert roster.records == read(FIXTURES / "v1p1").records
    assert list_findings(roster, Code.ENCODING_GUESSED) == [("users.csv", None, None)]


def test_utf_16_is_detected_by_its_byte_order_mark() -> None:
    rows, codes = read_cells(
        (ORGS + "я,Средняя общеобразовательная школа,лицей\n" * 9).encode("utf-16")
    )
    assert rows[8] == (10, ["я", "Средняя общеобразовательная школа", "лицей"])
    assert codes == [Code.ENCODING_GUESSED]


def test_one_name_far_down_tells_the_encoding() -> None:
    plain = "".join(f"o-{it},{'School of the town' * 6},school\n" for it in range(900))
    rows, _ = read_cells((ORGS + plain + "o,Гимназия имени Пушкина,school\n").encode("koi8_r"))
    assert rows[-1][1][1] == "Гимназия имени Пушкина"


def test_one_damaged_letter_does_not_spoil_the_file(tmp_path: Path) -> None:
    """One row is lost, not the encoding of a thousand."""
    damaged = read_text("users").encode().replace("Анна".encode(), b"\xd0\xffnna")
    roster = read_with(tmp_path, users=damaged)
    assert list_findings(roster, Code.ROW_BAD_CHARACTERS) == [("users.csv", 6, None)]
    assert roster.records.users["masha"].family_name == "Петрова"


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1b[31m"])
def test_control_characters_are_not_let_in(tmp_path: Path, bad: str) -> None:
    roster = read_with_row(tmp_path, "orgs", f"o-2,,,Шко{bad}ла,school,,")
    assert list_findings(roster, Code.ROW_BAD_CHARACTERS) == [("orgs.csv", 3, None)]
    assert "o-2" not in roster.records.orgs


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_may_end_in_any_way(end: str) -> None:
    assert read_cells(f"sourcedId,name,type{end}o,А,school{end}") == (
        [(2, ["o", "А", "school"])],
        [],
    )


def test_spaces_and_invisible_marks_are_stripped() -> None:
    rows, _ = read_cells(
        ORGS + "\u200bo\ufeff,\u00a0Школа \u00a0 № 1 ,school\nо,Лице\u0438\u0306,school\n"
    )
    assert rows == [(2, ["o", "Школа № 1", "school"]), (3, ["о", "Лицей", "school"])]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_another_separator_is_noticed(mark: str) -> None:
    rows, codes = read_cells(f"sourcedId{mark}name{mark}type\no{mark}А, Б{mark}school\n")
    assert rows == [(2, ["o", "А, Б", "school"])]
    assert codes == [Code.DELIMITER_GUESSED]


def test_a_separator_that_a_spreadsheet_declares_is_used() -> None:
    rows, _ = read_cells("sep=;\nsourcedId;name;type\no;А;school\n")
    assert rows == [(3, ["o", "А", "school"])]


def test_a_file_of_a_russian_spreadsheet_is_read(tmp_path: Path) -> None:
    """Windows-1251, semicolons, and dates and flags as they are written in Russia."""
    users = read_text("users").replace(",", ";").replace('"anna;smirnova"', "anna,smirnova")
    for ours, theirs in {
        "2025-08-15T09:30:00.000Z": "15.08.2025 9:30:00",
        "2025-08-15": "15.08.2025",
        "TRUE": "ИСТИНА",
        "FALSE": "ЛОЖЬ",
    }.items():
        users = users.replace(ours, theirs)

    roster = read_with(tmp_path, users=users.encode("cp1251"))

    plain = read(FIXTURES / "v1p1")
    assert not roster.errors
    assert roster.records == plain.records
    assert len(roster.findings) == len(plain.findings) + 3


# -- rows ----------------------------------------------------------------------------


def test_rows_are_counted_as_a_person_does(tmp_path: Path) -> None:
    """Empty lines count, and so do lines inside a cell."""
    rows, codes = read_cells(ORGS + '\no-1,"Школа\nна горе",school\n,,\no-2,Б,school\n')
    assert rows == [(3, ["o-1", "Школа на горе", "school"]), (6, ["o-2", "Б", "school"])]
    assert codes == [Code.LINE_BREAK_IN_CELL]


def test_a_missing_quotation_mark_costs_one_row() -> None:
    rows, codes = read_cells(ORGS + 'o-1,"Школа,school\no-2,"Б, В",school\no-3,Г,school\n')
    assert [line for line, _ in rows] == [3, 4]
    assert codes == [Code.ROW_BROKEN]


def test_two_missing_quotation_marks_do_not_swallow_the_rows_between() -> None:
    between = "".join(f"o-{it},А,school\n" for it in range(12))
    rows, codes = read_cells(ORGS + 'a,"Школа,school\n' + between + 'b,Лицей",school\n')
    assert len(rows) == 13
    assert rows[-1] == (15, ["b", 'Лицей"', "school"])
    assert codes == [Code.ROW_BROKEN]


def test_a_quotation_mark_in_the_wrong_place_costs_the_row() -> None:
    rows, codes = read_cells(ORGS + 'o-1,"Школа" № 1,school\no-2, "А, Б", school\n')
    assert rows == [(3, ["o-2", "А, Б", "school"])]
    assert codes == [Code.ROW_BROKEN]


def test_passwords_are_removed_before_a_row_is_used() -> None:
    content = (FIXTURES / "v1p1" / "users.csv").read_bytes()
    table = table_of(RosterFile("users", "users.csv", content), 1000, Findings())
    assert table
    assert len(table.rows) == 7
    assert "Parol" not in repr(table)


def test_quotation_marks_in_a_name_are_part_of_it() -> None:
    rows, codes = read_cells(
        ORGS + 'o-1,ГБОУ "Школа",school\no-2,"ГБОУ ""Лицей""",school\n'
        'o-3,Школа 5",school\no-4,А,school\n'
    )
    assert [row[1] for _, row in rows] == ['ГБОУ "Школа"', 'ГБОУ "Лицей"', 'Школа 5"', "А"]
    assert codes == []


def test_a_row_with_too_few_or_too_many_cells_is_an_error(tmp_path: Path) -> None:
    rows, codes = read_cells(ORGS + "o-1,А\no-2,Б,school,лишнее\no-3,В,school\n")
    assert [line for line, _ in rows] == [4]
    assert codes == [Code.COLUMNS_UNNAMED, Code.ROW_WRONG_WIDTH, Code.ROW_WRONG_WIDTH]


def test_empty_columns_without_a_name_are_reported_once() -> None:
    rows, codes = read_cells(
        "sourcedId,name,type,,\no-1,А,school\no-2,Б,school,,,\no-3,В,school,,\n"
    )
    assert len(rows) == 3
    assert codes == [Code.COLUMNS_UNNAMED]


def test_a_lost_row_is_blamed_and_those_that_refer_to_it_are_not(tmp_path: Path) -> None:
    broken = read_text("classes").replace("sec-alg,active,,Алгебра 7А", "sec-alg,active,,")
    roster = read_with(tmp_path, classes=broken)
    assert [(it.code, it.file, it.row) for it in roster.errors] == [
        (Code.VALUE_MISSING, "classes.csv", 3)
    ]


def test_the_number_of_rows_and_the_length_of_cells_are_limited(tmp_path: Path) -> None:
    assert list_findings(read(FIXTURES / "v1p1", Limits(rows=3)), Code.TOO_MANY_ROWS) == [
        ("classes.csv", 5, None),
        ("enrollments.csv", 5, None),
        ("manifest.csv", 5, None),
        ("users.csv", 5, None),
    ]
    rows, codes = read_cells(ORGS + f"o-1,{'А' * 5000},school\n")
    assert (rows, codes) == ([], [Code.CELL_TOO_LONG])


# -- columns -------------------------------------------------------------------------


def test_columns_have_synonyms_and_unknown_columns_are_reported() -> None:
    _, codes = read_cells(
        "SourcedId,name,type,dataLastModified,metadata.inn,цвет\no,А,school,,1,2\n"
    )
    assert codes == [Code.COLUMN_MISSPELT, Code.COLUMN_MISSPELT, Code.COLUMN_UNKNOWN]


def test_a_file_without_a_needed_column_is_not_read(tmp_path: Path) -> None:
    roster = read_with(tmp_path, classes="sourcedId,title\nc,7А\n")
    assert list_findings(roster, Code.COLUMN_MISSING) == [("classes.csv", None, "schoolSourcedId")]
    assert not roster.records.classes
    assert not list_findings(roster, Code.REFERENCE_MISSING), "said once, not for every enrollment"


def test_of_a_file_without_a_header_no_value_is_repeated(tmp_path: Path) -> None:
    """Names, telephones and a password stand in the place of the header."""
    headless = "\n".join(read_text("users").splitlines()[1:])
    roster = read_with(tmp_path, "v1p2", users=headless)
    assert {it.column for it in roster.findings if it.file == "users.csv"} == {
        *("sourcedId", "givenName", "familyName"),
        None,
    }


def test_in_oneroster_1_1_users_must_have_roles(tmp_path: Path) -> None:
    """The finding is reported once; without roles nobody is a student, and so nobody has
    parents."""
    users = read_text("users").replace(",role,", ",rôle,")
    roster = read_with(tmp_path, users=users)
    assert [(it.code, it.column) for it in roster.errors] == [(Code.COLUMN_MISSING, "role")]
    assert roster.records.users
    assert not roster.records.relationships


def test_one_column_twice_is_an_error() -> None:
    rows, codes = read_cells("sourcedId,name,type,name\no,А,school,Б\n")
    assert codes == [Code.COLUMN_TWICE]
    assert rows[0][1][1] == "А"


def test_empty_files_are_reported(tmp_path: Path) -> None:
    roster = read_with(tmp_path, demographics="", courses="sourcedId,title\n\n")
    assert {file for file, _, _ in list_findings(roster, Code.FILE_EMPTY)} == {
        "courses.csv",
        "demographics.csv",
    }


@pytest.mark.embedded_only
@pytest.mark.lengthy
def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    """Some rows are wrong: of each kind a hundred are reported, and the number of the others."""
    good = "".join(f"e-{it},,,sec-alg,sch-1,masha,student,,,\n" for it in range(100, 100_000))
    roster = read_with_row(tmp_path, "enrollments", good + "x,,,sec-alg,sch-1\n" * 5_000)
    assert len(roster.records.enrollments) == 99_907
    assert len(list_findings(roster, Code.ROW_WRONG_WIDTH)) == Findings.MOST_OF_A_KIND
    [more] = [it for it in roster.errors if it.code is Code.MORE_ERRORS]
    assert "4900" in more.english
