"""The fields of an event are read by a plan, with the result of the standard executor."""

from dataclasses import replace
from typing import Any

import pytest

from models.database.readers import Readers
from tests.conftest import Api, SignIn
from tests.events.listening import MASHA, SET_MARK, Desk, Listen

MUCH = """id value kind version comment student { fullName }
    assignment { title weight lesson { topic date } }"""
LITTLE = "__typename id value comment"
"""Only columns of the mark itself."""


def make_subscription(shown: str) -> str:
    return f"""subscription ($id: ID!, $after: String) {{
        journalEvents(studentId: $id, after: $after) {{
            ... on JournalEvent {{ kind node {{ ... on Mark {{ {shown} }} }} }} }} }}"""


@pytest.fixture
def statements_of_plans(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that plans have sent."""
    sent: list[str] = []
    fetch = readers.fetch

    async def fetch_and_note(school_id: int, sql: str, values: Any) -> Any:
        sent.append(sql)
        return await fetch(school_id, sql, values)

    monkeypatch.setattr(readers, "fetch", fetch_and_note)
    return sent


@pytest.mark.parametrize(("shown", "plans"), [(MUCH, 1), (LITTLE, 0)])
async def test_a_mother_gets_by_a_plan_the_answer_of_the_standard_executor(
    api: SignIn, listen: Listen, desk: Desk, statements_of_plans: list[str], shown: str, plans: int
) -> None:
    """Values that were read for all listeners are not read again for each of them."""
    mother = api("parent.ivanova")
    services = replace(mother.caller.services, readers=None)
    by_the_standard = Api(replace(mother.caller, services=services))
    waiting = [
        (await listen(one, make_subscription(shown), id=MASHA)).start_waiting()
        for one in (mother, by_the_standard)
    ]
    teacher = api(desk.login)
    given = {"assignmentId": desk.assignment, "studentId": MASHA, "value": 4}
    assert not (await teacher(SET_MARK, input=given))["setMark"]["userErrors"]
    [first, second] = [await event for event in waiting]
    assert first == second
    assert first["node"]["value"] == 4
    assert len([sql for sql in statements_of_plans if '"comment":' in sql]) == plans
