"""Commands that are use cases, told elsewhere of the standard executor, are told here once more of
people who ask at the door."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.test_roles import *  # noqa: F403
from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.conftest import SignIn
from tests.school.test_schools import *  # noqa: F403
from tests.structure.test_classes import *  # noqa: F403

CARD = """mutation ($input: UpdateSchoolInput!, $short: Boolean = false) {
  done: updateSchool(input: $input) { __typename
    card: school { id version phone shortName @include(if: $short) viewerCan { update } }
    userErrors { code field } } }"""


def edit(version: int, phone: str | None) -> dict[str, Any]:
    return {"schoolId": "School:1-1", "expectedVersion": version, "phone": phone}


async def test_whatever_is_sent_one_plan_answers_it(api: SignIn) -> None:
    director: Any = api("director")
    for version in range(1, 5):
        answer = await director(CARD, input=edit(version, str(version)), short=version > 2)
        card = answer["done"]["card"]
        assert (card["version"], card["phone"]) == (version + 1, str(version))
        assert ("shortName" in card) == (version > 2)
        assert answer["done"]["__typename"] == "UpdateSchoolPayload"
    assert set(director.kinds) == {"command"}
    [compiled] = [one for one in director.engine.documents.read(CARD).operations.values() if one]
    [family] = compiled.families.values()
    assert len(family.plans) == 2  # with and without the name


async def test_a_refusal_shows_the_row_as_it_is_now(api: SignIn) -> None:
    director: Any = api("director")
    await director(CARD, input=edit(1, "8"))
    reply = await director.reply(CARD, input=edit(1, "9"))
    done = (reply.data or {})["done"]
    assert [error["code"] for error in done["userErrors"]] == ["CONFLICT"]
    assert (done["card"]["version"], done["card"]["phone"]) == (2, "8")
    assert director.kinds == ["command", "command"]


async def test_what_nobody_may_send_is_told_by_the_standard_executor(
    api: SignIn, sql: AsyncConnection
) -> None:
    director: Any = api("director")
    reply = await director.reply(CARD, input={"schoolId": "School:1-1", "expectedVersion": "one"})
    assert reply.errors
    assert director.kinds == ["standard"]
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 0


async def test_it_is_done_once_where_the_use_case_fails_by_a_bug(
    api: SignIn, sql: AsyncConnection
) -> None:
    """An error in the middle is no reason to try the same once more by another way."""
    await sql.execute(
        text("ALTER TABLE schools ADD CONSTRAINT bug CHECK (phone <> 'bug') NOT VALID")
    )
    try:
        director: Any = api("director")
        reply = await director.reply(CARD, input=edit(1, "bug"))
    finally:
        await sql.execute(text("ALTER TABLE schools DROP CONSTRAINT bug"))
    [error] = reply.errors or []
    assert (error.extensions or {})["code"] == "INTERNAL_SERVER_ERROR"
    assert reply.data == {"done": None}
    assert "standard" not in director.kinds
