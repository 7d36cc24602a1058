"""A cancelled lesson: nothing is written in it, what stands in it is shown and counts nowhere."""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from gql.schema import schema
from models.base import Id
from models.database.address import open_session
from models.database.readers import Readers
from models.database.writers import Writers
from models.journal.assignments import Assignment
from models.journal.marks import Mark
from models.timetable.lessons import Lesson
from resolvers.core.context import Services
from resolvers.core.parameters import plain
from resolvers.journal.writing import MarkItem
from resolvers.timetable.lessons import LessonCancelled
from tests.conftest import Api, SignIn
from tests.door import AtDoor
from tests.journal.desk import SET, Desk, batch, cell
from tests.postgres import Server
from tests.test_house_rules import COMMANDS

KINDS = "{ assignmentTypes { id } }"
CANCEL = """mutation ($input: CancelLessonInput!) { cancelLesson(input: $input) {
  lesson { id status version } userErrors { code field } } }"""
RESTORE = """mutation ($input: RestoreLessonInput!) { restoreLesson(input: $input) {
  lesson { id status version } userErrors { code field } } }"""
WRITES = {
    "setMark": "mark { id }",
    "setMarks": "results { mark { id } userErrors { code } }",
    "clearMark": "assignment { id }",
    "setAttendance": "attendanceRecord { id }",
    "confirmAllPresent": "lesson { id }",
    "createAssignment": "assignment { id }",
    "setLessonTopic": "lesson { id }",
    "setHomework": "homework { id }",
}
"""The commands that write in a lesson."""
TIMETABLE = {"move_lesson", "cancel_lesson", "restore_lesson", "assign_substitution"}
"""Those that change when a lesson is, not what is in it."""
ALGEBRA = """query ($section: ID!, $class: ID!, $term: ID!) {
  termMarkSheet(sectionId: $section, termId: $term) { rows {
    studentId weightedAverage markCount suggestedValue marks { id } } }
  classAverages(schoolClassId: $class, termId: $term) { rows { studentId averages {
    section { id } weightedAverage markCount } } } }"""
SHOWN = """query ($section: ID!, $from: Date!, $to: Date!) {
  diary(studentId: "Student:1-1", from: $from, to: $to) { days { lessons {
    status marks { id } attendance { code } lesson { id } } } }
  journal(sectionId: $section, from: $from, to: $to) {
    lessons { id status } cells { lessonId studentId marks { id } } } }"""


def key(id: str) -> int:
    return int(id.partition("-")[2])


