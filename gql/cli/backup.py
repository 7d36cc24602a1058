"""`gorod backup` and `gorod restore`: save an installation to one file, and restore it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gql.cli.backend import (
    Database,
    embedded_database,
    find_external,
    prepare,
    prove_key,
    read_settings,
    run,
    use_database,
)
from gql.cli.console import Json, amount, fail, print_json, say, show_progress

if TYPE_CHECKING:
    from gql.settings import Settings
    from resolvers.backup import restoring
    from resolvers.backup.archive import ArchiveReader
    from resolvers.backup.unfinished import Place
    from resolvers.services.storage import Storage

Target = Annotated[Path, typer.Argument(help="A new file, or a folder for one.")]
Source = Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)]
_HELD = "It holds the secret key: keep it as safe as the server itself."
_LEFT_OUT = (
    "It does not hold the secret key: keep {key} elsewhere. Without it nobody reads numbers of "
    "documents and addresses."
)


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    target: Target,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave out the secret key.")
    ] = False,
    without_files: Annotated[
        bool, typer.Option("--without-files", help="Leave out uploaded files.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Save database, uploaded files and secret key in one file. The server may run meanwhile."""
    from resolvers.backup.making import make
    from resolvers.services.storage import Storage, report_outage

    current = read_settings()
    if target.is_dir():
        target /= f"gorod-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
    with use_database(current) as source:
        key = None if without_key else run(prove_key(current, source))
        storage = None if without_files else Storage(current.storage)
        shown = nullcontext(lambda step, done: None) if as_json else show_progress("Saving")
        with shown as advance, report_outage():
            made = run(make(source.owner, target.absolute(), storage, key, advance))
    if as_json:
        facts = {"rows": made.rows, "files": made.files, "lost": made.lost, "key": made.has_key}
        print_json({"file": made.file, **facts})
    else:
        where = "GOROD_SECRET_KEY" if current.secret_key else str(current.key_file.path)
        told = _HELD if made.has_key else _LEFT_OUT.format(key=where)
        say(f"{made.file}: {amount(made.rows, 'row')}, {amount(made.files, 'file')}. {told}")
    if made.lost:
        lost = f"{amount(len(made.lost), 'uploaded file')} ({', '.join(made.lost[:3])})"
        fail(
            f"Missing in {current.storage}, so also in the backup: {lost}. The rest of it is whole."
        )


def restore(source: Source) -> None:
    """Put a backup back: into an empty data directory, or the empty database of DATABASE_URL. A
    restore that was cut off is repeated by the same command."""
    from resolvers.backup import restoring
    from resolvers.backup.archive import read_archive
    from resolvers.services.storage import Storage, report_outage

    current = read_settings()
    with read_archive(source) as saved, report_outage():
        restoring.refuse_newer(saved)
        key, storage = restoring.choose_key(saved, current.known_key), Storage(current.storage)
        with (
            _empty_target(current, saved, storage) as emptied,
            show_progress("Restoring") as advance,
        ):
            if not current.secret_key:
                current.key_file.keep(key)
            run(restoring.restore(emptied, saved, storage, advance))
        made = f"{saved.manifest['madeAt']} by Gorod {saved.manifest['gorod']}"
    say(f"Restored from the backup of {made}. `gorod serve` starts it.")


@contextmanager
def _empty_target(
    current: "Settings", saved: "ArchiveReader", storage: "Storage"
) -> Iterator["restoring.EmptyTarget"]:
    """Yield an empty database to restore into, which no other process uses meanwhile."""
    from models.database.embedded.home import holds_database
    from models.database.problems import InUse
    from resolvers.backup import restoring
    from resolvers.backup.archive import BackupProblem
    from resolvers.backup.unfinished import attempt

    with attempt(current.unfinished_restore, _make_place(current)) as one:
        if not one.again:
            if find_external(current) is None and holds_database(current.data_dir):
                raise BackupProblem(
                    f"There is a database in {current.data_dir.resolve()} already. A backup is "
                    "restored into an empty data directory: set GOROD_DATA_DIR to a new one."
                )
            run(restoring.refuse_files(storage))
        one.begin()
        try:
            with _open_target(current, one.again) as target:
                known = saved if one.again else None
                yield run(restoring.empty_target(target.owner, storage, known))
        except (InUse, restoring.NotEmpty):
            if not one.again:  # nothing has been written yet
                one.end()
            raise
        one.end()


def _make_place(current: "Settings") -> "Place":
    from models.database.address import parse_address
    from resolvers.backup.unfinished import Place

    if current.database_url is None:
        return Place("of the data directory", current.storage)
    address = parse_address(current.database_url.get_secret_value())
    host = address.place or address.words.get("host", "")
    return Place(f"{host}/{address.database}", current.storage)


@contextmanager
def _open_target(current: "Settings", again: bool) -> Iterator[Database]:
    """Yield a database that holds only roles."""
    from models.database import roles
    from models.database.embedded.server import Embedded

    if named := find_external(current):
        run(prepare(named))
        yield named
        return
    with Embedded(current.data_dir) as embedded:
        own = embedded_database(
            embedded.url("gorod_app", "gorod"), embedded.url("postgres", "gorod")
        )
        if again:
            run(roles.drop(embedded.url("postgres", "postgres")))
        run(prepare(own))
        yield own
