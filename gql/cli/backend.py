"""Functions that commands share: the settings, and the database that they name."""

import asyncio
import os
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from gql.cli.console import amount

if TYPE_CHECKING:
    from gql.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """The addresses of a database.

    app: For the product. owner: For a user who may change tables and sees all schools. own: Whether
    it is the embedded database, which we may create, change and drop.
    """

    app: str
    owner: str
    own: bool


def read_settings(**given: Any) -> "Settings":
    """Read the settings from the environment. Raises BadParameter for a wrong value."""
    from pydantic import ValidationError

    from gql.cli.wrong_settings import explain_values
    from gql.settings import Settings, find_misspelt

    if typed := find_misspelt(os.environ):
        raise typer.BadParameter(
            "; ".join(f"there is no setting {name}: is it {known}?" for name, known in typed)
        )
    try:
        return Settings(**given)
    except ValidationError as problem:
        raise typer.BadParameter("; ".join(explain_values(problem))) from problem


def find_external(current: "Settings") -> Database | None:
    """Return the database that DATABASE_URL names, if it is set."""
    if current.database_url is None:
        return None
    url = current.database_url.get_secret_value()
    return Database(app=url, owner=url, own=False)


@contextmanager
def blame_options(options: Mapping[str, str]) -> Iterator[None]:
    """Raise refusals of a value as BadParameter that names the option and its allowed values.

    options: The option as it is typed, by the field that a problem names.
    """
    from models.problems import Problem

    try:
        yield
    except Problem as problem:
        if (option := options.get(problem.field or "")) is None:
            raise
        allowed = problem.extensions.get("expected", problem)
        raise typer.BadParameter(f"{allowed}", param_hint=option) from problem


@contextmanager
def use_database(
    current: "Settings", *, make: bool = False, alone: bool = False
) -> Iterator[Database]:
    """Yield the database of DATABASE_URL, or the embedded one: of a `gorod` that runs already, or
    started for the length of the context.

    make: Whether to make an embedded database where there is none. Raises NoDatabase otherwise.
    alone: Whether to raise InUse if another process uses the embedded database.
    """
    refuse_half(current)
    if named := find_external(current):
        yield named
        return
    from models.database.embedded.server import open_database

    with open_database(current.data_dir, make=make, alone=alone) as url:
        yield embedded_database(url("gorod_app", "gorod"), url("postgres", "gorod"))


def refuse_half(current: "Settings") -> None:
    """Raise Unfinished if a restore was interrupted, or is under way."""
    if current.unfinished_restore.exists():
        from models.database.problems import Unfinished

        raise Unfinished(
            f"A restore into {current.data_dir.resolve()} has not ended. If it was cut off, run "
            "`gorod restore` again, or remove that directory to start afresh."
        )


def embedded_database(app: str, owner: str) -> Database:
    return Database(app=app, owner=owner, own=True)


async def prepare(target: Database) -> None:
    """Make the roles, the extension, and on the embedded server the database itself."""
    from models.database import roles
    from models.database.address import at_database

    if target.own:
        await roles.prepare(at_database(target.owner, "postgres"))
    else:
        await roles.prepare_existing(target.owner)


async def make_ready(target: Database) -> None:
    """Prepare the database and upgrade its tables. Does nothing that is done already."""
    from models.database import migrate

    await prepare(target)
    await migrate.upgrade(target.owner)


async def ensure_usable(current: "Settings", target: Database, *, sessions: int = 0) -> None:
    """Upgrade our own database, and check that the database can be used. Somebody else's database
    must be up to date already."""
    if target.own:
        await make_ready(target)
    await check(current, target, sessions=sessions)


async def prove_key(
    current: "Settings", target: Database, *, make: bool = False, adopt: bool = True
) -> bytes:
    """Return the secret key, if this database was written with it. Raises KeyProblem otherwise.

    make: Whether to make a key if there is none and nothing was encrypted yet.
    adopt: Whether to write: the check value of the key, or the end of an interrupted change.
    """
    from models.database import keys

    file, known = current.key_file, current.known_key
    changed = None if current.secret_key else file.read_next()
    candidates = [key for key in (known, changed) if key]
    making = file.make if make else None
    key = await keys.prove(target.owner, candidates, making, adopt=adopt)
    # A change of the key was interrupted after all values had been encrypted anew.
    if adopt and key == changed:
        file.end_change()
    return key


async def check(current: "Settings", target: Database, *, sessions: int = 0) -> None:
    """Raise Unfit for a server that does not fit Gorod, or that allows fewer sessions."""
    from sqlalchemy.pool import NullPool

    from models.database import fitness
    from models.database.engine import connect

    engine = connect(target.app, poolclass=NullPool, caches=current.statement_caches)
    await fitness.check(engine, caches=current.statement_caches, sessions=sessions)


async def refuse_made_up_people(target: Database) -> None:
    """Raise OperatorProblem if a made-up person can sign in."""
    from models.operator import OperatorProblem
    from resolvers.demo.locking import open_logins

    if found := await open_logins(target.app):
        raise OperatorProblem(
            f"This database holds a made-up school with {amount(found, 'open login')}. "
            "The password is printed in the documentation, unless somebody has changed it. "
            "`gorod demo lock` closes them. For a "
            "school of your own set GOROD_DATA_DIR to a new directory. On this machine only, "
            "`gorod dev` or `gorod serve --allow-demo` show it."
        )


async def count_schools(target: Database) -> int:
    from sqlalchemy import text
    from sqlalchemy.pool import NullPool

    from models.database.engine import connect, explain_errors
    from models.database.roles import OWNER

    engine = connect(target.owner, role=OWNER, poolclass=NullPool)
    with explain_errors(engine):
        async with engine.connect() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM schools")) or 0)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
