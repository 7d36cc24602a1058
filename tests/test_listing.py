"""Long lists: pages in both directions, cursors that fit only their list, and no oracle."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Api, SignIn

ROOMS = """query ($order: [RoomOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  rooms(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id capacity } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
STUDENTS = """query ($filter: StudentFilter, $after: String) {
  students(filter: $filter, first: 100, after: $after) { nodes { id fullName } } }"""
COUNT = "query ($filter: StudentFilter) { students(filter: $filter) { totalCount } }"
STAFF = "query ($filter: StaffFilter) { staff(filter: $filter) { totalCount } }"
BY_CAPACITY = [{"field": "CAPACITY"}]
DOWN = [{"field": "CAPACITY", "direction": "DESC"}]


@pytest.fixture(autouse=True)
async def some_without_capacity(sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE rooms SET capacity = NULL WHERE id IN (2, 5, 7)"))


async def page(api: Api, **how: Any) -> Any:
    return (await api(ROOMS, **how))["rooms"]


def ids(found: Any) -> list[str]:
    return [edge["node"]["id"] for edge in found["edges"]]


def cursor(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize("order", [BY_CAPACITY, DOWN, None])
async def test_pages_forward_and_backward_hold_every_row_once_in_order(
    api: SignIn, order: Any
) -> None:
    director = api("director")
    everything = ids(await page(director, order=order, first=100))
    assert len(everything) == len(set(everything)) > 20
    forward: list[str] = []
    info: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while info["hasNextPage"]:
        found = await page(director, order=order, first=4, after=info["endCursor"])
        info = found["pageInfo"]
        assert info["hasPreviousPage"] is bool(forward)
        forward += ids(found)
    assert forward == everything
    backward: list[str] = []
    info = {"hasPreviousPage": True, "startCursor": None}
    while info["hasPreviousPage"]:
        found = await page(director, order=order, last=4, before=info["startCursor"])
        info = found["pageInfo"]
        assert info["hasNextPage"] is bool(backward)
        backward = ids(found) + backward
    assert backward == everything


async def test_null_comes_last_upwards_and_first_downwards(api: SignIn) -> None:
    up = await page(api("director"), order=BY_CAPACITY, first=100)
    down = await page(api("director"), order=DOWN, first=100)
    assert [edge["node"]["capacity"] for edge in up["edges"]][-3:] == [None] * 3
    assert [edge["node"]["capacity"] for edge in down["edges"]][:3] == [None] * 3


async def test_a_page_between_two_cursors(api: SignIn) -> None:
    edges = (await page(api("director"), first=6))["edges"]
    found = await page(api("director"), after=edges[0]["cursor"], before=edges[4]["cursor"])
    assert ids(found) == [edge["node"]["id"] for edge in edges[1:4]]


async def test_a_page_of_none_says_whether_there_are_any(api: SignIn) -> None:
    found = await page(api("director"), first=0)
    assert (found["edges"], found["pageInfo"]["hasNextPage"]) == ([], True)


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"first": 1, "last": 1}, "last"),
        ({"first": -1}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"last": 101}, "last"),
    ],
)
async def test_a_size_that_is_none(api: SignIn, how: dict[str, int], field: str) -> None:
    refusal = await api("director").expect_refusal(ROOMS, **how)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", [field])


NAME = "Room,capacity ASC"


@pytest.mark.parametrize(
    "wrong",
    [
        "", "ы", "\0", "\ud800", "bm90aGluZw==", "x" * 100_000,
        cursor("Room,number ASC", "101", 1), cursor("Student,full_name ASC", "а", 1),
        cursor("Room,capacity DESC", 30, 1), cursor(NAME, 30), cursor(NAME, 30, 1, 1),
        cursor(NAME, "30", 1), cursor(NAME, 30, "1"), cursor(NAME, 30, "a\0b"),
        cursor(NAME, 10**30, 1), cursor(NAME, True, 1), cursor(NAME, 1.5, 1), cursor(NAME, [], 1),
        cursor(NAME, {}, 1), cursor(NAME, {"date": "2026-01-01"}, 1), cursor(NAME, {"x": 1}, 1),
        cursor(NAME, float("nan"), 1), cursor({}, 1, 1), cursor(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(), base64.urlsafe_b64encode(b"5").decode(),
    ],
)  # fmt: skip
async def test_no_cursor_of_this_list_in_this_order(api: SignIn, wrong: str) -> None:
    for argument in ("after", "before"):
        refusal = await api("director").expect_refusal(
            ROOMS, order=BY_CAPACITY, **{argument: wrong}
        )
        assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", [argument])


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", 5, {"date": "2026-01-01"}])
async def test_no_cursor_of_a_list_by_name(api: SignIn, name: Any) -> None:
    wrong = cursor("Student,full_name ASC", name, 1)
    refusal = await api("director").expect_refusal(STUDENTS, after=wrong)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["after"])


async def test_a_cursor_of_one_who_sees_more_shows_no_more(api: SignIn) -> None:
    """It says where to go on, not what may be seen."""
    place = cursor("Student,full_name ASC", "", 1)
    mine = {"Student:1-1", "Student:1-2"}
    found = (await api("parent.ivanova")(STUDENTS, after=place))["students"]["nodes"]
    assert {student["id"] for student in found} == mine


async def test_counting_costs_a_statement_and_only_when_asked(api: SignIn, statements: Any) -> None:
    director = api("director")
    with statements() as plain:
        await director("{ students { nodes { id } } }")
    with statements() as counted:
        data = await director("{ students { nodes { id } totalCount } }")
    assert len(counted) == len(plain) + 1
    assert data["students"]["totalCount"] > 20


@pytest.mark.parametrize(
    ("login", "document", "asked", "field"),
    [
        ("admin", COUNT, {"birthDate": {"gte": "2014-01-01"}}, "birthDate"),
        ("teacher.gusev", COUNT, {"birthDate": {"isNull": True}}, "birthDate"),
        ("admin", COUNT, {"not": {"or": [{"birthDate": {"isNull": False}}]}}, "birthDate"),
        ("parent.ivanova", STAFF, {"hiredOn": {"lte": "2020-01-01"}}, "hiredOn"),
        ("student.ivanova", STAFF, {"personnelNo": {"contains": "1"}}, "personnelNo"),
    ],
)
async def test_what_may_not_be_read_may_not_be_filtered_by(
    api: SignIn, login: str, document: str, asked: Any, field: str
) -> None:
    refusal = await api(login).expect_refusal(document, filter=asked)
    assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", ["filter", field])


async def test_a_field_that_reaches_only_ones_own_row_tells_nothing_of_others(
    api: SignIn,
) -> None:
    """A teacher may read the file of one member of staff: their own."""
    teacher = api("teacher.gusev")
    mine = (await teacher(STAFF, filter={"hiredOn": {"gte": "1900-01-01"}}))["staff"]["totalCount"]
    assert mine == 1
