"""Two persons change access to protected data: a request, and its approval by a second person."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.asking import get_code
from tests.access.requesting import (
    APPROVE,
    ASK_END,
    ASK_RIGHTS,
    ASK_ROLE,
    LISTED,
    REFUSE,
    WITHDRAW,
    file_request,
    grant_by_two,
    name_request,
)
from tests.access.test_role_rights import convert_to_input, fetch_rights
from tests.access.test_roles import GRANT, find_grant, find_person
from tests.conftest import Api, Clock, SignIn


async def request_role(
    api: SignIn, by: str = "admin", whom: str = "Гусев", role: str = "SECRETARY"
) -> Any:
    """Request a role for somebody."""
    return await file_request(
        api(by), ASK_ROLE, person=await find_person(api("director"), whom), role=role
    )


def codes_of(replies: list[Any]) -> list[str]:
    """Return the codes of all refusals."""
    payloads = [payload for reply in replies for payload in (reply.data or {}).values()]
    return sorted(error["code"] for payload in payloads for error in payload["userErrors"])


# -- filing and deciding ----------------------------------------------------------------


async def test_a_role_is_given_by_two_persons_who_are_both_named(
    api: SignIn, sql: AsyncConnection
) -> None:
    request = await request_role(api)
    assert request["status"] == "PENDING"
    assert (request["requestedAt"], request["expiresAt"]) == (
        "2026-11-23T05:00:00Z",
        "2026-12-07T05:00:00Z",
    )
    assert await get_code(api("teacher.gusev"), SWITCH, role="SECRETARY") is None
    done = (await api("director")(APPROVE, **name_request(request)))["approveAccessRequest"]
    decided = done["accessRequest"]
    assert decided["status"] == "APPROVED"
    assert decided["requestedBy"] == {"shortName": "Рябов Д. О."}
    assert decided["decidedBy"] == {"shortName": "Воронцова Е. В."}
    assert (await find_grant(api("admin"), "Гусев", "SECRETARY"))["id"] == decided["madeGrant"][
        "id"
    ]
    trail: Any = await sql.execute(
        text("SELECT action, entity, role FROM audit_events WHERE action ~* 'request' ORDER BY seq")
    )
    assert [tuple(line) for line in trail] == [
        ("requestRoleGrant", request["id"], "SCHOOL_ADMINISTRATOR"),
        ("approveAccessRequest", request["id"], "DIRECTOR"),
    ]


SWITCH = """mutation ($role: Role!) { switchContext(input: {role: $role}) {
    userErrors { code } } }"""


async def test_what_a_request_would_change_is_shown(api: SignIn) -> None:
    now = await fetch_rights(api("admin"), "SECRETARY")
    rights = [*convert_to_input(now["rights"])[1:], {"permission": "marks:read", "scope": "SCHOOL"}]
    given = {"role": "SECRETARY", "rights": rights, "revision": now["revision"]}
    request = await file_request(api("admin"), ASK_RIGHTS, **given)
    gone = convert_to_input(now["rights"])[0]
    assert sorted(request["changes"], key=str) == sorted(
        [
            {"permission": "marks:read", "scope": "SCHOOL", "isAdded": True},
            {**gone, "isAdded": False},
        ],
        key=str,
    )
    assert await fetch_rights(api("admin"), "SECRETARY") == now, "nothing has changed yet"
    await api("director")(APPROVE, **name_request(request))
    after = await fetch_rights(api("admin"), "SECRETARY")
    assert sorted(convert_to_input(after["rights"]), key=str) == sorted(rights, key=str)


async def test_requests_are_listed_the_newest_first(api: SignIn) -> None:
    request = await request_role(api)
    listed = (await api("director")(LISTED, open=False))["accessRequests"]
    assert listed["nodes"][0]["id"] == request["id"]
    assert {one["status"] for one in listed["nodes"]} == {"PENDING", "APPROVED", "REFUSED"}
    waiting = (await api("director")(LISTED, open=True))["accessRequests"]["nodes"]
    assert [one["status"] for one in waiting] == ["PENDING", "PENDING"]
    assert waiting[0]["viewerCan"] == {"decide": True, "withdraw": False}
    mine = (await api("admin")(LISTED, open=True))["accessRequests"]["nodes"]
    assert mine[0]["viewerCan"] == {"decide": False, "withdraw": True}


async def test_a_refused_request_says_why_and_changes_nothing(api: SignIn) -> None:
    request = await request_role(api)
    refused = (await api("director")(REFUSE, **name_request(request)))["refuseAccessRequest"]
    assert refused["accessRequest"]["status"] == "REFUSED"
    assert refused["accessRequest"]["decisionReason"] == "Нет приказа"
    again = {"id": request["id"], "version": refused["accessRequest"]["version"]}
    assert await api("director").expect_code(APPROVE, **again) == "REQUEST_CLOSED"
    assert (await api("admin")(GRANTED, name="Гусев"))["roleGrants"]["totalCount"] == 0


GRANTED = """query ($name: String) { roleGrants(filter: {fullName: {contains: $name},
    role: {eq: SECRETARY}}) { totalCount } }"""


@pytest.mark.parametrize(
    ("reason", "refused"), [("", "BLANK"), ("  ", "BLANK"), ("о" * 301, "TOO_LONG")]
)
async def test_a_refusal_needs_a_reason(api: SignIn, reason: str, refused: str) -> None:
    request = await request_role(api)
    error = await api("director").expect_refusal(REFUSE, **name_request(request), reason=reason)
    assert (error["code"], error["field"]) == (refused, ["reason"])


async def test_only_the_person_who_filed_a_request_can_withdraw_it(api: SignIn) -> None:
    request = await request_role(api)
    for login in ("director", "zavuch"):
        assert await api(login).expect_code(WITHDRAW, **name_request(request)) == "FORBIDDEN"
    done = (await api("admin")(WITHDRAW, **name_request(request)))["withdrawAccessRequest"]
    assert done["accessRequest"]["status"] == "WITHDRAWN"
    again = {"id": request["id"], "version": done["accessRequest"]["version"]}
    assert await api("admin").expect_code(WITHDRAW, **again) == "REQUEST_CLOSED"
    assert await api("director").expect_code(APPROVE, **again) == "REQUEST_CLOSED"


# -- who may ----------------------------------------------------------------------------

WHO_FILES = [
    ("admin", None), ("director", None), ("zavuch", None),
    ("secretary", "FORBIDDEN"), ("hr", "FORBIDDEN"), ("psychologist", "FORBIDDEN"),
    ("social", "FORBIDDEN"), ("teacher.belova", "FORBIDDEN"), ("teacher.gusev", "FORBIDDEN"),
    ("parent.ivanova", "FORBIDDEN"), ("student.ivanova", "FORBIDDEN"), ("municipal", "FORBIDDEN"),
]  # fmt: skip


@pytest.mark.parametrize(("login", "refused"), WHO_FILES)
async def test_requests_need_a_right(api: SignIn, login: str, refused: str | None) -> None:
    gusev = await find_person(api("director"), "Гусев")
    given = {"person": gusev, "role": "SECRETARY"}
    if refused:
        assert await api(login).expect_code(ASK_ROLE, **given) == refused
        assert await get_code(api(login), LISTED, open=False) == refused
    else:
        assert (await file_request(api(login), ASK_ROLE, **given))["status"] == "PENDING"


DECIDES = [
    # who requested, who decides, refused
    ("admin", "director", None),
    ("admin", "admin", "FORBIDDEN"),
    ("admin", "zavuch", "FORBIDDEN"),
    ("zavuch", "director", None),
    ("zavuch", "zavuch", "NOT_TO_ONESELF"),
    ("director", "director", "NOT_TO_ONESELF"),
    ("director", "zavuch", None),
    ("director", "admin", "FORBIDDEN"),
    *(("director", login, "FORBIDDEN")
      for login in ("secretary", "hr", "psychologist", "social", "teacher.belova",
                    "parent.ivanova", "student.ivanova", "municipal")),
]  # fmt: skip


@pytest.mark.parametrize(("by", "login", "refused"), DECIDES)
async def test_approval_needs_a_second_person_with_the_right(
    api: SignIn, by: str, login: str, refused: str | None
) -> None:
    request = await request_role(api, by)
    assert request["concernsDirector"] is (by == "director")
    if refused:
        assert await api(login).expect_code(APPROVE, **name_request(request)) == refused
        assert await api(login).expect_code(REFUSE, **name_request(request)) == refused
    else:
        await api(login)(APPROVE, **name_request(request))


async def test_nobody_approves_a_role_for_themselves(api: SignIn) -> None:
    """The administrator files it in the director's favour: a deputy must decide."""
    request = await request_role(api, whom="Воронцова")
    assert request["concernsDirector"] is True
    assert await api("director").expect_code(APPROVE, **name_request(request)) == "NOT_TO_ONESELF"
    await api("zavuch")(APPROVE, **name_request(request))


