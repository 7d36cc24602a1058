"""The kind of outage that an error of the server means, by its code."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database.availability import Trouble, trouble_of
from models.problems import ServiceUnavailable
from resolvers.core.context import Services
from tests.files.conftest import http  # noqa: F401  # a fixture
from tests.outages.test_paths import make_services
from tests.postgres import Server


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ("08006", Trouble.AWAY),
        ("57P01", Trouble.AWAY),
        ("57P02", Trouble.AWAY),
        ("57P03", Trouble.AWAY),
        ("25006", Trouble.UNWRITABLE),
        ("53100", Trouble.UNWRITABLE),
        ("53200", Trouble.BUSY),
        ("53300", Trouble.BUSY),
        ("57014", None),
        ("40001", None),
        ("23505", None),
        ("XX000", None),
    ],
)
async def test_errors_of_the_server_are_distinguished_by_their_codes(
    engine: AsyncEngine, state: str, trouble: Trouble | None
) -> None:
    async with engine.connect() as connection:
        with pytest.raises(Exception, match="said") as raised:
            await connection.execute(
                text(f"DO $$ BEGIN RAISE 'said' USING ERRCODE = '{state}'; END $$")
            )
    assert trouble_of(raised.value) is trouble


async def test_a_write_in_a_read_only_transaction_is_a_bug_and_no_outage(
    services: Services, postgres: Server, database: str
) -> None:
    from resolvers.core.context import READING as ONLY

    url = postgres.url("gorod_app", database)
    async with make_services(services, url) as broken, broken.engine.connect() as connection:
        await connection.execution_options(**ONLY)
        with pytest.raises(Exception, match="read-only transaction") as raised:
            await connection.execute(text("CREATE TEMPORARY TABLE mine (id int)"))
        assert not isinstance(raised.value, ServiceUnavailable)
        assert broken.availability.outages == {}
