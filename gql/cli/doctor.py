"""`gorod doctor` and `gorod version`: checks of the installation, and its version."""

import platform
from collections.abc import Callable
from importlib.metadata import version as installed

import typer

from gql.cli.backend import read_settings
from gql.cli.console import Json, make_console, make_table, print_json, say

Finding = dict[str, str | bool]


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(version)


def version(as_json: Json = False) -> None:
    """Say which version this is."""
    here = {"gorod": installed("gorod"), "python": platform.python_version()}
    if as_json:
        print_json(here)
    else:
        say(here["gorod"])


def doctor(as_json: Json = False) -> None:
    """Check everything that Gorod needs; fails if something is wrong. Changes no data."""
    from gql.cli.looks import LOOKS, open_installation

    with open_installation(read_settings()) as it:
        findings = [_look(name, look, it) for name, look in LOOKS]
    if as_json:
        print_json(findings)
    else:
        rows = [("✓" if f["ok"] else "✗", str(f["name"]), str(f["detail"])) for f in findings]
        make_console().print(make_table(("", "", ""), rows))
    if not all(f["ok"] for f in findings):
        raise typer.Exit(1)


def _look(name: str, look: Callable[..., str], it: object) -> Finding:
    """Run one check. An exception becomes its finding, so that the other checks still run."""
    try:
        return {"name": name, "ok": True, "detail": look(it)}
    except Exception as problem:
        return {"name": name, "ok": False, "detail": str(problem) or type(problem).__name__}
