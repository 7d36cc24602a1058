"""Special reads of a person's records: recorded by every path, and shown to the family."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from auth.policy import audited
from gql.engine.run import Engine
from gql.schema import schema
from models.access.audit import SensitiveRead
from models.access.roles import Role
from models.database.readers import Readers
from models.files.files import File
from resolvers.access.audit import verify_chain
from resolvers.core.context import Services
from tests.access.logbook import fetch_last, read_details
from tests.conftest import Api, SignIn
from tests.door import AtDoor
from tests.journal.desk import Desk, cell

ROOT = Path(__file__).parents[2]
MASHA = "Student:1-1"
HEALTH = '{ student(by: {id: "Student:1-1"}) { health { id physicalEducation } } }'
IDENTITY = '{ student(by: {id: "Student:1-1"}) { identity { id snilsMasked } } }'
READS = """query ($filter: SensitiveReadFilter, $first: Int, $after: String) {
    sensitiveReads(filter: $filter, first: $first, after: $after) { totalCount
        pageInfo { hasNextPage endCursor }
        nodes { id recordType role at reader { fullName } student { id fullName }
            staff { id } } } }"""
LIST = """query ($first: Int) { students(first: $first) { nodes { id
    health { physicalEducation } identity { snilsMasked } } } }"""


@pytest.fixture
def ask_by_plan(services: Services, readers: Readers) -> Any:
    """Ask as the same person on a server that answers by plans."""
    engine = Engine(schema, replace(services, readers=readers))
    return lambda api: AtDoor(api.caller, engine)


async def fetch_reads(api: Api, **filter: Any) -> list[Any]:
    found = await api(READS, first=100, filter={n: {"eq": v} for n, v in filter.items()})
    return list(found["sensitiveReads"]["nodes"])


# -- the view of the family ------------------------------------------------------------


async def test_a_mother_sees_the_readers_of_her_childs_health(api: SignIn) -> None:
    await api("psychologist")(HEALTH)
    [read] = await fetch_reads(api("parent.ivanova"), student=MASHA)
    psychologist = (await api("psychologist")("{ viewer { fullName } }"))["viewer"]["fullName"]
    assert (read["recordType"], read["role"]) == ("StudentHealth", "PSYCHOLOGIST")
    assert read["reader"] == {"fullName": psychologist}
    assert read["student"]["id"] == MASHA
    assert read["at"] == "2026-11-23T05:00:00Z"


async def test_the_student_sees_it_too_and_another_family_does_not(api: SignIn) -> None:
    await api("secretary")(IDENTITY)
    [read] = await fetch_reads(api("student.ivanova"))
    assert (read["recordType"], read["role"]) == ("StudentIdentity", "SECRETARY")
    for login in ("parent.sokolov", "student.sokolov"):
        assert await fetch_reads(api(login)) == []
        assert await fetch_reads(api(login), student=MASHA) == []
        asked = "query ($id: ID!) { node(id: $id) { id } }"
        assert await api(login)(asked, id=read["id"]) == {"node": None}


async def test_a_former_guardian_sees_nothing(api: SignIn, sql: AsyncConnection) -> None:
    await api("psychologist")(HEALTH)
    assert await fetch_reads(api("parent.ivanova"))
    await sql.execute(
        text("UPDATE guardian_links SET legal_status = 'TERMINATED' WHERE student_id = 1")
    )
    assert await fetch_reads(api("parent.ivanova")) == []


async def test_the_family_sees_nothing_else_of_the_log(api: SignIn) -> None:
    for login in ("parent.ivanova", "student.ivanova"):
        assert await api(login).expect_code("{ auditEvents { nodes { id } } }") == "FORBIDDEN"


@pytest.mark.parametrize("login", ["teacher.gusev", "secretary", "hr", "social", "psychologist"])
async def test_colleagues_do_not_see_special_reads(api: SignIn, login: str) -> None:
    assert await api(login).expect_code("{ sensitiveReads { nodes { id } } }") == "FORBIDDEN"


async def test_the_director_sees_all_special_reads_and_their_readers(api: SignIn) -> None:
    await api("psychologist")(HEALTH)
    await api("secretary")(IDENTITY)
    await api("hr")('{ node(id: "StaffIdentity:1-1") { ... on StaffIdentity { snilsMasked } } }')
    found = await fetch_reads(api("director"))
    assert {(one["recordType"], one["role"]) for one in found} == {
        ("StaffIdentity", "HR_SPECIALIST"),
        ("StudentIdentity", "SECRETARY"),
        ("StudentHealth", "PSYCHOLOGIST"),
    }
    [of_staff] = [one for one in found if one["student"] is None]
    assert of_staff["staff"]["id"].startswith("Staff:1-")
    secretary = (await api("secretary")("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    assert [one["role"] for one in await fetch_reads(api("director"), reader=secretary)] == [
        "SECRETARY"
    ]


async def test_another_school_sees_nothing_of_it(api: SignIn, template: Any) -> None:
    [other] = [login for login, held in template.roles.items()
               if held[0][0] is Role.DIRECTOR and login != "director"]  # fmt: skip
    await api("psychologist")(HEALTH)
    assert await fetch_reads(api(other)) == []


async def test_the_list_is_read_by_pages(api: SignIn) -> None:
    for _ in range(3):
        await api("psychologist")(HEALTH)
    mother, seen, after = api("parent.ivanova"), list[str](), None
    while True:
        page = (await mother(READS, first=1, after=after))["sensitiveReads"]
        seen += [one["id"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(set(seen)) == len(seen) == page["totalCount"] == 3


# -- every path names the person -------------------------------------------------------

PATHS = {
    "a root": ("director", '{ node(id: "%s") { ... on StudentHealth { physicalEducation } } }'),
    "roots": ("director", '{ nodes(ids: ["%s"]) { ... on StudentHealth { healthGroup } } }'),
    "a field": ("director", '{ student(by: {id: "Student:1-1"}) { health { healthGroup } } }'),
    "an alias": ("director", '{ student(by: {id: "Student:1-1"}) { person: health { id } } }'),
    "a fragment": (
        "director",
        """{ node(id: "Student:1-1") { ...a } } fragment a on Student { health { ...b } }
        fragment b on StudentHealth { id }""",
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("by_plan", [True, False])
async def test_a_special_read_names_the_student_by_every_path(
    api: SignIn, sql: AsyncConnection, ask_by_plan: Any, path: str, by_plan: bool
) -> None:
    login, asked = PATHS[path]
    if "%s" in asked:
        key = await sql.scalar(text("SELECT id FROM student_health WHERE student_id = 1"))
        asked %= f"StudentHealth:1-{key}"
    person: Any = ask_by_plan(api(login)) if by_plan else api(login)
    answer = await person(asked)
    assert "\x1e" not in json.dumps(answer, ensure_ascii=False)
    if by_plan:
        assert person.kinds == ["compiled"]
    [read] = await fetch_reads(api("director"))
    assert (read["recordType"], read["student"]["id"]) == ("StudentHealth", MASHA)
    assert read_details(await fetch_last(api("director"), "read")) == {"StudentHealth": [MASHA]}


async def test_the_payload_of_a_command_names_the_student(
    api: SignIn,
    desk: Desk,
) -> None:
    asked = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
        mark { student { id health { accommodations } } } userErrors { code } } }"""
    await api(desk.teacher)(asked, input=cell(desk))
    [read] = await fetch_reads(api("director"))
    assert (read["recordType"], read["student"]["id"]) == ("StudentHealth", desk.masha)


