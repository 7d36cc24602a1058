"""HTTP on the wire: who may read the schema, and how answers and refusals are written."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from gql.engine.run import Engine
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.transport.http import GraphQLOverHTTP
from resolvers.core.context import Services
from tests.signed_in import token_of

SCHEMA = "{ __schema { queryType { name } } }"
HIDDEN = "{ ...on Query { ...about } } fragment about on Query { ...on Query { a: __schema { queryType { name } } } }"  # noqa: E501


class Browser:
    """Somebody's, at the door of the API."""

    def __init__(self, client: AsyncClient, token: str | None) -> None:
        self.client, self.token = client, token

    async def post(self, query: str | None, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers["Accept-Language"] = "en"
        return await self.client.post("/graphql", json={"query": query, **more}, headers=headers)

    async def code(self, query: str | None, **more: Any) -> str | None:
        """Return the code of the one error; None if all went well."""
        errors = (await self.post(query, **more)).json().get("errors", [])
        return errors[0]["extensions"]["code"] if errors else None


def at_the_door(services: Services) -> AsyncClient:
    suggests = services.open_introspection
    documents = Documents(schema._schema, Limits(), suggests=suggests)  # noqa: SLF001
    door = GraphQLOverHTTP(Starlette(), Engine(schema, services, documents=documents))
    return AsyncClient(transport=ASGITransport(door), base_url="http://gorod.test")


@pytest.fixture
async def http(services: Services) -> AsyncIterator[AsyncClient]:
    async with at_the_door(services) as client:
        yield client


@pytest.fixture
def stranger(http: AsyncClient) -> Browser:
    return Browser(http, None)


@pytest.fixture
def mother(http: AsyncClient, template: Any) -> Browser:
    role, school = template.roles["parent.ivanova"][0]
    return Browser(http, token_of("parent.ivanova", role, school))


# -- the schema ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [SCHEMA, HIDDEN, '{ __type(name: "Mark") { name } }', "{ b: __typename " + SCHEMA[1:]],
)
async def test_a_stranger_may_not_read_the_schema(stranger: Browser, question: str) -> None:
    assert await stranger.code(question) == "UNAUTHENTICATED"


async def test_one_who_is_signed_in_may_read_the_schema(mother: Browser) -> None:
    for question in (SCHEMA, HIDDEN):
        assert await mother.code(question) is None


async def test_one_is_told_the_same_as_often_as_they_ask(mother: Browser) -> None:
    """To tell an error does not change it: the document that is kept holds the same object."""
    headers = {"Authorization": f"Bearer {mother.token}"}
    told: dict[str, set[str]] = {"ru": set(), "en": set()}
    for language in ("ru", "en", "ru", "en"):
        for wrong in (
            "{ viewr { role } }",
            "query ($a: Int!) { lessons(first: $a) { totalCount } }",
        ):
            response = await mother.client.post(
                "/graphql", json={"query": wrong}, headers={**headers, "Accept-Language": language}
            )
            told[language].add(response.json()["errors"][0]["message"])
    assert [len(messages) for messages in told.values()] == [2, 2]
    assert "Cannot query field 'viewr' on type 'Query'." in told["en"]
    assert (
        "Документ не соответствует схеме: Cannot query field 'viewr' on type 'Query'."
        in (told["ru"])
    )


async def test_one_whose_token_is_wrong_is_a_stranger(http: AsyncClient) -> None:
    assert await Browser(http, "1.nonsense").code(SCHEMA) == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", [None, "1.nonsense"])
async def test_who_may_not_read_the_schema_cannot_guess_at_it(
    http: AsyncClient, token: str | None
) -> None:
    guessing = Browser(http, token)
    there = await guessing.post("{ a: students { totalCount } }")
    nothing = await guessing.post("{ a: studnts { totl(x: 5) } }")
    assert there.json()["data"] == {"a": None}
    assert (there.status_code, there.json()) == (nothing.status_code, nothing.json())
    invalid = await guessing.post("mutation { a: signIn(inp: 5) { nothing } }")
    nothing = await guessing.post("mutation { a: sgnOut(inp: 5) { nothing } }")
    assert invalid.json()["data"] == {"a": None}
    assert (invalid.status_code, invalid.json()) == (nothing.status_code, nothing.json())
    [error] = invalid.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_stranger_learns_that_there_is_an_api_and_can_sign_in(stranger: Browser) -> None:
    assert await stranger.code("{ __typename }") is None
    form = 'mutation { signIn(input: {login: "__schema", password: "__type(x)"}) { __typename } }'
    assert await stranger.code(form) is None


async def test_no_error_tells_a_name_of_the_schema(mother: Browser) -> None:
    for guess in ("{ viewr { fullName } }", "{ notices(frist: 1) { nodes { id } } }"):
        [error] = (await mother.post(guess)).json()["errors"]
        assert "Did you mean" not in error["message"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_where_that_is_wanted_a_stranger_may_read_the_schema(services: Services) -> None:
    async with at_the_door(replace(services, open_introspection=True)) as client:
        stranger = Browser(client, None)
        assert await stranger.code(SCHEMA) is None
        [error] = (await stranger.post("{ viewr { fullName } }")).json()["errors"]
        assert error["message"].endswith("Did you mean 'viewer'?")


# -- which operation -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("query A { __typename } query B { __typename }", {}),
        ("query A { __typename } query B { __typename }", {"operationName": "C"}),
        ("fragment f on Query { __typename }", {}),
        ("subscription { noticeEvents { __typename } }", {}),
        (None, {}),
    ],
    ids=["two", "neither", "none", "a subscription", "nothing"],
)
async def test_a_request_that_does_not_say_what_to_run_is_a_bad_one(
    mother: Browser, query: str | None, more: dict[str, Any]
) -> None:
    response = await mother.post(query, **more)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"
    assert "data" not in response.json()


async def test_of_two_operations_the_named_one_is_run(mother: Browser) -> None:
    two = "query A { a: __typename } query B { b: __typename }"
    assert (await mother.post(two, operationName="B")).json() == {"data": {"b": "Query"}}


# -- writing -------------------------------------------------------------------------


async def test_names_are_written_in_their_own_letters(mother: Browser) -> None:
    response = await mother.post("{ viewer { fullName } }")
    assert "Иванова Ольга Сергеевна".encode() in response.content


async def test_half_a_character_in_a_request_does_not_break_its_answer(http: AsyncClient) -> None:
    asked = r'{"query": "{ __typename }", "operationName": "\ud800"}'
    headers = {"Content-Type": "application/json"}
    response = await http.post("/graphql", content=asked, headers=headers)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
