"""Gorod by the library `gql`: tokens, their renewal, live events that survive a cut."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from graphql import ExecutionResult

SIGN_IN = """
mutation SignIn($login: String!, $password: String!) {
  signIn(input: { login: $login, password: $password }) {
    accessToken refreshToken retryAfter userErrors { code message }
  }
}
"""
REFRESH = """
mutation Refresh($token: String!) {
  refreshSession(input: { refreshToken: $token }) {
    accessToken refreshToken userErrors { code message }
  }
}
"""
ErrorCode = Literal[
    "ACCESS_REVOKED",
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "INTERNAL_SERVER_ERROR",
    "NOT_FOUND",
    "OPERATION_RESOLUTION_FAILURE",
    "OPERATION_TIMEOUT",
    "OPERATION_TOO_COMPLEX",
    "PASSWORD_MUST_CHANGE",
    "PERSISTED_QUERY_NOT_FOUND",
    "RATE_LIMITED",
    "REQUEST_TOO_LARGE",
    "SERVICE_UNAVAILABLE",
    "SUBSCRIPTION_LIMIT",
    "TRUSTED_DOCUMENT_REQUIRED",
    "UNAUTHENTICATED",
]


class SignedOutError(Exception):
    """Nobody is signed in. code: Why, e.g. WRONG_CREDENTIALS or SESSION_OVER."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GorodTransport(AIOHTTPTransport):
    """HTTP with the tokens of one person. An access token that is refused is renewed once, however
    many requests it was refused to, and each of them is repeated."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.access_token = self.refresh_token = ""
        self._renewing = asyncio.Lock()

    async def sign_in(self, login: str, password: str) -> None:
        """Raises SignedOutError: WRONG_CREDENTIALS, TOO_MANY_TRIES."""
        given = {"login": login, "password": password}
        self._keep(await super().execute(GraphQLRequest(SIGN_IN, variable_values=given)))

    async def renew(self, refused: str) -> None:
        """New tokens in place of the one that was refused. Raises SignedOutError: SESSION_OVER."""
        async with self._renewing:  # a refresh token is good once
            if self.access_token == refused:
                given = {"token": self.refresh_token}
                self._keep(await super().execute(GraphQLRequest(REFRESH, variable_values=given)))

    async def execute(
        self,
        request: GraphQLRequest,
        *,
        extra_args: dict[str, Any] | None = None,
        upload_files: bool = False,
    ) -> ExecutionResult:
        token = self.access_token
        result = await super().execute(request, extra_args=self._authorized(extra_args))
        if "UNAUTHENTICATED" in codes(result.errors):
            await self.renew(token)
            result = await super().execute(request, extra_args=self._authorized(extra_args))
        return result

    def _authorized(self, extra_args: dict[str, Any] | None) -> dict[str, Any]:
        return {**(extra_args or {}), "headers": {"Authorization": f"Bearer {self.access_token}"}}

    def _keep(self, result: ExecutionResult) -> None:
        if not result.data:
            raise TransportQueryError(str(result.errors), errors=result.errors)
        [payload] = result.data.values()
        if payload["userErrors"]:
            why = payload["userErrors"][0]
            raise SignedOutError(why["code"], why["message"])
        self.access_token, self.refresh_token = payload["accessToken"], payload["refreshToken"]


def codes(errors: list[Any] | None) -> list[ErrorCode]:
    """For programs to decide by; messages are for people."""
    return [error["extensions"]["code"] for error in errors or ()]


async def listen(
    transport: GorodTransport, subscription: str, variables: dict[str, Any], wait: float = 3
) -> AsyncIterator[dict[str, Any]]:
    """Events of a subscription that declares `$after` and asks for `cursor`. After a lost
    connection it goes on behind the last event: nothing is lost.

    transport: A connected one. wait: Seconds before the next try to connect.
    """
    variables = dict(variables)
    while True:
        try:
            await transport.execute(gql("{ viewer { role } }"))  # renews the token where need be
            socket = AIOHTTPWebsocketsTransport(
                str(transport.url).replace("http", "ws", 1),
                init_payload={"Authorization": f"Bearer {transport.access_token}"},
            )
            async with Client(transport=socket) as session:
                request = GraphQLRequest(subscription, variable_values=variables)
                async for result in session.subscribe(request):
                    [event] = result.values()
                    variables["after"] = event["cursor"]
                    yield event
                return
        except TransportConnectionFailed:
            await asyncio.sleep(wait)
