"""Failed tries: who is slowed down by whom."""

import asyncio
import inspect
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.sessions import TryCounter
from resolvers.access.sweeping import sweep
from resolvers.access.tries import TooManyTries, Tries, TryLimits, network_of
from resolvers.context import Services
from resolvers.demo import DEMO_PASSWORD
from resolvers.parameters import Secret
from tests.access.asking import CHANGE, MARKS, REFRESH, SIGN_OUT, code, holding, sign_in
from tests.conftest import NOON, Api, Clock, SignIn, Template
from tests.test_house_rules import COMMANDS

ENTER = """mutation ($login: String!, $password: String!, $device: String) {
    signIn(input: {login: $login, password: $password, deviceToken: $device}) {
        accessToken refreshToken deviceToken retryAt retryAfter userErrors { code field message }
    }
}"""
LINK = """mutation ($login: String!, $password: String!) {
    linkAccount(input: {login: $login, password: $password}) { retryAfter userErrors { code } }
}"""
SCHOOL, HOME, STRANGERS = "198.51.100.7", "203.0.113.20", "192.0.2.66"
"""Addresses: the school's, the director's at home, somebody else's."""


def at(api: Api, address: str | None, language: str = "en") -> Api:
    return Api(replace(api.caller, address=address, language=language))


async def entered(api: Api, login: str, password: str = DEMO_PASSWORD, device: Any = None) -> Any:
    """What came of signing in."""
    reply = await api.reply(ENTER, login=login, password=password, device=device)
    assert not reply.errors, reply.errors
    return (reply.data or {})["signIn"]


async def answer(api: Api, login: str, password: str = "a guess", device: Any = None) -> str:
    """The code of the refusal; `IN` for who gets in."""
    errors = (await entered(api, login, password, device))["userErrors"]
    return errors[0]["code"] if errors else "IN"


async def enters(api: Api, login: str, device: Any = None) -> bool:
    """Whether the right password lets them in now."""
    return await answer(api, login, DEMO_PASSWORD, device) == "IN"


async def keep_failing(api: Api, login: str, times: int = 6) -> None:
    """Until one must wait."""
    codes = [await answer(api, login) for _ in range(times)]
    assert codes[-1] == "TOO_MANY_TRIES"


# -- strangers slow down strangers ----------------------------------------------------


async def test_a_stranger_does_not_keep_the_director_out_at_another_address(
    stranger: Api, clock: Clock
) -> None:
    """Not in a day and a half of trying, either; the director comes by a device nobody knows."""
    guesser, director = at(stranger, STRANGERS), at(stranger, HOME)
    await keep_failing(guesser, "director")
    for n in range(150):
        clock.now += timedelta(minutes=15)
        assert await answer(guesser, "director") == "WRONG_CREDENTIALS"
        if n % 25 == 0:
            assert await enters(director, "director")
    assert await enters(director, "director")


async def test_a_stranger_at_her_own_address_does_not_keep_the_director_out_on_her_device(
    stranger: Api,
) -> None:
    here = at(stranger, SCHOOL)
    device = (await entered(here, "director"))["deviceToken"]
    await keep_failing(here, "director")
    assert not await enters(here, "director")
    assert await enters(here, "director", device)


async def test_strangers_all_over_the_world_do_not_keep_the_director_out_on_her_device(
    stranger: Api, clock: Clock
) -> None:
    device = (await entered(at(stranger, HOME), "director"))["deviceToken"]
    world = [at(stranger, f"192.0.{n // 200}.{n % 200}") for n in range(60)]
    codes = [await answer(one, "director") for one in world]
    assert codes == ["WRONG_CREDENTIALS"] * 50 + ["TOO_MANY_TRIES"] * 10
    assert not await enters(at(stranger, STRANGERS), "director")
    assert await enters(at(stranger, STRANGERS), "director", device)
    clock.now += timedelta(minutes=2)
    codes = [await answer(one, "director") for one in world[50:]]
    assert codes == ["WRONG_CREDENTIALS"] + ["TOO_MANY_TRIES"] * 9


