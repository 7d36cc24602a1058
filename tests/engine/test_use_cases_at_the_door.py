"""The tests of roles, the school's card, classes and sections, run again with requests to the
application, and tests of use cases that are called from there."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.test_roles import *  # noqa: F403
from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.communication.noticeboard import publish
from tests.conftest import SignIn
from tests.school.test_schools import *  # noqa: F403
from tests.structure.test_classes import *  # noqa: F403
from tests.structure.test_sections import *  # noqa: F403

EDIT = """mutation ($input: EditNoticeInput!, $short: Boolean = false) {
  done: editNotice(input: $input) { __typename
    card: notice { id version body title @include(if: $short) viewerCan { edit } }
    userErrors { code field } } }"""
STAFF = {"kind": "SCHOOL", "toStaff": True}


@pytest.fixture
async def notice(api: SignIn) -> str:
    """The id of a notice of the director."""
    return str((await publish(api("director"), STAFF))["id"])


def make_input(notice: str, version: int, body: str) -> dict[str, Any]:
    return {"noticeId": notice, "expectedVersion": version, "body": body}


async def test_one_plan_answers_all_inputs(api: SignIn, notice: str) -> None:
    director: Any = api("director")
    for version in range(1, 5):
        answer = await director(
            EDIT, input=make_input(notice, version, str(version)), short=version > 2
        )
        card = answer["done"]["card"]
        assert (card["version"], card["body"]) == (version + 1, str(version))
        assert ("title" in card) == (version > 2)
        assert answer["done"]["__typename"] == "EditNoticePayload"
    assert set(director.kinds) == {"command"}
    [compiled] = [one for one in director.engine.documents.read(EDIT).operations.values() if one]
    [family] = compiled.families.values()
    assert len(family.plans) == 2  # one plan with the name, and one without


async def test_a_refusal_shows_the_row_as_it_is_now(api: SignIn, notice: str) -> None:
    director: Any = api("director")
    await director(EDIT, input=make_input(notice, 1, "8"))
    reply = await director.reply(EDIT, input=make_input(notice, 1, "9"))
    done = (reply.data or {})["done"]
    assert [error["code"] for error in done["userErrors"]] == ["CONFLICT"]
    assert (done["card"]["version"], done["card"]["body"]) == (2, "8")
    assert director.kinds == ["command", "command"]


async def test_invalid_input_is_answered_by_the_standard_executor(
    api: SignIn, sql: AsyncConnection, notice: str
) -> None:
    director: Any = api("director")
    reply = await director.reply(EDIT, input={"noticeId": notice, "expectedVersion": "one"})
    assert reply.errors
    assert director.kinds == ["standard"]
    assert (
        await sql.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'editNotice'")) == 0
    )


async def test_a_use_case_that_fails_by_a_bug_is_run_once(
    api: SignIn, sql: AsyncConnection, notice: str
) -> None:
    """An error in the middle is no reason to try the command again by the other executor."""
    await sql.execute(
        text("ALTER TABLE notices ADD CONSTRAINT bug CHECK (body <> 'bug') NOT VALID")
    )
    try:
        director: Any = api("director")
        reply = await director.reply(EDIT, input=make_input(notice, 1, "bug"))
    finally:
        await sql.execute(text("ALTER TABLE notices DROP CONSTRAINT bug"))
    [error] = reply.errors or []
    assert (error.extensions or {})["code"] == "INTERNAL_SERVER_ERROR"
    assert reply.data == {"done": None}
    assert "standard" not in director.kinds
