"""The operator's commands that let the first person in, and let people in again."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.matrix import default_rights
from models.problems import NoSuchTimeZone, Problem
from resolvers.access import operators
from resolvers.access.audit import verify_chain
from resolvers.access.logins import LoginMalformed, LoginTaken
from resolvers.school.founding import NewSchool
from tests.access.asking import CHANGE, get_code, sign_in, with_token
from tests.conftest import NOON, Api, SignIn
from tests.postgres import Server

FIRST: dict[str, Any] = {
    "login": "first.one",
    "full_name": "Седов Илья Львович",
    "now": NOON,
}


@pytest.fixture
def url(postgres: Server, database: str) -> str:
    return postgres.url("postgres", database)


async def test_a_new_school_begins_with_its_director(
    url: str, stranger: Api, engine: AsyncEngine
) -> None:
    new = NewSchool("МБОУ «СОШ № 5»", "Asia/Omsk")
    password = await operators.create_director(url, school=new, **FIRST)
    done = await sign_in(stranger, "first.one", password)
    assert done["mustChangePassword"] is True
    director = with_token(stranger, done["accessToken"])
    await director(CHANGE, old=password, new="выбран самим Ильёй")
    asked = "{ viewer { role fullName school { id shortName timeZone } } }"
    viewer = (await director(asked))["viewer"]
    assert viewer["role"] == "DIRECTOR"
    assert viewer["fullName"] == "Седов Илья Львович"
    assert viewer["school"]["shortName"] == "МБОУ «СОШ № 5»"
    roles = (await director("{ roles { rights { permission } } }"))["roles"]
    assert sum(len(role["rights"]) for role in roles) == len(default_rights())
    log = await director("{ auditEvents { nodes { action role actor { id } details { name } } } }")
    first = log["auditEvents"]["nodes"][-1]
    assert first["action"] == "gorod user create-director"
    assert (first["role"], first["actor"]) == (None, None)
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, int(viewer["school"]["id"].partition("-")[2])) is None


async def test_a_new_school_has_what_the_first_lesson_needs(url: str, stranger: Api) -> None:
    new = NewSchool("Школа", "Europe/Moscow")
    password = await operators.create_director(url, school=new, **FIRST)
    done = await sign_in(stranger, "first.one", password)
    director = with_token(stranger, done["accessToken"])
    await director(CHANGE, old=password, new="выбран самим Ильёй")
    seen = await director(
        """{ assignmentTypes { name defaultWeight } subjects(first: 100) { nodes { name scale } }
            bellSchedules { shift periods { ordinal } }
            academicYears { name status } terms { startsOn endsOn status termType { code } }
            holidaySets { name holidays { name } } staff { nodes { position } } }"""
    )
    weights = {one["name"]: one["defaultWeight"] for one in seen["assignmentTypes"]}
    assert (weights["Контрольная работа"], weights["Ответ на уроке"]) == ("30.00", "10.00")
    assert {"Русский язык", "Математика", "Немецкий язык"} <= {
        s["name"] for s in seen["subjects"]["nodes"]
    }
    assert [len(bells["periods"]) for bells in seen["bellSchedules"]] == [7, 6]
    assert seen["academicYears"] == [{"name": "2026/2027", "status": "CURRENT"}]
    codes = [term["termType"]["code"] for term in seen["terms"]]
    assert (codes.count("QUARTER"), codes.count("HALF_YEAR")) == (4, 2)
    today = NOON.date().isoformat()
    assert any(
        term["startsOn"] <= today <= term["endsOn"] and term["status"] == "OPEN"
        for term in seen["terms"]
    )
    assert [len(one["holidays"]) > 3 for one in seen["holidaySets"]] == [True, True]
    assert [one["position"] for one in seen["staff"]["nodes"]] == ["Директор"]


async def test_a_school_has_one_director_even_if_two_are_made_at_once(url: str) -> None:
    made = operators.create_director(url, school=NewSchool("Школа", "Europe/Moscow"), **FIRST)
    await made
    with pytest.raises(operators.HasDirector):
        await operators.create_director(url, school=1, **{**FIRST, "login": "second.one"})


async def test_an_existing_school_gets_another_administrator(
    url: str, stranger: Api, api: SignIn
) -> None:
    school = (await api("director")("{ school { id } }"))["school"]["id"]
    password = await operators.create_admin(url, school=int(school.partition("-")[2]), **FIRST)
    done = await sign_in(stranger, "first.one", password)
    await with_token(stranger, done["accessToken"])(CHANGE, old=password, new="выбран самим Ильёй")
    grants = await api("director")(
        """{ roleGrants(filter: {fullName: {contains: "Седов"}}) {
            nodes { role grantedBy { id } } } }"""
    )
    assert grants["roleGrants"]["nodes"] == [{"role": "SCHOOL_ADMINISTRATOR", "grantedBy": None}]


NEW = NewSchool("Школа", "Europe/Moscow")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"login": "director"}, LoginTaken),
        ({"login": "no spaces please"}, LoginMalformed),
        ({"full_name": "Седов"}, operators.NameMalformed),
        ({"school": 999}, operators.NoSuchSchool),
        ({"school": NewSchool("Школа", "Mars/Olympus")}, NoSuchTimeZone),
    ],
)
async def test_a_mistake_of_the_operator_changes_nothing(
    url: str, stranger: Api, given: dict[str, object], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        await operators.create_director(url, **{"school": NEW, **FIRST, **given})
    refused = await stranger.expect_code(
        """mutation { signIn(input: {login: "first.one", password: "whatever it is"}) {
            userErrors { code } } }"""
    )
    assert refused == "WRONG_CREDENTIALS"


async def test_a_lost_password_is_replaced_in_all_schools(
    url: str, stranger: Api, api: SignIn
) -> None:
    mother = api("parent.morozova")
    password = await operators.reset_password(url, "Parent.Morozova", now=NOON)
    assert await get_code(mother) == "UNAUTHENTICATED"
    done = await sign_in(stranger, "parent.morozova", password)
    admin = with_token(stranger, done["accessToken"])
    await admin(CHANGE, old=password, new="снова знаю, какой он")
    contexts = (await admin("{ viewer { contexts { schoolId } } }"))["viewer"]["contexts"]
    assert len({context["schoolId"] for context in contexts}) == 2
    log = await api("director")("{ auditEvents { nodes { action entity details { name } } } }")
    [told] = [one for one in log["auditEvents"]["nodes"] if one["action"].startswith("gorod")]
    assert told["action"] == "gorod user reset-password"
    assert told["entity"].startswith("Account:1-")
    assert told["details"] == []


async def test_an_unknown_login_is_refused(url: str) -> None:
    with pytest.raises(operators.NoSuchLogin):
        await operators.reset_password(url, "nobody.at.all")
