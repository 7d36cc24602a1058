"""A change of the schema that breaks clients has an item in the changelog (R15)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gql.cli import app
from gql.reference.breaking import (
    find_breaking,
    find_dangerous,
    find_unmentioned,
    is_of_last_release,
)

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
    "Query.student(year:)": RELEASED.replace(", year: Int", ""),
    "Query.student": RELEASED.replace("Int): Student", "Int): [Student]"),
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
    assert coordinate in [one.coordinate for one in find_breaking(RELEASED, sdl)]
    for silent in (
        "# Changelog\n",
        f"- New: `{coordinate}`.\n",
        f"- Breaking: something else.\n- `{coordinate}` is new.\n",
        f"- Breaking: {coordinate} without backticks.\n",
        f"- Breaking: `Other.field`, and with it `{coordinate}`.\n",
        f"## Unreleased\n\n## 0.9.0, 2026-11-01\n\n- Breaking: `{coordinate}` is gone.\n",
    ):
        assert coordinate in [one.coordinate for one in find_unmentioned(RELEASED, sdl, silent)]
    told = f"## Unreleased\n\n- Fixed.\n- Breaking: what was asked of\n  `{coordinate}` is gone.\n"
    assert coordinate not in [one.coordinate for one in find_unmentioned(RELEASED, sdl, told)]


def test_an_addition_breaks_nobody() -> None:
    more = RELEASED.replace("email: String", "email: String phone: String").replace(
        "TEACHER", "TEACHER DIRECTOR"
    )
    assert list(find_breaking(RELEASED, more)) == []


@pytest.mark.parametrize(
    ("coordinate", "sdl"),
    [
        ("Role.DIRECTOR", RELEASED.replace("PARENT }", "PARENT DIRECTOR }")),
        ("Query.student(class:)", RELEASED.replace("year: Int", "year: Int, class: String")),
        ("Student", RELEASED.replace("= Student", "= Node2 | Student") + "type Node2 { id: ID }"),
        ("Student.email", RELEASED.replace("email: String", 'email: String @requires(right: "x")')),
    ],
)
def test_what_may_break_clients_is_shown(coordinate: str, sdl: str) -> None:
    assert list(find_breaking(RELEASED, sdl)) == []
    [change] = find_dangerous(RELEASED, sdl)
    assert change.coordinate == coordinate or "Node2" in change.description


def test_what_is_compared_with_is_of_the_newest_release() -> None:
    notes = "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.2.0, 2026-12-01\n\n## 0.1.0\n"
    assert is_of_last_release("# Gorod 0.2.0: the schema.\ntype Query { a: Int }", notes)
    assert not is_of_last_release("# Gorod 0.1.0: the schema.\ntype Query { a: Int }", notes)
    assert not is_of_last_release("type Query { a: Int }", notes)
    assert is_of_last_release("type Query { a: Int }", "# Changelog\n\n## Unreleased\n")


def test_every_breaking_change_since_the_last_release_is_told() -> None:
    released, current, changelog = (
        (ROOT / name).read_text()
        for name in (".ci/schema/released.graphql", "schema.graphql", "CHANGELOG.md")
    )
    assert find_unmentioned(released, current, changelog) == []


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


def test_the_command_shows_what_may_break_clients_and_does_not_fail_for_it(tmp_path: Path) -> None:
    released, changelog = tmp_path / "released.graphql", tmp_path / "CHANGELOG.md"
    current = (ROOT / "schema.graphql").read_text()
    released.write_text(
        current.replace('(permission: "school:read"', '(permission: "other:read"', 1)
    )
    changelog.write_text("## Unreleased\n")
    done = CliRunner().invoke(
        app, ["schema", "breaking", str(released), "--changelog", str(changelog)]
    )
    assert done.exit_code == 0, done.stdout
    assert "May break clients: " in done.stdout


def test_a_release_keeps_the_schema_and_closes_the_changelog(tmp_path: Path) -> None:
    released, changelog = tmp_path / "released.graphql", tmp_path / "CHANGELOG.md"
    released.write_text("type Query { gone: Int }")
    changelog.write_text("# Changelog\n\n## Unreleased\n\n- Breaking: `Query.gone` is gone.\n")
    files = ["--released", str(released), "--changelog", str(changelog)]
    assert CliRunner().invoke(app, ["schema", "release", "0.2.0", *files]).exit_code == 0
    assert released.read_text().endswith((ROOT / "schema.graphql").read_text())
    top, _, told = changelog.read_text().partition("## 0.2.0, 20")
    assert "Breaking" in told
    assert "Breaking" not in top
    asked = ["schema", "breaking", str(released), "--changelog", str(changelog)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    released.write_text((ROOT / "schema.graphql").read_text())
    refused = CliRunner().invoke(app, asked)
    assert (refused.exit_code, "gorod schema release" in refused.stderr) == (1, True)
