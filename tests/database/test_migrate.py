"""Migrations: the newest makes the tables of the models, and each can be undone."""

import pytest

from models.database import migrate, roles
from models.database.problems import DatabaseProblem
from tests.database.conftest import Upgraded
from tests.postgres import Server


async def prepare_database(postgres: Server, name: str) -> str:
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    return postgres.url("postgres", name)


async def test_upgraded_tables_are_what_the_models_say(postgres: Server) -> None:
    url = await prepare_database(postgres, "drifting")
    await migrate.upgrade(url)
    now, newest = await migrate.status(postgres.url("gorod_app", "drifting"))
    assert now == newest
    assert await migrate.report_drift(url) == []


async def test_all_migrations_can_be_undone_and_done_again(postgres: Server) -> None:
    url = await prepare_database(postgres, "back_and_forth")
    await migrate.upgrade(url)
    await migrate.downgrade(url, "base")
    assert (await migrate.status(url))[0] is None
    await migrate.upgrade(url)
    assert await migrate.report_drift(url) == []


async def test_a_version_nobody_knows_is_refused_in_words(make_upgraded: Upgraded) -> None:
    """A slip of the pen causes it, or an older Gorod on the tables of a newer one."""
    url = await make_upgraded("from_the_future")
    with pytest.raises(DatabaseProblem, match="'nosuch'"):
        await migrate.downgrade(url, "nosuch")
    assert await migrate.report_drift(url) == []
