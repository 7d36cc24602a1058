"""The Python client, against a live server."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest, gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError

import school
from gorod import GorodTransport, SignedOutError, codes, listen

SERVER = os.environ["SCHOOL_SERVER"]
URL = f"{SERVER}/graphql"
MOTHER, TEACHER = "parent.ivanova", "teacher.belova"
PASSWORD = "gorod-demo-2026"


@asynccontextmanager
async def signed_in(login: str, url: str = URL) -> AsyncIterator[AsyncClientSession]:
    transport = GorodTransport(url)
    async with Client(transport=transport) as session:
        await transport.sign_in(login, PASSWORD)
        yield session


async def asked(session: AsyncClientSession, query: str, **variables: Any) -> Any:
    return await session.execute(GraphQLRequest(query, variable_values=variables))


async def child_of(mother: AsyncClientSession) -> str:
    found = await asked(mother, "{ viewer { children { id } } }")
    return str(found["viewer"]["children"][0]["id"])


CREATE = """
mutation Create($input: CreateAssignmentInput!) {
  createAssignment(input: $input) { assignment { id } userErrors { code } }
}
"""
JOURNAL = """
query Journal($id: ID!, $from: Date!, $to: Date!) {
  journal(sectionId: $id, from: $from, to: $to) {
    lessons { id date } cells { lessonId studentId attendance { code } }
  }
}
"""
SECTION = """{
  sections(filter: { name: { contains: "7А Алгебра" } }) { nodes { id } }
  assignmentTypes { id }
}"""


async def new_mark(
    teacher: AsyncClientSession, student: str
) -> tuple[dict[str, Any], dict[str, str], str]:
    """A mark 5 in a new assignment, its cell and its day."""
    known = await asked(teacher, SECTION)
    days = {"from": str(date.today() - timedelta(150)), "to": str(date.today())}
    journal = (await asked(teacher, JOURNAL, id=known["sections"]["nodes"][0]["id"], **days))[
        "journal"
    ]
    present = {
        cell["lessonId"]
        for cell in journal["cells"]
        if cell["studentId"] == student and (cell["attendance"] or {}).get("code") == "PRESENT"
    }
    kind = known["assignmentTypes"][0]["id"]
    for lesson in reversed([one for one in journal["lessons"] if one["id"] in present]):
        work = {"lessonId": lesson["id"], "assignmentTypeId": kind, "title": str(uuid4())}
        made = (await asked(teacher, CREATE, input=work))["createAssignment"]
        if made["assignment"]:
            cell = {"assignmentId": made["assignment"]["id"], "studentId": student}
            mark = await school.change_mark(teacher, {"version": None}, cell, 5)
            return mark, cell, lesson["date"]
    raise AssertionError("no lesson takes an assignment")


@pytest.fixture
async def mother() -> AsyncIterator[AsyncClientSession]:
    async with signed_in(MOTHER) as session:
        yield session


@pytest.fixture
async def teacher() -> AsyncIterator[AsyncClientSession]:
    async with signed_in(TEACHER) as session:
        yield session


async def test_a_wrong_password_lets_nobody_in() -> None:
    transport = GorodTransport(URL)
    async with Client(transport=transport):
        with pytest.raises(SignedOutError) as refused:
            await transport.sign_in("nobody.python", "wrong")
    assert refused.value.code == "WRONG_CREDENTIALS"


async def test_requests_with_a_spent_token_share_a_renewal(
    mother: AsyncClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = mother.transport
    assert isinstance(transport, GorodTransport)
    spent = transport.access_token
    await transport.renew(spent)
    first = transport.refresh_token
    transport.access_token = spent
    replies = await asyncio.gather(*(asked(mother, "{ viewer { role } }") for _ in range(4)))
    assert replies == [{"viewer": {"role": "PARENT"}}] * 4, "a second renewal would end the session"
    assert transport.refresh_token != first


async def test_a_session_that_is_over_is_told(mother: AsyncClientSession) -> None:
    await asked(mother, "mutation { signOut { userErrors { code } } }")
    with pytest.raises(SignedOutError) as over:
        await asked(mother, "{ viewer { role } }")
    assert over.value.code == "SESSION_OVER"


async def test_a_mother_reads_the_week_of_her_child(
    mother: AsyncClientSession, teacher: AsyncClientSession
) -> None:
    mark, cell, day = await new_mark(teacher, await child_of(mother))
    week = await school.read_week(mother, cell["studentId"], day)
    [lessons] = [one["lessons"] for one in week if one["date"] == day]
    assert mark in [known for lesson in lessons for known in lesson["marks"]]


async def test_notices_come_page_by_page_each_once(mother: AsyncClientSession) -> None:
    ids = [notice["id"] async for notice in school.read_notices(mother, first=1)]
    assert len(set(ids)) == len(ids) > 1


async def test_a_mark_changes_and_a_conflict_tells_the_mark_of_the_other(
    mother: AsyncClientSession, teacher: AsyncClientSession
) -> None:
    mark, cell, _ = await new_mark(teacher, await child_of(mother))
    changed = await school.change_mark(teacher, mark, cell, 4)
    assert (changed["value"], changed["version"]) == (4, mark["version"] + 1)
    with pytest.raises(school.MarkConflictError) as conflict:
        await school.change_mark(teacher, mark, cell, 2)
    assert conflict.value.mark == changed


async def test_what_one_may_not_see_is_none_beside_the_rest(mother: AsyncClientSession) -> None:
    card = await school.read_card(mother, await child_of(mother))
    assert card["identity"]["snils"] is None
    assert card["identity"]["snilsMasked"]


async def test_other_errors_are_told_by_code(mother: AsyncClientSession) -> None:
    with pytest.raises(TransportQueryError) as refused:
        await mother.execute(gql("{ nothingOfThis }"))
    assert codes(refused.value.errors) == ["GRAPHQL_VALIDATION_FAILED"]


class Line:
    """A line to the server that can be cut."""

    def __init__(self) -> None:
        self.open: set[asyncio.StreamWriter] = set()
        self.is_cut = False

    @asynccontextmanager
    async def url(self) -> AsyncIterator[str]:
        proxy = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        yield f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/graphql"
        self.cut()
        proxy.close()

    def cut(self) -> None:
        self.is_cut = True
        for end in self.open:
            end.transport.abort()

    async def carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.is_cut:
            back.transport.abort()
            return
        host, _, port = SERVER.removeprefix("http://").partition(":")
        far, forth = await asyncio.open_connection(host, int(port))
        ends = {back, forth}
        self.open |= ends
        await asyncio.wait(
            [
                asyncio.create_task(self.pass_on(near, forth)),
                asyncio.create_task(self.pass_on(far, back)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
        self.open -= ends
        for end in ends:
            end.transport.abort()

    async def pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        except OSError:
            return


async def test_live_events_go_on_after_a_cut(
    mother: AsyncClientSession, teacher: AsyncClientSession
) -> None:
    mark, cell, _ = await new_mark(teacher, await child_of(mother))
    heard: asyncio.Queue[int] = asyncio.Queue()
    line = Line()

    async def hear(url: str) -> None:
        async with signed_in(MOTHER, url) as session:
            assert isinstance(session.transport, GorodTransport)
            variables = {"studentId": cell["studentId"]}
            events = listen(session.transport, school.JOURNAL_EVENTS, variables, wait=0.2)
            async with aclosing(events):  # type: ignore[type-var]
                async for event in events:
                    if event.get("node", {}).get("id") == mark["id"]:
                        heard.put_nowait(event["node"]["value"])

    async with line.url() as url, asyncio.timeout(60):
        hearing = asyncio.create_task(hear(url))
        value = 5
        while heard.empty():  # a subscription does not say when it has begun to listen
            value = 9 - value
            mark = await school.change_mark(teacher, mark, cell, value)
            await asyncio.sleep(0.5)
        line.cut()
        mark = await school.change_mark(teacher, mark, cell, 2)
        line.is_cut = False
        while await heard.get() != 2:
            pass
        hearing.cancel()
        await asyncio.wait([hearing])