async def test_a_deputy_approves_no_role_for_themselves_though_the_director_asks(
    api: SignIn,
) -> None:
    request = await request_role(api, by="director", whom="Зайцева")
    assert await api("zavuch").expect_code(APPROVE, **name_request(request)) == "NOT_TO_ONESELF"


async def test_a_director_is_not_removed_by_others(api: SignIn) -> None:
    """The administrator and a deputy together are not enough: the director must approve or request
    it."""
    gusev = await find_person(api("director"), "Гусев")
    await grant_by_two(api, gusev, "DIRECTOR")
    first = await find_grant(api("admin"), "Воронцова", "DIRECTOR")
    request = await file_request(api("admin"), ASK_END, id=first["id"])
    assert await api("zavuch").expect_code(APPROVE, **name_request(request)) == "FORBIDDEN"
    await api("director")(APPROVE, **name_request(request))
    assert await get_code(api("director")) == "UNAUTHENTICATED"


async def test_even_the_database_refuses_an_approval_of_ones_own_request(
    sql: AsyncConnection,
) -> None:
    approve = """UPDATE access_requests SET status = 'APPROVED', decided_at = now(),
        decided_by_id = {who} WHERE status = 'PENDING'"""
    for who, rule in (("requested_by_id", "two_persons"), ("person_id", "not_for_oneself")):
        with pytest.raises(IntegrityError, match=rule):
            await sql.execute(text(approve.format(who=who)))


