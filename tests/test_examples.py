"""Everything that we give people to paste is valid and answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, print_ast, validate

from gql import graphiql
from gql.schema import schema
from tests.conftest import SignIn

ROOT = Path(__file__).parent.parent
CORE: Any = schema._schema  # noqa: SLF001
FILES = sorted((ROOT / "examples").glob("*.graphql"))
TEXT = (ROOT / "README.md").read_text()
README = re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL)
ANSWERED = re.findall(r"```graphql\n([^`]*)```\n```json\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_valid(file: Path) -> None:
    assert not validate(CORE, parse(file.read_text()))


@pytest.mark.parametrize("query", README, ids=range(len(README)))
def test_a_query_of_the_readme_is_valid(query: str) -> None:
    assert not validate(CORE, parse(query))


def have_same_fields(shown: Any, got: Any) -> bool:
    """Return whether two answers have the same fields, as far as both have any; values may
    differ."""
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(
            have_same_fields(shown[key], got[key]) for key in shown
        )
    if isinstance(shown, list) and isinstance(got, list):
        return not shown or not got or have_same_fields(shown[0], got[0])
    return None in (shown, got) or type(shown) is type(got)


@pytest.mark.parametrize(("query", "shown"), ANSWERED, ids=range(len(ANSWERED)))
async def test_the_readme_shows_what_one_gets(api: SignIn, query: str, shown: str) -> None:
    who = "teacher.belova" if "sections(" in query else "parent.ivanova"
    reply = await api(who).reply(query)
    expected = json.loads(shown.replace(", …]", "]"))
    assert have_same_fields(expected["data"], reply.data), reply.data
    codes = [error.extensions["code"] for error in reply.errors or [] if error.extensions]
    assert codes == [error["extensions"]["code"] for error in expected.get("errors", [])]


def read_operation(file: str, name: str) -> str:
    """Return one operation of an example."""
    text = (ROOT / "examples" / file).read_text()
    [found] = [
        one
        for one in parse(text).definitions
        if isinstance(one, OperationDefinitionNode) and one.name and one.name.value == name
    ]
    return print_ast(found)


async def test_a_role_is_requested_and_approved_as_the_examples_show(api: SignIn) -> None:
    asked = await api("admin")(read_operation("7-request-a-role.graphql", "RequestRole"))
    request = asked["requestRoleGrant"]["accessRequest"]
    director, decide = api("director"), "8-decide-on-a-request.graphql"
    waiting = (await director(read_operation(decide, "Waiting")))["accessRequests"]["nodes"]
    [found] = [one for one in waiting if one["id"] == request["id"]]
    assert found["viewerCan"] == {"decide": True, "withdraw": False}
    given = {"request": found["id"], "version": found["version"]}
    done = (await director(read_operation(decide, "Approve"), **given))["approveAccessRequest"]
    assert done["accessRequest"]["status"] == "APPROVED"
    assert done["accessRequest"]["madeGrant"]


def test_the_tabs_graphiql_opens_with_are_valid() -> None:
    for language, tabs in graphiql.examples().items():
        assert tabs, language
        for tab in tabs:
            assert not validate(CORE, parse(tab))
