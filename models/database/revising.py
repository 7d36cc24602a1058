"""Writing a new version of the tables from the differences between models and newest version.

A new table comes with its wall and its grants. New default rights of roles reach the schools that
exist already. Both are in the written file, which somebody reads before it is committed.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import (
    CreateTableOp,
    DowngradeOps,
    ExecuteSQLOp,
    MigrationScript,
    UpgradeOps,
)
from alembic.script import Script
from sqlalchemy import make_url

from models.base import Record
from models.database import migrate
from models.database.constraints import ConstraintChange, find_constraint_changes
from models.database.problems import DatabaseProblem
from models.walls import grant, wall

RIGHTS = "default_rights.txt"
"""A file beside the versions with the default rights of roles as of the newest one. Each line has
role, right and scope."""


class NothingToRevise(DatabaseProblem):
    """The models do not differ from the newest version."""


class Block(ExecuteSQLOp):
    """SQL that is written over several lines."""


@renderers.dispatch_for(Block)
def write_block(_context: AutogenContext, block: Block) -> str:
    return f'op.execute("""{block.sqltext}""")'


async def revise(
    url: str, message: str, rights: Iterable[str], scripts: Path = migrate.SCRIPTS
) -> Path:
    """Write a new version and return its file.

    url: A database whose tables are of the newest version, as its superuser.
    rights: The default rights as they are now, as in `RIGHTS`.
    scripts: The folder that holds the versions.

    Raises NothingToRevise if there is no difference; then nothing is written.
    """
    now = sorted(rights)
    before = (scripts / RIGHTS).read_text().splitlines()
    gained = [line for line in now if line not in before]
    lost = [line for line in before if line not in now]

    changes = await find_constraint_changes(url, str(make_url(url).database))

    def complete(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:
        complete_script(scripts[0], gained, lost, changes)

    def write(config: Config) -> Path:
        number = f"{len(list((scripts / 'versions').glob('*.py'))) + 1:04}"
        script = command.revision(
            config, message, autogenerate=True, rev_id=number, process_revision_directives=complete
        )
        return Path(cast("Script", script).path)

    file = await migrate.run_alembic(url, write, scripts)
    (scripts / RIGHTS).write_text("\n".join(now) + "\n")
    return file


def complete_script(
    script: MigrationScript,
    gained: Sequence[str],
    lost: Sequence[str],
    changes: Sequence[ConstraintChange],
) -> None:
    """Add to a script the changes that Alembic does not find: policies, grants, default rights."""
    upgrade = cast("UpgradeOps", script.upgrade_ops)
    downgrade = cast("DowngradeOps", script.downgrade_ops)
    if upgrade.is_empty() and not gained and not lost and not changes:
        raise NothingToRevise(
            "The models and the default rights are what the newest version says: there is nothing "
            "to write. Change them first."
        )
    for made in [op for op in upgrade.ops if isinstance(op, CreateTableOp)]:
        table = Record.metadata.tables[made.table_name]
        upgrade.ops += [ExecuteSQLOp(sql) for sql in (*wall(table), grant(table))]
    for change in changes:
        upgrade.ops += [ExecuteSQLOp(sql) for sql in change.upgrade()]
        # A constraint goes before the column that it is about.
        downgrade.ops[:0] = [ExecuteSQLOp(sql) for sql in change.downgrade()]
    if gained or lost:
        upgrade.ops.append(Block(change_rights(gained, lost)))
        downgrade.ops.append(Block(change_rights(lost, gained)))


def change_rights(gained: Sequence[str], lost: Sequence[str]) -> str:
    """Return SQL that gives rights to the roles of every school and takes others. It sets each
    school in turn, so that row-level security stays on."""
    given, taken = (
        ",\n            ".join("('{}', '{}', '{}')".format(*line.split()) for line in lines)
        for lines in (gained, lost)
    )
    steps = []
    if gained:
        steps.append(f"""
        INSERT INTO role_rights (school_id, role, permission, scope)
        SELECT one, role, permission, scope FROM (VALUES
            {given}
        ) AS gained (role, permission, scope) ON CONFLICT DO NOTHING;""")
    if lost:
        steps.append(f"""
        DELETE FROM role_rights WHERE (role, permission, scope) IN (VALUES
            {taken}
        );""")
    return f"""
DO $$ DECLARE one bigint; BEGIN
    FOR one IN SELECT id FROM schools LOOP
        PERFORM set_config('app.school_id', one::text, true);{"".join(steps)}
    END LOOP;
    PERFORM set_config('app.school_id', '', true);
END $$
"""
