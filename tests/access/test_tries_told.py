"""Failed attempts to sign in: their answers, their costs, and other places where they count."""

import inspect
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.sessions import TryCounter
from resolvers.access import passwords
from resolvers.access.sweeping import sweep
from resolvers.core.context import Services
from resolvers.core.parameters import Secret
from resolvers.demo import DEMO_PASSWORD
from resolvers.services.tries import TooManyTries, Tries, TryLimits
from tests.access.asking import CHANGE, MARKS, REFRESH, SIGN_OUT, get_code, sign_in, with_token
from tests.access.guessing import (
    HOME,
    LINK,
    SCHOOL,
    STRANGERS,
    can_enter,
    enter,
    keep_failing,
    move_to,
    try_password,
)
from tests.conftest import NOON, Api, Clock, SignIn, Template
from tests.test_house_rules import COMMANDS

# -- answers, and costs ---------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_wait_is_told_whether_the_login_exists_or_not(
    stranger: Api, clock: Clock, language: str
) -> None:
    told = []
    for number, login in enumerate(("director", "nobody.at.all")):
        here = move_to(stranger, f"192.0.2.{number}", language)
        await keep_failing(here, login)
        clock.now = NOON + timedelta(seconds=0.5)
        told.append(await enter(here, login))
        clock.now = NOON
    assert told[0] == told[1]
    assert (told[0]["retryAt"], told[0]["retryAfter"]) == ("2026-11-23T05:00:30Z", 30)
    message = {
        "en": "There were too many failed tries; try again in 30 seconds.",
        "ru": "Слишком много неудачных попыток; попробуйте снова через 30 с.",
    }
    assert told[0]["userErrors"] == [
        {"code": "TOO_MANY_TRIES", "field": None, "message": message[language]}
    ]


