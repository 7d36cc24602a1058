"""What commands share: the settings, and the database they name."""

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
    """app: address for the product. owner: address for who may change tables, or sees all
    schools. own: indicates whether it is the embedded one, with which we may do as we like."""

    app: str
    owner: str
    own: bool


def settings(**given: Any) -> "Settings":
    """From the environment; a wrong value is a mistake of the asker."""
    from pydantic import ValidationError

    from gql.cli.wrong_settings import sentences
    from gql.settings import Settings, misspelt

    if typed := misspelt(os.environ):
        raise typer.BadParameter(
            "; ".join(f"there is no setting {name}: is it {known}?" for name, known in typed)
        )
    try:
        return Settings(**given)
    except ValidationError as problem:
        raise typer.BadParameter("; ".join(sentences(problem))) from problem


def external(current: "Settings") -> Database | None:
    """The server that the environment names."""
    if current.database_url is None:
        return None
    url = current.database_url.get_secret_value()
    return Database(app=url, owner=url, own=False)


@contextmanager
def blamed(options: Mapping[str, str]) -> Iterator[None]:
    """A value that is refused is a mistake of the asker: its option is named, and what is allowed
    there.

    options: By the field that a problem names, how it is typed.
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
def database(current: "Settings", *, make: bool = False, alone: bool = False) -> Iterator[Database]:
    """The named server, the embedded one of a `gorod` that runs already, or one for the while.

    make: Whether an embedded database is made where there is none: only `gorod db upgrade` does,
        besides `dev` and `serve`. Raises NoDatabase otherwise.
    alone: Whether an embedded database must not be in use by another process. Raises InUse then.
    """
    refuse_half(current)
    if named := external(current):
        yield named
        return
    from models.database.embedded.server import open_database

    with open_database(current.data_dir, make=make, alone=alone) as url:
        yield embedded_database(url("gorod_app", "gorod"), url("postgres", "gorod"))


def refuse_half(current: "Settings") -> None:
    """Raises Unfinished where a restore was cut off, or is under way."""
    if current.unfinished_restore.exists():
        from models.database.problems import Unfinished

        raise Unfinished(
            f"A restore into {current.data_dir.resolve()} has not ended. If it was cut off, run "
            "`gorod restore` again, or remove that directory to start afresh."
        )


def embedded_database(app: str, owner: str) -> Database:
    return Database(app=app, owner=owner, own=True)


async def prepare(target: Database) -> None:
    """Roles, extension, and for the embedded server the database itself."""
    from models.database import roles
    from models.database.address import at_database

    if target.own:
        await roles.prepare(at_database(target.owner, "postgres"))
    else:
        await roles.prepare_existing(target.owner)


async def make_ready(target: Database) -> None:
    """All that, and the tables; nothing happens where all is there."""
    from models.database import migrate

    await prepare(target)
    await migrate.upgrade(target.owner)


async def ensure_usable(current: "Settings", target: Database, *, sessions: int = 0) -> None:
    """Our own database is brought up to date in passing; somebody else's must be so already."""
    if target.own:
        await make_ready(target)
    await check(current, target, sessions=sessions)


async def prove_key(
    current: "Settings", target: Database, *, make: bool = False, adopt: bool = True
) -> bytes:
    """The secret key, if this database was written with it. Raises KeyProblem.

    make: Whether a database in which nothing was encrypted yet gets a key if there is none.
    adopt: Whether anything may be written, also to end a change of the key that was cut off.
    """
    from models.database import keys

    file, known = current.key_file, current.known_key
    changed = None if current.secret_key else file.read_next()
    candidates = [key for key in (known, changed) if key]
    making = file.make if make else None
    key = await keys.prove(target.owner, candidates, making, adopt=adopt)
    if (
        adopt and key == changed
    ):  # a change of the key was broken off when everything but this was done
        file.end_change()
    return key


async def check(current: "Settings", target: Database, *, sessions: int = 0) -> None:
    """Refuses a server that the product must not work with, or that has fewer sessions."""
    from sqlalchemy.pool import NullPool

    from models.database import fitness
    from models.database.engine import connect

    engine = connect(target.app, poolclass=NullPool, caches=current.statement_caches)
    await fitness.check(engine, caches=current.statement_caches, sessions=sessions)


async def refuse_made_up_people(target: Database) -> None:
    """Raises OperatorProblem where a made-up person can sign in."""
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
