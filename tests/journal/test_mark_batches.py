"""Many marks at once: all or those that can be, in as few statements as one."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.guard.limits import Limits
from gql.transport.requests import check_values
from tests.conftest import SignIn
from tests.journal.desk import Desk, batch

SET_MANY = """mutation ($input: SetMarksInput!) { setMarks(input: $input) {
  results { mark { value version } userErrors { code field } }
  userErrors { code field } } }"""


async def test_a_class_is_marked_in_as_many_statements_as_a_student(
    api: SignIn, desk: Desk, statements: Any
) -> None:
    teacher = api(desk.teacher)
    with statements() as one:
        await teacher(SET_MANY, input={"items": batch(desk, 5)})
    with statements() as many:
        data = await teacher(SET_MANY, input={"items": batch(desk, 1, 4, 3, 5, 4)[1:]})
    assert [r["mark"]["value"] for r in data["setMarks"]["results"]] == [4, 3, 5, 4]
    assert len(many) <= len(one) + 1


async def test_one_bad_row_rejects_everything_or_only_itself(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher, items = api(desk.teacher), batch(desk, 5, 9, 4)
    all_or_none = (await teacher(SET_MANY, input={"items": items}))["setMarks"]["results"]
    assert [bool(r["userErrors"]) for r in all_or_none] == [False, True, False]
    count = text("SELECT count(*) FROM marks WHERE assignment_id = :id")
    key = {"id": int(desk.assignment.partition("-")[2])}
    assert await sql.scalar(count, key) == 0
    some = await teacher(SET_MANY, input={"items": items, "errorPolicy": "REJECT_FAILED_ROWS"})
    assert some["setMarks"]["results"][1] == {
        "mark": None,
        "userErrors": [{"code": "NOT_OF_KIND", "field": ["value"]}],
    }
    assert await sql.scalar(count, key) == 2


async def test_a_cell_that_has_a_mark_is_told_with_it_and_the_others_are_written(
    api: SignIn, desk: Desk
) -> None:
    teacher = api(desk.teacher)
    await teacher(SET_MANY, input={"items": batch(desk, 3)})
    given = {"items": batch(desk, 5, 4), "errorPolicy": "REJECT_FAILED_ROWS"}
    [taken, free] = (await teacher(SET_MANY, input=given))["setMarks"]["results"]
    assert taken == {
        "mark": {"value": 3, "version": 1},
        "userErrors": [{"code": "CONFLICT", "field": ["expectedVersion"]}],
    }
    assert free == {"mark": {"value": 4, "version": 1}, "userErrors": []}


async def test_who_may_not_give_marks_is_told_so(api: SignIn, desk: Desk) -> None:
    for login in ("psychologist", "zavuch", "parent.ivanova"):
        refusal = await api(login).expect_code(SET_MANY, input={"items": batch(desk, 5)})
        assert refusal == "FORBIDDEN"


async def test_a_batch_of_501_is_refused_by_its_limit_and_one_of_500_is_looked_at(
    api: SignIn, desk: Desk
) -> None:
    """Each item with all its fields: the limits of a request leave room for the largest batch."""
    whole = {
        "kind": "NUMERIC",
        "comment": "",
        "reason": "",
        "expectedVersion": None,
    }
    items = [item | whole for item in batch(desk, 5) * 501]
    assert await api(desk.teacher).expect_code(SET_MANY, input={"items": items}) == "LIMIT"
    items.pop()
    limits = Limits()
    check_values({"input": {"items": items}}, limits)
    assert await api(desk.teacher).expect_code(SET_MANY, input={"items": items}) == "NAMED_TWICE"


async def test_a_batch_without_items_is_told_to_send_some(api: SignIn, desk: Desk) -> None:
    told = "mutation ($input: SetMarksInput!) { setMarks(input: $input) { userErrors { %s } } }"
    document = told % "code field message most"
    refused = await api(desk.teacher).expect_refusal(document, input={"items": []})
    assert (refused["code"], refused["field"], refused["most"]) == ("BLANK", ["items"], None)
    assert refused["message"] == "The list is empty; send at least one item."
