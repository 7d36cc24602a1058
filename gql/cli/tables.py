"""`gorod db`: the tables' version."""

from typing import Annotated

import typer

from gql.cli.backend import Database, database, make_ready, prepare, prove_key, run, settings
from gql.cli.console import Json, Yes, insist, print_json, say

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make roles and tables, or bring them up to date."""
    current = settings()
    with database(current, make=True) as target:
        before, after = run(_upgrade(target))
        if target.own or current.secret_key:  # a key file here may be of another installation
            run(prove_key(current, target, make=target.own))
    say(f"{after or 'empty'}: up to date" if before == after else f"{before or 'empty'} → {after}")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Version to go back to; `base`: no tables.")],
    yes: Yes = False,
) -> None:
    """Take changes of the tables back; what they held is lost."""
    insist(yes, f"Going back to {revision} deletes what newer tables and columns hold.")
    with database(settings()) as target:
        before, after = run(_downgrade(target, revision))
    say(f"{before or 'empty'} → {after or 'empty'}")


@app.command()
def status(as_json: Json = False) -> None:
    """Say which version the tables are of; fails unless it is the newest."""
    with database(settings()) as target:
        now, newest = run(_status(target))
    if as_json:
        print_json({"current": now, "head": newest, "upToDate": now == newest})
    else:
        say(f"{now or 'empty'} (newest: {newest or 'none'})")
    if now != newest:
        raise typer.Exit(1)


@app.command(hidden=True)
def revise(message: Annotated[str, typer.Argument(help="What changes, in a few words.")]) -> None:
    """For developers: write a new version from the difference to the models."""
    from models.database import migrate

    with database(settings()) as target:
        run(make_ready(target))
        run(migrate.revise(target.owner, message))


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


async def _status(target: Database) -> Versions:
    from models.database import migrate

    if target.own:
        await prepare(target)
    return await migrate.status(target.owner)


async def _version(target: Database) -> str | None:
    return (await _status(target))[0]
