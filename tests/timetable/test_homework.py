"""Homework: set once, changed with its version, with the files that belong to it."""

import asyncio
from typing import Any

from models.access.roles import Role
from tests.conftest import SignIn

HOMEWORK = """mutation ($input: SetHomeworkInput!) { setHomework(input: $input) {
  homework { id text dueOn version lesson { id } } userErrors { code field } } }"""


async def test_homework_is_set_once_and_changed_with_its_version(
    api: SignIn, held: tuple[Any, str]
) -> None:
    lesson, login = held
    teacher = api(login, Role.SUBJECT_TEACHER)
    given = {"lessonId": f"Lesson:1-{lesson.id}", "text": "№ 5"}
    first = (await teacher(HOMEWORK, input=given))["setHomework"]["homework"]
    assert (first["text"], first["version"]) == ("№ 5", 1)
    refusal = await teacher.expect_refusal(HOMEWORK, input=given)
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", ["expectedVersion"])
    changed = await teacher(HOMEWORK, input={**given, "text": "№ 6", "expectedVersion": 1})
    assert changed["setHomework"]["homework"]["version"] == 2
    stale = await teacher.expect_refusal(HOMEWORK, input={**given, "expectedVersion": 1})
    assert (stale["code"], stale["field"]) == ("CONFLICT", ["expectedVersion"])
    for wrong, code, field in (
        ({"text": " \n"}, "BLANK", ["text"]),
        ({"dueOn": "2026-09-01"}, "DUE_BEFORE_LESSON", ["dueOn"]),
    ):
        refusal = await teacher.expect_refusal(
            HOMEWORK, input={**given, "expectedVersion": 2, **wrong}
        )
        assert (refusal["code"], refusal["field"]) == (code, field)
    many = {**given, "expectedVersion": 2, "fileIds": [f"File:1-{n}" for n in range(1, 22)]}
    refusal = await teacher.expect_refusal(HOMEWORK, input=many)
    assert (refusal["code"], refusal["field"]) == ("LIMIT", ["fileIds"])
    missing = {**given, "expectedVersion": 2, "fileIds": ["File:1-999"]}
    refusal = await teacher.expect_refusal(HOMEWORK, input=missing)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["fileIds", "0"])


async def test_of_two_who_set_it_at_once_the_second_sees_the_firsts(
    api: SignIn, held: tuple[Any, str]
) -> None:
    lesson, login = held
    teacher = api(login, Role.SUBJECT_TEACHER)
    given = [{"lessonId": f"Lesson:1-{lesson.id}", "text": text} for text in ("№ 5", "№ 6", "№ 7")]
    replies = await asyncio.gather(*(teacher.reply(HOMEWORK, input=one) for one in given))
    answers = [(reply.data or {})["setHomework"] for reply in replies]
    codes = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert len(codes) == 2
    assert set(codes) == {"CONFLICT"}
    assert len({answer["homework"]["text"] for answer in answers}) == 1


async def test_nobody_writes_in_anothers_lesson(api: SignIn, held: tuple[Any, str]) -> None:
    lesson, _ = held
    given = {"lessonId": f"Lesson:1-{lesson.id}", "text": "№ 5"}
    other = api("teacher.gusev", Role.SUBJECT_TEACHER)
    assert await other.expect_code(HOMEWORK, input=given) in ("FORBIDDEN", "NOT_FOUND")
    assert await api("parent.ivanova").expect_code(HOMEWORK, input=given) == "FORBIDDEN"
