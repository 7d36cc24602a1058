"""Setting a mark at the door, in one statement.

All that is told of marks elsewhere is told here once more, of who asks at the door."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from models.database.address import open_session
from models.database.readers import Readers
from resolvers.access.audit import verify_chain
from resolvers.core.context import Services
from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.conftest import Api, SignIn
from tests.door import AtDoor
from tests.journal.desk import SET, Desk, cell
from tests.journal.test_marks import *  # noqa: F403  # its tests, at the door
from tests.journal.test_marks_seen import *  # noqa: F403
from tests.postgres import Server

CASES: list[tuple[str, dict[str, Any]]] = [
    ("the first mark", {"value": 4}),
    ("another value", {"value": 2, "expectedVersion": 1, "reason": "Пересдача", "comment": "«5»?"}),
    ("the comment taken away", {"value": 2, "expectedVersion": 2}),
    ("a debt", {"kind": "DEBT_POINT", "value": None, "expectedVersion": 3, "comment": " \\ \"'\n"}),
]
LEFT = {
    "marks": """SELECT version, section_id, lesson_id, author_id, kind, value, comment, set_at,
        published_at, withdrawn_at FROM marks
        WHERE student_id = :student AND assignment_id = :cell""",
    "revisions": """SELECT version, author_id, old_kind, old_value, new_kind, new_value, reason,
        source, at FROM mark_revisions WHERE mark_id = :mark ORDER BY id""",
    "deeds": """SELECT version, at, actor_id, role, action, details, request_id ~ '^[0-9a-f]{32}$'
        FROM audit_events WHERE entity = 'Mark:1-' || :mark ORDER BY seq""",
    "news": """SELECT topic, kind, at, persons FROM events
        WHERE entity = 'Mark:1-' || :mark AND student_id = :student ORDER BY seq""",
}


async def read_traces(sql: AsyncConnection, desk: Desk, student: str) -> dict[str, Any]:
    """Read the rows that the commands about a student's cell left in the database."""
    key, cell_key = (int(one.partition("-")[2]) for one in (student, desk.assignment))
    find = text("SELECT id FROM marks WHERE student_id = :student AND assignment_id = :cell")
    mark = await sql.scalar(find, {"student": key, "cell": cell_key})
    given = {"student": key, "cell": cell_key, "mark": mark}
    found = {}
    for name, query in LEFT.items():
        asked = {
            n: str(v) if f"|| :{n}" in query else v for n, v in given.items() if f":{n}" in query
        }
        rows = (await sql.execute(text(query), asked)).all()
        found[name] = [tuple(str(part).replace(student, "…") for part in row) for row in rows]
    return found


async def test_what_is_written_at_once_is_what_is_written_step_by_step(
    api: SignIn, desk: Desk, sql: AsyncConnection, engine: AsyncEngine
) -> None:
    teacher, other = api(desk.teacher), desk.others[0]
    assert isinstance(teacher, AtDoor)
    step_by_step = Api(teacher.caller)
    await sql.execute(text("DELETE FROM attendance_records"))
    for what, given in CASES:
        at_once = await teacher(SET, input=cell(desk, **given))
        slowly = await step_by_step(SET, input=cell(desk, studentId=other, **given))
        assert teacher.kinds[-1] == "compiled", what
        for answer in (at_once, slowly):
            for one in (answer["setMark"]["mark"], answer["setMark"]["mark"]["student"]):
                one.pop("id", None)
                one.pop("fullName", None)
        assert at_once == slowly, what
    found = await read_traces(sql, desk, desk.masha)
    assert found == await read_traces(sql, desk, other)
    assert [len(found[name]) for name in LEFT] == [1, len(CASES), len(CASES), len(CASES)]
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None


PLAIN = """mutation ($input: SetMarkInput!) { setMark(input: $input) { __typename
    mark { id value comment version authorName student { fullName } lesson { date } }
    userErrors { code } } }"""


