"""Everything that we give people to paste is compiled."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse, print_ast

from tests.conftest import SignIn
from tests.engine.conftest import Both

ROOT = Path(__file__).parents[2]
README = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
TEXTS = [file.read_text() for file in sorted((ROOT / "examples").glob("*.graphql"))] + README
QUERIES = [
    print_ast(definition)
    for text in TEXTS
    for definition in parse(text).definitions
    if isinstance(definition, OperationDefinitionNode)
    and definition.operation is OperationType.QUERY
]
GIVEN: dict[str, Any] = {
    "studentId": "Student:1-1", "student": "Student:1-1", "sectionId": "Section:1-68",
    "section": "Section:1-68", "lessonId": "Lesson:1-1",
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
@pytest.mark.parametrize("login", ["parent.ivanova", "teacher.belova", "zavuch"])
async def test_an_example_is_compiled(api: SignIn, both: Both, query: str, login: str) -> None:
    declared = set(re.findall(r"\$(\w+)\s*:", query))
    given = {name: value for name, value in GIVEN.items() if name in declared}
    assert await both(api(login), query, **given) == "compiled"
