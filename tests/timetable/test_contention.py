"""Homework and the timetable of one section, changed by many at once."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, SignIn
from tests.timetable.test_due import CANCEL, MOVE, REASON, RESTORE, SET, lessons_of, make_input

ROUNDS = 4
EACH = 3
"""How many lessons are moved, and how many cancelled, in a round."""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def attempt(person: Api, document: str, sent: dict[str, Any]) -> list[str]:
    """Codes of everything that spoke against it."""
    reply = await person.reply(document, input=sent)
    errors = [str((e.extensions or {})["code"]) for e in reply.errors or ()]
    payloads = [payload or {} for payload in (reply.data or {}).values()]
    return errors + [e["code"] for payload in payloads for e in payload.get("userErrors", ())]


async def test_homework_and_the_timetable_of_a_section_change_at_once_without_deadlock(
    api: SignIn, sql: AsyncConnection
) -> None:
    teacher, zavuch = api("teacher.belova", Role.SUBJECT_TEACHER), api("zavuch")
    lost: list[str] = []
    before = await sql.scalar(text(DEADLOCKS))
    done = 0
    for number in range(ROUNDS):
        lessons = (await lessons_of(sql))[: 4 * EACH]
        moved, cancelled = lessons[1::4], lessons[2::4]
        gone = """SELECT id, date, version FROM lessons WHERE section_id = 68
            AND status = 'CANCELLED' AND date > '2026-11-23' ORDER BY date LIMIT 3"""
        attempts = [
            *((teacher, SET, make_input(one)) for one in (*moved, *cancelled)),
            *(
                (zavuch, CANCEL, {"lessonId": f"Lesson:1-{one.id}", "expectedVersion": one.version})
                for one in cancelled
            ),
            *(
                (zavuch, MOVE, {
                    "lessonId": f"Lesson:1-{one.id}", "expectedVersion": one.version,
                    "date": str(one.date), "startsAt": f"18:{number:02}",
                    "endsAt": f"18:{number + 20}", "ordinal": 9, **REASON,
                })
                for one in moved
            ),
            *(
                (zavuch, RESTORE,
                    {"lessonId": f"Lesson:1-{one.id}", "expectedVersion": one.version})
                for one in await sql.execute(text(gone))
            ),
        ]  # fmt: skip
        codes = await asyncio.gather(*(attempt(*one) for one in attempts))
        done += codes.count([])
        lost += [code for found in codes for code in found]
    assert set(lost) <= {"CONFLICT", "LESSON_CANCELLED", "STUDENT_BUSY"}, lost
    assert done >= 2 * EACH * ROUNDS
    await sql.execute(text("SELECT pg_stat_clear_snapshot()"))
    assert await sql.scalar(text(DEADLOCKS)) == before


@pytest.mark.parametrize("state", ["deadlock_detected", "serialization_failure"])
async def test_who_loses_to_others_each_time_is_asked_to_repeat(
    api: SignIn, sql: AsyncConnection, state: str
) -> None:
    first = (await lessons_of(sql))[0]
    teacher = api("teacher.belova", Role.SUBJECT_TEACHER)
    lose = f"RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'lost'"
    body = f"CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {lose}; END$$"
    await sql.execute(text(body))
    trigger = "CREATE TRIGGER lose BEFORE INSERT ON homework FOR EACH ROW EXECUTE FUNCTION lose()"
    await sql.execute(text(trigger))
    try:
        refused = await teacher.expect_refusal(SET, input=make_input(first))
    finally:
        await sql.execute(text("DROP FUNCTION lose() CASCADE"))
    assert (refused["code"], refused["retryAfter"]) == ("SERVICE_UNAVAILABLE", 1)
    assert "nothing was done: repeat this" in refused["message"]
    assert await sql.scalar(text("SELECT count(*) FROM homework WHERE text = '№ 5'")) == 0
    assert await teacher(SET, input=make_input(first))