async def test_both_executors_name_the_same_and_show_the_log_alike(
    api: SignIn, ask_by_plan: Any
) -> None:
    director = api("director")
    await director(LIST, first=5)
    slowly = read_details(await fetch_last(director, "read"))
    fast = ask_by_plan(director)
    await fast(LIST, first=5)
    assert fast.kinds == ["compiled"]
    assert read_details(await fetch_last(director, "read")) == slowly
    assert {name: len(whose) for name, whose in slowly.items()} == {
        "StudentHealth": 5,
        "StudentIdentity": 5,
    }
    log = "{ auditEvents { nodes { action entity details { __typename name values } } } }"
    for asked in (log, READS):
        assert await fast(asked) == await director(asked)
        assert fast.kinds[-1] == "compiled"


async def test_texts_of_people_are_never_taken_for_a_mark_of_the_engine(
    api: SignIn, sql: AsyncConnection, ask_by_plan: Any
) -> None:
    forged = "\x1eStudentHealth\x1f9\x1d"
    await sql.execute(
        text("UPDATE student_health SET accommodations = :text WHERE student_id = 1"),
        {"text": forged},
    )
    asked = '{ student(by: {id: "Student:1-1"}) { health { accommodations } } }'
    answer = await ask_by_plan(api("psychologist"))(asked)
    assert answer["student"]["health"]["accommodations"] == forged
    [read] = await fetch_reads(api("director"))
    assert read["student"]["id"] == MASHA


