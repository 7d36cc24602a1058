"""A school keeps an administrator, whatever several people do at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.requesting import (
    APPROVE,
    ASK_END,
    REFUSE,
    file_and_approve,
    file_request,
    grant_by_two,
    name_request,
)
from tests.access.test_accounts import LOCK, find_account
from tests.access.test_roles import find_grant, find_person
from tests.conftest import Clock, SignIn


async def test_the_last_administrator_stays(api: SignIn) -> None:
    found = await find_grant(api("admin"), "Рябов", "SCHOOL_ADMINISTRATOR")
    for day in (None, "2027-06-01"):
        request = await file_request(api("admin"), ASK_END, id=found["id"], to=day)
        assert (
            await api("director").expect_code(APPROVE, **name_request(request))
            == "LAST_ADMINISTRATOR"
        )
        await api("director")(REFUSE, **name_request(request))


async def test_the_last_administrator_cannot_be_dismissed(api: SignIn) -> None:
    staff = (await api("hr")("{ staff(first: 100) { nodes { id fullName version } } }"))["staff"]
    [ryabov] = [one for one in staff["nodes"] if one["fullName"].startswith("Рябов")]
    dismiss = """mutation ($id: ID!, $version: Int!) { dismissStaff(input: {staffId: $id,
        expectedVersion: $version, dismissedOn: "2026-12-31"}) { userErrors { code } } }"""
    given = {"id": ryabov["id"], "version": ryabov["version"]}
    assert await api("hr").expect_code(dismiss, **given) == "LAST_ADMINISTRATOR"


async def appoint_second_administrator(api: SignIn, **given: Any) -> Any:
    """Appoint a second administrator; return the grants of both."""
    admin = api("admin")
    gusev = await find_person(admin, "Гусев")
    await grant_by_two(api, gusev, "SCHOOL_ADMINISTRATOR", **given)
    return [await find_grant(admin, name, "SCHOOL_ADMINISTRATOR") for name in ("Рябов", "Гусев")]


async def test_of_two_administrators_one_can_go(api: SignIn) -> None:
    first, _ = await appoint_second_administrator(api)
    await file_and_approve(api, ASK_END, id=first["id"])


@pytest.mark.parametrize(
    "given",
    [{"scope": "GRADE_LEVEL", "grade": 7}, {"to": "2026-11-24"}, {"from": "2026-12-01"}],
    ids=["of one grade", "no more", "not yet"],
)
async def test_an_administrator_in_name_only_does_not_count(
    api: SignIn, clock: Clock, given: dict[str, Any]
) -> None:
    first, _ = await appoint_second_administrator(api, **given)
    clock.now += timedelta(days=1)
    request = await file_request(api("admin"), ASK_END, id=first["id"])
    assert (
        await api("director").expect_code(APPROVE, **name_request(request)) == "LAST_ADMINISTRATOR"
    )


async def test_an_administrator_who_cannot_sign_in_does_not_count(
    api: SignIn, sql: AsyncConnection
) -> None:
    first, _ = await appoint_second_administrator(api)
    await sql.execute(
        text("""UPDATE accounts SET status = 'LOCKED' WHERE credential_id =
                (SELECT id FROM credentials WHERE login = 'teacher.gusev')""")
    )
    request = await file_request(api("admin"), ASK_END, id=first["id"])
    assert (
        await api("director").expect_code(APPROVE, **name_request(request)) == "LAST_ADMINISTRATOR"
    )


async def test_the_two_last_administrators_do_not_go_at_once(api: SignIn) -> None:
    both = await appoint_second_administrator(api)
    director = api("director")
    requests = [await file_request(api("admin"), ASK_END, id=one["id"]) for one in both]
    replies = await asyncio.gather(
        *(director.reply(APPROVE, **name_request(one)) for one in requests)
    )
    payloads = [(reply.data or {})["approveAccessRequest"] for reply in replies]
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["LAST_ADMINISTRATOR"]


async def test_one_administrator_is_not_locked_while_the_other_goes(api: SignIn) -> None:
    first, _ = await appoint_second_administrator(api)
    accounts = await api("admin")(
        '{ accounts(filter: {fullName: {contains: "Гусев Алексей"}}) { nodes { id version } } }'
    )
    [account] = accounts["accounts"]["nodes"]
    lock = """mutation ($id: ID!, $version: Int!) { lockAccount(input: {accountId: $id,
        expectedVersion: $version, reason: "Уехал"}) { userErrors { code } } }"""
    request = await file_request(api("zavuch"), ASK_END, id=first["id"])
    replies = await asyncio.gather(
        api("director").reply(APPROVE, **name_request(request)),
        api("admin").reply(lock, id=account["id"], version=account["version"]),
    )
    payloads = [payload for reply in replies for payload in (reply.data or {}).values()]
    done = [payload for payload in payloads if payload and not payload["userErrors"]]
    codes = [error["code"] for payload in payloads if payload for error in payload["userErrors"]]
    assert len(done) == 1, "who is no administrator any more cannot even try"
    assert codes in ([], ["LAST_ADMINISTRATOR"])


async def test_the_last_administrator_cannot_be_locked(api: SignIn) -> None:
    admin = api("admin")
    himself = await find_account(admin, "Рябов")
    given = {"id": himself["id"], "version": himself["version"]}
    assert await admin.expect_code(LOCK, **given) == "LAST_ADMINISTRATOR"
