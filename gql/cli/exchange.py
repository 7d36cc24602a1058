"""`gorod import`: data of other systems."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gql.cli.backend import Database, database, ensure_usable, run, settings
from gql.cli.console import Json, Yes, fail, insist, print_json, progress, say, screen, table

if TYPE_CHECKING:
    from resolvers.exchange.oneroster import RosterSet
    from resolvers.exchange.oneroster.findings import Finding
    from resolvers.exchange.oneroster.report import ImportReport

app = typer.Typer(help="Data of other systems.", no_args_is_help=True)

SHOWN = 50
"""Most findings for a person to read; a program gets them all."""


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
        int | None, typer.Option(help="Number of the school that the set's only school is.")
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Of schools that are new.")] = "Europe/Moscow",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take in a OneRoster export: first look, then `--apply`. `--yes` lets it end memberships."""
    roster = understood(source, as_json)
    current = settings()
    with database(current) as target:
        run(ensure_usable(current, target))
        report = taken_in(target, roster, school, time_zone, apply=False)
        if apply and not report.errors:
            if report.ended:
                insist(yes, f"{report.ended} memberships, stays and the like would end.")
            report = taken_in(target, roster, school, time_zone, apply=True)
    if as_json:
        from resolvers.exchange.oneroster.report import plain

        print_json(plain(report))
    else:
        show(report)
    conclude(report, apply, as_json)


def understood(source: Path, as_json: bool) -> "RosterSet":
    """What the files say. A source that holds no set fails, with what was found in it."""
    from resolvers.exchange.oneroster import RosterUnreadable, read

    try:
        if as_json:
            return read(source)
        with progress("Reading OneRoster") as advance:
            roster = read(source)
            advance("", 1.0)
            return roster
    except RosterUnreadable as problem:
        if as_json:
            found = [plain_finding(finding) for finding in problem.findings]
            print_json({"applied": False, "unreadable": problem.code.value, "findings": found})
        else:
            show_findings(list(problem.findings))
        fail(problem.english)


def taken_in(
    target: Database, roster: "RosterSet", school: int | None, time_zone: str, *, apply: bool
) -> "ImportReport":
    from datetime import datetime
    from zoneinfo import ZoneInfo, available_timezones

    from resolvers.exchange.oneroster.apply import import_roster

    if time_zone not in available_timezones():
        raise typer.BadParameter(f"There is no time zone {time_zone}.", param_hint="--time-zone")
    today = datetime.now(ZoneInfo(time_zone)).date()
    given = {"school": school, "today": today, "time_zone": time_zone}
    return run(import_roster(target.owner, roster, apply=apply, **given))  # type: ignore[arg-type]


def show(report: "ImportReport") -> None:
    """What changes, school by school, then what to mend or to know."""
    console = screen()
    columns = ("", "created", "updated", "ended", "unchanged")
    for school in report.schools:
        number = f"number {school.school_id}" if school.school_id else "new"
        say(f"\n{school.name} ({number})")
        rows = [
            [entity, *(str(getattr(counts, name) or "") for name in columns[1:])]
            for entity, counts in school.counts.items()
        ]
        console.print(table(columns, rows))
    show_findings([*report.errors, *report.warnings])


def show_findings(findings: "list[Finding]") -> None:
    """The first ones, errors before warnings."""
    if not findings:
        return
    rows = [
        [it.severity.value, it.file, str(it.row or ""), it.column or "", it.english]
        for it in findings[:SHOWN]
    ]
    screen().print(table(("", "file", "row", "column", "what"), rows))
    if len(findings) > SHOWN:
        say(f"… and {len(findings) - SHOWN} more: --json shows them all.")


def plain_finding(finding: "Finding") -> dict[str, object]:
    return {name: getattr(finding, name) for name in finding.__slots__}


def conclude(report: "ImportReport", apply: bool, as_json: bool) -> None:
    """The last line, and the exit code."""
    if report.errors:
        fail(f"{len(report.errors)} error(s); nothing was written.")
    if as_json:
        return
    if not apply:
        say("Nothing was written yet: say --apply." if report.changed else "Nothing would change.")
    elif report.changed:
        say(f"Written: {report.changed} changes.")
    else:
        say("Nothing has changed.")
