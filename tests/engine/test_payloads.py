"""The row that a command changed is read in one statement, with the answer of the standard
executor."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.payloads import RowStatement
from resolvers.core.context import Ctx
from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.conftest import Api, SignIn
from tests.engine.conftest import count_special_reads
from tests.journal.desk import Desk
from tests.structure.test_sections import ALGEBRA

SHOWN = """id value kind version comment authorName student { fullName }
    assignment { title weight lesson { topic date } }"""
SET = f"""mutation ($input: SetMarkInput!) {{ setMark(input: $input) {{
    mark {{ {SHOWN} }} userErrors {{ code field }} }} }}"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Mark {{ {SHOWN} }} }} }}"


def with_standard_executor(api: Api) -> Api:
    services = replace(api.caller.services, readers=None)
    return Api(replace(api.caller, services=services))


async def test_a_payload_shows_a_mark_as_a_query_does(api: SignIn, desk: Desk) -> None:
    teacher = api(desk.teacher)
    given = {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 4}
    mark = (await teacher(SET, input=given))["setMark"]["mark"]
    assert mark == (await with_standard_executor(teacher)(NODE, id=mark["id"]))["node"]
    assert (mark["value"], mark["version"]) == (4, 1)


async def test_a_plan_of_a_payload_takes_fewer_statements(api: SignIn, statements: Any) -> None:
    asked = """mutation ($input: AssignTeacherInput!) { assignTeacher(input: $input) {
        teachingAssignment { hours } } }"""
    deputy = api("zavuch")
    spent = []
    for day, who in (("2026-11-24", deputy), ("2026-11-25", with_standard_executor(deputy))):
        with statements() as sql:
            await who(asked, input={**ALGEBRA, "staffId": "Staff:1-9", "validFrom": day})
        spent.append(len(sql))
        if who is deputy:
            assert "INSERT INTO audit_events" in sql[-1]  # the plan reads everything afterwards
    assert spent[0] < spent[1]


async def test_a_payload_shows_the_school_after_the_change(api: SignIn) -> None:
    asked = """mutation ($input: UpdateSchoolInput!) { updateSchool(input: $input) {
        __typename school { id version phone } again: school { shortName } } }"""
    given = {"schoolId": "School:1-1", "expectedVersion": 1, "phone": "8"}
    answer = (await api("director")(asked, input=given))["updateSchool"]
    assert answer["school"] == {"id": "School:1-1", "version": 2, "phone": "8"}
    assert answer["again"]["shortName"]


async def test_payloads_of_two_commands_of_one_document_are_read_separately(
    api: SignIn,
    desk: Desk,
) -> None:
    asked = """mutation ($first: SetMarkInput!, $second: SetMarkInput!) {
        first: setMark(input: $first) { mark { value version } }
        second: setMark(input: $second) { mark { value student { fullName } } } }"""
    cell = {"assignmentId": desk.assignment, "studentId": desk.masha}
    second = {**cell, "value": 5, "expectedVersion": 1}
    answer = await api(desk.teacher)(asked, first={**cell, "value": 4}, second=second)
    assert answer["first"]["mark"] == {"value": 4, "version": 1}
    assert answer["second"]["mark"]["value"] == 5
    assert answer["second"]["mark"]["student"]["fullName"]


async def test_a_conflict_shows_the_mark_that_caused_it(
    api: SignIn,
    desk: Desk,
) -> None:
    teacher = api(desk.teacher)
    given = {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 4}
    first = (await teacher(SET, input=given))["setMark"]["mark"]
    second = (await teacher.reply(SET, input={**given, "expectedVersion": 7})).data
    assert second
    assert second["setMark"]["mark"] == first
    assert second["setMark"]["userErrors"] == [{"code": "CONFLICT", "field": ["expectedVersion"]}]


@pytest.mark.parametrize("shown", [True, False])
async def test_a_directive_is_evaluated_for_each_request(
    api: SignIn,
    desk: Desk,
    shown: bool,
) -> None:
    asked = """mutation ($input: SetMarkInput!, $shown: Boolean!) { setMark(input: $input) {
        mark { value student @include(if: $shown) { fullName } } } }"""
    given = {"assignmentId": desk.assignment, "studentId": desk.masha, "value": 4}
    teacher = api(desk.teacher)
    for version, wanted in enumerate((shown, not shown)):
        given |= {"value": 4 - version} | ({"expectedVersion": version} if version else {})
        answer = await teacher(asked, input=given, shown=wanted)
        assert ("student" in answer["setMark"]["mark"]) is wanted


LINK = """mutation { linkGuardian(input: {studentId: "Student:1-7", familyName: "Тестов",
    givenName: "Иван", relation: FATHER, validFrom: "2026-11-01"}) { userErrors { code }
    guardianLink { student { identity { snils documentNumber } contacts { address } } } } }"""
STUDENT = """{ student(by: {id: "Student:1-7"}) {
    identity { snils documentNumber } contacts { address } } }"""


async def test_an_encrypted_field_of_a_payload_is_shown_and_its_read_is_recorded(
    api: SignIn, sql: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    secretary = api("secretary")
    there = (await with_standard_executor(secretary)(STUDENT))["student"]
    before = await count_special_reads(sql)
    used: list[int] = []
    read = RowStatement.read

    async def count(self: RowStatement, ctx: Ctx, key: int) -> Any:
        used.append(key)
        return await read(self, ctx, key)

    monkeypatch.setattr(RowStatement, "read", count)
    linked = (await secretary(LINK))["linkGuardian"]
    assert linked == {"guardianLink": {"student": there}, "userErrors": []}
    assert there["identity"]["snils"]
    assert len(used) == 1, "one statement reads all that is asked of the row"
    assert await count_special_reads(sql) == before + 1
