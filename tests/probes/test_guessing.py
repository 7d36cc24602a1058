"""Names of the schema cannot be found by guessing (see the tool clairvoyance)."""

import json
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.probes.conftest import ask_by_get, ask_by_hash, ask_by_post
from tests.probes.guessing import TELLING, Guesser, messages_of
from tests.probes.names import NAMES, PLACES, QUERIES

WAYS = {"post": ask_by_post, "get": ask_by_get, "hash": ask_by_hash}


@pytest.mark.parametrize("token", [None, "1.wrong"], ids=["stranger", "wrong token"])
async def test_a_stranger_finds_no_name_by_its_answer(
    serve: AsyncClient, token: str | None
) -> None:
    assert await Guesser(ask_by_post(serve, token)).find_hidden_names(PLACES) == {}


@pytest.mark.parametrize("way", ["get", "hash"])
async def test_a_stranger_finds_no_name_on_another_way(serve: AsyncClient, way: str) -> None:
    assert await Guesser(WAYS[way](serve), most=3).find_hidden_names(PLACES) == {}


async def test_in_development_the_same_guesses_find_names_everywhere(dev: AsyncClient) -> None:
    guesser = Guesser(ask_by_post(dev), most=3)
    places = [one for one in PLACES if not one.document.startswith("subscription")]
    blind = [place.document for place in places if not await guesser.find_names(place)]
    assert blind == []


async def test_a_stranger_is_told_nothing_by_messages(serve: AsyncClient) -> None:
    """Every existing name is tried, as many at once as a document may have."""
    names = sorted(NAMES)
    for start in range(0, len(names), 4):
        some = names[start : start + 4]
        for document in (
            f"{{ {' '.join(some)} }}",
            f"mutation {{ {' '.join(some)} }}",
            f"mutation {{ {' '.join(f'{one}(input: 7) {{ lol }}' for one in some)} }}",
            'mutation { signIn(input: {login: "nobody", password: "wrong"}) '
            f"{{ lol viewer {{ {' '.join(some)} }} }} }}",
        ):
            response = await serve.post("/graphql", json={"query": document})
            for message in messages_of(json.loads(response.content)):
                assert not TELLING.search(message), (document, message)


async def test_in_development_messages_tell_names(dev: AsyncClient) -> None:
    known: list[str] = []
    for name in sorted(QUERIES):
        response = await dev.post("/graphql", json={"query": f"{{ {name[:-1]}q }}"})
        known += messages_of(json.loads(response.content))
    assert sum(bool(TELLING.search(message)) for message in known) == len(known)
    assert sum("Did you mean" in message for message in known) > len(known) / 2


async def answer(client: AsyncClient, document: str, **more: Any) -> Any:
    headers = {"Accept-Language": "en"}
    response = await client.post("/graphql", json={"query": document, **more}, headers=headers)
    return json.loads(response.content)


WRONG = (
    "mutation { signIn { accessToken } }",
    "mutation { signIn(input: {}) { accessToken } }",
    "mutation { signIn(input: 5000) { accessToken } }",
    "mutation { signIn(input: {login: \"nobody\"}) { accessToken } }",
    "mutation { signIn(input: {login: 5, password: \"x\"}) { accessToken } }",
    "mutation { signIn(input: {login: \"nobody\", password: \"wrong\"}) }",
    "mutation { signIn(input: {login: \"nobody\", password: \"wrong\"}) { nothing } }",
    "mutation { signIn(input: {login: \"nobody\", password: \"wrong\", schoolId: \"x\"}) "
    "{ accessToken } }",
    "mutation { signIn(input: {login: \"nobody\\u0000\", password: \"wrong\"}) { accessToken } }",
    "mutation { signIn(input: {login: \"nobody\", password: \"wrong\"}) { accessToken @nothing } }",
    "mutation { signIn(input: {login: \"nobody\", password: \"wrong\"}) "
    "{ viewer { student { birthDate } } } }",
    "mutation { signIn(input: $i) { accessToken } }",
    "mutation { sgnIn(input: {login: \"nobody\", password: \"wrong\"}) { accessToken } }",
    "mutation { setMark(input: {}) { mark { id } } }",
)  # fmt: skip


async def test_one_answer_stands_for_all_that_is_wrong_with_a_sign_in(serve: AsyncClient) -> None:
    told = set()
    for document in WRONG:
        document = document.replace("signIn", "a: signIn").replace("sgnIn", "a: sgnIn")
        if "$i" in document:
            document = document.replace("mutation", "mutation ($i: SignInInput!)")
        found = await answer(serve, document.replace("setMark", "a: setMark"))
        for error in found["errors"]:
            place = error.pop("locations")
            assert place[0]["line"] == 1
        told.add(json.dumps(found))
    assert len(told) == 1
    [one] = told
    assert json.loads(one)["data"] == {"a": None}
    assert "Without signing in" in json.loads(one)["errors"][0]["message"]