# -- twice, at once, too late --------------------------------------------------------------


async def test_the_same_change_is_requested_once(api: SignIn) -> None:
    gusev = await find_person(api("director"), "Гусев")
    replies = await asyncio.gather(
        *(api("admin").reply(ASK_ROLE, person=gusev, role="SECRETARY") for _ in range(3))
    )
    assert codes_of(list(replies)) == ["ALREADY_REQUESTED"] * 2
    shown = {(reply.data or {})["requestRoleGrant"]["accessRequest"]["id"] for reply in replies}
    assert len(shown) == 1, "the refusal shows the one there is"


async def test_a_repeated_attempt_files_one_request(api: SignIn) -> None:
    gusev, key = await find_person(api("director"), "Гусев"), str(uuid4())
    given = {"person": gusev, "role": "SECRETARY", "key": key}
    first, again = [await file_request(api("admin"), ASK_ROLE, **given) for _ in range(2)]
    assert first == again


async def test_of_two_approvals_at_once_one_counts(api: SignIn, sql: AsyncConnection) -> None:
    request = await request_role(api)
    replies = await asyncio.gather(
        *(api("director").reply(APPROVE, **name_request(request)) for _ in range(3))
    )
    assert codes_of(list(replies)) == ["CONFLICT", "CONFLICT"]
    made = "SELECT count(*) FROM role_grants WHERE role = 'SECRETARY' AND school_id = 1"
    assert await sql.scalar(text(made)) == 2


