"""A change of the schema that breaks clients has an item in the changelog (R15)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gql.cli import app
from gql.reference.breaking import breaking_changes, untold

ROOT = Path(__file__).parents[2]
RELEASED = """
type Query { student(id: ID!, year: Int): Student  role: Role }
type Student implements Node { id: ID!  name: String!  email: String }
interface Node { id: ID! }
union Found = Student | Room
type Room { name: String }
enum Role { TEACHER PARENT }
input Filter { name: String }
directive @requires(right: String) on FIELD_DEFINITION
"""
BROKEN = {
    "Student.email": RELEASED.replace("email: String ", ""),
    "Student.name": RELEASED.replace("name: String!", "name: String"),
    "Query.student": RELEASED.replace(", year: Int", ""),
    "Role.PARENT": RELEASED.replace(" PARENT", ""),
    "Filter.name": RELEASED.replace("input Filter { name: String", "input Filter { name: String!"),
    "Filter.grade": RELEASED.replace("input Filter {", "input Filter { grade: Int! "),
    "Filter": RELEASED.replace("input Filter { name: String }", ""),
    "Room": RELEASED.replace("| Room", ""),
    "Student": RELEASED.replace("type Student implements Node", "type Student"),
    "@requires": RELEASED.replace("directive @requires(right: String) on FIELD_DEFINITION", ""),
}


@pytest.mark.parametrize("coordinate", BROKEN)
def test_a_breaking_change_must_be_named_in_an_item_of_its_own(coordinate: str) -> None:
    sdl = BROKEN[coordinate]
    assert coordinate in [one.coordinate for one in breaking_changes(RELEASED, sdl)]
    for silent in (
        "# Changelog\n",
        f"- New: `{coordinate}`.\n",
        f"- Breaking: something else.\n- `{coordinate}` is new.\n",
        f"- Breaking: {coordinate} without backticks.\n",
    ):
        assert coordinate in [one.coordinate for one in untold(RELEASED, sdl, silent)]
    told = f"## Unreleased\n\n- Fixed.\n- Breaking: what was asked of\n  `{coordinate}` is gone.\n"
    assert coordinate not in [one.coordinate for one in untold(RELEASED, sdl, told)]


def test_an_addition_breaks_nobody() -> None:
    more = RELEASED.replace("email: String", "email: String phone: String").replace(
        "TEACHER", "TEACHER DIRECTOR"
    )
    assert list(breaking_changes(RELEASED, more)) == []


def test_every_breaking_change_since_the_last_release_is_told() -> None:
    released, current, changelog = (
        (ROOT / name).read_text()
        for name in (".ci/schema/released.graphql", "schema.graphql", "CHANGELOG.md")
    )
    assert untold(released, current, changelog) == []


def test_the_command_fails_for_a_change_that_is_not_told(tmp_path: Path) -> None:
    released, changelog = tmp_path / "released.graphql", tmp_path / "CHANGELOG.md"
    extended = (ROOT / "schema.graphql").read_text() + "\ntype Gone { id: ID! }\n"
    released.write_text(extended)
    changelog.write_text("- Gone is gone.\n")
    arguments = ["schema", "breaking", str(released), "--changelog", str(changelog)]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 1
    assert "Gone was removed" in refused.stdout
    changelog.write_text("- Breaking: `Gone` is gone.\n")
    assert CliRunner().invoke(app, arguments).exit_code == 0
