"""`gorod user`, as an operator types it."""

import json
from functools import partial

import pytest

from tests.cli.conftest import Run

RIGHT = {"login": "first.director", "--name": "Седов Илья Львович", "--new-school": "Школа"}


@pytest.fixture
def gorod(type_command: Run) -> Run:
    return partial(type_command, "user")


def make_command(given: dict[str, str | None]) -> list[str]:
    """Return the command with some values replaced; None leaves an option out."""
    login, *options = {**RIGHT, **given}.items()
    said = [word for option, value in options if value is not None for word in (option, value)]
    return ["create-director", str(login[1]), *said]


def test_a_new_school_gets_a_director_with_a_one_time_password(gorod: Run) -> None:
    made = gorod(*make_command({}), "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["login"], len(told["password"])) == ("first.director", 14)


def test_a_school_gets_another_administrator(gorod: Run) -> None:
    given = ("first.admin", "--name", "Седов Илья Львович")
    made = gorod("create-admin", *given, "--school", "1", "--json")
    assert made.exit_code == 0, made.output
    refused = gorod("create-admin", *given, "--school", "999")
    assert (refused.exit_code, "1 (МБОУ «Заречненская СОШ»)" in refused.stderr) == (2, True)


OLD = {"--new-school": None}


@pytest.mark.parametrize(
    ("given", "option", "allowed"),
    [
        ({"login": "no spaces please"}, "login", "3 to 64 of the letters a to z"),
        ({"login": "ab"}, "login", "3 to 64 of the letters a to z"),
        ({"login": "director"}, "login", "This login is taken"),
        ({"--name": "Седов"}, "--name", "family name, given name and any patronymic"),
        ({"--name": f"Седов {'И' * 101}"}, "--name", "at most 100 characters"),
        ({**OLD, "--school": "999"}, "--school", "1 (МБОУ «Заречненская СОШ»)"),
        ({**OLD, "--school": "9" * 30}, "--school", "the number of a school there is"),
        ({**OLD, "--school": "первая"}, "--school", "a valid integer"),
        (OLD, None, "say either --school or --new-school"),
        ({"--school": "1"}, None, "say either --school or --new-school"),
        ({**OLD, "--school": "1"}, "--school", "has a director already"),
        ({"--new-school": " "}, "--new-school", "1 to 200 characters"),
        ({"--new-school": "Ш" * 201}, "--new-school", "1 to 200 characters"),
        ({"--time-zone": "Mars/Olympus"}, "--time-zone", "an IANA name"),
    ],
)
def test_a_wrong_value_is_refused_naming_its_option_and_what_is_allowed(
    gorod: Run, given: dict[str, str | None], option: str | None, allowed: str
) -> None:
    refused = gorod(*make_command(given))
    assert refused.exit_code == 2, refused.output
    blamed = f"Invalid value for {option}: " if option else "Invalid value: "
    assert blamed in refused.stderr.replace("'", "")
    assert allowed in refused.stderr


def test_a_new_password_needs_an_existing_login(gorod: Run) -> None:
    refused = gorod("reset-password", "nobody.at.all")
    assert (refused.exit_code, "login: Nobody has this login." in refused.stderr) == (2, True)
