"""`gorod backup` and `gorod restore`: everything in one file, and back."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gql.cli.backend import (
    Database,
    database,
    embedded_database,
    external,
    prepare,
    prove_key,
    run,
    settings,
)
from gql.cli.console import Json, fail, print_json, progress, say

if TYPE_CHECKING:
    from gql.settings import Settings
    from resolvers.files.storage import Storage

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
    from resolvers.files.storage import Storage, seen

    current = settings()
    if target.is_dir():
        target /= f"gorod-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
    with database(current) as source:
        key = None if without_key else run(prove_key(current, source))
        storage = None if without_files else Storage(current.storage)
        shown = nullcontext(lambda step, done: None) if as_json else progress("Saving")
        with shown as advance, seen():
            made = run(make(source.owner, target.absolute(), storage, key, advance))
    if as_json:
        facts = {"rows": made.rows, "files": made.files, "lost": made.lost, "key": made.has_key}
        print_json({"file": made.file, **facts})
    else:
        where = "GOROD_SECRET_KEY" if current.secret_key else str(current.key_file.path)
        told = _HELD if made.has_key else _LEFT_OUT.format(key=where)
        say(f"{made.file}: {made.rows} rows, {made.files} files. {told}")
    if made.lost:
        fail(
            f"{len(made.lost)} uploaded file(s) are missing in {current.storage}, so also in the "
            f"backup: {', '.join(made.lost[:3])}. The rest of it is whole."
        )


def restore(source: Source) -> None:
    """Put a backup back: into an empty data directory, or the empty database of DATABASE_URL."""
    from resolvers.backup import restoring
    from resolvers.backup.archive import reading
    from resolvers.files.storage import Storage, seen

    current = settings()
    with reading(source) as saved, seen():
        restoring.refuse_newer(saved)
        key, storage = restoring.fitting_key(saved, current.known_key), Storage(current.storage)
        with _emptied(current, storage) as target, progress("Restoring") as advance:
            if not current.secret_key:
                current.key_file.keep(key)
            run(restoring.restore(target.owner, saved, storage, advance))
        made = f"{saved.manifest['madeAt']} by Gorod {saved.manifest['gorod']}"
    say(f"Restored from the backup of {made}. `gorod serve` starts it.")


@contextmanager
def _emptied(current: "Settings", storage: "Storage") -> Iterator[Database]:
    """Where to restore to: empty, and nobody else's meanwhile. A note stays there until all is
    done: if we are killed, no other command takes what is there for an installation."""
    from models.database.home import holds_database
    from models.database.problems import InUse
    from resolvers.backup import restoring
    from resolvers.backup.archive import BackupProblem

    note = current.unfinished_restore
    again = note.exists()
    if again:
        restoring.refuse_other_storage(note.read_text(encoding="utf-8"), current.storage)
        run(restoring.clear(storage))
    elif external(current) is None and holds_database(current.data_dir):
        raise BackupProblem(
            f"There is a database in {current.data_dir.resolve()} already. A backup is restored "
            "into an empty data directory: set GOROD_DATA_DIR to a new one."
        )
    else:
        run(restoring.refuse_files(storage))
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(current.storage, encoding="utf-8")
    try:
        with _target(current, again) as target:
            run(restoring.refuse_tables(target.owner))
            yield target
    except (InUse, restoring.NotEmpty):
        if not again:  # nothing was done yet
            note.unlink()
        raise
    note.unlink()


@contextmanager
def _target(current: "Settings", again: bool) -> Iterator[Database]:
    """A database with nothing but roles."""
    from models.database import roles
    from models.database.embedded import Embedded

    if named := external(current):
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
