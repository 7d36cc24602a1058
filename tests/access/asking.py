"""Documents of signing in, and the tokens that they return, for the tests of sessions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.demo import DEMO_PASSWORD
from tests.conftest import NOON, Api

SIGN_IN = """
    mutation ($login: String!, $password: String!, $role: Role, $school: ID) {
        signIn(input: {login: $login, password: $password, role: $role, schoolId: $school}) {
            accessToken refreshToken expiresAt mustChangePassword retryAt
            viewer { role fullName school { id } } contexts { role schoolId }
            userErrors { code field message }
        }
    }
"""
REFRESH = """
    mutation ($token: String!) {
        refreshSession(input: {refreshToken: $token}) {
            accessToken refreshToken viewer { role } userErrors { code field message }
        }
    }
"""
SWITCH = """
    mutation ($role: Role!, $school: ID, $grant: ID) {
        switchContext(input: {role: $role, schoolId: $school, roleGrantId: $grant}) {
            accessToken refreshToken viewer { role school { id } } userErrors { code }
        }
    }
"""
SIGN_OUT = "mutation { signOut { signedOut userErrors { code } } }"
CHANGE = """
    mutation ($old: String!, $new: String!) {
        changePassword(input: {currentPassword: $old, newPassword: $new}) {
            changedAt retryAt userErrors { code field }
        }
    }
"""
RESET = """mutation ($id: ID!, $version: Int) {
    resetPassword(input: {accountId: $id, expectedVersion: $version}) {
        account { id login version } oneTimePassword userErrors { code field message }
    }
}"""
UPLOAD = """mutation {
    requestUpload(input: {name: "a.txt", mediaType: "text/plain", size: 1}) { url }
}"""
WHO = "{ viewer { role fullName } }"
MARKS = "{ students(first: 1) { totalCount } }"


async def sign_in(stranger: Api, login: str, password: str = DEMO_PASSWORD, **more: Any) -> Any:
    return (await stranger(SIGN_IN, login=login, password=password, **more))["signIn"]


def with_token(api: Api, token: str) -> Api:
    """Return the same client with another token."""
    return Api(replace(api.caller, token=token))


async def get_code(api: Api, document: str = WHO, **variables: Any) -> str | None:
    """Return the code of the one error of an operation, if there is one."""
    reply = await api.reply(document, **variables)
    return (reply.errors[0].extensions or {})["code"] if reply.errors else None


async def give_one_time_password(sql: AsyncConnection, login: str, days_ago: int = 1) -> None:
    await sql.execute(
        text(
            "UPDATE credentials SET must_change_password = true,"
            " password_changed_at = :at WHERE login = :login"
        ),
        {"login": login, "at": NOON - timedelta(days=days_ago)},
    )
