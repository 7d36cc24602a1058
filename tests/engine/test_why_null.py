"""A report about a term into which the year is not divided is refused by both executors."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from gql.schema import schema
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.door import AtDoor
from tests.engine.conftest import Both

SHEET = """query ($of: ID!, $term: ID!) {
  termMarkSheet(sectionId: $of, termId: $term) { rows { fullName markCount } } }"""
AVERAGES = """query ($of: ID!, $term: ID!) {
  classAverages(schoolClassId: $of, termId: $term) { rows { fullName } } }"""
ASKED = [(SHEET, "Section:1-68"), (AVERAGES, "SchoolClass:1-7")]


@pytest.fixture
async def half_year(sql: AsyncConnection) -> str:
    """A half-year of a year that the seventh grade has in quarters."""
    found = await sql.scalar(
        text("""SELECT t.id FROM terms t JOIN term_types k ON k.id = t.term_type_id
        WHERE t.school_id = 1 AND k.code = 'HALF_YEAR' ORDER BY t.starts_on LIMIT 1""")
    )
    return f"Term:1-{found}"


@pytest.mark.parametrize(("document", "of"), ASKED)
async def test_a_half_year_of_a_section_of_quarters_is_refused(
    api: SignIn, services: Services, half_year: str, document: str, of: str
) -> None:
    zavuch = api("zavuch")
    at_door = AtDoor(zavuch.caller, Engine(schema, services))
    for way in (zavuch, at_door):
        refused = await way.expect_refusal(document, of=of, term=half_year)
        assert (refused["code"], refused["field"]) == ("WRONG_TERM", ["termId"])


@pytest.mark.parametrize(("document", "of"), ASKED)
async def test_a_term_of_the_section_is_shown_in_one_statement(
    api: SignIn, both: Both, document: str, of: str
) -> None:
    assert await both(api("zavuch"), document, of=of, term="Term:1-2") == "compiled"


@pytest.mark.parametrize(("document", "of"), ASKED)
async def test_a_hidden_term_is_null_and_not_distinguished(
    api: SignIn, services: Services, half_year: str, document: str, of: str
) -> None:
    foreign = of.replace(":1-", ":2-")
    reply: Any = await api("zavuch").reply(document, of=foreign, term=half_year)
    assert json.dumps(list((reply.data or {}).values())) == "[null]"
    assert not reply.errors
