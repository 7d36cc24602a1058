"""What is asked of an event is read through a plan, and is what the standard executor says."""

from dataclasses import replace
from typing import Any

import pytest

from models.database.readers import Readers
from tests.conftest import Api, SignIn
from tests.events.listening import MASHA, SET_MARK, Desk, Listen

MUCH = """id value kind version comment student { fullName }
    assignment { title weight lesson { topic date } }"""
LITTLE = "__typename id value comment"
"""Nothing but what the mark itself holds."""


def hear(shown: str) -> str:
    return f"""subscription ($id: ID!, $after: String) {{
        journalEvents(studentId: $id, after: $after) {{
            ... on JournalEvent {{ kind node {{ ... on Mark {{ {shown} }} }} }} }} }}"""


@pytest.fixture
def read(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that plans are made of."""
    sent: list[str] = []
    fetch = readers.fetch

    async def noted(school_id: int, sql: str, values: Any) -> Any:
        sent.append(sql)
        return await fetch(school_id, sql, values)

    monkeypatch.setattr(readers, "fetch", noted)
    return sent


@pytest.mark.parametrize(("shown", "plans"), [(MUCH, 1), (LITTLE, 0)])
async def test_a_mother_hears_through_a_plan_what_the_standard_executor_says(
    api: SignIn, listen: Listen, desk: Desk, read: list[str], shown: str, plans: int
) -> None:
    """What was read for all who listen is not read once more for each of them."""
    mother = api("parent.ivanova")
    services = replace(mother.caller.services, readers=None)
    by_the_standard = Api(replace(mother.caller, services=services))
    waiting = [
        (await listen(one, hear(shown), id=MASHA)).soon() for one in (mother, by_the_standard)
    ]
    teacher = api(desk.login)
    given = {"assignmentId": desk.assignment, "studentId": MASHA, "value": 4}
    assert not (await teacher(SET_MARK, input=given))["setMark"]["userErrors"]
    [first, second] = [await event for event in waiting]
    assert first == second
    assert first["node"]["value"] == 4
    assert len([sql for sql in read if '"comment":' in sql]) == plans
