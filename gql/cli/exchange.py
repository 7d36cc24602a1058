"""`gorod import`: data of other systems."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gql.cli.backend import Database, ensure_usable, read_settings, run, use_database
from gql.cli.console import (
    Json,
    Yes,
    amount,
    fail,
    insist,
    make_console,
    make_table,
    print_json,
    say,
    show_progress,
)

if TYPE_CHECKING:
    from resolvers.exchange.oneroster import RosterSet
    from resolvers.exchange.oneroster.findings import Finding
    from resolvers.exchange.oneroster.report import ImportReport

app = typer.Typer(help="Data of other systems.", no_args_is_help=True)

SHOWN = 50
"""The most findings, and the most changes, that a person is shown; a program gets them all."""
DEEDS = ("ended", "updated", "created")
"""The kinds of changes in the order in which they are shown."""


@app.callback()
def group() -> None:
    """Data of other systems."""


@app.command()
def oneroster(
    source: Annotated[
        Path, typer.Argument(help="Folder or ZIP with OneRoster's CSV files.", exists=True)
    ],
    apply: Annotated[
        bool, typer.Option("--apply", help="Write it; otherwise only say what would change.")
    ] = False,
    school: Annotated[
        int | None, typer.Option(help="Number of the school that gets the set's only school.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Time zone of new schools, and of times in date columns.")
    ] = "Europe/Moscow",
    lenient: Annotated[
        bool, typer.Option("--leave-out", help="Leave out bad rows and what depends on them.")
    ] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write every change to this CSV file.")
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take in a OneRoster export: first look, then `--apply`. `--yes` lets it end memberships."""
    check_zone(time_zone)
    roster = read_roster(source, time_zone, lenient, as_json)
    current = read_settings()
    with use_database(current) as target:
        run(ensure_usable(current, target))
        report = take_in(target, roster, school, time_zone, apply=False)
        if apply and not report.errors:
            if report.ended:
                insist(yes, f"Ends of memberships, stays and the like: {report.ended}.")
            report = take_in(target, roster, school, time_zone, apply=True)
    if csv_file:
        write_changes(csv_file, report)
    if as_json:
        from resolvers.exchange.oneroster.report import plain

        print_json(plain(report))
    else:
        show(report)
    conclude(report, apply, as_json)


def check_zone(time_zone: str) -> None:
    from zoneinfo import available_timezones

    if time_zone not in available_timezones():
        raise typer.BadParameter(f"There is no time zone {time_zone}.", param_hint="--time-zone")


def read_roster(source: Path, time_zone: str, lenient: bool, as_json: bool) -> "RosterSet":
    """Read the files. Exits with the findings if the source holds no set."""
    from resolvers.exchange.oneroster import RosterUnreadable, read

    try:
        if as_json:
            return read(source, time_zone=time_zone, lenient=lenient)
        with show_progress("Reading OneRoster") as advance:
            roster = read(source, time_zone=time_zone, lenient=lenient)
            advance("", 1.0)
            return roster
    except RosterUnreadable as problem:
        if as_json:
            found = [plain_finding(finding) for finding in problem.findings]
            print_json({"applied": False, "unreadable": problem.code.value, "findings": found})
        else:
            show_findings(list(problem.findings))
        fail(problem.english)


def take_in(
    target: Database, roster: "RosterSet", school: int | None, time_zone: str, *, apply: bool
) -> "ImportReport":
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from resolvers.exchange.oneroster.apply import import_roster

    today = datetime.now(ZoneInfo(time_zone)).date()
    given = {"school": school, "today": today, "time_zone": time_zone}
    return run(import_roster(target.owner, roster, apply=apply, **given))  # type: ignore[arg-type]


def show(report: "ImportReport") -> None:
    """Show the changes school by school, counted and row by row, and then the findings."""
    console = make_console()
    columns = ("", "created", "updated", "ended", "unchanged")
    for school in report.schools:
        number = f"number {school.school_id}" if school.school_id else "new"
        say(f"\n{school.name} ({number})")
        rows = [
            [entity, *(str(getattr(counts, name) or "") for name in columns[1:])]
            for entity, counts in school.counts.items()
        ]
        console.print(make_table(columns, rows))
    show_changes(report)
    show_findings([*report.errors, *report.warnings])


def show_changes(report: "ImportReport") -> None:
    """Show the first changed fields; `ended` rows come first, because they are lost."""
    from resolvers.exchange.oneroster.report import LINES, change_lines

    lines = sorted(change_lines(report), key=lambda line: DEEDS.index(line[2]))
    if lines:
        rows = [list(line[1:]) for line in lines[:SHOWN]]
        make_console().print(make_table(LINES[1:], rows))
    if len(lines) > SHOWN:
        say(f"… and {len(lines) - SHOWN} more: --csv FILE or --json shows them all.")


def write_changes(file: Path, report: "ImportReport") -> None:
    """Write every change for a spreadsheet. The file holds personal data, so only its owner can
    read it."""
    from resolvers.exchange.oneroster.report import LINES, change_lines

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as problem:
        fail(f"{file} cannot be written: {problem.strerror}.")
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(LINES)
        writer.writerows([escape_formula(cell) for cell in line] for line in change_lines(report))


def escape_formula(cell: str) -> str:
    """Quote a cell that a spreadsheet would run as a formula (domain.md SA6)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def show_findings(findings: "list[Finding]") -> None:
    """Show the first findings, errors before warnings."""
    if not findings:
        return
    rows = [
        [it.severity.value, it.file, str(it.row or ""), it.column or "", it.english]
        for it in findings[:SHOWN]
    ]
    make_console().print(make_table(("", "file", "row", "column", "what"), rows))
    if len(findings) > SHOWN:
        say(f"… and {len(findings) - SHOWN} more: --json shows them all.")


def plain_finding(finding: "Finding") -> dict[str, object]:
    return {name: getattr(finding, name) for name in finding.__slots__}


def conclude(report: "ImportReport", apply: bool, as_json: bool) -> None:
    """Show the last line and set the exit code."""
    if report.errors:
        fail(f"{amount(len(report.errors), 'error')}; nothing was written.")
    if as_json:
        return
    if not apply:
        say("Nothing was written yet: say --apply." if report.changed else "Nothing would change.")
    elif report.changed:
        say(f"Written: {amount(report.changed, 'change')}.")
    else:
        say("Nothing has changed.")
