"""Devices that have signed in to a login before, and when they become unknown again."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from models.secrets import Secrets
from resolvers.access import operators
from resolvers.access.sweeping import sweep
from resolvers.core.context import Services
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import CHANGE, REFRESH, RESET, SIGN_OUT, SWITCH, sign_in, with_token
from tests.access.guessing import HOME, LINK, SCHOOL, can_enter, enter, move_to, try_password
from tests.access.test_accounts import LOCK, find_account
from tests.conftest import KEY, Api, Clock, SignIn, Template
from tests.postgres import Server

SESSIONS = "{ viewer { sessions { id isCurrent } } }"
END = """mutation ($id: ID!) { endSession(input: {sessionId: $id}) { userErrors { code } } }"""
MOTHER = "parent.ivanova"


async def is_known(stranger: Api, device: str | None, login: str = MOTHER) -> bool:
    """Return whether a device is known to the login: strangers at its address have to wait, it has
    not.

    Its wrong password counts, so that the token stays as it is.
    """
    there = move_to(stranger, "192.0.2.99")
    for _ in range(6):
        last = await try_password(there, login)
    assert last == "TOO_MANY_TRIES"
    return await try_password(there, login, "wrong", device) == "WRONG_CREDENTIALS"


async def test_a_device_is_known_to_the_login_it_signed_in_to_and_to_no_other(
    stranger: Api,
) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    assert await is_known(stranger, device)
    assert not await is_known(stranger, device, "director")
    assert not await is_known(stranger, "x" * 43)
    assert not await is_known(stranger, "")


async def test_signing_in_changes_the_token_and_a_lost_answer_loses_nothing(
    stranger: Api,
) -> None:
    here = move_to(stranger, HOME)
    first = (await enter(here, MOTHER))["deviceToken"]
    second = (await enter(here, MOTHER, device=first))["deviceToken"]
    assert second != first
    assert await is_known(stranger, first), "the answer with the second may have been lost"
    third = (await enter(here, MOTHER, device=second))["deviceToken"]
    assert not await is_known(stranger, first)
    assert await is_known(stranger, second)
    assert await is_known(stranger, third)


async def test_only_a_hash_of_the_token_is_kept(stranger: Api, sql: AsyncConnection) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    kept = (await sql.execute(text("SELECT known_devices::text FROM known_devices"))).all()
    assert len(kept) == 1
    assert device not in str(kept)
    assert device.encode().hex() not in str(kept)


async def test_a_device_that_was_not_used_for_half_a_year_is_a_stranger(
    stranger: Api, clock: Clock, services: Services, sql: AsyncConnection
) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    clock.now += timedelta(days=179)
    await sweep(services)
    assert await is_known(stranger, device)
    clock.now += timedelta(days=1)
    assert not await is_known(stranger, device)
    await sweep(services)
    assert await sql.scalar(text("SELECT count(*) FROM known_devices")) == 0


async def test_a_program_that_forgets_its_token_does_not_fill_the_table(
    stranger: Api, sql: AsyncConnection, clock: Clock
) -> None:
    here = move_to(stranger, HOME)
    devices = []
    for _ in range(22):
        clock.now += timedelta(seconds=1)
        devices.append((await enter(here, MOTHER))["deviceToken"])
    assert await sql.scalar(text("SELECT count(*) FROM known_devices")) == 20
    assert not await is_known(stranger, devices[1])
    assert await is_known(stranger, devices[2])


# -- passwords, locks, sessions -------------------------------------------------------


async def test_a_changed_password_makes_strangers_of_all_other_devices(stranger: Api) -> None:
    here, desk = (
        await enter(move_to(stranger, HOME), MOTHER),
        await enter(move_to(stranger, SCHOOL), MOTHER),
    )
    mother = with_token(move_to(stranger, HOME), here["accessToken"])
    switched = (await mother(SWITCH, role="PARENT"))["switchContext"]
    await with_token(mother, switched["accessToken"])(CHANGE, old=DEMO_PASSWORD, new="another one")
    assert await is_known(stranger, here["deviceToken"])
    assert not await is_known(stranger, desk["deviceToken"])


async def test_a_reset_password_makes_strangers_of_all_devices_and_ends_the_wait(
    stranger: Api, api: SignIn
) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    assert await is_known(stranger, device)
    director = api("director")
    mine = await find_account(director, "иванова ольга")
    password = (await director(RESET, id=mine["id"]))["resetPassword"]["oneTimePassword"]
    there = move_to(stranger, "192.0.2.99")
    assert (await sign_in(there, MOTHER, password))["mustChangePassword"] is True
    assert not await is_known(stranger, device)


async def test_the_operator_lets_somebody_in_who_must_wait(
    stranger: Api, postgres: Server, database: str
) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    assert await is_known(stranger, device)
    url, now = postgres.url("postgres", database), stranger.caller.read_clock()
    password = await operators.reset_password(url, MOTHER, secrets=Secrets(KEY), now=now)
    assert (await sign_in(move_to(stranger, "192.0.2.99"), MOTHER, password))["accessToken"]
    assert not await is_known(stranger, device)


async def test_a_locked_account_knows_no_devices_when_it_is_unlocked(
    stranger: Api, api: SignIn
) -> None:
    device = (await enter(move_to(stranger, HOME), MOTHER))["deviceToken"]
    admin = api("admin")
    for locked in (True, False):
        mine = await find_account(admin, "иванова ольга")
        await admin(LOCK, id=mine["id"], version=mine["version"], locked=locked)
    assert not await is_known(stranger, device)
    assert await can_enter(move_to(stranger, HOME), MOTHER, device), (
        "but the password opens it again"
    )


async def test_a_lost_telephone_is_a_stranger_once_its_session_is_ended(stranger: Api) -> None:
    lost = await enter(move_to(stranger, HOME), MOTHER)
    own = await enter(move_to(stranger, HOME), MOTHER)
    mother = with_token(move_to(stranger, HOME), own["accessToken"])
    found: list[dict[str, Any]] = (await mother(SESSIONS))["viewer"]["sessions"]
    await with_token(mother, lost["accessToken"])(SESSIONS)
    for one in found:
        if not one["isCurrent"]:
            await mother(END, id=one["id"])
    assert not await is_known(stranger, lost["deviceToken"])
    assert await is_known(stranger, own["deviceToken"])


async def test_a_stolen_refresh_token_makes_a_stranger_of_its_device(stranger: Api) -> None:
    here = move_to(stranger, HOME)
    robbed = await enter(here, MOTHER)
    await here(REFRESH, token=robbed["refreshToken"])
    assert await here.expect_code(REFRESH, token=robbed["refreshToken"]) == "SESSION_OVER"
    assert not await is_known(stranger, robbed["deviceToken"])


async def test_signing_out_leaves_the_device_known(stranger: Api) -> None:
    here = await enter(move_to(stranger, HOME), MOTHER)
    await with_token(move_to(stranger, HOME), here["accessToken"])(SIGN_OUT)
    assert await is_known(stranger, here["deviceToken"])


async def test_a_login_brought_under_another_forgets_its_devices(
    stranger: Api, api: SignIn, template: Template
) -> None:
    there = [(Role.PARENT, 2)]
    other = min(login for login, held in template.roles.items() if held == there)
    device = (await enter(move_to(stranger, HOME), other))["deviceToken"]
    await api(MOTHER)(LINK, login=other, password=DEMO_PASSWORD)
    assert not await is_known(stranger, device, other)
    own = (await enter(move_to(stranger, HOME), other))["deviceToken"]
    assert await is_known(stranger, own, other)
