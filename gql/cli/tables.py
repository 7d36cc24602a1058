"""`gorod db`: the version of the tables."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from gql.cli.backend import (
    Database,
    embedded_database,
    make_ready,
    prepare,
    prove_key,
    read_settings,
    run,
    use_database,
)
from gql.cli.console import Json, Yes, insist, print_json, say

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make roles and tables, or bring them up to date."""
    current = read_settings()
    with use_database(current, make=True) as target:
        before, after = run(_upgrade(target))
        if target.own or current.secret_key:  # a key file here may be of another installation
            run(prove_key(current, target, make=target.own))
    say(f"{after or 'empty'}: up to date" if before == after else f"{before or 'empty'} → {after}")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Version to go back to; `base`: no tables.")],
    yes: Yes = False,
) -> None:
    """Go back to an older version of the tables. Data in newer tables and columns is lost."""
    insist(yes, f"Going back to {revision} deletes what newer tables and columns hold.")
    with use_database(read_settings()) as target:
        before, after = run(_downgrade(target, revision))
    say(f"{before or 'empty'} → {after or 'empty'}")


@app.command()
def status(as_json: Json = False) -> None:
    """Show the version of the tables, and where tables, policies and grants differ from it. Fails
    unless it is the newest version and nothing differs."""
    with use_database(read_settings()) as target:
        now, newest = run(_status(target))
        drift = run(_drift(target)) if now == newest and now else []
    if as_json:
        print_json({"current": now, "head": newest, "upToDate": now == newest, "drift": drift})
    else:
        say(f"{now or 'empty'} (newest: {newest or 'none'})")
        for line in drift:
            say(f"  - {line}")
    if now != newest or drift:
        raise typer.Exit(1)


@app.command()
def revise(message: Annotated[str, typer.Argument(help="The change, in a few words.")]) -> None:
    """For developers: write a new version of the tables, from the difference between the models
    and the newest version, made in a database of its own that is gone afterwards."""
    from models.database.embedded.server import open_database

    with TemporaryDirectory(prefix="gorod-") as scratch:
        Path(scratch).chmod(0o755)  # the server may run as another account
        with open_database(Path(scratch) / "data", make=True) as url:
            file = run(
                _revise(
                    embedded_database(url("gorod_app", "gorod"), url("postgres", "gorod")), message
                )
            )
    say(f"{file}: read it, then run `gorod db upgrade`")


Versions = tuple[str | None, str | None]


async def _upgrade(target: Database) -> Versions:
    await prepare(target)
    before = await _version(target)
    await make_ready(target)
    return before, await _version(target)


async def _downgrade(target: Database, revision: str) -> Versions:
    from models.database import migrate

    before = await _version(target)
    await migrate.downgrade(target.owner, revision)
    return before, await _version(target)


async def _drift(target: Database) -> list[str]:
    from models.database import migrate

    return await migrate.report_drift(target.owner)


async def _revise(scratch: Database, message: str) -> Path:
    from auth.matrix import default_rights
    from models.database.revising import revise

    await make_ready(scratch)
    rights = (f"{role.name} {right} {scope.name}" for role, right, scope in default_rights())
    return await revise(scratch.owner, message, rights)


async def _status(target: Database) -> Versions:
    from models.database import migrate

    if target.own:
        await prepare(target)
    return await migrate.status(target.owner)


async def _version(target: Database) -> str | None:
    return (await _status(target))[0]
