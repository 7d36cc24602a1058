"""Documents by which honest clients sign in run for strangers, in whatever form they are sent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from httpx2 import AsyncClient

from tests.probes.conftest import ask_by_hash, ask_by_post

HERE = Path(__file__).parents[2]
EXAMPLES = HERE / "examples"
SENT = ("trusted-documents.json", "clients/documents.ts", "clients/curl/gorod.sh",
        "clients/python/gorod.py")  # fmt: skip
GIVEN = {
    "login": "nobody", "password": "wrong", "deviceToken": None, "refreshToken": "1.wrong",
    "token": "1.wrong", "role": "CLASS_TEACHER", "school": "School:1-1", "device": None,
    "input": {"login": "nobody", "password": "wrong"},
}  # fmt: skip
REFUSED = {"WRONG_CREDENTIALS", "SESSION_OVER"}


class WithTypenames(Visitor):
    """Adds `__typename` to every selection but the root, as Apollo Client does."""

    def leave_selection_set(self, node: SelectionSetNode, _key: Any, parent: Any, *_: Any) -> Any:
        if isinstance(parent, OperationDefinitionNode):
            return None
        typename = FieldNode(name=NameNode(value="__typename"))
        return SelectionSetNode(selections=(*node.selections, typename))


def list_own_documents() -> Iterator[tuple[str, str]]:
    """Yield the documents of the examples, README and GraphiQL."""
    yield "begin", (EXAMPLES / "begin/sign-in.graphql").read_text()
    for name in SENT:
        text = (EXAMPLES / name).read_text()
        for number, found in enumerate(re.findall(r"mutation[^`'\"]*", text)):
            if "signIn" in found or "refreshSession" in found:
                yield f"{name} {number}", found
    console = (HERE / "gql/graphiql/source/api.js").read_text()
    [session] = re.findall(r"const SESSION = `([^`]*)`", console)
    for found in re.findall(r"= `(mutation (?:SignIn|Refresh)[^`]*)`", console):
        yield f"graphiql {found[9:13]}", found.replace("${SESSION}", session)
    [said] = re.findall(r'"(mutation \{ signIn.*?\})"\}', (HERE / "README.md").read_text())
    yield "README", said.replace("\\", "").replace("parent.ivanova", "nobody")


def list_other_documents() -> Iterator[tuple[str, str]]:
    """Yield other forms that clients may send."""
    yield (
        "fragments",
        """
        mutation SignIn($input: SignInInput!) { session: signIn(input: $input) { ...Session } }
        fragment Session on SignInPayload { ...Tokens viewer { ...Me } userErrors { ...Error } }
        fragment Tokens on SignInPayload { accessToken refreshToken expiresAt deviceToken }
        fragment Me on Viewer {
            role shortName school { id shortName timeZone } person { id fullName }
            children { fullName school { name } } contexts { role schoolName isCurrent schoolId }
        }
        fragment Error on UserError { __typename field message ... on SignInUserError { code } }""",
    )
    yield (
        "literals",
        """
        mutation { __typename signIn(input: {login: "nobody", password: "wrong",
        role: CLASS_TEACHER,
        schoolId: "School:1-1", deviceToken: null}) { a: accessToken userErrors { code } } }""",
    )
    yield (
        "directives",
        """
        mutation ($login: String!, $password: String!, $all: Boolean = false) {
        signIn(input: {login: $login, password: $password}) { accessToken @include(if: true)
        viewer @include(if: $all) { role } userErrors @skip(if: false) { code } } }""",
    )
    yield (
        "a file of several",
        """
        query Marks { students { nodes { nothingOfThis } } }
        mutation SignIn($login: String!, $password: String!) {
        signIn(input: {login: $login, password: $password})
        { accessToken userErrors { code } } }""",
    )


DOCUMENTS = {**dict(list_own_documents()), **dict(list_other_documents())}


def test_all_clients_are_listed() -> None:
    assert len(DOCUMENTS) == 15, list(DOCUMENTS)


def codes_of(answer: str) -> set[str]:
    """Return the codes of user errors; or those of errors, if there are any beside data."""
    body = json.loads(answer[answer.index("\n\n{") :])
    errors = [error["extensions"]["code"] for error in body.get("errors", [])]
    payloads = [one for one in (body.get("data") or {}).values() if isinstance(one, dict)]
    of_users = [error.get("code") for one in payloads for error in one.get("userErrors", [])]
    return set(errors) | {"WRONG_CREDENTIALS" if one is None else one for one in of_users}


@pytest.mark.parametrize("form", ["as it is", "with __typename", "by its hash"])
async def test_every_client_is_answered(serve: AsyncClient, form: str) -> None:
    ask = (ask_by_hash if form == "by its hash" else ask_by_post)(serve)
    for name, document in DOCUMENTS.items():
        parsed = parse(document)
        if form == "with __typename":
            document = print_ast(visit(parsed, WithTypenames()))
        request: dict[str, Any] = {"query": document, "extensions": {}}
        operations = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
        operation = operations[-1]
        request["operationName"] = operation.name.value if operation.name else None
        declared = {one.variable.name.value for one in operation.variable_definitions or ()}
        request["variables"] = {key: value for key, value in GIVEN.items() if key in declared}
        answer = await ask(request)
        last = answer[answer.rindex("\n\n{") :]
        assert codes_of(last) <= REFUSED, (name, last)
        assert codes_of(last) or "accessToken" in last, (name, last)