async def test_a_refused_attempt_verifies_no_password(
    stranger: Api, real_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def measure_cpu(login: str) -> float:
        began = time.process_time()
        for _ in range(5):
            await try_password(move_to(stranger, STRANGERS), login)
        return time.process_time() - began

    monkeypatch.setattr(passwords, "NOBODYS", real_hasher.hash("a password of nobody"))
    looked_at, refused = await measure_cpu("nobody.at.all"), await measure_cpu("nobody.at.all")
    assert refused < looked_at / 2


async def test_signing_in_costs_few_statements(
    stranger: Api, statements: Callable[[], Any]
) -> None:
    """Besides finding roles and opening the session it takes three statements without a device: the
    counters, their reset, and the device; and one more to find a known device."""
    costs = []
    device = None
    for _ in range(3):
        with statements() as sql:
            device = (await enter(move_to(stranger, HOME), "director", device=device))[
                "deviceToken"
            ]
        costs.append(len([one for one in sql if "try_counters" in one or "known_devices" in one]))
    assert costs[0] <= 4
    assert costs[1:] == [4, 4]


async def test_neither_logins_nor_addresses_are_kept_or_logged(
    stranger: Api, sql: AsyncConnection, caplog: pytest.LogCaptureFixture
) -> None:
    await keep_failing(move_to(stranger, STRANGERS), "a secret typed here")
    kept = (await sql.execute(text("SELECT key, login_hash, kind FROM try_counters"))).all()
    assert sorted(row.kind for row in kept) == ["ADDRESS", "LOGIN", "LOGIN_AND_ADDRESS"]
    assert all(len(row.key) == 32 for row in kept)
    shown = repr(kept) + caplog.text
    assert STRANGERS not in shown
    assert "secret" not in shown


async def test_counters_that_count_nothing_any_more_are_removed(
    stranger: Api, services: Services, clock: Clock, sql: AsyncConnection
) -> None:
    count = text(f"SELECT count(*) FROM {TryCounter.__tablename__}")
    for n in range(10):
        await try_password(move_to(stranger, f"192.0.2.{n}"), f"somebody.{n}")
    await sweep(services)
    assert await sql.scalar(count) == 30
    clock.now += timedelta(minutes=3)  # counters of addresses and logins
    await sweep(services)
    assert await sql.scalar(count) == 10
    clock.now += timedelta(hours=2)
    await sweep(services)
    assert await sql.scalar(count) == 0


async def test_limits_are_settings(stranger: Api, services: Services) -> None:
    fresh = replace(services, tries=Tries(TryLimits(most=1, most_of_address=3)))
    here = Api(replace(stranger.caller, services=fresh, address=HOME))
    codes = [await try_password(here, login) for login in ("a", "a", "b", "c", "d")]
    wrong, late = "WRONG_CREDENTIALS", "TOO_MANY_TRIES"
    assert codes == [wrong, late, wrong, wrong, late]


# -- other places that take a password or a token --------------------------------------


async def test_a_stolen_session_that_guesses_the_password_keeps_nobody_else_out(
    stranger: Api,
) -> None:
    stolen = await enter(move_to(stranger, HOME), "parent.ivanova")
    own = await enter(move_to(stranger, HOME), "parent.ivanova")
    thief = with_token(move_to(stranger, HOME), stolen["accessToken"])
    codes = [await thief.expect_code(CHANGE, old=f"{n}", new="the thief's own") for n in range(7)]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"] * 2
    assert await can_enter(move_to(stranger, HOME), "parent.ivanova")
    assert await can_enter(move_to(stranger, HOME), "parent.ivanova", own["deviceToken"])
    mother = with_token(move_to(stranger, HOME), own["accessToken"])
    assert (await mother(CHANGE, old=DEMO_PASSWORD, new="a better one"))["changePassword"]


async def test_a_signed_in_person_guesses_at_other_logins_no_faster(
    api: SignIn, template: Template
) -> None:
    mother = move_to(api("parent.ivanova"), STRANGERS)
    codes = [
        await mother.expect_code(LINK, login=f"other.{n}", password="a guess") for n in range(30)
    ]
    assert codes == ["WRONG_CREDENTIALS"] * 20 + ["TOO_MANY_TRIES"] * 10
    assert await try_password(mother, "director") == "TOO_MANY_TRIES"


async def test_guessed_refresh_tokens_are_slowed_down_and_keep_nobody_from_going_on(
    stranger: Api,
) -> None:
    here = move_to(stranger, SCHOOL)
    teacher = await enter(here, "teacher.belova")
    guesses = [f"1.{n:043d}" for n in range(40)]
    codes = [await here.expect_code(REFRESH, token=guess) for guess in guesses]
    assert codes == ["SESSION_OVER"] * 30 + ["TOO_MANY_TRIES"] * 10
    assert await can_enter(here, "parent.ivanova"), "no passwords were tried"
    await here(REFRESH, token=teacher["refreshToken"])
    assert await here.expect_code(REFRESH, token=teacher["refreshToken"]) == "SESSION_OVER"


# -- nobody gains by it ---------------------------------------------------------------


async def test_a_device_token_alone_opens_nothing(stranger: Api) -> None:
    here = move_to(stranger, HOME)
    device = (await enter(here, "director"))["deviceToken"]
    assert await get_code(with_token(here, device), MARKS) == "UNAUTHENTICATED"
    assert await get_code(with_token(here, f"1.{device}"), MARKS) == "UNAUTHENTICATED"
    assert await here.expect_code(REFRESH, token=f"1.{device}") == "SESSION_OVER"
    assert await try_password(here, "director", "no password", device) == "WRONG_CREDENTIALS"
    assert await try_password(here, "director", device, device) == "WRONG_CREDENTIALS"


async def test_signing_out_and_signing_in_again_works_while_strangers_guess(stranger: Api) -> None:
    here = move_to(stranger, SCHOOL)
    first = await enter(here, "director")
    await with_token(here, first["accessToken"])(SIGN_OUT)
    await keep_failing(here, "director")
    assert (await sign_in(move_to(stranger, HOME), "director"))["accessToken"]
    assert await can_enter(here, "director", first["deviceToken"])


# -- the code -------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent.parent


LOOKS = r"passwords\.matches\(|passwords import .*\bmatches\b|HASHER\.verify"


def test_passwords_are_verified_in_one_place() -> None:
    """It is the place where failures are counted first. The operator's search is an exception."""
    places = {
        str(file.relative_to(ROOT))
        for tree in ("resolvers", "gql")
        for file in (ROOT / tree).rglob("*.py")
        if re.search(LOOKS, file.read_text())
    }
    there = {"passwords.py", "proving.py"}
    assert places == {"resolvers/demo/locking.py"} | {f"resolvers/access/{one}" for one in there}


def test_every_command_that_takes_a_password_or_a_token_counts_attempts() -> None:
    secret = [use_case for use_case in COMMANDS if Secret in inspect.get_annotations(
        inspect.unwrap(use_case), eval_str=True).values()]  # fmt: skip
    names = {use_case.__name__ for use_case in secret}
    assert names >= {"sign_in", "refresh_session", "change_password", "link_account"}
    for use_case in secret:
        assert TooManyTries in use_case.problems, use_case.__name__
