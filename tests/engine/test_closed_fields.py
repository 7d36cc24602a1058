"""Both executors hide the same fields and rows."""

from typing import Any

import pytest
from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from auth.policy import is_visible, visible
from gql.bridge.filters import filters
from models.access.roles import Role
from resolvers.core.context import Services, set_school
from resolvers.core.listing import compare_reference
from resolvers.core.shapes import SHAPES, One
from resolvers.demo.cast import LOGINS
from tests.communication.post import SEND
from tests.conftest import Api, SignIn
from tests.engine.conftest import Both
from tests.people.test_closed_fields import CARD, LINKS, MASHA, ORDERED, WITHHELD


async def test_both_executors_tell_the_same_of_guardians(api: SignIn, both: Both) -> None:
    for login, role in (
        ("parent.ivanova", None), ("student.ivanova", None), ("secretary", None),
        ("teacher.belova", Role.CLASS_TEACHER), ("psychologist", None), ("admin", None),
    ):  # fmt: skip
        for document in (LINKS, WITHHELD, CARD):
            await both(api(login, role), document, id=MASHA)
        await both(api(login, role), ORDERED, order=[{"field": "FULL_NAME"}])
    leader = api("teacher.belova", Role.CLASS_TEACHER)
    assert await both(leader, ORDERED, order=[{"field": "ADMITTED_ON"}]) == "compiled"


# -- references to rows one may not see -----------------------------------------------

FOUND = """query ($letter: ID!, $filter: MailMessageFilter) {
  mailThread(messageId: $letter, filter: $filter) { totalCount nodes { id replyTo { id } } } }"""


async def test_a_filter_confirms_no_letter_that_one_does_not_hold(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    """HR gets an answer to a letter that she does not hold."""
    lines = await sql.execute(
        text("""SELECT c.login, 'PublicPerson:1-' || a.person_id AS who FROM accounts a
            JOIN credentials c ON c.id = a.credential_id WHERE a.school_id = 1""")
    )
    people = {line.login: line.who for line in lines}

    async def send(login: str, to: str, **more: Any) -> str:
        given = {"to": [people[to]], "subject": "Приказ", **more}
        found = (await api(login)(SEND, input=given))["sendMail"]["mailMessage"]["id"]
        assert isinstance(found, str)
        return found

    hidden = await send("director", "zavuch")
    answer = await send("zavuch", "director", replyToId=hidden, cc=[people["hr"]])
    other = await send("director", "secretary")
    hr = api("hr")

    async def count(who: Api, asked: dict[str, Any]) -> int:
        given = {"letter": answer, "filter": asked}
        assert await both(who, FOUND, **given) == "compiled"
        found = (await who(FOUND, **given))["mailThread"]["totalCount"]
        assert isinstance(found, int)
        return found

    for reference in ("replyTo", "thread"):
        assert await count(hr, {reference: {"eq": hidden}}) == 0
        assert await count(hr, {reference: {"in": [hidden]}}) == 0
        assert await count(hr, {reference: {"isNull": True}}) == 1
        assert await count(hr, {reference: {"isNull": False}}) == 0
        assert await count(hr, {reference: {"eq": None}}) == 1
        inverse = [await count(hr, {"not": {reference: {"eq": id_}}}) for id_ in (hidden, other)]
        assert inverse[0] == inverse[1], "the letter is told apart from one that is not there"
        assert await count(api("director"), {reference: {"eq": hidden}}) == 1


@pytest.mark.parametrize("login", [login for login in LOGINS.values() if login])
async def test_no_reference_in_any_filter_tells_of_a_row_out_of_sight(
    services: Services, api: SignIn, login: str
) -> None:
    """Every reference of every list is compared with its target: the filter finds a row exactly if
    the viewer may see the target."""
    [role] = [role for role, one in LOGINS.items() if one == login]
    actor = await api(login, role, 1).caller.identify()
    asked = 0
    async with AsyncSession(services.engine) as session:
        await set_school(session, 1)
        for row in filters:
            for name, shape in SHAPES[row].items():
                if not isinstance(shape, One) or len(shape.path) != 1:
                    continue
                column, there = getattr(row, shape.path[0].key), aliased(shape.target)
                target = select(there.id).where(
                    there.school_id == row.school_id,
                    there.id == column,
                    is_visible(actor.viewer, there),
                )
                found = compare_reference(actor.viewer, row, shape, "eq", column)
                is_seen = exists(target.correlate(row))
                differing = visible(actor.viewer, row).where(
                    column.is_not(None), found.is_distinct_from(is_seen)
                )
                query = differing.with_only_columns(func.count())
                assert await session.scalar(query, actor.values) == 0, (row, name)
                asked += 1
    assert asked > 20
