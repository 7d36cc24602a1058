"""One login for a person whom two schools know."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import (
    CHANGE,
    SIGN_IN,
    SWITCH,
    get_code,
    give_one_time_password,
    sign_in,
    with_token,
)
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


def make_proof(login: str, password: str = DEMO_PASSWORD) -> dict[str, str]:
    return {"login": login, "password": password}


async def test_a_mother_brings_her_other_school_under_her_login(
    api: SignIn, stranger: Api, other: str
) -> None:
    there = {c["fullName"] for c in (await api(other)(CHILDREN))["viewer"]["children"]}
    mother = api(MOTHER)
    linked = (await mother(LINK, **make_proof(f" {other.upper()} ")))["linkAccount"]["viewer"]
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


async def test_the_other_login_opens_the_same_accounts_and_its_own_sessions_end(
    api: SignIn, stranger: Api, other: str
) -> None:
    """The login is opened by the one password that is left."""
    session = with_token(stranger, (await sign_in(stranger, other))["accessToken"])
    own = await sign_in(stranger, MOTHER)
    await with_token(stranger, own["accessToken"])(CHANGE, old=DEMO_PASSWORD, new="её собственный")
    mother = with_token(
        stranger, (await sign_in(stranger, MOTHER, "её собственный"))["accessToken"]
    )
    await mother(LINK, **make_proof(other))
    assert await get_code(session) == "UNAUTHENTICATED"
    assert await get_code(api(other)) == "UNAUTHENTICATED"
    assert await stranger.expect_code(SIGN_IN, **make_proof(other)) == "WRONG_CREDENTIALS"
    for school in (HERE, THERE):
        again = await sign_in(stranger, other, "её собственный", school=school)
        assert again["viewer"]["school"]["id"] == school


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
    await api(MOTHER)(LINK, **make_proof(other, issued["resetPassword"]["oneTimePassword"]))
    assert (await sign_in(stranger, MOTHER, school=THERE))["mustChangePassword"] is False


async def test_an_old_one_time_password_proves_nothing(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    await give_one_time_password(sql, other, days_ago=14)
    assert await api(MOTHER).expect_code(LINK, **make_proof(other)) == "WRONG_CREDENTIALS"


@pytest.mark.parametrize("login", ["parent.sokolova", MOTHER])
async def test_a_school_knows_a_person_by_one_login(api: SignIn, login: str) -> None:
    refusal = await api(MOTHER).expect_refusal(LINK, **make_proof(login))
    assert (refusal["code"], refusal["field"]) == ("ALREADY_THERE", ["login"])


async def test_guessing_here_counts_as_guessing_at_sign_in(
    api: SignIn, stranger: Api, other: str
) -> None:
    """Attempts count together, and an unknown login is answered as a wrong password is."""
    for n in range(3):
        assert (
            await api(MOTHER).expect_code(LINK, **make_proof(other, f"{n}")) == "WRONG_CREDENTIALS"
        )
    for n in range(2):
        assert (
            await stranger.expect_code(SIGN_IN, **make_proof(other, f"{n}")) == "WRONG_CREDENTIALS"
        )
    late = (await api(MOTHER).reply(LINK, **make_proof(other))).data or {}
    assert late["linkAccount"]["retryAt"] == "2026-11-23T05:00:30Z"
    assert late["linkAccount"]["userErrors"] == [{"code": "TOO_MANY_TRIES", "field": None}]
    for n in range(5):
        assert (
            await api(MOTHER).expect_code(LINK, **make_proof("no.body", f"{n}"))
            == "WRONG_CREDENTIALS"
        )
    assert await api(MOTHER).expect_code(LINK, **make_proof("no.body")) == "TOO_MANY_TRIES"


async def test_of_two_people_who_link_a_login_at_once_one_succeeds(
    api: SignIn, sql: AsyncConnection, other: str
) -> None:
    mothers = [api(login) for login in (MOTHER, MOTHER, "parent.sokolova", "parent.gromova")]
    replies = await asyncio.gather(*(mother.reply(LINK, **make_proof(other)) for mother in mothers))
    assert not any(reply.errors for reply in replies)
    errors = [(reply.data or {})["linkAccount"]["userErrors"] for reply in replies]
    assert len([found for found in errors if not found]) == 1
    there = "SELECT count(*) FROM credential_schools WHERE school_id = 2"
    assert await sql.scalar(text(there)) == await sql.scalar(
        text("SELECT count(DISTINCT credential_id) FROM accounts WHERE school_id = 2")
    )


async def test_a_stranger_links_nothing(stranger: Api, other: str) -> None:
    assert await get_code(stranger, LINK, **make_proof(other)) == "UNAUTHENTICATED"


# -- the view of the schools -----------------------------------------------------------

ACCOUNTS = """query ($after: String) { accounts(first: 100, after: $after) {
    nodes { id login fullName status version lastSignedInAt }
    pageInfo { hasNextPage endCursor } } }"""
RESET = """mutation ($id: ID!) { resetPassword(input: {accountId: $id}) {
    account { id login version } oneTimePassword userErrors { code } } }"""


@pytest.fixture
def directors(api: SignIn, template: Template) -> dict[int, Api]:
    """The directors, by school."""
    return {
        school: api(login, role, school)
        for login, held in template.roles.items()
        for role, school in held
        if role is Role.DIRECTOR
    }


async def fetch_accounts(director: Api) -> dict[str, Any]:
    """Return the accounts as a school sees them, by id, except the time of their last use."""
    found: dict[str, Any] = {}
    after = None
    while True:
        page = (await director(ACCOUNTS, after=after))["accounts"]
        found |= {one["id"]: {**one, "lastSignedInAt": None} for one in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def count_entries(sql: AsyncConnection) -> int:
    return int(await sql.scalar(text("SELECT count(*) FROM audit_events")) or 0)


async def test_neither_school_sees_that_accounts_were_brought_together(
    api: SignIn, sql: AsyncConnection, other: str, directors: dict[int, Api]
) -> None:
    """It shows neither in the account, nor in its version, nor in the audit log (domain.md e3)."""
    before = {school: await fetch_accounts(director) for school, director in directors.items()}
    entries = await count_entries(sql)
    await api(MOTHER)(LINK, **make_proof(other))
    assert await count_entries(sql) == entries
    assert {
        school: await fetch_accounts(director) for school, director in directors.items()
    } == before


@pytest.mark.parametrize("school", [1, 2])
async def test_a_school_that_resets_the_password_sees_nothing_and_opens_nothing_else(
    api: SignIn, stranger: Api, other: str, directors: dict[int, Api], school: int
) -> None:
    mine = {1: MOTHER, 2: other}
    await api(MOTHER)(LINK, **make_proof(other))
    before = {number: await fetch_accounts(director) for number, director in directors.items()}
    [account] = [one for one in before[school].values() if one["login"] == mine[school]]

    done = (await directors[school](RESET, id=account["id"]))["resetPassword"]

    assert done["account"] == {
        "id": account["id"], "login": mine[school], "version": account["version"] + 1,
    }  # fmt: skip
    after = {number: await fetch_accounts(director) for number, director in directors.items()}
    after[school][account["id"]]["version"] -= 1
    assert after == before
    come = await sign_in(stranger, mine[school], done["oneTimePassword"])
    assert come["mustChangePassword"] is True
    own = with_token(stranger, come["accessToken"])
    await own(CHANGE, old=done["oneTimePassword"], new="только для этой школы")
    found = await sign_in(stranger, mine[school], "только для этой школы")
    assert {one["schoolId"] for one in found["contexts"]} == {f"School:{school}-{school}"}
    elsewhere = 3 - school
    left = await sign_in(stranger, mine[elsewhere])
    assert {one["schoolId"] for one in left["contexts"]} == {f"School:{elsewhere}-{elsewhere}"}


async def test_a_mother_who_chooses_the_same_password_again_reaches_both_schools_and_links_them(
    stranger: Api, directors: dict[int, Api], template: Template
) -> None:
    """The first school has reset the password of a mother of two schools."""
    login = "parent.morozova"
    [account] = [
        one for one in (await fetch_accounts(directors[1])).values() if one["login"] == login
    ]
    issued = (await directors[1](RESET, id=account["id"]))["resetPassword"]["oneTimePassword"]
    parted = with_token(stranger, (await sign_in(stranger, login, issued))["accessToken"])
    same = "известен ей одной"
    await parted(CHANGE, old=issued, new=same)
    there = with_token(stranger, (await sign_in(stranger, login))["accessToken"])
    await there(CHANGE, old=DEMO_PASSWORD, new=same)
    for school in (HERE, THERE):
        done = await sign_in(stranger, login, same, school=school)
        assert done["viewer"]["school"]["id"] == school
        assert {one["schoolId"] for one in done["contexts"]} == {school}
    here = with_token(stranger, (await sign_in(stranger, login, same, school=HERE))["accessToken"])
    linked = (await here(LINK, **make_proof(login, same)))["linkAccount"]["viewer"]
    assert {one["schoolId"] for one in linked["contexts"]} == {HERE, THERE}
    assert (await here.expect_refusal(LINK, **make_proof(login, same)))["code"] == "ALREADY_THERE"
    again = await sign_in(stranger, login, same)
    assert {one["schoolId"] for one in again["contexts"]} == {HERE, THERE}
    [now] = [
        one for one in (await fetch_accounts(directors[1])).values() if one["id"] == account["id"]
    ]
    assert now["login"] == login
