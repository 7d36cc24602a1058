"""A field of an event to which the listener has no right has an error with its path."""

from dataclasses import replace

import pytest

from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.events.listening import MASHA, SET_MARK, Desk, Listen

SNILS = """subscription ($id: ID!, $after: String) { journalEvents(studentId: $id, after: $after) {
    ... on JournalEvent { node { ... on Mark { student { identity { snils } } } } } } }"""


@pytest.fixture(params=["by a plan", "by resolvers"], autouse=True)
def services(services: Services, request: pytest.FixtureRequest) -> Services:
    """Rows of an event are read by either executor."""
    return services if request.param == "by a plan" else replace(services, readers=None)


async def test_a_mother_is_told_which_field_of_an_event_is_not_hers(
    api: SignIn, listen: Listen, desk: Desk
) -> None:
    mother = await listen(api("parent.ivanova"), SNILS, id=MASHA)
    await api(desk.login)(SET_MARK, input=desk.make_input(MASHA, value=4))
    reply = await mother.reply()
    [error] = reply.errors
    assert error.path == ["journalEvents", "node", "student", "identity", "snils"]
    assert reply.data["journalEvents"]["node"]["student"]["identity"] == {"snils": None}
