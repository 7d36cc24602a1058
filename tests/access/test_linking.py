"""One login for a person whom two schools know."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import SIGN_IN, SWITCH, code, given_one_time_password, holding, sign_in
from tests.conftest import Api, SignIn, Template

LINK = """mutation ($login: String!, $password: String!) {
    linkAccount(input: {login: $login, password: $password}) {
        viewer { fullName contexts { role schoolId isCurrent } }
        retryAt userErrors { code field }
    }
}"""
CHILDREN = "{ viewer { children { fullName school { id } } } }"
MOTHER = "parent.ivanova"
HERE, THERE = "School:1-1", "School:2-2"


@pytest.fixture
def other(template: Template) -> str:
    """The login of a parent whom only the second school knows."""
    return min(
        login
        for login, held in template.roles.items()
        if [(role.name, school) for role, school in held] == [("PARENT", 2)]
    )


def proof(login: str, password: str = DEMO_PASSWORD) -> dict[str, str]:
    return {"login": login, "password": password}


async def test_a_mother_brings_her_other_school_under_her_login(
    api: SignIn, stranger: Api, other: str
) -> None:
    there = {c["fullName"] for c in (await api(other)(CHILDREN))["viewer"]["children"]}
    mother = api(MOTHER)
    linked = (await mother(LINK, **proof(f" {other.upper()} ")))["linkAccount"]["viewer"]
    assert linked["fullName"] == "Иванова Ольга Сергеевна"
    assert linked["contexts"] == [
        {"role": "PARENT", "schoolId": HERE, "isCurrent": True},
        {"role": "PARENT", "schoolId": THERE, "isCurrent": False},
    ]
    children = (await mother(CHILDREN))["viewer"]["children"]
    assert {c["fullName"] for c in children if c["school"]["id"] == THERE} == there
    went = (await mother(SWITCH, role="PARENT", school=THERE))["switchContext"]
    assert went["viewer"]["school"]["id"] == THERE
    assert (await sign_in(stranger, MOTHER, school=THERE))["viewer"]["school"]["id"] == THERE


async def test_the_other_login_is_no_more_and_its_sessions_end(
    api: SignIn, stranger: Api, other: str
) -> None:
    session = holding(stranger, (await sign_in(stranger, other))["accessToken"])
    await api(MOTHER)(LINK, **proof(other))
    assert await code(session) == "UNAUTHENTICATED"
    assert await code(api(other)) == "UNAUTHENTICATED"
    assert await stranger.refusal(SIGN_IN, **proof(other)) == "WRONG_CREDENTIALS"


async def test_the_one_time_password_on_a_schools_paper_is_proof_enough(
    api: SignIn, stranger: Api, other: str, template: Template
) -> None:
    director = next(
        login for login, held in template.roles.items()
        if ("DIRECTOR", 2) in {(role.name, school) for role, school in held}
    )  # fmt: skip
    found = await api(director)("{ accounts(first: 100) { nodes { id login } } }")
    [account] = [one["id"] for one in found["accounts"]["nodes"] if one["login"] == other]
    issued = await api(director)(
        """mutation ($id: ID!) { resetPassword(input: {accountId: $id}) {
            oneTimePassword userErrors { code } } }""",
        id=account,
    )
    await api(MOTHER)(LINK, **proof(other, issued["resetPassword"]["oneTimePassword"]))
    assert (await sign_in(stranger, MOTHER, school=THERE))["mustChangePassword"] is False


async def test_a_paper_that_lay_about_too_long_proves_nothing(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    await given_one_time_password(sql, other, days_ago=14)
    assert await api(MOTHER).refusal(LINK, **proof(other)) == "WRONG_CREDENTIALS"


@pytest.mark.parametrize("login", ["parent.sokolova", MOTHER])
async def test_a_school_knows_a_person_by_one_login(api: SignIn, login: str) -> None:
    refusal = await api(MOTHER).refused(LINK, **proof(login))
    assert (refusal["code"], refusal["field"]) == ("ALREADY_THERE", ["login"])


async def test_guessing_here_is_guessing_at_the_door(
    api: SignIn, stranger: Api, other: str
) -> None:
    """One counts with the other, and an unknown login is no other than a wrong password."""
    for n in range(3):
        assert await api(MOTHER).refusal(LINK, **proof(other, f"{n}")) == "WRONG_CREDENTIALS"
    for n in range(2):
        assert await stranger.refusal(SIGN_IN, **proof(other, f"{n}")) == "WRONG_CREDENTIALS"
    late = (await api(MOTHER).reply(LINK, **proof(other))).data or {}
    assert late["linkAccount"]["retryAt"] == "2026-11-23T05:00:30Z"
    assert late["linkAccount"]["userErrors"] == [{"code": "TOO_MANY_TRIES", "field": None}]
    for n in range(5):
        assert await api(MOTHER).refusal(LINK, **proof("no.body", f"{n}")) == "WRONG_CREDENTIALS"
    assert await api(MOTHER).refusal(LINK, **proof("no.body")) == "TOO_MANY_TRIES"


async def test_of_two_who_take_a_login_at_once_one_has_it(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    mothers = [api(login) for login in (MOTHER, MOTHER, "parent.sokolova", "parent.gromova")]
    replies = await asyncio.gather(*(mother.reply(LINK, **proof(other)) for mother in mothers))
    assert not any(reply.errors for reply in replies)
    errors = [(reply.data or {})["linkAccount"]["userErrors"] for reply in replies]
    assert len([found for found in errors if not found]) == 1
    there = "SELECT count(*) FROM credential_schools WHERE school_id = 2"
    assert await sql.scalar(text(there)) == await sql.scalar(
        text("SELECT count(DISTINCT credential_id) FROM accounts WHERE school_id = 2")
    )


async def test_a_stranger_links_nothing(stranger: Api, other: str) -> None:
    assert await code(stranger, LINK, **proof(other)) == "UNAUTHENTICATED"


async def test_each_school_hears_of_its_own_account_and_of_no_password(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    await api(MOTHER)(LINK, **proof(other))
    told: Any = await sql.execute(
        text("SELECT school_id, entity IS NULL, details FROM audit_events"
             " WHERE action = 'linkAccount' ORDER BY 1")
    )  # fmt: skip
    assert [tuple(line) for line in told] == [(1, True, []), (2, False, [])]
