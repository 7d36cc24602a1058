"""Migrations of tables that hold a school's data, back and forth."""

from alembic.script import ScriptDirectory

from models.database import migrate
from models.database.address import open_session
from models.database.roles import OWNER
from tests.clones import clone
from tests.conftest import SIGNED_IN, Template
from tests.postgres import Server

DUE = "SELECT id, section_id, due_lesson_id, due_on FROM homework ORDER BY id"
NAMES = "SELECT id, name_words::text, word_1, word_2, word_3 FROM persons ORDER BY id"
COLUMNS = """SELECT count(*) FROM information_schema.columns
    WHERE column_name IN ('due_lesson_id', 'name_words', 'word_1')"""


def find_version_before(told: str) -> str:
    """Return the version before the one whose description holds this text."""
    scripts = ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions()
    [one] = [script for script in scripts if str(script.doc).startswith(told)]
    assert isinstance(one.down_revision, str)
    return one.down_revision


async def test_homework_is_tied_and_names_are_folded_in_a_database_that_holds_a_school(
    postgres: Server, template: Template
) -> None:
    operator = await open_session(postgres.url("postgres", "postgres"))
    await clone(operator, SIGNED_IN, "filled")  # a database can be copied only while nobody uses it
    await operator.execute(f"ALTER DATABASE filled OWNER TO {OWNER}")  # as in a real school
    await operator.close()
    url = postgres.url("postgres", "filled")
    inside = await open_session(url)
    named = "UPDATE homework SET due_lesson_id = NULL, due_on = '2026-12-31' WHERE id = 1"
    await inside.execute(named)
    due, names = await inside.fetch(DUE), await inside.fetch(NAMES)
    assert len(due) > 2_000
    await migrate.downgrade(url, find_version_before("names:"))
    assert await inside.fetchval(COLUMNS) == 0
    kept = await inside.fetchrow("SELECT count(*), count(due_on), max(due_on)::text FROM homework")
    assert tuple(kept or ()) == (len(due), 1, "2026-12-31")
    await migrate.upgrade(url)
    assert await migrate.report_drift(url) == []
    assert await inside.fetch(DUE) == due
    assert await inside.fetch(NAMES) == names
    await inside.close()
