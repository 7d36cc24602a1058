"""Failed attempts to sign in, and the people whom they slow down."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.core.context import Services
from resolvers.demo import DEMO_PASSWORD
from resolvers.services.tries import (
    TooManyTries,
    Tries,
    TryLimits,
    count_try,
    network_of,
    password_counters,
    take_back,
)
from tests.access.guessing import (
    HOME,
    SCHOOL,
    STRANGERS,
    can_enter,
    enter,
    keep_failing,
    move_to,
    try_password,
)
from tests.conftest import NOON, Api, Clock, Template

# -- strangers slow down strangers ----------------------------------------------------


async def test_a_stranger_does_not_keep_the_director_out_at_another_address(
    stranger: Api, clock: Clock
) -> None:
    """A day and a half of guessing is not enough; the director uses an unknown device."""
    guesser, director = move_to(stranger, STRANGERS), move_to(stranger, HOME)
    await keep_failing(guesser, "director")
    for n in range(150):
        clock.now += timedelta(minutes=15)
        assert await try_password(guesser, "director") == "WRONG_CREDENTIALS"
        if n % 25 == 0:
            assert await can_enter(director, "director")
    assert await can_enter(director, "director")


async def test_a_stranger_at_her_own_address_does_not_keep_the_director_out_on_her_device(
    stranger: Api,
) -> None:
    here = move_to(stranger, SCHOOL)
    device = (await enter(here, "director"))["deviceToken"]
    await keep_failing(here, "director")
    assert not await can_enter(here, "director")
    assert await can_enter(here, "director", device)


async def test_strangers_all_over_the_world_do_not_keep_the_director_out_on_her_device(
    stranger: Api, clock: Clock
) -> None:
    device = (await enter(move_to(stranger, HOME), "director"))["deviceToken"]
    world = [move_to(stranger, f"192.0.{n // 200}.{n % 200}") for n in range(60)]
    codes = [await try_password(one, "director") for one in world]
    assert codes == ["WRONG_CREDENTIALS"] * 50 + ["TOO_MANY_TRIES"] * 10
    assert not await can_enter(move_to(stranger, STRANGERS), "director")
    assert await can_enter(move_to(stranger, STRANGERS), "director", device)
    clock.now += timedelta(minutes=2)
    codes = [await try_password(one, "director") for one in world[50:]]
    assert codes == ["WRONG_CREDENTIALS"] + ["TOO_MANY_TRIES"] * 9


async def test_a_known_device_has_to_wait_for_its_own_failures(stranger: Api, clock: Clock) -> None:
    here = move_to(stranger, HOME)
    device = (await enter(here, "director"))["deviceToken"]
    codes = [await try_password(here, "director", "not it", device) for _ in range(6)]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"]
    assert not await can_enter(move_to(stranger, SCHOOL), "director", device)
    assert await can_enter(here, "director"), "the device's failures are not the address's"
    clock.now += timedelta(seconds=30)
    assert await can_enter(here, "director", device)


async def test_the_right_password_clears_its_own_failures_only(stranger: Api) -> None:
    """Otherwise a guesser with an account of their own would start again with each of its
    sign-ins."""
    here = move_to(stranger, STRANGERS)
    tried = 0
    for n in range(30):
        tried += await try_password(here, f"somebody.{n}") == "WRONG_CREDENTIALS"
        await try_password(here, "parent.ivanova", DEMO_PASSWORD)
    assert tried == 20


# -- addresses ------------------------------------------------------------------------


async def test_thirty_logins_from_one_address_are_slowed_down(
    stranger: Api, template: Template, clock: Clock
) -> None:
    """It makes no difference which of the logins exist."""
    logins = [login for pair in zip(template.roles, map(str, range(15)), strict=False)
              for login in pair]  # fmt: skip
    codes = [await try_password(move_to(stranger, STRANGERS), login) for login in logins[:30]]
    assert codes == ["WRONG_CREDENTIALS"] * 20 + ["TOO_MANY_TRIES"] * 10
    assert await try_password(move_to(stranger, HOME), "somebody.else") == "WRONG_CREDENTIALS"
    clock.now += timedelta(minutes=1)
    codes = [await try_password(move_to(stranger, STRANGERS), login) for login in logins[28:30]]
    assert codes == ["WRONG_CREDENTIALS", "TOO_MANY_TRIES"]


async def test_a_school_signs_in_behind_one_address_at_half_past_eight(
    stranger: Api, template: Template
) -> None:
    school, logins = move_to(stranger, SCHOOL), list(template.roles)[:80]
    assert len(logins) == 80
    assert all(await asyncio.gather(*(can_enter(school, login) for login in logins)))


async def test_people_who_mistype_and_then_sign_in_use_up_nothing_of_others(
    stranger: Api, template: Template
) -> None:
    school = move_to(stranger, SCHOOL)
    for login in list(template.roles)[:25]:
        for _ in range(2):
            assert await try_password(school, login, "mistyped") == "WRONG_CREDENTIALS"
        assert await can_enter(school, login)
    assert await try_password(school, "somebody") == "WRONG_CREDENTIALS"


async def test_known_devices_pass_an_address_that_is_slowed_down(stranger: Api) -> None:
    school = move_to(stranger, SCHOOL)
    device = (await enter(school, "teacher.belova"))["deviceToken"]
    for n in range(20):
        await try_password(school, f"somebody.{n}")
    assert not await can_enter(school, "parent.ivanova")
    assert await can_enter(school, "teacher.belova", device)


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
    codes = [
        await try_password(move_to(stranger, f"2001:db8::{n:x}"), "director") for n in range(1, 7)
    ]
    assert codes == ["WRONG_CREDENTIALS"] * 5 + ["TOO_MANY_TRIES"]
    assert await can_enter(move_to(stranger, "2001:db8:0:1::1"), "director")


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
    asked = (try_password(move_to(stranger, address(n)), login(n)) for n in range(60))
    codes = await asyncio.gather(*asked)
    assert codes.count("WRONG_CREDENTIALS") == looked_at
    assert codes.count("TOO_MANY_TRIES") == 60 - looked_at


async def test_people_with_the_right_password_at_once_never_wait(
    stranger: Api, template: Template
) -> None:
    """All come from one address, and each attempt has an older `now` than the last one."""
    steps = count()
    services = replace(
        stranger.caller.services, now=lambda: NOON - timedelta(milliseconds=next(steps))
    )
    school = Api(replace(stranger.caller, services=services, address=SCHOOL))
    logins = list(template.roles)[:20]
    for _ in range(2):
        codes = await asyncio.gather(*(try_password(school, one, DEMO_PASSWORD) for one in logins))
        assert codes == ["IN"] * 20


@pytest.mark.parametrize("right", [False, True], ids=["guessed", "taken back"])
async def test_an_older_try_that_comes_later_does_not_wait(services: Services, right: bool) -> None:
    limits, address = TryLimits(most_of_address=3), "192.0.2.9"
    first, second, third = (
        password_counters(services.secrets, login, address, None) for login in ("a", "b", "c")
    )
    earlier = NOON - timedelta(milliseconds=300)
    async with AsyncSession(services.engine) as session:
        await count_try(session, limits, first, NOON)
        if right:
            await take_back(session, limits, first, NOON)
            await session.commit()
        await count_try(session, limits, second, earlier)
        if not right:
            await count_try(session, limits, third, earlier)
            with pytest.raises(TooManyTries):
                await count_try(session, limits, third, earlier)


async def test_a_refusal_tells_the_wait_of_the_counter_that_refuses(
    services: Services,
) -> None:
    """The wait of their login would be longer, but this attempt has not counted for it."""
    limits = TryLimits(most_of_login=1, most_of_address=2)
    async with AsyncSession(services.engine) as session:

        async def try_once(login: str, address: str) -> None:
            counters = password_counters(services.secrets, login, address, None)
            await count_try(session, limits, counters, NOON)

        await try_once("a", "192.0.2.1")
        await try_once("b", "192.0.2.1")
        with pytest.raises(TooManyTries) as refused:
            await try_once("c", "192.0.2.1")
    assert refused.value.extensions["retry_after"] == 60


def with_limits(stranger: Api, services: Services, **limits: Any) -> Api:
    """Return a stranger on a server with these limits."""
    changed = replace(services, tries=Tries(TryLimits(**limits)))
    return Api(replace(stranger.caller, services=changed, address=STRANGERS))


FREE = {"most": 10**9, "most_of_address": 10**9, "most_of_login": 10**9, "most_refreshes": 10**9}


async def test_without_limits_nobody_waits(stranger: Api, services: Services) -> None:
    free = with_limits(stranger, services, **FREE)
    codes = {await try_password(free, "director") for _ in range(60)}
    assert codes == {"WRONG_CREDENTIALS"}


async def test_a_person_who_waits_when_a_limit_is_raised_waits_no_longer(
    stranger: Api, services: Services
) -> None:
    await keep_failing(with_limits(stranger, services), "director")
    assert (
        await try_password(with_limits(stranger, services, **FREE), "director")
        == "WRONG_CREDENTIALS"
    )
    raised = with_limits(stranger, services, most=8)
    codes = [await try_password(raised, "director") for _ in range(3)]
    assert codes == ["WRONG_CREDENTIALS", "WRONG_CREDENTIALS", "TOO_MANY_TRIES"]


async def test_a_limit_above_the_failures_forgotten_in_a_day_holds(
    stranger: Api, services: Services
) -> None:
    """A failure of a login and address is forgotten in two hours: twelve in a day."""
    more = {**FREE, "most": 30}
    limited = with_limits(stranger, services, **more)
    codes = [await try_password(limited, "director") for _ in range(31)]
    assert codes == ["WRONG_CREDENTIALS"] * 30 + ["TOO_MANY_TRIES"]


async def test_processes_count_together_and_after_a_restart(
    stranger: Api, services: Services
) -> None:
    def process() -> Api:
        fresh = replace(services, tries=Tries(), sessions=type(services.sessions)())
        return Api(replace(stranger.caller, services=fresh, address=STRANGERS))

    both = [process(), process()]
    asked = (try_password(both[n % 2], "director", f"{n}") for n in range(20))
    assert (await asyncio.gather(*asked)).count("WRONG_CREDENTIALS") == 5
    assert await try_password(process(), "director") == "TOO_MANY_TRIES"


async def test_guesses_and_sign_ins_at_once_never_wait_for_each_other_for_ever(
    stranger: Api, template: Template
) -> None:
    """Each locks several counters: of login, of address, and of both."""
    logins = [*list(template.roles)[:6], "nobody"]
    asked = [
        try_password(
            move_to(stranger, f"192.0.2.{n % 3}"),
            logins[n % 7],
            DEMO_PASSWORD if n % 2 else "wrong",
        )
        for n in range(60)
    ]
    codes = await asyncio.gather(*asked)
    assert set(codes) <= {"IN", "WRONG_CREDENTIALS", "TOO_MANY_TRIES"}
    assert codes.count("IN") > 0