async def test_a_known_device_has_to_wait_for_its_own_failures(stranger: Api, clock: Clock) -> None:
    here = at(stranger, HOME)
    device = (await entered(here, "director"))["deviceToken"]
    codes = [await answer(here, "director", "not it", device) for _ in range(6)]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"]
    assert not await enters(at(stranger, SCHOOL), "director", device)
    assert await enters(here, "director"), "the device's failures are not the address's"
    clock.now += timedelta(seconds=30)
    assert await enters(here, "director", device)


async def test_the_right_password_takes_back_its_own_failures_only(stranger: Api) -> None:
    """Or a guesser with an account of their own would begin anew with each of its sign-ins."""
    here = at(stranger, STRANGERS)
    tried = 0
    for n in range(30):
        tried += await answer(here, f"somebody.{n}") == "WRONG_CREDENTIALS"
        await answer(here, "parent.ivanova", DEMO_PASSWORD)
    assert tried == 20


# -- addresses ------------------------------------------------------------------------


async def test_thirty_logins_from_one_address_are_slowed_down(
    stranger: Api, template: Template, clock: Clock
) -> None:
    """It makes no difference which of them exist."""
    logins = [login for pair in zip(template.roles, map(str, range(15)), strict=False)
              for login in pair]  # fmt: skip
    codes = [await answer(at(stranger, STRANGERS), login) for login in logins[:30]]
    assert codes == ["WRONG_CREDENTIALS"] * 20 + ["TOO_MANY_TRIES"] * 10
    assert await answer(at(stranger, HOME), "somebody.else") == "WRONG_CREDENTIALS"
    clock.now += timedelta(minutes=1)
    codes = [await answer(at(stranger, STRANGERS), login) for login in logins[28:30]]
    assert codes == ["WRONG_CREDENTIALS", "TOO_MANY_TRIES"]


async def test_a_school_signs_in_behind_one_address_at_half_past_eight(
    stranger: Api, template: Template
) -> None:
    school, logins = at(stranger, SCHOOL), list(template.roles)[:80]
    assert len(logins) == 80
    assert all(await asyncio.gather(*(enters(school, login) for login in logins)))


async def test_those_who_mistype_and_then_get_in_use_nothing_up_for_others(
    stranger: Api, template: Template
) -> None:
    school = at(stranger, SCHOOL)
    for login in list(template.roles)[:25]:
        for _ in range(2):
            assert await answer(school, login, "mistyped") == "WRONG_CREDENTIALS"
        assert await enters(school, login)
    assert await answer(school, "somebody") == "WRONG_CREDENTIALS"


async def test_known_devices_pass_an_address_that_is_slowed_down(stranger: Api) -> None:
    school = at(stranger, SCHOOL)
    device = (await entered(school, "teacher.belova"))["deviceToken"]
    for n in range(20):
        await answer(school, f"somebody.{n}")
    assert not await enters(school, "parent.ivanova")
    assert await enters(school, "teacher.belova", device)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "192.0.2.1", False),
    ],
)
def test_an_address_of_ipv6_counts_by_its_network(
    one: str | None, other: str | None, same: bool
) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_a_guesser_has_one_network_of_ipv6_and_not_all_its_addresses(stranger: Api) -> None:
    codes = [await answer(at(stranger, f"2001:db8::{n:x}"), "director") for n in range(1, 7)]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"]
    assert await enters(at(stranger, "2001:db8:0:1::1"), "director")


# -- at once --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "login", "looked_at"),
    [
        (lambda _: STRANGERS, lambda _: "director", 5),
        (lambda _: STRANGERS, "somebody.{}".format, 20),
        ("192.0.2.{}".format, lambda _: "director", 50),
    ],
    ids=["one login", "many logins", "many addresses"],
)
async def test_sixty_guesses_at_once_are_sixty_guesses(
    stranger: Api,
    address: Callable[[int], str],
    login: Callable[[int], str],
    looked_at: int,
) -> None:
    asked = (answer(at(stranger, address(n)), login(n)) for n in range(60))
    codes = await asyncio.gather(*asked)
    assert codes.count("WRONG_CREDENTIALS") == looked_at
    assert codes.count("TOO_MANY_TRIES") == 60 - looked_at


