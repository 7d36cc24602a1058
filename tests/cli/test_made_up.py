"""A made-up school, whose password everybody knows, is never served for real use."""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.demo.locking import open_logins
from tests.cli.conftest import OnBareMachine, Run
from tests.conftest import KEY, Api, SignIn
from tests.postgres import Server

SIGN_IN = """mutation { signIn(input: {login: "director", password: "gorod-demo-2026"}) {
  accessToken userErrors { code } } }"""
CHANGE = """mutation { changePassword(input: {currentPassword: "gorod-demo-2026",
  newPassword: "Gorod-demo-2026"}) { userErrors { code field } } }"""
NEW = "Новый пароль 7"
KNOWN = text("SELECT count(*) FROM credentials")


@pytest.fixture
def environment(postgres: Server, database: str) -> dict[str, str]:
    """The variables that name the demo school of the test."""
    return {
        "DATABASE_URL": postgres.url("postgres", database),
        "GOROD_SECRET_KEY": KEY.decode(),
    }


def test_serve_refuses_the_made_up_school_and_doctor_says_so(
    run: OnBareMachine, environment: dict[str, str]
) -> None:
    number = asyncio.run(open_logins(environment["DATABASE_URL"]))
    assert number > 200
    refused = run("serve", **environment)
    assert refused.code == 1, refused
    assert f"a made-up school with {number} open logins" in refused.said
    assert "`gorod demo lock`" in refused.said
    looked = run("doctor", "--json", **environment)
    found = {one["name"]: one for one in json.loads(looked.said)}
    assert (looked.code, found["made-up accounts"]["ok"]) == (1, False)
    assert [name for name, one in found.items() if not one["ok"]] == ["made-up accounts"]
    assert found["made-up accounts"]["detail"].endswith("close them with `gorod demo lock`.")
    closed = run("demo", "lock", **environment)
    assert f"Closed: {number} logins" in closed.said


async def test_locked_accounts_let_nobody_in_until_one_gets_a_new_password(
    type_command: Run, environment: dict[str, str], stranger: Api, api: SignIn, sql: AsyncConnection
) -> None:
    number = await sql.scalar(KNOWN)
    director = api("director")
    assert await director("{ viewer { fullName } }")
    closed = await asyncio.to_thread(type_command, "demo", "lock")
    assert (closed.exit_code, f"Closed: {number} logins" in closed.stdout) == (0, True), closed
    assert await stranger.expect_code(SIGN_IN) == "WRONG_CREDENTIALS"
    assert await director.expect_code("{ viewer { fullName } }") == "UNAUTHENTICATED"
    assert await open_logins(environment["DATABASE_URL"]) == 0
    told = "SELECT count(*) FROM audit_events WHERE action = 'gorod demo lock'"
    assert await sql.scalar(text(told)) == await sql.scalar(text("SELECT count(*) FROM schools"))
    assert "Closed: 0 logins" in (await asyncio.to_thread(type_command, "demo", "lock")).stdout
    assert "Nobody can sign in" in (await asyncio.to_thread(type_command, "demo", "logins")).stdout
    reset = await asyncio.to_thread(type_command, "user", "reset-password", "director", "--json")
    opened = json.loads(reset.stdout)
    asked = SIGN_IN.replace("gorod-demo-2026", opened["password"])
    assert (await stranger(asked))["signIn"]["accessToken"]
    assert await open_logins(environment["DATABASE_URL"]) == 0, "the operator opened it on purpose"


async def change_password(api: SignIn, login: str) -> None:
    asked = CHANGE.replace("Gorod-demo-2026", NEW)
    assert await api(login).reply(asked)


async def test_a_made_up_person_with_a_changed_password_is_closed_too(
    type_command: Run, environment: dict[str, str], stranger: Api, api: SignIn
) -> None:
    before = await open_logins(environment["DATABASE_URL"])
    listed = json.loads((await asyncio.to_thread(type_command, "demo", "logins", "--json")).stdout)
    await change_password(api, "director")
    enter = SIGN_IN.replace("gorod-demo-2026", NEW)
    assert (await stranger(enter))["signIn"]["accessToken"]
    assert await open_logins(environment["DATABASE_URL"]) == before
    left = json.loads((await asyncio.to_thread(type_command, "demo", "logins", "--json")).stdout)
    assert [one for one in listed if one not in left] == [
        one for one in listed if one["login"] == "director"
    ]
    assert len(left) == len(listed) - 1
    closed = await asyncio.to_thread(type_command, "demo", "lock")
    assert f"Closed: {before} logins" in closed.stdout
    assert await stranger.expect_code(enter) == "WRONG_CREDENTIALS"
    assert await open_logins(environment["DATABASE_URL"]) == 0


@pytest.mark.parametrize("known", [False, True], ids=["own password", "printed password"])
async def test_a_login_of_a_real_school_stays_open_there_unless_its_password_is_printed(
    type_command: Run,
    environment: dict[str, str],
    stranger: Api,
    api: SignIn,
    sql: AsyncConnection,
    known: bool,
) -> None:
    """The second school is made a real one, which knows this mother, too."""
    await sql.execute(text("UPDATE schools SET sourced_id = NULL WHERE id = 2"))
    if not known:
        await change_password(api, "parent.morozova")
    await asyncio.to_thread(type_command, "demo", "lock")
    password = "gorod-demo-2026" if known else NEW
    enter = SIGN_IN.replace("director", "parent.morozova").replace("gorod-demo-2026", password)
    come = ((await stranger.reply(enter)).data or {})["signIn"]
    assert bool(come["accessToken"]) is not known
    if not known:
        schools = await stranger(enter.replace("accessToken", "viewer { contexts { schoolId } }"))
        assert {one["schoolId"] for one in schools["signIn"]["viewer"]["contexts"]} == {
            "School:2-2"
        }
    assert await open_logins(environment["DATABASE_URL"]) == 0


async def test_a_server_for_real_use_knows_no_known_password(stranger: Api) -> None:
    """Though the demo was loaded into its database while it was running."""
    real = replace(stranger.caller.services, made_up=False)
    at_the_door = Api(replace(stranger.caller, services=real))
    assert await at_the_door.expect_code(SIGN_IN) == "WRONG_CREDENTIALS"
    assert (await stranger(SIGN_IN))["signIn"]["accessToken"]


async def test_nobody_chooses_the_known_password(api: SignIn) -> None:
    assert await api("director").expect_code(CHANGE) == "WEAK_PASSWORD"


@pytest.mark.parametrize(
    ("words", "way_out"), [("dev", "--on-network"), ("serve --allow-demo", "gorod demo lock")]
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "school.example"])
def test_known_passwords_stay_on_this_machine(
    run: OnBareMachine, words: str, way_out: str, host: str
) -> None:
    refused = run(*words.split(), GOROD_HOST=host)
    assert (refused.code, way_out in refused.said) == (2, True), refused
