"""Sign-ins of guessers and of people, each from an address, for the tests of failed attempts."""

from dataclasses import replace
from typing import Any

from resolvers.demo import DEMO_PASSWORD
from tests.conftest import Api

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


def move_to(api: Api, address: str | None, language: str = "en") -> Api:
    return Api(replace(api.caller, address=address, language=language))


async def enter(api: Api, login: str, password: str = DEMO_PASSWORD, device: Any = None) -> Any:
    """Sign in; return the payload."""
    reply = await api.reply(ENTER, login=login, password=password, device=device)
    assert not reply.errors, reply.errors
    return (reply.data or {})["signIn"]


async def try_password(api: Api, login: str, password: str = "a guess", device: Any = None) -> str:
    """Sign in; return the code of the refusal, or `IN`."""
    errors = (await enter(api, login, password, device))["userErrors"]
    return errors[0]["code"] if errors else "IN"


async def can_enter(api: Api, login: str, device: Any = None) -> bool:
    """Return whether the right password lets them in now."""
    return await try_password(api, login, DEMO_PASSWORD, device) == "IN"


async def keep_failing(api: Api, login: str, times: int = 6) -> None:
    """Sign in with a wrong password until one must wait."""
    codes = [await try_password(api, login) for _ in range(times)]
    assert codes[-1] == "TOO_MANY_TRIES"