async def test_processes_count_together_and_after_a_restart(
    stranger: Api, services: Services
) -> None:
    def process() -> Api:
        fresh = replace(services, tries=Tries(), sessions=type(services.sessions)())
        return Api(replace(stranger.caller, services=fresh, address=STRANGERS))

    both = [process(), process()]
    asked = (answer(both[n % 2], "director", f"{n}") for n in range(20))
    assert (await asyncio.gather(*asked)).count("WRONG_CREDENTIALS") == 5
    assert await answer(process(), "director") == "TOO_MANY_TRIES"


async def test_guesses_and_sign_ins_at_once_never_wait_for_each_other_for_ever(
    stranger: Api, template: Template
) -> None:
    """Each locks several counters: of login, of address, and of both."""
    logins = [*list(template.roles)[:6], "nobody"]
    asked = [
        answer(at(stranger, f"192.0.2.{n % 3}"), logins[n % 7], DEMO_PASSWORD if n % 2 else "wrong")
        for n in range(60)
    ]
    codes = await asyncio.gather(*asked)
    assert set(codes) <= {"IN", "WRONG_CREDENTIALS", "TOO_MANY_TRIES"}
    assert codes.count("IN") > 0


# -- what is told, and what it costs --------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_who_must_wait_is_told_how_long_whether_there_is_such_a_login_or_not(
    stranger: Api, clock: Clock, language: str
) -> None:
    told = []
    for number, login in enumerate(("director", "nobody.at.all")):
        here = at(stranger, f"192.0.2.{number}", language)
        await keep_failing(here, login)
        clock.now = NOON + timedelta(seconds=0.5)
        told.append(await entered(here, login))
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


async def test_a_refused_try_costs_no_look_at_the_password(stranger: Api) -> None:
    async def cpu(login: str) -> float:
        began = time.process_time()
        for _ in range(5):
            await answer(at(stranger, STRANGERS), login)
        return time.process_time() - began

    looked_at, refused = await cpu("director"), await cpu("director")
    assert refused < looked_at / 2


async def test_signing_in_costs_few_statements(
    stranger: Api, statements: Callable[[], Any]
) -> None:
    """Beside those of finding roles and opening the session: three without a device, the counters,
    what they take back, and the device; one more finds a known one."""
    costs = []
    device = None
    for _ in range(3):
        with statements() as sql:
            device = (await entered(at(stranger, HOME), "director", device=device))["deviceToken"]
        costs.append(len([one for one in sql if "try_counters" in one or "known_devices" in one]))
    assert costs[0] <= 4
    assert costs[1:] == [4, 4]


async def test_neither_logins_nor_addresses_are_kept_or_logged(
    stranger: Api, sql: AsyncConnection, caplog: pytest.LogCaptureFixture
) -> None:
    await keep_failing(at(stranger, STRANGERS), "a secret typed here")
    kept = (await sql.execute(text("SELECT key, login_hash, kind FROM try_counters"))).all()
    assert sorted(row.kind for row in kept) == ["ADDRESS", "LOGIN", "LOGIN_AND_ADDRESS"]
    assert all(len(row.key) == 32 for row in kept)
    shown = repr(kept) + caplog.text
    assert STRANGERS not in shown
    assert "secret" not in shown


async def test_counters_that_say_nothing_any_more_are_removed(
    stranger: Api, services: Services, clock: Clock, sql: AsyncConnection
) -> None:
    count = text(f"SELECT count(*) FROM {TryCounter.__tablename__}")
    for n in range(10):
        await answer(at(stranger, f"192.0.2.{n}"), f"somebody.{n}")
    await sweep(services)
    assert await sql.scalar(count) == 30
    clock.now += timedelta(minutes=3)  # addresses and logins
    await sweep(services)
    assert await sql.scalar(count) == 10
    clock.now += timedelta(hours=2)
    await sweep(services)
    assert await sql.scalar(count) == 0


async def test_limits_are_settings(stranger: Api, services: Services) -> None:
    fresh = replace(services, tries=Tries(TryLimits(most=1, most_of_address=3)))
    here = Api(replace(stranger.caller, services=fresh, address=HOME))
    codes = [await answer(here, login) for login in ("a", "a", "b", "c", "d")]
    wrong, late = "WRONG_CREDENTIALS", "TOO_MANY_TRIES"
    assert codes == [wrong, late, wrong, wrong, late]


# -- other places that take a password or a token --------------------------------------


