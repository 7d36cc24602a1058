"""One line an operation: what it tells operators, and what it keeps to itself."""

import asyncio
import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.observe.record import Observers, OperationRecord, outcome_of
from gql.transport import observability
from gql.transport.exchange import Exchange
from tests.files.sending import FILE, PDF, REQUEST
from tests.garbage import set_apart
from tests.observe.conftest import Serve, Served

SECRET = "hunter2"
Lines = Callable[[Served], list[dict[str, Any]]]
FIELDS = [
    "timestamp", "level", "request_id", "ms", "received", "sent", "event", "transport", "operation",
    "registered", "kind", "plan", "status", "code", "viewer", "school", "admission",
]  # fmt: skip
"""Those of every line; `cost`, `events` and `traceparent` are there where they say something."""
DIARY = """query Diary($id: ID!) { diary(studentId: $id) { days { date } } }"""
SIGN_IN = """mutation SignIn($input: SignInInput!) {
    signIn(input: $input) { accessToken userErrors { code } } }"""


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Lines:
    """The lines of operations that were written since they were read last."""

    def read(server: Served) -> list[dict[str, Any]]:
        server.flush()
        found = [line for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, found) if "transport" in line]

    return read


async def ask(http: AsyncClient, query: str, **variables: Any) -> Response:
    return await http.post("/graphql", json={"query": query, "variables": variables})


async def test_a_line_has_every_field_in_its_place(server: Served, lines: Lines) -> None:
    async with server.asks("parent.ivanova") as http:
        answer = await ask(http, DIARY, id="Student:1-1")
    [line] = lines(server)
    assert [name for name in line if name != "cost"] == FIELDS
    line.pop("cost", None)
    assert line["timestamp"].endswith("Z")
    assert line | {"timestamp": "", "ms": 0} == {
        "timestamp": "", "level": "info", "event": "operation", "transport": "http",
        "request_id": answer.headers["x-request-id"], "operation": "Diary", "registered": False,
        "kind": "query", "plan": "compiled", "ms": 0, "status": 200,
        "code": None, "viewer": "PARENT", "school": 1, "received": len(answer.request.content),
        "sent": len(answer.content), "admission": "admitted",
    }  # fmt: skip
    assert 0 < line["ms"] < 60_000


