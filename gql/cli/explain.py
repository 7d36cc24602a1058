"""`gorod explain`: the statement that answers an operation."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gql.cli.backend import (
    blame_options,
    ensure_usable,
    prove_key,
    read_settings,
    run,
    use_database,
)
from gql.cli.console import Json, print_json, say

OPTIONS = {"document": "FILE", "variables": "--variables", "login": "--as"}


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    file: Annotated[Path, typer.Argument(help="A document with one operation.", exists=True)],
    login: Annotated[str, typer.Option("--as", help="The login to answer it for.")],
    role: Annotated[str | None, typer.Option(help="One of their roles.")] = None,
    variables: Annotated[str, typer.Option(help="Variables, as JSON.")] = "{}",
    as_json: Json = False,
) -> None:
    """Show how an operation is answered: its SQL, its cost, the indexes that it uses."""
    from gql.engine.explain import explain as ask
    from gql.schema import schema
    from models.access.roles import Role
    from models.secrets import Secrets
    from resolvers.access.acting import find_actor

    if role is not None and role not in Role.__members__:
        raise typer.BadParameter(f"one of {', '.join(Role.__members__)}", param_hint="--role")
    try:
        given = json.loads(variables)
    except ValueError as problem:
        raise typer.BadParameter("this is no JSON", param_hint="--variables") from problem
    current = read_settings()
    with use_database(current) as target, blame_options(OPTIONS):
        run(ensure_usable(current, target))
        actor = run(find_actor(target.owner, login, Role[role] if role else None))
        secrets = Secrets(run(prove_key(current, target)))
        found = run(ask(schema, target.app, secrets, actor, file.read_text(), given))
    if as_json:
        print_json(asdict(found))
        return
    indexes = ", ".join(found.indexes) or "none"
    say(f"{found.kind}, cost {found.cost:.0f}, indexes: {indexes}\n\n{found.sql}\n")
    say("\n".join(found.steps))
