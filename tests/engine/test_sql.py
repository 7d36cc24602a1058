"""Constants reach SQL through one function, values as parameters: nothing a text says is obeyed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.sql import Unspeakable, closing, numbered, parameter, quoted
from models.people.students import StudentStatus
from tests.conftest import SignIn
from tests.engine.conftest import Both

TEXTS = [
    "", "'", "''", "'; DROP TABLE marks; --", '"', "\\", "\\'", "\\x41", "\n\r\t", "🦊", "Ёж", "$1",
    "$$", "{}", "%s", "%", ":viewer_now", "/* */", "--", "\u2028", "E'\\n'",
]  # fmt: skip


@pytest.mark.parametrize("value", TEXTS)
async def test_a_text_comes_back_as_it_was(sql: AsyncConnection, value: str) -> None:
    asked = quoted(value).replace(":", "\\:")
    assert await sql.scalar(text(f"SELECT {asked}::text")) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"), (True, "true"), (False, "false"), (7, "7"), (-7, "(-7)"),
        (Decimal("4.50"), "4.50"), (date(2026, 9, 1), "'2026-09-01'"),
        (StudentStatus.ENROLLED, "'ENROLLED'"),
    ],
)  # fmt: skip
def test_other_constants(value: Any, written: str) -> None:
    assert quoted(value) == written


@pytest.mark.parametrize("value", ["\0", "a\0b", object(), b"bytes", 1.5])
def test_what_postgresql_cannot_hold_is_not_said(value: Any) -> None:
    with pytest.raises(Unspeakable):
        quoted(value)


def test_parameters_are_counted_in_order_and_once() -> None:
    asked = f"SELECT {parameter('b')}, {parameter('a')}, {parameter('b')}"
    assert numbered(asked) == ("SELECT $1, $2, $1", ("b", "a"))


def test_a_parenthesis_in_quotes_closes_nothing() -> None:
    assert closing("(a ')' (b)) c", 0) == 10


@pytest.mark.parametrize("value", TEXTS)
async def test_whatever_is_searched_for_is_but_a_text(api: SignIn, both: Both, value: str) -> None:
    asked = """query ($t: String!) { students(filter: {fullName: {contains: $t}}, first: 3)
        { totalCount nodes { fullName } } notices(search: $t, first: 2) { nodes { title } } }"""
    assert await both(api("zavuch"), asked, t=value) == "compiled"