@pytest.mark.parametrize("other", [WITHDRAW, REFUSE])
async def test_of_an_approval_and_another_decision_at_once_one_counts(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    request = await request_role(api)
    who = "admin" if other is WITHDRAW else "director"
    replies = await asyncio.gather(
        api("director").reply(APPROVE, **name_request(request)),
        api(who).reply(other, **name_request(request)),
    )
    assert codes_of(list(replies)) == ["CONFLICT"]
    state: Any = await sql.execute(
        text("""SELECT r.status = 'APPROVED', EXISTS (SELECT FROM role_grants g
                WHERE g.id = r.made_grant_id) FROM access_requests r ORDER BY id DESC LIMIT 1""")
    )
    approved_, given = state.one()
    assert approved_ is given


async def test_a_request_expires(api: SignIn, clock: Clock) -> None:
    request = await request_role(api)
    clock.now += timedelta(days=14)
    [late] = [
        one
        for one in (await api("director")(LISTED, open=False))["accessRequests"]["nodes"]
        if one["id"] == request["id"]
    ]
    assert late["status"] == "EXPIRED"
    assert (await api("director")(LISTED, open=True))["accessRequests"]["nodes"] == []
    for login, document in (("director", APPROVE), ("director", REFUSE), ("admin", WITHDRAW)):
        assert await api(login).expect_code(document, **name_request(request)) == "REQUEST_CLOSED"
    anew = await request_role(api)
    assert anew["id"] != request["id"]
    await api("director")(APPROVE, **name_request(anew))


async def test_an_outdated_request_is_not_approved(api: SignIn) -> None:
    now = await fetch_rights(api("admin"), "SECRETARY")
    held = convert_to_input(now["rights"])
    first = await file_request(
        api("admin"), ASK_RIGHTS, role="SECRETARY", rights=held[1:], revision=now["revision"]
    )
    await api("director")(APPROVE, **name_request(first))
    after = await fetch_rights(api("admin"), "SECRETARY")
    second = await file_request(
        api("admin"), ASK_RIGHTS, role="SECRETARY", rights=held, revision=after["revision"]
    )
    await api("director")(REFUSE, **name_request(second))
    old = {"role": "SECRETARY", "rights": held[2:], "revision": now["revision"]}
    error = await api("admin").expect_refusal(ASK_RIGHTS, **old)
    assert (error["code"], error["field"]) == ("CONFLICT", ["expectedRevision"])
    same = {"role": "SECRETARY", "rights": held[1:], "revision": after["revision"]}
    assert await api("admin").expect_code(ASK_RIGHTS, **same) == "NOTHING_CHANGES"


async def test_rights_that_changed_while_a_request_waited_outdate_it(
    api: SignIn, sql: AsyncConnection
) -> None:
    now = await fetch_rights(api("admin"), "SECRETARY")
    given = {
        "role": "SECRETARY",
        "rights": convert_to_input(now["rights"])[1:],
        "revision": now["revision"],
    }
    request = await file_request(api("admin"), ASK_RIGHTS, **given)
    await sql.execute(
        text("DELETE FROM role_rights WHERE role = 'SECRETARY' AND permission = 'health:read'")
    )
    assert await api("director").expect_code(APPROVE, **name_request(request)) == "REQUEST_OUTDATED"


async def test_a_role_whose_time_is_over_by_now_is_not_approved(api: SignIn, clock: Clock) -> None:
    gusev = await find_person(api("director"), "Гусев")
    request = await file_request(
        api("admin"), ASK_ROLE, person=gusev, role="SECRETARY", to="2026-11-25"
    )
    clock.now += timedelta(days=2)
    assert await api("director").expect_code(APPROVE, **name_request(request)) == "REQUEST_OUTDATED"


async def test_a_dismissed_colleague_gets_no_role(api: SignIn, sql: AsyncConnection) -> None:
    request = await request_role(api)
    await sql.execute(
        text("""UPDATE staff SET dismissed_on = '2026-11-20' WHERE person_id =
                (SELECT id FROM persons WHERE family_name = 'Гусев' AND school_id = 1 LIMIT 1)
                AND school_id = 1""")
    )
    assert await api("director").expect_code(APPROVE, **name_request(request)) == "LEFT_THE_SCHOOL"
    gusev = await find_person(api("director"), "Гусев")
    for document in (GRANT, ASK_ROLE):
        error = await api("admin").expect_refusal(document, person=gusev, role="MUNICIPAL_OFFICER")
        assert (error["code"], error["field"]) == ("LEFT_THE_SCHOOL", ["personId"])


async def test_a_role_that_they_have_is_not_requested(api: SignIn) -> None:
    ilyina = await find_person(api("director"), "Ильина")
    assert (
        await api("admin").expect_code(ASK_ROLE, person=ilyina, role="SECRETARY")
        == "ALREADY_GRANTED"
    )


async def test_a_request_of_another_school_is_not_there(api: SignIn, sql: AsyncConnection) -> None:
    key = await sql.scalar(text("SELECT max(id) FROM access_requests WHERE school_id = 1"))
    given = {"id": f"AccessRequest:2-{key}", "version": 1}
    assert await api("director").expect_code(APPROVE, **given) == "NOT_FOUND"


async def test_refusals_in_russian_say_what_to_do(api: SignIn) -> None:
    admin = Api(replace(api("admin").caller, language="ru"))
    gusev = await find_person(admin, "Гусев")
    error = await admin.expect_refusal(
        GRANT.replace("userErrors { code field }", "userErrors { code field message }"),
        person=gusev,
        role="SECRETARY",
    )
    assert error["message"].startswith("Это меняют только вдвоём")
    assert "`requestRoleGrant`" in error["message"]
