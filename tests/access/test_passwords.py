"""Choosing a password, and the limits until one is chosen."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import (
    CHANGE,
    MARKS,
    REFRESH,
    SIGN_IN,
    SIGN_OUT,
    SWITCH,
    UPLOAD,
    WHO,
    get_code,
    give_one_time_password,
    sign_in,
    with_token,
)
from tests.conftest import Api, SignIn, Template


async def test_a_changed_password_ends_all_other_sessions_in_all_schools(
    stranger: Api, template: Template
) -> None:
    schools = [f"School:{n}-{n}" for _, n in template.roles["parent.morozova"]]
    here, there = [await sign_in(stranger, "parent.morozova", school=s) for s in schools]
    mother = with_token(stranger, here["accessToken"])
    await mother(CHANGE, old=DEMO_PASSWORD, new="a new one for both")
    assert await get_code(mother) is None
    assert await get_code(with_token(stranger, there["accessToken"])) == "UNAUTHENTICATED"
    given = {"login": "parent.morozova"}
    assert (
        await stranger.expect_code(SIGN_IN, password=DEMO_PASSWORD, **given) == "WRONG_CREDENTIALS"
    )
    assert (await sign_in(stranger, "parent.morozova", "a new one for both"))["accessToken"]


def test_a_stolen_hash_is_as_hard_to_guess_as_owasp_asks(real_hasher: PasswordHasher) -> None:
    """Argon2id with 19 MiB and two passes."""
    assert real_hasher.hash("a password").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_is_the_same_however_the_keyboard_makes_its_letters(
    stranger: Api, api: SignIn
) -> None:
    composed = "мой пароль ёж"
    apart = composed.replace("й", "и\u0306").replace("ё", "е\u0308")
    await api("parent.ivanova")(CHANGE, old=DEMO_PASSWORD, new=composed)
    assert (await sign_in(stranger, "parent.ivanova", apart))["accessToken"]


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("not it at all", "long enough, new", "WRONG_CREDENTIALS"),
        (DEMO_PASSWORD, "short", "WEAK_PASSWORD"),
        (DEMO_PASSWORD, "aaaaaaaaaaaaaaaa", "WEAK_PASSWORD"),
        (DEMO_PASSWORD, "x" * 100 + "yzw" * 50, "WEAK_PASSWORD"),
        (DEMO_PASSWORD, DEMO_PASSWORD, "WEAK_PASSWORD"),
    ],
)
async def test_an_invalid_change_of_password_is_refused(
    api: SignIn, stranger: Api, old: str, new: str, refused: str
) -> None:
    assert await api("parent.ivanova").expect_code(CHANGE, old=old, new=new) == refused
    assert (await sign_in(stranger, "parent.ivanova"))["accessToken"]


async def test_a_stolen_session_cannot_be_used_to_guess_the_password(api: SignIn) -> None:
    thief = api("parent.ivanova")
    given = {"new": "the thief's own one"}
    for number in range(5):
        assert (
            await thief.expect_code(CHANGE, old=f"guess {number}", **given) == "WRONG_CREDENTIALS"
        )
    assert await thief.expect_code(CHANGE, old=DEMO_PASSWORD, **given) == "TOO_MANY_TRIES"


async def test_of_two_changes_at_once_one_counts(api: SignIn, stranger: Api) -> None:
    mother = api("parent.ivanova")
    wishes = ["the first new one", "the second new one"]
    replies = await asyncio.gather(
        *(mother.reply(CHANGE, old=DEMO_PASSWORD, new=wish) for wish in wishes)
    )
    done = [(reply.data or {})["changePassword"]["changedAt"] for reply in replies]
    [won] = [wish for wish, at in zip(wishes, done, strict=True) if at]
    assert (await sign_in(stranger, "parent.ivanova", won))["accessToken"]


async def test_until_a_password_is_chosen_nothing_else_is_answered(
    stranger: Api, sql: AsyncConnection
) -> None:
    await give_one_time_password(sql, "parent.ivanova")
    done = await sign_in(stranger, "parent.ivanova")
    assert done["mustChangePassword"] is True
    assert done["viewer"] is None
    newcomer = with_token(stranger, done["accessToken"])
    for document in (WHO, MARKS, '{ node(id: "School:1-1") { id } }', "{ school { fullName } }"):
        assert await get_code(newcomer, document) == "PASSWORD_MUST_CHANGE"
    assert await get_code(newcomer, SWITCH, role="PARENT") == "PASSWORD_MUST_CHANGE"
    assert await get_code(newcomer, UPLOAD) == "PASSWORD_MUST_CHANGE"
    renewed = (await stranger(REFRESH, token=done["refreshToken"]))["refreshSession"]
    assert renewed["viewer"] is None
    newcomer = with_token(stranger, renewed["accessToken"])
    await newcomer(CHANGE, old=DEMO_PASSWORD, new="chosen by herself")
    assert (await newcomer(WHO))["viewer"]["fullName"] == "Иванова Ольга Сергеевна"


async def test_a_one_time_password_expires_after_two_weeks(
    stranger: Api, sql: AsyncConnection
) -> None:
    await give_one_time_password(sql, "parent.ivanova", days_ago=13)
    assert (await sign_in(stranger, "parent.ivanova"))["mustChangePassword"] is True
    await give_one_time_password(sql, "parent.ivanova", days_ago=14)
    given = {"login": "parent.ivanova", "password": DEMO_PASSWORD}
    assert await stranger.expect_code(SIGN_IN, **given) == "WRONG_CREDENTIALS"


async def test_a_mother_who_must_choose_a_password_may_still_sign_out(
    stranger: Api, sql: AsyncConnection
) -> None:
    await give_one_time_password(sql, "parent.ivanova")
    done = await sign_in(stranger, "parent.ivanova")
    left = await with_token(stranger, done["accessToken"])(SIGN_OUT)
    assert left["signOut"]["signedOut"] is True


async def test_signing_in_does_not_exempt_the_rest_of_the_document(
    stranger: Api, sql: AsyncConnection
) -> None:
    await give_one_time_password(sql, "director")
    document = f"""mutation {{
        signIn(input: {{login: "director", password: "{DEMO_PASSWORD}"}}) {{ mustChangePassword }}
        requestUpload(input: {{name: "a.txt", mediaType: "text/plain", size: 1}}) {{ url }}
    }}"""
    services = replace(stranger.caller.services, open_introspection=True)
    anybody = Api(replace(stranger.caller, services=services))
    assert await get_code(anybody, document) == "PASSWORD_MUST_CHANGE"
    assert await get_code(stranger, document) == "UNAUTHENTICATED"
