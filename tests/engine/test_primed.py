"""A limit holds for each request, even if the plan was made for a request within the limit."""

from typing import Any

import pytest

from tests.conftest import SignIn
from tests.engine.conftest import Both

LONG = "ж" * 201
MANY = 101
PRIMED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("query ($x: String!) { lessons(first: 1, filter: {topic: {contains: $x}}) { totalCount } }",
     {"x": "ж"}, {"x": LONG}, "filter.topic.contains"),
    ("query ($x: String!) { staff(first: 1, filter: {fullName: {contains: $x}}) { totalCount } }",
     {"x": "ж"}, {"x": LONG}, "filter.fullName.contains"),
    ("query ($x: StudentFilter) { students(first: 1, filter: $x) { totalCount } }",
     {"x": {"fullName": {"contains": "ж"}}}, {"x": {"fullName": {"contains": LONG}}},
     "filter.fullName.contains"),
    ("query ($x: [ID!]) { lessons(first: 1, filter: {room: {in: $x}}) { totalCount } }",
     {"x": ["Room:1-1"]}, {"x": ["Room:1-1"] * MANY}, "filter.room"),
    ("query ($x: [String!]) { students(first: 1, filter: {fullName: {in: $x}}) { totalCount } }",
     {"x": ["ж"]}, {"x": ["ж"] * MANY}, "filter.fullName"),
    ("query ($x: [ID!]!) { nodes(ids: $x) { id } }",
     {"x": ["Student:1-1"]}, {"x": ["Student:1-1"] * MANY}, "ids"),
    ("query ($x: Int) { students(first: $x) { totalCount } }", {"x": 1}, {"x": MANY}, "first"),
    ("query ($x: String) { mailbox(first: 1, search: $x) { totalCount } }",
     {"x": "ж"}, {"x": LONG}, "search"),
    ("query ($x: Date) { diary(studentId: \"Student:1-1\", from: \"2026-09-01\", to: $x)"
     " { days { date } } }", {"x": "2026-09-07"}, {"x": "2026-12-31"}, "to"),
    ("query ($x: DateTime) { notices(first: 1, search: \"x\", since: $x) { totalCount } }",
     {"x": "2026-11-16T00:00:00Z"}, {"x": "0001-01-01T00:00:00+14:00"}, "x"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "good", "bad", "field"), PRIMED, ids=[one[0] for one in PRIMED])
async def test_too_large_a_request_is_refused_after_one_within_the_limit(
    api: SignIn, both: Both, asked: str, good: dict[str, Any], bad: dict[str, Any], field: str
) -> None:
    director = api("director")
    await both(director, asked, **good)
    refused = await director.expect_refusal(asked, **bad)
    assert refused["code"] == "BAD_USER_INPUT"
    assert refused.get("field", ["x"]) == field.split(".")
    await both(director, asked, **bad)