@pytest.mark.parametrize(("asked", "reads"), [(PLAIN, 0), (SET, 1)])
async def test_one_statement_writes_and_tells_and_another_reads_only_what_the_row_does_not_hold(
    api: SignIn, desk: Desk, services: Services, statements: Any, asked: str, reads: int
) -> None:
    teacher = api(desk.teacher)
    await teacher(asked, input=cell(desk, value=3))
    readers, writers = services.readers, services.writers
    assert readers
    assert writers
    before = [queries(one) for one in (readers, writers)]
    with statements() as sql:
        answer = await teacher(asked, input=cell(desk, value=4, expectedVersion=1))
    after = [queries(one) for one in (readers, writers)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [reads, 1]
    assert sql == [], "none goes by way of SQLAlchemy"
    mark = answer["setMark"]["mark"]
    plain = {key for key, value in mark.items() if not isinstance(value, dict | list)}
    shown = f"query ($id: ID!) {{ node(id: $id) {{ ... on Mark {{ {' '.join(plain)} }} }} }}"
    assert (await teacher(shown, id=mark["id"]))["node"] == {key: mark[key] for key in plain}


def queries(connections: Readers) -> int:
    """How often they were asked something."""
    sessions: list[Any] = [one.session for idle in connections.idle.values() for one in idle]
    return sum(one._protocol.queries_count for one in sessions)  # noqa: SLF001  # it counts what it sends


async def test_an_attempt_has_a_name_and_is_made_once(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher, key = api(desk.teacher), "8a5c1f0e-52c3-4d7f-9b11-1df0a7a5a0c1"
    assert isinstance(teacher, AtDoor)
    first = await teacher(SET, input=cell(desk, idempotencyKey=key))
    again = await asyncio.gather(
        *(teacher(SET, input=cell(desk, idempotencyKey=key)) for _ in range(3))
    )
    assert again == [first] * 3
    assert teacher.kinds == ["compiled", "standard", "standard", "standard"]
    assert await sql.scalar(text("SELECT count(*) FROM audit_events")) == 1


async def test_of_many_who_change_a_mark_at_once_one_wins_and_the_others_see_it(
    api: SignIn, desk: Desk, sql: AsyncConnection, engine: AsyncEngine
) -> None:
    teacher = api(desk.teacher)
    await teacher(SET, input=cell(desk, value=1))
    replies = await asyncio.gather(
        *(teacher.reply(SET, input=cell(desk, value=v, expectedVersion=1)) for v in (2, 3, 4, 5))
    )
    answers = [(reply.data or {})["setMark"] for reply in replies]
    assert sorted(len(answer["userErrors"]) for answer in answers) == [0, 1, 1, 1]
    assert {answer["mark"]["version"] for answer in answers} == {2}
    assert await sql.scalar(text("SELECT count(*) FROM mark_revisions r JOIN events e ON true"
                                 " WHERE e.seq = 1 AND r.at = e.at")) == 2  # fmt: skip
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None


async def test_marks_of_many_set_at_once_take_numbers_without_gaps(
    api: SignIn, desk: Desk, sql: AsyncConnection, engine: AsyncEngine
) -> None:
    await sql.execute(text("DELETE FROM attendance_records"))
    teacher = api(desk.teacher)
    students = [desk.masha, *desk.others]
    await asyncio.gather(*(teacher(SET, input=cell(desk, studentId=one)) for one in students))
    assert isinstance(teacher, AtDoor)
    assert set(teacher.kinds) == {"compiled"}
    numbers = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert list(numbers) == list(range(1, len(students) + 1))
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None


async def test_a_refusal_of_the_database_costs_no_connection(
    api: SignIn, desk: Desk, services: Services
) -> None:
    teacher, writers = api(desk.teacher), services.writers
    assert writers
    for _ in range(2):
        assert await teacher.expect_code(SET, input=cell(desk, value=9)) == "NOT_OF_KIND"
    assert writers.open == 1
    assert len(writers.idle[1]) == 1


async def test_of_many_marks_at_once_one_that_is_refused_spoils_no_other(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    await sql.execute(text("DELETE FROM attendance_records"))
    teacher = api(desk.teacher)
    marks = [*(cell(desk, studentId=one) for one in desk.others[:6]), cell(desk, value=9)]
    replies = await asyncio.gather(*(teacher.reply(SET, input=one) for one in marks[::-1]))
    told = [[e["code"] for e in (r.data or {})["setMark"]["userErrors"]] for r in replies]
    assert told == [["NOT_OF_KIND"], *([[]] * 6)]
    numbers = (await sql.scalars(text("SELECT seq FROM events ORDER BY seq"))).all()
    assert list(numbers) == list(range(1, 7))


async def test_who_waits_for_a_mark_that_somebody_holds_keeps_no_one_else_waiting(
    api: SignIn, desk: Desk, sql: AsyncConnection, postgres: Server, database: str
) -> None:
    await sql.execute(text("DELETE FROM attendance_records"))
    teacher, other = api(desk.teacher), desk.others[:3]
    await teacher(SET, input=cell(desk, value=3))
    operator = await open_session(postgres.url("postgres", database))
    async with operator.transaction():
        await operator.execute("SELECT FROM marks WHERE student_id = 1 FOR UPDATE")
        changed = asyncio.create_task(teacher(SET, input=cell(desk, value=4, expectedVersion=1)))
        await asyncio.gather(*(teacher(SET, input=cell(desk, studentId=one)) for one in other))
        assert not changed.done()
    assert (await changed)["setMark"]["mark"]["value"] == 4
    await operator.close()


async def test_a_mark_in_a_planned_lesson_of_today_shows_that_it_was_held(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher = api(desk.teacher)
    assert isinstance(teacher, AtDoor)
    await sql.execute(text("UPDATE lessons SET status = 'PLANNED'"))
    asked = SET.replace("mark { id", "mark { lesson { status version } id")
    answer = await teacher(asked, input=cell(desk, value=3))
    assert teacher.kinds == ["compiled"]
    assert answer["setMark"]["mark"]["lesson"]["status"] == "CONDUCTED"


async def test_a_family_hears_of_a_delayed_mark_when_it_is_published(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    teacher = api(desk.teacher)
    assert isinstance(teacher, AtDoor)
    await teacher(SET, input=cell(desk, value=3))
    assert await sql.scalar(text("SELECT count(*) FROM scheduled_events")) == 0
    await sql.execute(text("UPDATE marks SET published_at = published_at + interval '1 day'"))
    await teacher(SET, input=cell(desk, value=4, expectedVersion=1))
    assert set(teacher.kinds) == {"compiled"}
    assert await sql.scalar(text("SELECT count(*) FROM scheduled_events")) == 1


async def test_commands_of_one_document_come_one_after_another(api: SignIn, desk: Desk) -> None:
    teacher = api(desk.teacher)
    assert isinstance(teacher, AtDoor)
    twice = f"""mutation ($a: SetMarkInput!, $b: SetMarkInput!) {{
        a: {SET.partition("{")[2].rpartition("}")[0].replace("$input", "$a")}
        b: {SET.partition("{")[2].rpartition("}")[0].replace("$input", "$b")} }}"""
    given = [cell(desk, value=5), cell(desk, value=2, expectedVersion=1)]
    answer = await teacher(twice, a=given[0], b=given[1])
    assert answer["b"]["mark"]["version"] == 2
    assert teacher.kinds == ["compiled"]


async def test_one_plan_serves_whoever_leaves_out_what_may_be_null(api: SignIn, desk: Desk) -> None:
    teacher = api(desk.teacher)
    assert isinstance(teacher, AtDoor)
    asked = f"{SET} # a document of its own"
    given = cell(desk, value=5, comment=None, reason=None, expectedVersion=None)
    left_out = {name: value for name, value in given.items() if value is not None}
    written = cell(desk, value=4, expectedVersion=2, comment="«5»?", reason="Пересдача")
    await teacher(asked, input=left_out)
    await teacher.reply(asked, input=given)
    await teacher(asked, input={**given, "value": 3, "expectedVersion": 1})
    await teacher(asked, input=written)
    compiled = teacher.engine.documents.read(asked).operations[None]
    assert [len(family.plans) for family in compiled.families.values()] == [1]
    assert set(teacher.kinds) == {"compiled"}