async def test_a_special_read_of_a_whole_class_is_recorded_for_each_student_in_few_statements(
    api: SignIn, statements: Any
) -> None:
    director, spent = api("director"), []
    for first in (1, 30):
        with statements() as sql:
            await director(LIST, first=first)
        spent.append(len(sql))
    assert spent[0] == spent[1]
    assert len(read_details(await fetch_last(director, "read"))["StudentIdentity"]) == 30


# -- the chain -------------------------------------------------------------------------

TAMPERING = {
    "a reading gone": "DELETE FROM sensitive_reads",
    "another student": "UPDATE sensitive_reads SET student_id = 2",
    "another reader": "UPDATE sensitive_reads SET reader_id = reader_id + 1",
    "another time": "UPDATE sensitive_reads SET at = at - interval '1 day'",
    "another role": "UPDATE sensitive_reads SET role = 'SECRETARY'",
    "another record": "UPDATE sensitive_reads SET record_type = 'StudentIdentity'",
    "one more": """INSERT INTO sensitive_reads (school_id, audit_event_id, student_id, record_type,
        reader_id, role, at) SELECT school_id, audit_event_id, 2, record_type, reader_id, role, at
        FROM sensitive_reads""",
}


@pytest.mark.parametrize("deed", TAMPERING)
async def test_a_changed_special_read_is_detected(
    api: SignIn, engine: AsyncEngine, sql: AsyncConnection, deed: str
) -> None:
    await api("psychologist")(HEALTH)
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None
    await sql.execute(text(TAMPERING[deed]))
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) == 1


async def test_even_the_product_can_change_no_special_read(engine: AsyncEngine) -> None:
    for deed in ("UPDATE sensitive_reads SET at = at", "DELETE FROM sensitive_reads"):
        async with engine.connect() as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(deed))


def test_every_special_category_names_its_person() -> None:
    """A new one must be of a student or a member of staff, otherwise it could not be recorded."""
    columns = {column.key for column in SensitiveRead.__table__.columns}
    assert audited
    assert {owner.key for owner in audited.values()} <= columns


def test_special_categories_are_read_through_the_schema_only() -> None:
    """Each special read through the schema is recorded. No file, import, list of a backup or
    command names these rows, so that none of them shows one unrecorded; a new one must be
    reviewed."""
    names = {row.__name__ for row in audited}
    reading = {
        str(file.relative_to(ROOT))
        for room in ("gql", "resolvers")
        for file in (ROOT / room).rglob("*.py")
        if names & set(re.findall(r"\w+", file.read_text()))
    }
    assert reading == {
        "gql/people/private.py",
        "gql/people/staff.py",
        "gql/people/students.py",
        "resolvers/demo/papers.py",
        "resolvers/people/students.py",
    }


def test_no_file_is_attached_to_a_special_category() -> None:
    tables = {row.__table__ for row in audited}
    for table in File.metadata.tables.values():
        led_to = {key.column.table for key in table.foreign_keys}
        assert not led_to & tables, "who reads it through this row?"
        assert table not in tables or File.__table__ not in led_to
