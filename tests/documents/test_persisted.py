"""Asking for documents by their hash, over HTTP: registered ones and those of APQ."""

import json
from typing import Any

import pytest

from gql.guard.limits import Limits
from resolvers.trusted.documents import retire
from tests.documents.conftest import OTHER, WHO, Served, apq, sha256

# -- registered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": f"sha256:{sha256(WHO)}"},
        {"documentId": sha256(WHO)},
        {"documentId": sha256(WHO).upper()},
        {"extensions": apq(WHO)},
        {"documentId": "web-who"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "web-who"}}},
        {"documentId": sha256(WHO), "query": WHO},
        {"documentId": "web-who", "query": WHO},
        {"documentId": sha256(WHO), "extensions": apq(WHO), "operationName": "Who"},
    ],
    ids=str,
)
async def test_mother_asks_for_a_registered_document_by_each_of_its_names(
    server: Served, asked: dict[str, Any]
) -> None:
    await server.add(WHO, ids=frozenset({"web-who"}))
    assert await server.name(**asked) == "Иванова Ольга Сергеевна"


@pytest.mark.parametrize("named", [f"sha256:{sha256(WHO)}", sha256(WHO), "web-who"])
async def test_a_document_that_is_not_registered_is_not_found(server: Served, named: str) -> None:
    response = await server.post(documentId=named)
    assert (response.status_code, "data" in response.json()) == (200, False)
    error = await server.error(documentId=named)
    assert error["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert "gorod documents add" in error["message"]


async def test_clients_of_apq_know_by_code_and_message_that_they_must_send_the_text(
    server: Served,
) -> None:
    """Apollo looks at either; urql only at the message."""
    for login in (None, "parent.ivanova"):
        error = await server.error(login, extensions=apq(WHO))
        told = (error["code"], error["message"])
        assert told == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


@pytest.mark.parametrize(
    "asked",
    [
        {"documentId": sha256(WHO), "query": OTHER},
        {"documentId": "web-who", "query": OTHER},
        {"documentId": "unknown", "query": WHO},
        {"extensions": apq(OTHER), "query": WHO},
        {"documentId": sha256(OTHER), "extensions": apq(WHO)},
        {"documentId": 5},
        {"documentId": ""},
        {"documentId": "x" * 201},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": sha256(WHO)}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": []}},
    ],
    ids=str,
)
async def test_an_id_that_does_not_fit_is_refused(server: Served, asked: dict[str, Any]) -> None:
    await server.add(WHO, ids=frozenset({"web-who"}))
    response = await server.post(**asked)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_retired_document_is_not_found_any_more(server: Served) -> None:
    await server.add(WHO)
    assert await server.name(documentId=sha256(WHO))
    await retire(server.url, [sha256(WHO)])
    assert await server.name(documentId=sha256(WHO)), "the process has not looked yet"
    assert await server.serving.refresh()
    assert (await server.error(documentId=sha256(WHO)))["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_process_reads_documents_only_when_something_has_changed(
    server: Served, statements: Any
) -> None:
    await server.add(WHO)
    with statements() as sent:
        assert not await server.serving.refresh()
    assert len([one for one in sent if "trusted_document" in one]) == 1
    assert not [one for one in sent if "trusted_documents.text" in one]


async def test_a_stranger_runs_a_registered_document_that_is_longer_than_their_own_may_be(
    server: Served,
) -> None:
    long = "{ " + " ".join(["__typename"] + [f"a{n}: __typename" for n in range(29)] * 1) + " }"
    long = f"query Long {long} " + " ".join(
        f"query L{n} {{ {' '.join(f'a{k}: __typename' for k in range(29))} }}" for n in range(6)
    )
    assert (await server.error(None, query=long, operationName="Long"))["limit"] == "tokens"
    await server.add(long)
    answer = (await server.post(None, documentId=sha256(long), operationName="Long")).json()
    assert answer["data"]["__typename"] == "Query"


async def test_rights_are_those_of_who_asks_and_not_of_the_document(server: Served) -> None:
    identity = 'query Who { student(by: { id: "Student:1-1" }) { identity { snils } } }'
    await server.add(identity)
    asked = {"documentId": sha256(identity)}
    assert (await server.error(**asked))["code"] == "FORBIDDEN"
    assert (await server.error(None, **asked))["code"] == "UNAUTHENTICATED"


