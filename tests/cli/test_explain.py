"""`gorod explain`, as a maintainer of the statements types it."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import Run

WEEK = """query ($id: ID!, $from: Date) { diary(studentId: $id, from: $from) {
    days { date lessons { topic marks { value } } } } }"""
GIVEN = {"id": "Student:1-1", "from": "2026-11-16"}


@pytest.fixture
def explain(type_command: Run, tmp_path: Path) -> Run:
    def run(document: str, login: str = "parent.ivanova", *words: str) -> Result:
        file = tmp_path / "asked.graphql"
        file.write_text(document)
        return type_command("explain", str(file), "--as", login, *words)

    return run


@pytest.mark.parametrize(
    ("document", "variables"),
    [(WEEK, GIVEN), (WEEK.replace("$id,", '"Student:1-1",').replace("($id: ID!, ", "("), {})],
    ids=["variables", "said in the document"],
)
def test_the_statement_its_cost_and_its_indexes_are_shown(
    explain: Run, document: str, variables: dict[str, str]
) -> None:
    shown = explain(document, "parent.ivanova", "--variables", json.dumps(variables), "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert found["kind"] == "compiled"
    assert found["sql"].startswith(("SELECT", "WITH"))
    assert found["cost"] > 0
    assert any(index.startswith("lessons") for index in found["indexes"])
    assert "Execution Time" in found["steps"][-1]


def test_it_is_shown_for_people_too(explain: Run) -> None:
    shown = explain("{ school { shortName } }")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("compiled, cost ")


def test_a_command_is_shown_and_not_done(explain: Run) -> None:
    given = {"assignmentId": "Assignment:1-1", "studentId": "Student:1-1", "value": 5}
    asked = "mutation ($input: SetMarkInput!) { setMark(input: $input) { mark { id } } }"
    words = ("--variables", json.dumps({"input": given}), "--json", "--role", "SUBJECT_TEACHER")
    shown = explain(asked, "teacher.belova", *words)
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert "INSERT INTO audit_events" in found["sql"]
    assert "Execution Time" not in found["steps"][-1], "it was not run"


@pytest.mark.parametrize(
    ("document", "login", "words", "told"),
    [
        ("{ school {", "parent.ivanova", (), "Syntax Error"),
        ("{ schools { id } }", "parent.ivanova", (), "schools"),
        ("query A { school { id } } query B { school { id } }", "director", (), "one operation"),
        ("mutation { signOut { __typename } }", "director", (), "one operation that reads"),
        (WEEK, "director", (), "$id"),
        (WEEK, "director", ("--variables", "{"), "--variables: this is no JSON"),
        (WEEK, "director", ("--role", "KING"), "DIRECTOR"),
        ("{ school { id } }", "nobody.here", (), "--as: Nobody has this login"),
    ],
)
def test_a_document_that_cannot_be_explained_is_refused_in_words(
    explain: Run, document: str, login: str, words: tuple[str, ...], told: str
) -> None:
    refused = explain(document, login, *words)
    assert refused.exit_code == 2, refused.output
    assert told in refused.output
