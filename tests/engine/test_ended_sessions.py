"""An access token that has ended opens nothing from that moment on, not even a compiled read."""

import pytest

from gql.engine.asker import Asker
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import CHANGE, REFRESH, SIGN_OUT, SWITCH, get_code, sign_in, with_token
from tests.access.test_own_sessions import END, fetch_own_sessions
from tests.conftest import Api, SignIn
from tests.engine.conftest import Both

ASKED = "{ students(first: 1) { nodes { fullName } } }"


async def is_answered(both: Both, token: str) -> bool:
    """Return whether the engine answers, which caches the holder of a token for some seconds."""
    return await both.engine.answer(Asker(token), ASKED, {}, None) is not None


@pytest.mark.parametrize("ending", ["refresh", "theft", "sign out", "switch", "elsewhere", "end"])
async def test_a_compiled_read_ends_with_the_token(stranger: Api, both: Both, ending: str) -> None:
    done = await sign_in(stranger, "teacher.orlova")
    if ending == "theft":
        spent, done = done, (await stranger(REFRESH, token=done["refreshToken"]))["refreshSession"]
    other = with_token(stranger, (await sign_in(stranger, "teacher.orlova"))["accessToken"])
    token = done["accessToken"]
    own = with_token(stranger, token)
    assert await is_answered(both, token)
    assert await is_answered(both, other.caller.token or "")
    match ending:
        case "refresh":
            assert await stranger(REFRESH, token=done["refreshToken"])
        case "theft":
            assert (
                await stranger.expect_code(REFRESH, token=spent["refreshToken"]) == "SESSION_OVER"
            )
        case "sign out":
            await own(SIGN_OUT)
        case "switch":
            await own(SWITCH, role="PARENT")
        case "elsewhere":
            await other(CHANGE, old=DEMO_PASSWORD, new="совсем другой пароль")
        case "end":
            [mine_] = [one for one in await fetch_own_sessions(own) if one["isCurrent"]]
            await other(END, id=mine_["id"])
    assert not await is_answered(both, token)
    assert await get_code(own) == "UNAUTHENTICATED"
    assert await is_answered(both, other.caller.token or ""), "another session goes on"


async def test_a_token_of_another_school_ends_at_once_too(
    stranger: Api, both: Both, api: SignIn
) -> None:
    """A mother of two schools changes her password in one of them."""
    there = await sign_in(stranger, "parent.morozova", school="School:2-2")
    here = await sign_in(stranger, "parent.morozova", school="School:1-1")
    assert await is_answered(both, there["accessToken"])
    changed = {"old": DEMO_PASSWORD, "new": "совсем другой пароль"}
    await with_token(stranger, here["accessToken"])(CHANGE, **changed)
    assert not await is_answered(both, there["accessToken"])
