"""The first one in, and in again, from the command line."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.matrix import default_rights
from models.problems import Problem, Validation
from resolvers.access import operators
from resolvers.access.audit import verify_chain
from resolvers.access.logins import LoginTaken
from tests.access.asking import CHANGE, code, holding, sign_in
from tests.conftest import NOON, Api, SignIn
from tests.postgres import Server

ADMIN: dict[str, Any] = {
    "login": "first.admin",
    "full_name": "Седов Илья Львович",
    "now": NOON,
}


@pytest.fixture
def url(postgres: Server, database: str) -> str:
    return postgres.url("postgres", database)


async def test_a_new_school_begins_with_an_administrator(
    url: str, stranger: Api, engine: AsyncEngine
) -> None:
    new = operators.NewSchool("МБОУ «СОШ № 5»", "Asia/Omsk")
    password = await operators.create_admin(url, school=new, **ADMIN)
    done = await sign_in(stranger, "first.admin", password)
    assert done["mustChangePassword"] is True
    admin = holding(stranger, done["accessToken"])
    await admin(CHANGE, old=password, new="выбран самим Ильёй")
    viewer = (await admin("{ viewer { role fullName school { id shortName timeZone } } }"))[
        "viewer"
    ]
    assert viewer["role"] == "SCHOOL_ADMINISTRATOR"
    assert viewer["fullName"] == "Седов Илья Львович"
    assert viewer["school"]["shortName"] == "МБОУ «СОШ № 5»"
    roles = (await admin("{ roles { rights { permission } } }"))["roles"]
    assert sum(len(role["rights"]) for role in roles) == len(default_rights())
    log = await admin("{ auditEvents { nodes { action role actor { id } details } } }")
    first = log["auditEvents"]["nodes"][-1]
    assert first["action"] == "access.operators.create_admin"
    assert (first["role"], first["actor"]) == (None, None)
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, int(viewer["school"]["id"].partition("-")[2])) is None


async def test_a_school_there_is_gets_another_administrator(
    url: str, stranger: Api, api: SignIn
) -> None:
    school = (await api("director")("{ school { id } }"))["school"]["id"]
    password = await operators.create_admin(url, school=int(school.partition("-")[2]), **ADMIN)
    done = await sign_in(stranger, "first.admin", password)
    await holding(stranger, done["accessToken"])(CHANGE, old=password, new="выбран самим Ильёй")
    grants = await api("director")(
        """{ roleGrants(filter: {fullName: {contains: "Седов"}}) {
            nodes { role grantedBy { id } } } }"""
    )
    assert grants["roleGrants"]["nodes"] == [{"role": "SCHOOL_ADMINISTRATOR", "grantedBy": None}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"login": "director"}, LoginTaken),
        ({"login": "no spaces please"}, Validation),
        ({"full_name": "Седов"}, Validation),
        ({"school": 999}, operators.NoSuchSchool),
        ({"school": operators.NewSchool("Школа", "Mars/Olympus")}, Validation),
    ],
)
async def test_what_the_operator_gets_wrong_changes_nothing(
    url: str, stranger: Api, given: dict[str, object], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        await operators.create_admin(url, **{"school": 1, **ADMIN, **given})
    refused = await stranger.refusal(
        """mutation { signIn(input: {login: "first.admin", password: "whatever it is"}) {
            userErrors { code } } }"""
    )
    assert refused == "WRONG_CREDENTIALS"


async def test_a_lost_password_is_replaced_in_all_schools(
    url: str, stranger: Api, api: SignIn
) -> None:
    mother = api("parent.morozova")
    password = await operators.reset_password(url, "Parent.Morozova", now=NOON)
    assert await code(mother) == "UNAUTHENTICATED"
    done = await sign_in(stranger, "parent.morozova", password)
    admin = holding(stranger, done["accessToken"])
    await admin(CHANGE, old=password, new="снова знаю, какой он")
    contexts = (await admin("{ viewer { contexts { schoolId } } }"))["viewer"]["contexts"]
    assert len({context["schoolId"] for context in contexts}) == 2
    log = await api("director")("{ auditEvents { nodes { action details } } }")
    deed = {"action": "access.operators.reset_password", "details": "login: parent.morozova"}
    assert deed in log["auditEvents"]["nodes"]


async def test_nobody_has_that_login(url: str) -> None:
    with pytest.raises(operators.NoSuchLogin):
        await operators.reset_password(url, "nobody.at.all")
