"""The noticeboard: who puts what up for whom, who sees it, and what each change leaves behind."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.communication.conftest import Ids
from tests.communication.noticeboard import (
    DEPUTY,
    HEAD,
    MOTHER,
    ONE,
    PUBLISH,
    TEACHER,
    TRIP,
    for_class,
    publish,
    titles,
)
from tests.conftest import NOON, Clock, SignIn

# -- putting up -----------------------------------------------------------------------


async def test_a_class_teacher_tells_her_class_and_its_parents(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    notice = await publish(api(*TEACHER), for_class(await ids.school_class("7А")))

    assert (notice["title"], notice["body"], notice["version"]) == (*TRIP.values(), 1)
    for login in (MOTHER, "parent.ivanov", "student.ivanova", "student.sokolov", DEPUTY, HEAD):
        assert "Поездка в театр" in await titles(api(login)), login
    for login in ("parent.kuznetsova", "student.kuznetsov", "teacher.gusev", "admin", "secretary"):
        assert "Поездка в театр" not in await titles(api(login)), login
    [event] = (await sql.execute(text("SELECT * FROM events ORDER BY seq DESC LIMIT 1"))).all()
    assert (event.kind, event.entity) == ("NOTICE_PUBLISHED", notice["id"])
    assert (event.topic, event.persons) == ("NOTICES", None)


async def test_the_pinned_come_first_then_the_newest(api: SignIn, ids: Ids) -> None:
    await publish(api(*TEACHER), for_class(await ids.school_class("7А")))
    assert await titles(api(MOTHER)) == [
        "Режим работы школы",
        "Поездка в театр",
        "Документы для личного дела",
        "Экскурсия в краеведческий музей",
        "Неделя психологии",
    ]


async def test_a_mother_of_two_in_the_school_sees_a_notice_for_all_once(
    api: SignIn, ids: Ids
) -> None:
    await publish(
        api(HEAD),
        {"kind": "SCHOOL", "toGuardians": True},
        {"kind": "GRADE_LEVEL", "gradeLevel": 3, "toGuardians": True},
    )
    assert (await titles(api(MOTHER))).count("Поездка в театр") == 1


async def test_a_parent_who_teaches_sees_in_each_role_what_is_meant_for_it(
    api: SignIn, ids: Ids
) -> None:
    await publish(api(HEAD), {"kind": "SCHOOL", "toStaff": True})
    assert "Поездка в театр" in await titles(api("teacher.orlova", Role.CLASS_TEACHER))
    assert "Поездка в театр" not in await titles(api("teacher.orlova", Role.PARENT))


async def test_a_mother_without_rights_is_told_nothing_of_the_class(api: SignIn, ids: Ids) -> None:
    await publish(api(HEAD), for_class(await ids.school_class("8А")))
    assert "Поездка в театр" in await titles(api("guardian.kuzmina"))
    assert "Поездка в театр" not in await titles(api("parent.lebedeva"))


async def test_whoever_joins_a_class_sees_what_hangs_there_and_whoever_leaves_does_not(
    api: SignIn, ids: Ids
) -> None:
    await publish(api(DEPUTY), for_class(await ids.school_class("7Б")), title="Для 7Б")
    await publish(api(DEPUTY), for_class(await ids.school_class("7А")), title="Для 7А")
    moved = set(await titles(api("student.korolyova")))
    assert "Для 7Б" in moved
    assert "Для 7А" not in moved


@pytest.mark.parametrize(
    ("who", "kind", "place", "more", "code", "field"),
    [
        (TEACHER, "SCHOOL_CLASS", "5А", {}, "FORBIDDEN", "schoolClassId"),
        (TEACHER, "SCHOOL_CLASS", "9А", {}, "NOT_FOUND", "schoolClassId"),
        (TEACHER, "SCHOOL_CLASS", "7А", {"toStaff": True}, "FORBIDDEN", "toStaff"),
        (TEACHER, "SCHOOL", None, {}, "FORBIDDEN", "kind"),
        (TEACHER, "GRADE_LEVEL", 7, {}, "FORBIDDEN", "kind"),
        (TEACHER, "PERSON", MOTHER, {}, "FORBIDDEN", "kind"),
        (("teacher.gusev",), "SCHOOL_CLASS", "7А", {}, "FORBIDDEN", "schoolClassId"),
        (("teacher.gusev",), "SECTION", "7А Алгебра", {}, "NOT_FOUND", "sectionId"),
        (
            ("teacher.gusev",),
            "SECTION",
            "7А Английский язык, группа 1",
            {},
            "NOT_FOUND",
            "sectionId",
        ),
        ((MOTHER,), "SCHOOL_CLASS", "7А", {}, "FORBIDDEN", None),
        (("student.ivanova",), "SCHOOL_CLASS", "7А", {}, "FORBIDDEN", None),
        (("municipal",), "SCHOOL", None, {}, "FORBIDDEN", None),
    ],
)
async def test_who_may_not_publish_to_whom(
    api: SignIn, ids: Ids, who: Any, kind: str, place: Any, more: Any, code: str, field: Any
) -> None:
    target = {"kind": kind, "toStudents": True, **more}
    if kind == "SCHOOL_CLASS":
        target["schoolClassId"] = await ids.school_class(place)
    if kind == "SECTION":
        target["sectionId"] = await ids.section(place)
    if kind == "PERSON":
        target["personId"] = await ids.person(place)
    if kind == "GRADE_LEVEL":
        target["gradeLevel"] = place
    refusal = await api(*who).expect_refusal(PUBLISH, input={**TRIP, "targets": [target]})
    assert refusal["code"] == code
    assert refusal["field"] == (field and ["targets", "0", field])


@pytest.mark.parametrize(
    ("target", "code", "field"),
    [
        ({"kind": "SCHOOL"}, "NOBODY_ADDRESSED", "toStudents"),
        ({"kind": "SCHOOL", "gradeLevel": 7, "toStaff": True}, "TARGET_MISMATCH", "gradeLevel"),
        ({"kind": "GRADE_LEVEL", "toStaff": True}, "TARGET_MISMATCH", "gradeLevel"),
        (
            {"kind": "GRADE_LEVEL", "gradeLevel": 13, "toStaff": True},
            "OUT_OF_RANGE",
            "gradeLevel",
        ),
        ({"kind": "SCHOOL_CLASS", "toStudents": True}, "TARGET_MISMATCH", "schoolClassId"),
        ({"kind": "PERSON"}, "TARGET_MISMATCH", "personId"),
    ],
)
async def test_a_target_must_say_whom_it_means(
    api: SignIn, target: Any, code: str, field: str
) -> None:
    refusal = await api(HEAD).expect_refusal(PUBLISH, input={**TRIP, "targets": [target]})
    assert (refusal["code"], refusal["field"]) == (code, ["targets", "0", field])


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"targets": []}, "NOBODY_ADDRESSED", ["targets"]),
        ({"targets": [{"kind": "SCHOOL", "toStaff": True}] * 101}, "LIMIT", ["targets"]),
        ({"title": ""}, "BLANK", ["title"]),
        ({"title": "я" * 301}, "TOO_LONG", ["title"]),
        ({"body": "я" * 20001}, "TOO_LONG", ["body"]),
        ({"visibleUntil": "2026-11-23T05:00:00Z"}, "ENDS_BEFORE_IT_BEGINS", ["visibleUntil"]),
        ({"body": "a\0b"}, "BAD_USER_INPUT", ["body"]),
    ],
)
async def test_what_is_refused(api: SignIn, given: Any, code: str, field: list[str]) -> None:
    usual = {**TRIP, "targets": [{"kind": "SCHOOL", "toStaff": True}]}
    refusal = await api(HEAD).expect_refusal(PUBLISH, input={**usual, **given})
    assert (refusal["code"], refusal["field"]) == (code, field)
    most = {"targets": 100, "title": 300, "body": 20000}
    assert refusal.get("most") == (most[field[0]] if code in ("LIMIT", "TOO_LONG") else None)


async def test_a_class_of_another_school_is_not_there(api: SignIn, sql: AsyncConnection) -> None:
    query = "SELECT id FROM school_classes WHERE school_id = 2 LIMIT 1"
    there = f"SchoolClass:2-{(await sql.execute(text(query))).scalar_one()}"
    given = {**TRIP, "targets": [for_class(there)]}
    assert await api(HEAD).expect_code(PUBLISH, input=given) == "NOT_FOUND"


async def test_who_was_named_in_person_is_told_only_to_them_and_the_author(
    api: SignIn, ids: Ids
) -> None:
    masha, egor = await ids.people("student.ivanova", "student.sokolov")
    targets = [{"kind": "PERSON", "personId": one} for one in (masha, egor)]
    notice = await publish(api("psychologist"), *targets)

    async def list_names(login: str) -> list[str]:
        node = (await api(login)(ONE, id=notice["id"]))["node"]
        return [target["person"]["fullName"] for target in node["targets"]]

    assert await list_names("student.ivanova") == ["Иванова Мария Петровна"]
    assert len(await list_names("psychologist")) == 2
    assert len(await list_names(DEPUTY)) == 2


async def test_a_notice_waits_for_its_time_and_goes_when_it_is_over(
    api: SignIn, ids: Ids, clock: Clock
) -> None:
    hour = timedelta(hours=1)
    notice = await publish(
        api(*TEACHER),
        for_class(await ids.school_class("7А")),
        visibleFrom=(NOON + hour).isoformat(),
        visibleUntil=(NOON + 2 * hour).isoformat(),
    )

    async def look() -> tuple[bool, bool]:
        listed = "Поездка в театр" in await titles(api(MOTHER))
        return listed, (await api(MOTHER)(ONE, id=notice["id"]))["node"] is not None

    assert await look() == (False, False)
    assert "Поездка в театр" not in await titles(api(*TEACHER))
    assert "Поездка в театр" in await titles(api(*TEACHER), hidden=True)
    clock.now = NOON + hour
    assert await look() == (True, True)
    clock.now = NOON + 2 * hour
    assert await look() == (False, False)


async def test_a_notice_cannot_be_dated_back(api: SignIn) -> None:
    staff = {"kind": "SCHOOL", "toStaff": True}
    notice = await publish(api(HEAD), staff, visibleFrom="2020-01-01T00:00:00Z")
    assert notice["visibleFrom"] == "2026-11-23T05:00:00Z"


async def test_a_notice_repeated_under_its_key_is_put_up_once(
    api: SignIn, sql: AsyncConnection
) -> None:
    staff = {"kind": "SCHOOL", "toStaff": True}
    key = uuid4()
    tries = [publish(api(HEAD), staff, idempotencyKey=key) for _ in range(3)]
    assert len({notice["id"] for notice in await asyncio.gather(*tries)}) == 1
    count = "SELECT count(*) FROM notices WHERE title = 'Поездка в театр'"
    assert (await sql.execute(text(count))).scalar_one() == 1