PATHS: dict[str, tuple[str | None, str, dict[str, Any], dict[str, Any]]] = {
    "compiled": (
        "parent.ivanova", "{ viewer { fullName } }", {},
        {"plan": "compiled", "operation": None, "kind": "query", "code": None},
    ),
    "mixed": (
        "zavuch", "query Two { viewer { fullName } eventsCursor }", {},
        {"plan": "mixed", "operation": "Two", "code": None},
    ),
    "standard": (
        "zavuch", "query One { __schema { queryType { name } } }", {},
        {"plan": "standard", "operation": "One", "code": None},
    ),
    "a field is refused": (
        "parent.ivanova", '{ student(by: { id: "Student:1-1" }) { identity { snils } } }', {},
        {"plan": "compiled", "status": 200, "code": "FORBIDDEN"},
    ),
    "a command is refused": (
        None, SIGN_IN, {"input": {"login": SECRET, "password": SECRET}},
        {"kind": "mutation", "operation": "SignIn", "code": "WRONG_CREDENTIALS",
         "viewer": "stranger", "school": None},
    ),
    "too complex": (
        "zavuch", "query Many {" + "".join(f" a{n}: __typename" for n in range(40)) + "}", {},
        {"plan": None, "code": "OPERATION_TOO_COMPLEX", "viewer": "DEPUTY_DIRECTOR"},
    ),
    "a syntax error": (
        "zavuch", f'{{ viewer(a: "{SECRET}"', {},
        {"plan": None, "operation": None, "kind": None, "code": "GRAPHQL_PARSE_FAILED"},
    ),
    "an invalid document": (
        "zavuch", f'query Wrong {{ viewer(a: "{SECRET}") {{ fullName }} }}', {},
        {"operation": "Wrong", "code": "GRAPHQL_VALIDATION_FAILED"},
    ),
    "a variable that does not fit": (
        "zavuch", DIARY, {"id": {"a": SECRET}}, {"operation": "Diary", "code": "BAD_USER_INPUT"},
    ),
    "nobody": (
        None, "query All { students { totalCount } }", {},
        {"operation": "All", "code": "UNAUTHENTICATED", "viewer": "stranger"},
    ),
    "a subscription over POST": (
        "zavuch", "subscription Mail { mailEvents { __typename } }", {},
        {"kind": "subscription", "status": 400, "code": "OPERATION_RESOLUTION_FAILURE"},
    ),
    "a long name": (
        "zavuch", "query " + "N" * 65 + " { viewer { fullName } }", {}, {"operation": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_there_is_one_line_on_each_path(server: Served, lines: Lines, path: str) -> None:
    login, query, variables, expected = PATHS[path]
    async with server.asks(login) as http:
        answer = await ask(http, query, **variables)
    [line] = lines(server)
    assert {name: line[name] for name in expected} == expected
    assert line["plan"] == answer.headers.get("gorod-plan")
    assert line["status"] == answer.status_code
    assert SECRET not in str(line)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/json"}, b"hunter2", 400),
        ({"Content-Type": "application/json"}, b"[]", 400),
        ({"Content-Type": "application/json"}, b'{"query": "' + b"x" * 300_000 + b'"}', 413),
        ({"Content-Type": "application/json", "Accept": "image/png"}, b"{}", 406),
    ],
)
async def test_what_is_no_operation_has_a_line_with_its_status_and_code(
    server: Served, lines: Lines, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with server.asks("zavuch") as http:
        answer = await http.post("/graphql", content=body, headers=headers)
    [line] = lines(server)
    [error] = answer.json()["errors"]
    assert (line["status"], line["code"]) == (status, error["extensions"]["code"])
    assert (line["operation"], line["kind"], line["plan"]) == (None, None, None)
    assert SECRET not in str(line)


async def test_no_value_that_people_send_is_in_the_log(
    server: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a variable, a literal, an alias, an argument that fails, a header or an extension."""
    header = {"X-Request-Id": "hunter2 ", "User-Agent": SECRET, "traceparent": SECRET}
    async with server.asks("parent.ivanova") as http:
        for query in (
            "query ($a: String!) { student(by: { snils: $a }) { fullName } }",
            f'{{ student(by: {{ id: "{SECRET}" }}) {{ fullName }} }}',
            f"{{ {SECRET}: viewer {{ fullName }} }}",
            f'{{ notices(after: "{SECRET}") {{ totalCount }} }}',
            f'mutation {{ sendMail(input: {{ to: ["{SECRET}"], body: "b", subject: "{SECRET}" }}) '
            "{ userErrors { code message } } }",
        ):
            sent = {"query": query, "variables": {"a": SECRET}, "extensions": {"a": SECRET}}
            assert (await http.post("/graphql", json=sent, headers=header)).status_code == 200
    server.flush()
    told = capfd.readouterr().err
    assert told.count('"transport":"http"') == 5
    assert SECRET not in told


async def test_a_transfer_of_a_file_has_a_line(server: Served, lines: Lines) -> None:
    async with server.asks("student.ivanova") as http:
        given = {"name": f"{SECRET}.pdf", "type": "application/pdf", "size": len(PDF)}
        invited = (await ask(http, REQUEST, **given)).json()["data"]["requestUpload"]
        link = invited["url"].removeprefix("http://127.0.0.1:8000")
        assert (await http.put(link, content=PDF)).status_code == 204
        again = await http.put(link, content=PDF)
        file = await ask(http, FILE, id=invited["file"]["id"])
        there = file.json()["data"]["node"]["url"].removeprefix("http://127.0.0.1:8000")
        got = await http.get(there)
        assert got.content == PDF
        wrong = await http.get(f"/files/{SECRET}")
    told = [line for line in lines(server) if line["transport"] == "files"]
    assert [(one["kind"], one["status"], one["code"], one["sent"]) for one in told] == [
        ("PUT", 204, None, 0),
        ("PUT", 409, "ALREADY_UPLOADED", len(again.content)),
        ("GET", 200, None, len(PDF)),
        ("GET", 403, "LINK_NOT_GOOD", len(wrong.content)),
    ]
    assert told[0]["received"] == len(PDF)
    assert told[2]["request_id"] == got.headers["x-request-id"]
    assert SECRET not in str(told)


# -- ids -----------------------------------------------------------------------------


async def test_a_request_has_one_id_wherever_it_is_told_of(
    server: Served, lines: Lines, sql: AsyncConnection
) -> None:
    notice = """mutation ($on: [NoticeTargetInput!]!) { publishNotice(input: {
        title: "Собрание", body: "В пятницу", targets: $on }) {
            notice { id } userErrors { code } } }"""
    async with server.asks("zavuch") as http:
        http.headers["X-Request-Id"] = "from-the-client.1"
        made = await ask(http, notice, on=[{"kind": "SCHOOL", "toStudents": True}])
    assert made.json()["data"]["publishNotice"]["userErrors"] == []
    [line] = lines(server)
    noted = await sql.execute(text("SELECT request_id FROM audit_events ORDER BY id DESC LIMIT 1"))
    assert [noted.scalar(), line["request_id"], made.headers["x-request-id"]] == [
        "from-the-client.1"
    ] * 3


@pytest.mark.parametrize("sent", ["", "a b", "a" * 200, "тайна", '"}\n{"event":"forged"'])
async def test_an_id_that_is_none_gets_nowhere(server: Served, lines: Lines, sent: str) -> None:
    async with server.asks("zavuch") as http:
        body = {"query": "{ viewer { fullName } }"}
        answer = await http.post("/graphql", json=body, headers={b"X-Request-Id": sent.encode()})
    [line] = lines(server)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["request_id"].isalnum()
    assert line["request_id"] != sent


async def test_a_failure_is_found_in_the_log_by_its_id(
    server: Served, capfd: pytest.CaptureFixture[str], sql: AsyncConnection
) -> None:
    await sql.execute(text("ALTER TABLE notices RENAME COLUMN title TO renamed"))
    try:
        async with server.asks("zavuch") as http:
            answer = await ask(http, "{ notices(first: 1) { nodes { title } } }")
    finally:
        await sql.execute(text("ALTER TABLE notices RENAME COLUMN renamed TO title"))
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    server.flush()
    told = capfd.readouterr().err
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert told.count(answer.headers["x-request-id"]) == 2, "the traceback, and the line"


# -- choices -------------------------------------------------------------------------


async def test_only_refused_operations_have_a_line_where_that_is_chosen(
    serve: Serve, lines: Lines
) -> None:
    async with serve(access_log="refused") as server, server.asks("zavuch") as http:
        await ask(http, "{ viewer { fullName } }")
        await ask(http, "{ viewer { nothing } }")
        [line] = lines(server)
        assert line["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("given", [{"access_log": "off"}, {"log_level": "warning"}])
async def test_there_are_no_lines_where_nobody_wants_them(
    serve: Serve, lines: Lines, given: dict[str, Any]
) -> None:
    async with serve(**given) as server, server.asks("zavuch") as http:
        await ask(http, "{ viewer { nothing } }")
        assert lines(server) == []


async def test_in_development_a_line_is_words(
    serve: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serve(demo=True) as server, server.asks("zavuch") as http:
        await ask(http, "query Who { viewer { fullName } }")
    [line] = [line for line in capfd.readouterr().err.splitlines() if "Who" in line]
    assert "operation=Who" in line
    assert "viewer=DEPUTY_DIRECTOR" in line
    assert "code=" not in line, "what says nothing is left out"


async def test_lines_are_written_together_and_none_is_lost_at_the_end(
    serve: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serve() as server, server.asks("zavuch") as http:
        for _ in range(3):
            await ask(http, "{ viewer { fullName } }")
        before = capfd.readouterr().err.count('"event":"operation"')
    assert before + capfd.readouterr().err.count('"event":"operation"') == 3


async def test_observers_are_told_by_themselves_and_of_the_time_it_was(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation waits for others, and its time does not grow meanwhile."""
    told: asyncio.Queue[OperationRecord] = asyncio.Queue()
    monkeypatch.setattr(server.watching.observers, "sinks", (told.put_nowait,))
    monkeypatch.setattr(observability, "PAUSE", 1.0)
    before = time.time()
    async with server.asks("parent.ivanova") as http:
        answers = [await ask(http, "{ viewer { fullName } }") for _ in range(2)]
    after = time.time()
    assert told.empty()
    async with asyncio.timeout(30):
        first, second = [await told.get() for _ in range(2)]
    assert [one.request_id for one in (first, second)] == [
        answer.headers["x-request-id"] for answer in answers
    ]
    assert before < first.at < second.at < after + 0.1
    assert first.ms + second.ms < 1000 * (after - before)


async def test_names_that_are_not_there_are_not_kept(server: Served, lines: Lines) -> None:
    """They may be as long as a request, and a client may send any number of them."""
    document = server.door.engine.documents.read("query A { viewer { fullName } }")
    async with server.asks("zavuch") as http:
        for number in range(20):
            sent = {"query": document.text, "operationName": f"{number}" + "a" * 8_000}
            [error] = (await http.post("/graphql", json=sent)).json()["errors"]
            assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"
            assert len(error["message"]) < 600
    assert {line["operation"] for line in lines(server)} == {None}
    kept = [document.labels, document.operations, document.fits_strangers, document.costs]
    assert all(set(one or ()) <= {None, "A"} for one in kept)


@pytest.mark.parametrize("login", ["parent.ivanova", None])
@pytest.mark.parametrize("query", ["{ viewer { fullName } }", "{ roles { role } }", "{ nothing }"])
async def test_an_operation_that_is_over_is_no_garbage(
    server: Served, login: str | None, query: str
) -> None:
    """Garbage in a cycle stays where it was set apart, with the body of its request."""
    async with server.asks(login) as http:
        await ask(http, query)
        server.watching.tell()
        set_apart()
        gc.disable()
        try:
            for _ in range(20):
                await ask(http, query)
            server.watching.tell()
            alive = sum(isinstance(one, Exchange) for one in gc.get_objects())
        finally:
            gc.enable()
    assert alive <= 1, "the last one may be in the hands of its task"


async def test_large_requests_do_not_wait_in_memory_for_others(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[OperationRecord] = []
    monkeypatch.setattr(server.watching.observers, "sinks", (told.append,))
    monkeypatch.setattr(observability, "PAUSE", 60.0)
    monkeypatch.setattr(observability, "MOST_HELD", 20_000)
    large = "# " + "a" * 8_000
    async with server.asks("zavuch") as http:
        for _ in range(3):
            await http.post("/graphql", json={"query": f"{{ viewer {{ fullName }} }} {large}"})
            assert server.watching.held <= observability.MOST_HELD
    assert len(told) == 3


def test_an_observer_that_fails_fails_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(_: OperationRecord) -> None:
        raise ValueError(SECRET)

    refused = outcome_of("operation", "http", None, False, None, None, 400, None, "stranger", None)
    Observers(fail).notify(OperationRecord(refused, "1", 0, 1))
    told = capfd.readouterr().err
    assert "ValueError" in told
    assert SECRET not in told
