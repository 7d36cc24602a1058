"""Some of the operations of `make fuzz-api`, and proof that its checks find faults."""

import asyncio
import json
from copy import copy
from typing import Any

import pytest

from models.access.roles import Role
from tests.conftest import Template
from tests.fuzz.cases import Case, Cases
from tests.fuzz.checks import find_faults
from tests.fuzz.driver import LOGINS, drive
from tests.signed_in import token_of


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases(at_a_time=1)


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.endurance)])
async def test_five_people_ask_for_every_root_field(
    cases: Cases, step: int, address: tuple[str, int], template: Template
) -> None:
    def token(login: str) -> str:
        return token_of(login, Role[LOGINS[login]], 1)

    url = f"http://{address[0]}:{address[1]}"
    some = copy(cases)
    some.fields = cases.fields[::step]
    found = await asyncio.to_thread(drive, some, url, token, len(some.fields) + 5)
    assert not found.faults, found.render()
    assert found.asked.keys() == set(some.fields)
    assert set(found.sent) == set(LOGINS.values())
    assert len(found.reached) * step > 10, "else hardly any of them came through"
    assert found.codes.keys() & {"BAD_USER_INPUT", "FORBIDDEN"}


WELL = {"data": {"school": {"shortName": "МБОУ"}}}
ODD: list[tuple[int, str, Any, str]] = [
    (500, "application/json", WELL, "status 500"),
    (200, "text/html", WELL, "content type"),
    (200, "application/json", [WELL], "no GraphQL response"),
    (200, "application/json", {**WELL, "trace": "…"}, "no GraphQL response"),
    (200, "application/json", {"errors": []}, "no list of errors"),
    (200, "application/json", {"errors": [{"message": "No."}]}, "without code"),
    (
        200,
        "application/json",
        {"data": {"school": {"shortName": "МБОУ", "id": "…"}}},
        "more than was asked",
    ),
    (200, "application/json", {"data": {"school": {}}}, "do not fit"),
    (200, "application/json", {"data": {"school": {"shortName": None}}}, "do not fit"),
    (400, "application/json", WELL, "data with status"),
]
LEAKS = {
    "INTERNAL_SERVER_ERROR": "Something happened.",
    "BAD_USER_INPUT": 'null value in column "title" of relation "notices" violates not-null',
    "FORBIDDEN": "AttributeError: 'NoneType' object has no attribute 'id'",
    "CONFLICT": "Unexpected error.",
}


@pytest.mark.parametrize(("status", "kind", "body", "fault"), ODD)
def test_an_odd_answer_is_found(
    cases: Cases, status: int, kind: str, body: Any, fault: str
) -> None:
    found = list_faults(cases, status, kind, body)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(("code", "message"), LEAKS.items())
def test_a_message_about_internals_is_found(cases: Cases, code: str, message: str) -> None:
    error = {"message": message, "extensions": {"code": code}}
    assert list_faults(
        cases, 200, "application/json", {"data": {"school": None}, "errors": [error]}
    )


def test_an_answer_to_a_request_that_breaks_the_schema_is_found(cases: Cases) -> None:
    case = Case("Query.school", "{ school { nam } }", {}, is_negative=True)
    body = json.dumps(WELL).encode()
    assert list(find_faults(cases.core, case, 200, "application/json", body))


def test_an_answer_as_it_should_be_has_no_fault(cases: Cases) -> None:
    assert not list_faults(cases, 200, "application/json", WELL)


def list_faults(cases: Cases, status: int, kind: str, body: Any) -> list[str]:
    case = Case("Query.school", "{ school { shortName } }", {}, is_negative=False)
    return list(find_faults(cases.core, case, status, kind, json.dumps(body).encode()))
