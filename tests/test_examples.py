"""Everything we give people to paste is valid, and answers."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from gql import graphiql
from gql.schema import schema

ROOT = Path(__file__).parent.parent
CORE: Any = schema._schema  # noqa: SLF001
FILES = sorted((ROOT / "examples").glob("*.graphql"))
README = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_valid(file: Path) -> None:
    assert not validate(CORE, parse(file.read_text()))


@pytest.mark.parametrize("query", README, ids=range(len(README)))
def test_a_query_of_the_readme_is_valid(query: str) -> None:
    assert not validate(CORE, parse(query))


def test_the_tabs_graphiql_opens_with_are_valid() -> None:
    tabs = graphiql.examples()
    assert tabs
    for tab in tabs:
        assert not validate(CORE, parse(tab if isinstance(tab, str) else tab["query"]))