async def test_a_stolen_session_that_guesses_the_password_keeps_nobody_else_out(
    stranger: Api,
) -> None:
    stolen = await entered(at(stranger, HOME), "parent.ivanova")
    own = await entered(at(stranger, HOME), "parent.ivanova")
    thief = holding(at(stranger, HOME), stolen["accessToken"])
    codes = [await thief.refusal(CHANGE, old=f"{n}", new="the thief's own") for n in range(7)]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"] * 2
    assert await enters(at(stranger, HOME), "parent.ivanova")
    assert await enters(at(stranger, HOME), "parent.ivanova", own["deviceToken"])
    mother = holding(at(stranger, HOME), own["accessToken"])
    assert (await mother(CHANGE, old=DEMO_PASSWORD, new="a better one"))["changePassword"]


async def test_who_is_signed_in_guesses_at_other_logins_no_faster(
    api: SignIn, template: Template
) -> None:
    mother = at(api("parent.ivanova"), STRANGERS)
    codes = [await mother.refusal(LINK, login=f"other.{n}", password="a guess") for n in range(30)]
    assert codes == ["WRONG_CREDENTIALS"] * 20 + ["TOO_MANY_TRIES"] * 10
    assert await answer(mother, "director") == "TOO_MANY_TRIES"


async def test_guessed_refresh_tokens_are_slowed_down_and_keep_nobody_from_going_on(
    stranger: Api,
) -> None:
    here = at(stranger, SCHOOL)
    teacher = await entered(here, "teacher.belova")
    guesses = [f"1.{n:043d}" for n in range(40)]
    codes = [await here.refusal(REFRESH, token=guess) for guess in guesses]
    assert codes == ["SESSION_OVER"] * 30 + ["TOO_MANY_TRIES"] * 10
    assert await enters(here, "parent.ivanova"), "no passwords were tried"
    await here(REFRESH, token=teacher["refreshToken"])
    assert await here.refusal(REFRESH, token=teacher["refreshToken"]) == "SESSION_OVER"


# -- nobody gets more by it -----------------------------------------------------------


async def test_a_device_token_alone_opens_nothing(stranger: Api) -> None:
    here = at(stranger, HOME)
    device = (await entered(here, "director"))["deviceToken"]
    assert await code(holding(here, device), MARKS) == "UNAUTHENTICATED"
    assert await code(holding(here, f"1.{device}"), MARKS) == "UNAUTHENTICATED"
    assert await here.refusal(REFRESH, token=f"1.{device}") == "SESSION_OVER"
    assert await answer(here, "director", "no password", device) == "WRONG_CREDENTIALS"
    assert await answer(here, "director", device, device) == "WRONG_CREDENTIALS"


async def test_signing_out_and_signing_in_again_works_while_strangers_guess(stranger: Api) -> None:
    here = at(stranger, SCHOOL)
    first = await entered(here, "director")
    await holding(here, first["accessToken"])(SIGN_OUT)
    await keep_failing(here, "director")
    assert (await sign_in(at(stranger, HOME), "director"))["accessToken"]
    assert await enters(here, "director", first["deviceToken"])


# -- the code -------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent.parent


LOOKS = r"passwords\.matches\(|passwords import .*\bmatches\b|HASHER\.verify"


def test_a_password_is_looked_at_in_one_place() -> None:
    """Where failures are counted first. The operator's search for known passwords is none of it."""
    places = {
        str(file.relative_to(ROOT))
        for tree in ("resolvers", "gql")
        for file in (ROOT / tree).rglob("*.py")
        if re.search(LOOKS, file.read_text())
    }
    there = {"passwords.py", "proving.py"}
    assert places == {"resolvers/demo/locking.py"} | {f"resolvers/access/{one}" for one in there}


def test_whoever_takes_a_password_or_a_token_may_have_to_wait() -> None:
    secret = [use_case for use_case in COMMANDS if Secret in inspect.get_annotations(
        inspect.unwrap(use_case), eval_str=True).values()]  # fmt: skip
    names = {use_case.__name__ for use_case in secret}
    assert names >= {"sign_in", "refresh_session", "change_password", "link_account"}
    for use_case in secret:
        assert TooManyTries in use_case.problems, use_case.__name__