async def test_an_over_limit_document_of_an_older_time_is_not_served(
    server: Served,
) -> None:
    deep = "query Who { viewer " + "{ children " * 20 + "{ id }" + " }" * 20 + " }"
    await server.add(deep, WHO)
    assert (await server.error(documentId=sha256(deep)))["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert await server.name(documentId=sha256(WHO))


async def test_a_document_that_the_schema_broke_says_what_is_wrong(server: Served) -> None:
    broken = "query Who { viewr { fullName } }"
    await server.add(broken)
    await server.serving.prepare()
    error = await server.error(documentId=sha256(broken))
    assert error["code"] == "GRAPHQL_VALIDATION_FAILED"


# -- by GET ----------------------------------------------------------------------------

MUTATION = """mutation Who { signIn(input: { login: "a", password: "b" }) { accessToken } }"""


async def test_a_registered_document_may_come_by_get_from_any_page(server: Served) -> None:
    asked = "query Who { __typename }"
    await server.add(asked)
    for named in (sha256(asked), f"sha256:{sha256(asked)}"):
        answer = await server.client.get("/graphql", params={"documentId": named})
        assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


async def test_one_of_apq_may_not_come_so_for_anybody_could_have_sent_it(server: Served) -> None:
    asked = "query Who { __typename }"
    assert (await server.post(None, query=asked, extensions=apq(asked))).status_code == 200
    params = {"extensions": json.dumps(apq(asked))}
    refused = await server.client.get("/graphql", params=params)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "BAD_REQUEST",
    )
    forced = {"apollo-require-preflight": "1"}
    answer = await server.client.get("/graphql", params=params, headers=forced)
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_registered_document_that_changes_something_may_not_come_by_get(
    server: Served,
) -> None:
    await server.add(MUTATION)
    refused = await server.client.get("/graphql", params={"documentId": sha256(MUTATION)})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


# -- automatic persisted queries --------------------------------------------------------


async def test_mother_sends_a_text_once_and_then_its_hash(server: Served) -> None:
    assert (await server.error(extensions=apq(WHO)))["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert await server.name(query=WHO, extensions=apq(WHO))
    assert await server.name(extensions=apq(WHO))
    assert await server.name(documentId=f"sha256:{sha256(WHO)}")


async def test_a_text_without_a_hash_is_not_kept_for_hashes(server: Served) -> None:
    assert await server.name(query=WHO)
    assert (await server.error(extensions=apq(WHO)))["code"] == "PERSISTED_QUERY_NOT_FOUND"


class TestSmall:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(most_kept=1)

    async def test_a_stranger_pushes_out_neither_what_mother_keeps_nor_what_is_registered(
        self, server: Served
    ) -> None:
        await server.add(OTHER)
        assert await server.name(query=WHO, extensions=apq(WHO))
        for n in range(300):
            asked = f"query N{n} {{ {' '.join(f'a{k}_{n}: __typename' for k in range(29))} }}"
            await server.post(None, query=asked, extensions=apq(asked))
        last = await server.post(None, extensions=apq(asked))
        assert "data" in last.json()
        first = f"query N0 {{ {' '.join(f'a{k}_0: __typename' for k in range(29))} }}"
        error = await server.error(None, extensions=apq(first))
        assert error["code"] == "PERSISTED_QUERY_NOT_FOUND", "the flood was one"
        assert await server.name(extensions=apq(WHO))
        assert (await server.post(documentId=sha256(OTHER))).json()["data"]
        store = server.serving.documents
        kept = len(store.waiting.kept) + len(store.known.kept)
        assert len(store.hashes) <= kept

    async def test_one_who_is_signed_in_and_floods_leaves_what_is_registered(
        self, server: Served
    ) -> None:
        await server.add(OTHER)
        for n in range(400):
            asked = f"query N{n} {{ {' '.join(f'a{k}_{n}: __typename' for k in range(29))} }}"
            await server.post(query=asked, extensions=apq(asked))
        assert (await server.post(documentId=sha256(OTHER))).json()["data"]


# -- trusted documents only -------------------------------------------------------------


class TestTrustedOnly:
    @pytest.fixture
    def trusted_only(self) -> bool:
        return True

    @pytest.mark.parametrize("login", [None, "parent.ivanova", "director"])
    @pytest.mark.parametrize(
        "asked",
        [
            {"query": OTHER},
            {"query": OTHER, "extensions": apq(OTHER)},
            {"query": "{ __schema { queryType { name } } }"},
            {"query": "{ syntax error"},
        ],
        ids=str,
    )
    async def test_nobody_runs_what_is_not_registered(
        self, server: Served, login: str | None, asked: dict[str, Any]
    ) -> None:
        await server.add(WHO)
        error = await server.error(login, **asked)
        assert error["code"] == "TRUSTED_DOCUMENT_REQUIRED"
        assert "gorod documents add" in error["message"]
        assert not server.serving.documents.hashes

    async def test_what_is_registered_is_run_by_its_id_and_by_its_text(
        self, server: Served
    ) -> None:
        await server.add(WHO)
        assert await server.name(documentId=sha256(WHO))
        assert await server.name(query=WHO, extensions=apq(WHO))
        assert await server.name(query=WHO)

    async def test_a_hash_that_is_not_registered_is_not_found(self, server: Served) -> None:
        error = await server.error(extensions=apq(OTHER))
        assert error["code"] == "PERSISTED_QUERY_NOT_FOUND"
