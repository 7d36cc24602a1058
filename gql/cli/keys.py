"""`gorod key`: changing the secret key, also after it was lost."""

from typing import TYPE_CHECKING

import typer

from gql.cli.backend import Database, ensure_usable, prove_key, read_settings, run, use_database
from gql.cli.console import Yes, amount, fail, insist, say

if TYPE_CHECKING:
    from gql.settings import Settings

app = typer.Typer(help="The secret key, which encrypts protected data.", no_args_is_help=True)

_SET = "Now set GOROD_SECRET_KEY to the new key, and unset GOROD_NEW_SECRET_KEY, before you start."


@app.command()
def rotate() -> None:
    """Change the secret key and encrypt everything anew. Stop the server first.

    A key in the data directory is replaced by a new one; the old one stays beside it, for older
    backups. One that GOROD_SECRET_KEY sets is replaced by that of GOROD_NEW_SECRET_KEY.
    """
    from resolvers.access import keys

    current = read_settings()
    with use_database(current, alone=True) as target:
        run(ensure_usable(current, target))
        old = run(prove_key(current, target))
        if current.secret_key:
            new = _require_key(current.new_secret_key)
        else:
            new = current.key_file.begin_change()
        number = run(keys.rotate(target.owner, old, new))
        if not current.secret_key:
            current.key_file.end_change()
    say(f"Re-encrypted: {amount(number, 'value')}.")
    if current.secret_key:
        say(_SET)
    else:
        say(f"The new key is in {current.key_file.path}, the old one beside it: back up both.")


@app.command()
def reset(yes: Yes = False) -> None:
    """Go on after the key was lost: delete the values encrypted with it, and take another key."""
    from resolvers.access import keys

    insist(
        yes,
        "Full numbers of documents and insurance, and addresses, are deleted in all schools: "
        "without the key nobody can read them. What is shown of them masked stays.",
    )
    current = read_settings()
    with use_database(current, alone=True) as target:
        run(ensure_usable(current, target))
        if run(_is_right(current, target)):
            fail("The secret key is the right one. `gorod key rotate` changes it without loss.")
        new = current.secret_key.get_secret_value().encode() if current.secret_key else None
        new = new or current.key_file.begin_change()
        number = run(keys.reset(target.owner, new))
        if not current.secret_key:
            current.key_file.end_change()
    say(f"Deleted: {number} encrypted values. The key is a new one.")


async def _is_right(current: "Settings", target: Database) -> bool:
    from models.keyfile import KeyProblem

    try:
        await prove_key(current, target)
    except KeyProblem:
        return False
    return True


def _require_key(key: object) -> bytes:
    from pydantic import SecretStr

    if not isinstance(key, SecretStr):
        fail(
            "GOROD_SECRET_KEY is set, so the new key must come from GOROD_NEW_SECRET_KEY; "
            "`openssl rand -base64 32` makes one."
        )
    return key.get_secret_value().encode()