def writing(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{
        {WRITES[name]} userErrors {{ code field message }} }} }}"""


@pytest.fixture
async def cancelled(api: SignIn, desk: Desk, sql: AsyncConnection) -> Desk:
    """The lesson of the desk, in which Masha has a 2, cancelled since: by hand, for no command
    cancels a lesson in which something stands."""
    await api(desk.teacher)(SET, input=cell(desk, value=2))
    cancelling = "UPDATE lessons SET status = 'CANCELLED' WHERE id = :id"
    await sql.execute(text(cancelling), {"id": key(desk.lesson)})
    return desk


async def arguments(api: SignIn, sql: AsyncConnection, desk: Desk) -> dict[str, Any]:
    """For each of WRITES, what would be written if the lesson were not cancelled."""
    kinds = (await api(desk.teacher)(KINDS))["assignmentTypes"]
    versions = text("SELECT version FROM lessons WHERE id = :id")
    version = await sql.scalar(versions, {"id": key(desk.lesson)})
    find = text("SELECT id FROM marks WHERE assignment_id = :id")
    mark = await sql.scalar(find, {"id": key(desk.assignment)})
    lesson = {"lessonId": desk.lesson}
    return {
        "setMark": cell(desk, studentId=desk.others[0], value=3),
        "setMarks": {"items": batch(desk, 5, 3)[1:]},
        "clearMark": {"markId": f"Mark:1-{mark}", "expectedVersion": 1},
        "setAttendance": {**lesson, "studentId": desk.others[1], "code": "PRESENT"},
        "confirmAllPresent": lesson,
        "createAssignment": {**lesson, "assignmentTypeId": kinds[0]["id"], "title": "Ещё"},
        "setLessonTopic": {**lesson, "expectedVersion": version, "topic": "Степени"},
        "setHomework": {**lesson, "text": "§ 12"},
    }


async def contents(sql: AsyncConnection, desk: Desk) -> list[Any]:
    """All that stands in the lesson, and the lesson itself."""
    lesson, found = {"id": key(desk.lesson)}, []
    for table in ("marks", "attendance_records", "assignments", "homework"):
        all_of = text(f"SELECT * FROM {table} WHERE lesson_id = :id ORDER BY id")
        found.append((await sql.execute(all_of, lesson)).all())
    found.append((await sql.execute(text("SELECT * FROM lessons WHERE id = :id"), lesson)).all())
    return found


@pytest.mark.parametrize("name", WRITES)
async def test_nothing_is_written_in_a_cancelled_lesson(
    api: SignIn, cancelled: Desk, sql: AsyncConnection, name: str
) -> None:
    given = (await arguments(api, sql, cancelled))[name]
    before = await contents(sql, cancelled)
    reply = await api(cancelled.teacher).reply(writing(name), input=given)
    answer = (reply.data or {})[name]
    [told] = answer["userErrors"] or answer["results"][0]["userErrors"]
    assert told["code"] == "LESSON_CANCELLED"
    if "message" in told:
        assert "restoreLesson" in told["message"]
        assert told["field"] in (["lessonId"], ["assignmentId"], ["markId"])
    assert await contents(sql, cancelled) == before


@pytest.mark.parametrize("name", WRITES)
async def test_all_of_it_is_written_in_a_lesson_that_is_not(
    api: SignIn, desk: Desk, sql: AsyncConnection, name: str
) -> None:
    """Else the test above could not fail."""
    await api(desk.teacher)(SET, input=cell(desk, value=2))
    await sql.execute(
        text("""DELETE FROM attendance_records WHERE lesson_id = :id"""), {"id": key(desk.lesson)}
    )
    await sql.execute(
        text("""DELETE FROM homework_attachments WHERE homework_id IN
            (SELECT id FROM homework WHERE lesson_id = :id)"""),
        {"id": key(desk.lesson)},
    )
    await sql.execute(text("DELETE FROM homework WHERE lesson_id = :id"), {"id": key(desk.lesson)})
    given = (await arguments(api, sql, desk))[name]
    before = await contents(sql, desk)
    await api(desk.teacher)(writing(name), input=given)
    assert await contents(sql, desk) != before


def test_every_command_that_is_about_a_lesson_knows_that_it_may_be_cancelled() -> None:
    """A command added later, too: whatever takes the id of a lesson or of what is in one."""
    about = [command for command in COMMANDS if is_about_a_lesson(command)]
    silent = {one.__name__ for one in about if LessonCancelled not in one.problems}
    assert silent == TIMETABLE
    assert len(about) == len(WRITES) + len(TIMETABLE)


def is_about_a_lesson(command: Any) -> bool:
    wanted = (Id[Lesson], Id[Assignment], Id[Mark], list[MarkItem])
    takes = inspect.signature(command, eval_str=True).parameters.values()
    return any(plain(one.annotation) in wanted for one in takes)


# -- what stands in it ----------------------------------------------------------------


async def of_masha(api: Api, desk: Desk) -> tuple[Any, Any]:
    """Her row of the sheet, and her algebra at a glance of the class."""
    found = await api(
        ALGEBRA, section=desk.section, **{"class": "SchoolClass:1-7"}, term="Term:1-2"
    )
    row = next(r for r in found["termMarkSheet"]["rows"] if r["studentId"] == desk.masha)
    [glance] = [r for r in found["classAverages"]["rows"] if r["studentId"] == desk.masha]
    return row, next(a for a in glance["averages"] if a["section"] == {"id": desk.section})


async def test_marks_of_a_cancelled_lesson_count_nowhere(
    api: SignIn, desk: Desk, sql: AsyncConnection
) -> None:
    deputy = api("zavuch")
    before = await of_masha(deputy, desk)
    await api(desk.teacher)(SET, input=cell(desk, value=2))
    counted = await of_masha(deputy, desk)
    assert counted[0]["markCount"] == before[0]["markCount"] + 1
    assert counted[0]["weightedAverage"] != before[0]["weightedAverage"]
    day = "UPDATE lessons SET status = 'CANCELLED' WHERE id = :id"
    others = text("SELECT count(*) FROM marks WHERE lesson_id = :id AND student_id = 1")
    alone = await sql.scalar(others, {"id": key(desk.lesson)}) == 1
    await sql.execute(text(day), {"id": key(desk.lesson)})
    after = await of_masha(deputy, desk)
    assert after[0]["markCount"] == len(after[0]["marks"]) == before[0]["markCount"] - (not alone)
    assert (after == before) is alone
    assert after[1]["markCount"] == after[0]["markCount"]
    assert after[1]["weightedAverage"] == after[0]["weightedAverage"]


async def test_a_cancelled_lesson_stays_in_diary_and_journal_and_says_so(
    api: SignIn, cancelled: Desk, sql: AsyncConnection
) -> None:
    day = str(await sql.scalar(text("SELECT date FROM lessons WHERE id = :id"),
                               {"id": key(cancelled.lesson)}))  # fmt: skip
    deputy = api("zavuch")
    seen = await deputy(SHOWN, section=cancelled.section, **{"from": day, "to": day})
    [lesson] = [one for one in seen["diary"]["days"][0]["lessons"]
                if one["lesson"]["id"] == cancelled.lesson]  # fmt: skip
    assert lesson["status"] == "CANCELLED"
    assert lesson["marks"]
    assert {"id": cancelled.lesson, "status": "CANCELLED"} in seen["journal"]["lessons"]
    cells = {one["lessonId"] for one in seen["journal"]["cells"]}
    assert cancelled.lesson in cells


# -- cancelling and restoring -----------------------------------------------------------


@pytest.fixture
async def planned(desk: Desk, sql: AsyncConnection) -> dict[str, Any]:
    """The lesson of the desk, of last week, in which nothing stands yet."""
    lesson = {"id": key(desk.lesson)}
    for table in ("marks", "attendance_records"):
        where = "lesson_id = :id"
        if table == "marks":
            await sql.execute(text(f"""DELETE FROM mark_revisions WHERE mark_id IN
                (SELECT id FROM marks WHERE {where})"""), lesson)  # fmt: skip
        await sql.execute(text(f"DELETE FROM {table} WHERE {where}"), lesson)
    version = await sql.scalar(
        text("UPDATE lessons SET status = 'PLANNED' WHERE id = :id RETURNING version"), lesson
    )
    return {"lessonId": desk.lesson, "expectedVersion": version}


async def test_a_lesson_is_cancelled_and_restored(
    api: SignIn, desk: Desk, planned: dict[str, Any]
) -> None:
    deputy, teacher = api("zavuch"), api(desk.teacher)
    gone = (await deputy(CANCEL, input=planned))["cancelLesson"]["lesson"]
    assert gone["status"] == "CANCELLED"
    assert await teacher.expect_code(SET, input=cell(desk)) == "LESSON_CANCELLED"
    again = {"lessonId": desk.lesson, "expectedVersion": gone["version"]}
    back = (await deputy(RESTORE, input=again))["restoreLesson"]["lesson"]
    assert back["status"] == "PLANNED"
    assert await deputy.expect_code(RESTORE, input=again) == "CONFLICT"
    twice = {**again, "expectedVersion": back["version"]}
    assert await deputy.expect_code(RESTORE, input=twice) == "LESSON_NOT_CANCELLED"
    await teacher(SET, input=cell(desk))


async def test_a_restored_lesson_with_marks_counts_as_held(api: SignIn, cancelled: Desk) -> None:
    asked = "query ($id: ID!) { node(id: $id) { ... on Lesson { version } } }"
    version = (await api("zavuch")(asked, id=cancelled.lesson))["node"]["version"]
    given = {"lessonId": cancelled.lesson, "expectedVersion": version}
    back = (await api("zavuch")(RESTORE, input=given))["restoreLesson"]["lesson"]
    assert back["status"] == "CONDUCTED"


async def test_a_lesson_is_not_restored_where_its_time_was_given_away(
    api: SignIn, desk: Desk, planned: dict[str, Any], sql: AsyncConnection
) -> None:
    deputy = api("zavuch")
    gone = (await deputy(CANCEL, input=planned))["cancelLesson"]["lesson"]
    await sql.execute(
        text("""INSERT INTO lessons (school_id, section_id, staff_id, date, starts_at, ends_at,
            ordinal, status) SELECT school_id, section_id, staff_id, date, starts_at, ends_at,
            ordinal, 'PLANNED' FROM lessons WHERE id = :id"""),
        {"id": key(desk.lesson)},
    )
    given = {"lessonId": desk.lesson, "expectedVersion": gone["version"]}
    assert await deputy.expect_code(RESTORE, input=given) in ("STUDENT_BUSY", "TEACHER_BUSY")


@pytest.mark.parametrize("login", ["director", "teacher.belova", "parent.ivanova"])
async def test_who_may_not_restore_a_lesson(api: SignIn, cancelled: Desk, login: str) -> None:
    given = {"lessonId": cancelled.lesson, "expectedVersion": 1}
    assert await api(login).expect_code(RESTORE, input=given) == "FORBIDDEN"


# -- at once ----------------------------------------------------------------------------


@pytest.fixture
async def writers(postgres: Server, database: str) -> Any:
    writers = Writers(postgres.url("gorod_app", database), size=4)
    yield writers
    await writers.close()


@pytest.fixture
def at_door(
    api: SignIn, services: Services, readers: Readers, writers: Writers
) -> Callable[[str], AtDoor]:
    own = replace(services, readers=readers, writers=writers)
    engine = Engine(schema, own)

    def sign_in(login: str) -> AtDoor:
        return AtDoor(replace(api(login).caller, services=own), engine)

    return sign_in


@pytest.mark.parametrize("status", ["CONDUCTED", "PLANNED"])
async def test_a_mark_set_while_the_lesson_is_being_cancelled_waits_and_is_refused(
    at_door: Callable[[str], AtDoor], desk: Desk, sql: AsyncConnection,
    postgres: Server, database: str, status: str,
) -> None:  # fmt: skip
    """In one statement where the lesson is held already, step by step where it is not."""
    lesson = {"id": key(desk.lesson)}
    await sql.execute(text(f"UPDATE lessons SET status = '{status}' WHERE id = :id"), lesson)
    teacher = at_door(desk.teacher)
    operator = await open_session(postgres.url("postgres", database))
    held = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with operator.transaction():
        cancel = "UPDATE lessons SET status = 'CANCELLED' WHERE id = $1"
        await operator.execute(cancel, lesson["id"])
        setting = asyncio.create_task(teacher.expect_code(SET, input=cell(desk)))
        for _ in range(1000):
            if setting.done() or await operator.fetchval(held):
                break
            await asyncio.sleep(0.01)
        assert not setting.done(), "it did not wait"
    assert await setting == "LESSON_CANCELLED"
    left = text("SELECT count(*) FROM marks WHERE assignment_id = :id")
    assert await sql.scalar(left, {"id": key(desk.assignment)}) == 0
    await operator.close()


async def test_of_a_mark_and_a_cancelling_at_once_one_is_done(
    at_door: Callable[[str], AtDoor], desk: Desk, planned: dict[str, Any], sql: AsyncConnection
) -> None:
    teacher, deputy = at_door(desk.teacher), at_door("zavuch")
    marked, gone = await asyncio.gather(
        teacher.reply(SET, input=cell(desk)), deputy.reply(CANCEL, input=planned)
    )
    errors = [(marked.data or {})["setMark"]["userErrors"],
              (gone.data or {})["cancelLesson"]["userErrors"]]  # fmt: skip
    codes = [error["code"] for one in errors for error in one]
    assert codes in (["LESSON_CANCELLED"], ["CONFLICT"], ["LESSON_HELD"])
    status = await sql.scalar(text("SELECT status FROM lessons WHERE id = :id"),
                              {"id": key(desk.lesson)})  # fmt: skip
    assert (status == "CANCELLED") is (codes == ["LESSON_CANCELLED"])
