"""The cost of a letter, in rows that are looked up."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.communication.post import DIRECTOR, HELLO, SEND
from tests.conftest import SignIn


async def test_nobody_is_looked_up_for_a_letter_with_too_many_recipients(
    api: SignIn, sql: AsyncConnection, statements: Callable[[], Any]
) -> None:
    await sql.execute(text("UPDATE schools SET mail_recipients = 2 WHERE id = 1"))
    crowd = [f"PublicPerson:1-{number}" for number in range(1, 10_001)]
    with statements() as cost:
        assert await api(DIRECTOR).expect_code(SEND, input={**HELLO, "to": crowd}) == "LIMIT"
    looking_up = [one.split("reached AS")[1] for one in cost if "reached AS" in one]
    assert looking_up
    for query in looking_up:
        assert "mail_recipients" in query.split("persons.id IN (SELECT recipients")[0]
