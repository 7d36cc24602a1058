"""A school keeps an administrator, whatever several people do at once."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.test_accounts import LOCK, account
from tests.access.test_roles import GRANT, REVOKE, grant, person
from tests.conftest import SignIn


async def test_the_last_administrator_stays(api: SignIn) -> None:
    found = await grant(api("admin"), "Рябов", "SCHOOL_ADMINISTRATOR")
    given = {"id": found["id"], "version": found["version"]}
    assert await api("admin").refusal(REVOKE, **given) == "LAST_ADMINISTRATOR"
    assert await api("director").refusal(REVOKE, **given, to="2027-06-01") == "LAST_ADMINISTRATOR"


async def test_the_last_administrator_cannot_be_dismissed(api: SignIn) -> None:
    staff = (await api("hr")("{ staff(first: 100) { nodes { id fullName version } } }"))["staff"]
    [ryabov] = [one for one in staff["nodes"] if one["fullName"].startswith("Рябов")]
    dismiss = """mutation ($id: ID!, $version: Int!) { dismissStaff(input: {staffId: $id,
        expectedVersion: $version, dismissedOn: "2026-12-31"}) { userErrors { code } } }"""
    given = {"id": ryabov["id"], "version": ryabov["version"]}
    assert await api("hr").refusal(dismiss, **given) == "LAST_ADMINISTRATOR"


async def second_administrator(api: SignIn, **given: Any) -> Any:
    """The grants of the first and of a second administrator."""
    admin = api("admin")
    gusev = await person(admin, "Гусев")
    await admin(GRANT, person=gusev, role="SCHOOL_ADMINISTRATOR", **given)
    return [await grant(admin, name, "SCHOOL_ADMINISTRATOR") for name in ("Рябов", "Гусев")]


async def test_of_two_administrators_one_can_go(api: SignIn) -> None:
    first, _ = await second_administrator(api)
    await api("director")(REVOKE, id=first["id"], version=first["version"])


@pytest.mark.parametrize(
    "given",
    [{"scope": "GRADE_LEVEL", "grade": 7}, {"to": "2026-11-10"}, {"from": "2026-12-01"}],
    ids=["of one grade", "no more", "not yet"],
)
async def test_an_administrator_in_name_only_does_not_count(
    api: SignIn, given: dict[str, Any]
) -> None:
    first, _ = await second_administrator(api, **given)
    refused = await api("director").refusal(REVOKE, id=first["id"], version=first["version"])
    assert refused == "LAST_ADMINISTRATOR"


async def test_an_administrator_who_cannot_sign_in_does_not_count(
    api: SignIn, sql: AsyncConnection
) -> None:
    first, _ = await second_administrator(api)
    await sql.execute(
        text("""UPDATE accounts SET status = 'LOCKED' WHERE credential_id =
                (SELECT id FROM credentials WHERE login = 'teacher.gusev')""")
    )
    refused = await api("director").refusal(REVOKE, id=first["id"], version=first["version"])
    assert refused == "LAST_ADMINISTRATOR"


async def test_the_two_last_administrators_do_not_go_at_once(api: SignIn) -> None:
    both = await second_administrator(api)
    director = api("director")
    replies = await asyncio.gather(
        *(director.reply(REVOKE, id=one["id"], version=one["version"]) for one in both)
    )
    codes = [e["code"] for reply in replies for e in (reply.data or {})["revokeRole"]["userErrors"]]
    assert codes == ["LAST_ADMINISTRATOR"]


async def test_nor_is_one_locked_while_the_other_goes(api: SignIn) -> None:
    first, _ = await second_administrator(api)
    accounts = await api("admin")(
        '{ accounts(filter: {fullName: {contains: "Гусев Алексей"}}) { nodes { id version } } }'
    )
    [account] = accounts["accounts"]["nodes"]
    lock = """mutation ($id: ID!, $version: Int!) { lockAccount(input: {accountId: $id,
        expectedVersion: $version, reason: "Уехал"}) { userErrors { code } } }"""
    replies = await asyncio.gather(
        api("director").reply(REVOKE, id=first["id"], version=first["version"]),
        api("admin").reply(lock, id=account["id"], version=account["version"]),
    )
    payloads = [payload for reply in replies for payload in (reply.data or {}).values()]
    done = [payload for payload in payloads if payload and not payload["userErrors"]]
    codes = [error["code"] for payload in payloads if payload for error in payload["userErrors"]]
    assert len(done) == 1, "who is no administrator any more cannot even try"
    assert codes in ([], ["LAST_ADMINISTRATOR"])


async def test_the_last_administrator_cannot_be_locked(api: SignIn) -> None:
    admin = api("admin")
    himself = await account(admin, "Рябов")
    given = {"id": himself["id"], "version": himself["version"]}
    assert await admin.refusal(LOCK, **given) == "LAST_ADMINISTRATOR"
