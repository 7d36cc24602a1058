"""The requests of public scanners of GraphQL servers: graphql-cop, graphql-armor, batchql, InQL,
CrackQL. Each kind is refused with the code and the limit that README prints, whoever asks."""

import json
from dataclasses import dataclass

import pytest
from httpx2 import AsyncClient, Response

from tests.conftest import Template
from tests.making import INTROSPECTION, double_fragments, repeat
from tests.signed_in import token_of

TOO_MUCH, INVALID, STRANGE = (
    "OPERATION_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED",
)  # fmt: skip
IN = 'input: {login: "nobody", password: "wrong"}'
FRAGMENTS = """query { __schema { ...A } }
fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"""
ROUND = f"{{ __schema {{ types {{ {'fields { type { ' * 5} name {'} } ' * 5} }} }} }}"
MARKS = "marks { lesson { marks { lesson { marks { lesson { id } } } } } }"


@dataclass(frozen=True)
class Kind:
    """A request of a scanner.

    stranger: Code of the answer to a stranger, with the limit if it is OPERATION_TOO_COMPLEX.
    person: The same for a person who is signed in.
    """

    query: str
    stranger: str
    person: str


KINDS = {
    "aliases (cop)": Kind(
        f"{{ {repeat(101, 'alias#: __typename')} }}", f"{TOO_MUCH} aliases", f"{TOO_MUCH} aliases"
    ),
    "field duplication (cop)": Kind(
        f"{{ {'__typename ' * 450} }}", f"{TOO_MUCH} repeated", f"{TOO_MUCH} repeated"
    ),
    "unknown directives (cop)": Kind(
        f"{{ __typename {'@aa' * 10} }}", STRANGE, INVALID
    ),
    "directives (armor)": Kind(
        f"{{ __typename {'@aa' * 51} }}", f"{TOO_MUCH} directives", f"{TOO_MUCH} directives"
    ),
    "circular introspection (cop)": Kind(ROUND, STRANGE, f"{TOO_MUCH} introspection"),
    "circular fragment (cop)": Kind(FRAGMENTS, INVALID, INVALID),
    "suggestions (cop)": Kind("{ __schema { directive } }", STRANGE, INVALID),
    "unhandled error (cop)": Kind(
        "qwerty cop { abc }", "GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED"
    ),
    "introspection (InQL)": Kind(INTROSPECTION, STRANGE, "data"),
    "introspection by an alias": Kind("{ a: __schema { types { name } } }", STRANGE, "data"),
    "introspection of a type": Kind('{ __type(name: "Mark") { name } }', STRANGE, "data"),
    "introspection on a new line": Kind("{ __schema\n{ types { name } } }", STRANGE, "data"),
    "introspection by a fragment": Kind(
        "{ ...a } fragment a on Query { __schema { types { name } } }", STRANGE, "data"
    ),
    "introspection beside what is open": Kind(
        "{ rateLimit { cost } __schema { types { name } } }", STRANGE, "data"
    ),
    "depth (armor)": Kind(
        f"{{ {'a { ' * 13} b {'} ' * 13} }}", f"{TOO_MUCH} depth", f"{TOO_MUCH} depth"
    ),
    "depth by a fragment (armor)": Kind(
        f"{{ ...F }} fragment F on Query {{ {'a { ' * 13} b {'} ' * 13} }}",
        f"{TOO_MUCH} depth",
        f"{TOO_MUCH} depth",
    ),
    "tokens (armor)": Kind(
        f"{{ a(b: [{'1 ' * 2000}]) }}", f"{TOO_MUCH} tokens", f"{TOO_MUCH} tokens"
    ),
    "cost (armor)": Kind(
        f"{{ lessons(first: 100) {{ nodes {{ {MARKS} }} }} }}", STRANGE, f"{TOO_MUCH} cost"
    ),
    "fragments doubled (InQL)": Kind(double_fragments(20), "data", "data"),
    "passwords by aliases (CrackQL)": Kind(
        f"mutation {{ {repeat(4, f'a#: signIn({IN}) {{ accessToken }}')} }}",
        f"{TOO_MUCH} signIn",
        f"{TOO_MUCH} signIn",
    ),
    "mutations by aliases (CrackQL)": Kind(
        f"mutation {{ {repeat(5, f'a#: signIn({IN}) {{ accessToken }}')} }}",
        f"{TOO_MUCH} mutations",
        f"{TOO_MUCH} mutations",
    ),
    "operations without a name (batchql)": Kind(
        "query a { __typename } query b { __typename }",
        "OPERATION_RESOLUTION_FAILURE",
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "root fields (armor)": Kind(
        f"{{ {repeat(11, 'a#: viewer {{ role }}'.replace('{{', '{').replace('}}', '}'))} }}",
        f"{TOO_MUCH} root_fields",
        f"{TOO_MUCH} root_fields",
    ),
}  # fmt: skip
ONE_ROAD = pytest.mark.parametrize("serve", ["auto"], indirect=True)
DEBUGGING = ("tracing", "exception", "stacktrace", "Traceback", "did you mean")


@pytest.fixture
def token(template: Template) -> str:
    role, school = template.roles["parent.ivanova"][0]
    return token_of("parent.ivanova", role, school)


def get_code(response: Response) -> str:
    """Return the code of the first error, with its limit; `data` if there is none."""
    errors = json.loads(response.content).get("errors")
    if not errors:
        return "data"
    told = errors[0]["extensions"]
    return " ".join(str(told[name]) for name in ("code", "limit") if name in told)


def shows_no_debugging(response: Response) -> bool:
    return not any(word.lower() in response.text.lower() for word in DEBUGGING)


@ONE_ROAD
async def test_each_kind_is_refused(serve: AsyncClient, token: str) -> None:
    signed_in = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    found, told = {}, {}
    for name, kind in KINDS.items():
        asked = {"query": kind.query}
        as_stranger = await serve.post("/graphql", json=asked, headers={"Accept-Language": "en"})
        as_person = await serve.post("/graphql", json=asked, headers=signed_in)
        found[name] = (get_code(as_stranger), get_code(as_person))
        told[name] = [len(one.json().get("errors", [])) for one in (as_stranger, as_person)]
        if kind.person != "data":  # otherwise it is the schema itself, which may hold such words
            assert shows_no_debugging(as_person), name
        assert shows_no_debugging(as_stranger), name
    assert found == {name: (kind.stranger, kind.person) for name, kind in KINDS.items()}
    assert max(most for counts in told.values() for most in counts) < 10


@ONE_ROAD
async def test_no_other_way_in_is_open(serve: AsyncClient, token: str) -> None:
    """The other ways are batches, requests forged by other pages, and consoles."""
    batch = [{"query": "query cop { __typename }"}] * 10
    assert get_code(await serve.post("/graphql", json=batch)) == "BAD_REQUEST"
    form = await serve.post("/graphql", data={"query": "query { __typename }"})
    assert (form.status_code, get_code(form)) == (415, "BAD_REQUEST")
    text = await serve.post("/graphql", content=b'{"query": "{ __typename }"}',
                           headers={"Content-Type": "text/plain"})  # fmt: skip
    assert (text.status_code, get_code(text)) == (415, "BAD_REQUEST")
    in_query = await serve.post("/graphql", params={"query": "query { __typename }"})
    assert get_code(in_query) == "BAD_REQUEST"
    for query in ("{ __typename }", "mutation { __typename }", INTROSPECTION):
        by_get = await serve.get("/graphql", params={"query": query})
        assert (by_get.status_code, get_code(by_get)) == (400, "BAD_REQUEST"), query
    headers = {"graphql-require-preflight": "1", "Authorization": f"Bearer {token}"}
    changing = await serve.get(
        "/graphql", params={"query": "mutation { signOut { signedOut } }"}, headers=headers
    )
    assert (changing.status_code, changing.headers["allow"]) == (405, "POST")
    del headers["Authorization"]
    by_get = await serve.get("/graphql", params={"query": INTROSPECTION}, headers=headers)
    assert get_code(by_get) == STRANGE
    long = await serve.post("/graphql", json={"query": "{ __typename } #" + "x" * 16_384})
    assert (long.status_code, get_code(long)) == (413, "REQUEST_TOO_LARGE")


CONSOLES = ("/playground", "/console", "/altair", "/voyager", "/explorer", "/graphql/console",
            "/v1/graphql", "/api/graphql", "/graph", "/graphql.php", "/graphql-devtools",
            "/graphql/schema.json", "/graphql/graphiql")  # fmt: skip


@ONE_ROAD
async def test_there_is_one_console_and_no_other_address(serve: AsyncClient) -> None:
    browser = {"Accept": "text/html"}
    for path in CONSOLES:
        assert (await serve.get(path, headers=browser)).status_code == 404, path
    for path in ("/schema/schema.graphql", "/schema/introspection.json"):
        assert (await serve.get(path)).status_code in (401, 403, 404), path
    assert "GraphiQL" not in (await serve.get("/graphql", headers=browser)).text


NEAR = (
    ("{ viewr { role } }", "viewer"),
    ("{ viewer { fulName } }", "fullName"),
    ("{ students(frist: 1) { totalCount } }", "first"),
    ('{ student(by: {snil: "x"}) { id } }', "snils"),
    ("{ students(filter: {fulName: {eq: \"x\"}}) { totalCount } }", "fullName"),
    ("query ($f: StudentFiltr) { students(filter: $f) { totalCount } }", "StudentFilter"),
    ("{ node(id: \"x\") { ... on Studnt { id } } }", "Student"),
    ("{ viewer @skp(if: true) { role } }", "skip"),
    ("mutation { switchContext(input: {role: DIRECTR}) { accessToken } }", "DIRECTOR"),
    ("mutation { signIn(input: {logn: \"x\"}) { accessToken } }", "deviceToken"),
    ("{ nodes(ids: []) { fullName } }", "PublicPerson"),
)  # fmt: skip


@ONE_ROAD
async def test_nobody_is_helped_to_guess_in_production(serve: AsyncClient, token: str) -> None:
    for document, near in NEAR:
        for headers in ({}, {"Authorization": f"Bearer {token}", "Accept-Language": "en"}):
            response = await serve.post("/graphql", json={"query": document}, headers=headers)
            errors = response.json().get("errors", [])
            assert not any(near in error["message"] for error in errors), document
            assert "Did you mean" not in response.text, document
        assert errors[0]["extensions"]["code"] == INVALID, document


async def test_in_development_everybody_is(dev: AsyncClient) -> None:
    helped = 0
    for document, near in NEAR:
        response = await dev.post("/graphql", json={"query": document})
        helped += any(near in error["message"] for error in response.json()["errors"])
    assert helped > len(NEAR) / 2
