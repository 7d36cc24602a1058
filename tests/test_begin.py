"""A school of one's own: the operations of `examples/begin`, in their order, in a new school."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gql.guard.documents import Documents
from gql.guard.limits import Limits
from resolvers.access import operators
from resolvers.school.founding import NewSchool
from tests.access.asking import sign_in
from tests.conftest import NOON, TODAY, Api, refusals
from tests.postgres import Server

TEXT = (Path(__file__).parents[1] / "examples" / "begin" / "school.graphql").read_text()
DAY = TODAY.isoformat()
BASIS = "Приказ № 1"


class Person:
    """Somebody of the new school; `await person("Hire", ...)` runs an operation of the example."""

    def __init__(self, stranger: Api) -> None:
        self.api = stranger

    async def enter(self, login: str, password: str) -> None:
        """Sign in with a one-time password and choose another."""
        done = await sign_in(self.api, login, password)
        self.api = Api(replace(self.api.caller, token=done["accessToken"]))
        await self("ChoosePassword", old=password, new=f"свой пароль для {login}")

    async def __call__(self, operation: str, **variables: Any) -> Any:
        reply = await self.reply(operation, **variables)
        assert not reply.errors, reply.errors
        assert not refusals(reply), refusals(reply)
        first = next(iter(reply.data.values()))
        return first if len(reply.data) == 1 else reply.data

    async def reply(self, operation: str, **variables: Any) -> Any:
        from gql.schema import schema

        return await schema.execute(
            TEXT, variables, context_value=replace(self.api.caller), operation_name=operation
        )


def test_anybody_signed_in_can_paste_the_whole_file() -> None:
    from gql.schema import schema

    document = Documents(schema._schema, Limits()).read(TEXT)  # noqa: SLF001  # graphql-core's
    assert not document.errors


@pytest.fixture
def url(postgres: Server, database: str) -> str:
    return postgres.url("postgres", database)


async def hire(director: Person, stranger: Api, login: str, name: str, position: str) -> Any:
    """Hire somebody, and let them sign in with a password of their own."""
    family, given = name.split()
    staff = (
        await director("Hire", familyName=family, givenName=given, position=position, hiredOn=DAY)
    )["staff"]
    opened = await director("OpenAccount", personId=staff["person"]["id"], login=login)
    return staff, opened["oneTimePassword"], Person(stranger)


async def test_a_director_alone_begins_a_school_and_a_teacher_sets_the_first_mark(
    url: str, stranger: Api
) -> None:
    school = NewSchool("МКОУ «Боровская ООШ»", "Asia/Barnaul")
    password = await operators.create_director(
        url, school=school, login="borovaya", full_name="Боровая Анна Львовна", now=NOON
    )
    director = Person(stranger)
    await director.enter("borovaya", password)

    card, password, admin = await hire(director, stranger, "petrov.b", "Петров Борис", "Инженер")
    person = card["person"]["id"]
    await director("NameAdministrator", **{"personId": person, "from": DAY, "basis": BASIS})
    await admin.enter("petrov.b", password)

    card, password, deputy = await hire(director, stranger, "somova.v", "Сомова Вера", "Завуч")
    person = card["person"]["id"]
    asked = await admin("RequestDeputy", **{"personId": person, "from": DAY, "basis": BASIS})
    request = asked["accessRequest"]
    await director("Approve", id=request["id"], version=request["version"])
    await deputy.enter("somova.v", password)

    known = await deputy("Calendar")
    [year] = known["academicYears"]
    quarter = next(t for t in known["terms"] if t["termType"]["code"] == "QUARTER")
    maths = next(s for s in known["subjects"]["nodes"] if s["name"] == "Математика")
    answer = next(a for a in known["assignmentTypes"] if a["name"] == "Ответ на уроке")
    made = await deputy(
        "MakeClass", yearId=year["id"], termTypeId=quarter["termType"]["id"], grade=5, letter="А"
    )
    school_class = made["schoolClass"]["id"]
    pupil = {"familyName": "Ильин", "givenName": "Лев", "sex": "MALE", "birthDate": "2015-03-02"}
    place = {"classId": school_class, "from": DAY, "number": "И-1"}
    student = (await admin("Enrol", **pupil, **place))["student"]

    card, password, teacher = await hire(director, stranger, "orlov.p", "Орлов Пётр", "Учитель")
    section = (
        await deputy(
            "MakeSection", classId=school_class, subjectId=maths["id"], name="5А Математика"
        )
    )["section"]
    await deputy("Assign", **{"sectionId": section["id"], "staffId": card["id"], "from": DAY})
    times = {"date": DAY, "startsAt": "08:30", "endsAt": "09:10"}
    lesson = (await deputy("Schedule", sectionId=section["id"], **times))["lesson"]
    await teacher.enter("orlov.p", password)
    work = await teacher("SetWork", lessonId=lesson["id"], typeId=answer["id"], title="Устный счёт")
    mark = await teacher(
        "Mark", assignmentId=work["assignment"]["id"], studentId=student["id"], value=5
    )
    assert mark["mark"]["value"] == 5


async def test_a_second_administrator_is_not_named_alone(url: str, stranger: Api) -> None:
    school = NewSchool("МКОУ «Боровская ООШ»", "Asia/Barnaul")
    password = await operators.create_director(
        url, school=school, login="borovaya", full_name="Боровая Анна Львовна", now=NOON
    )
    director = Person(stranger)
    await director.enter("borovaya", password)
    codes = []
    for login, name in (("petrov.b", "Петров Борис"), ("somova.v", "Сомова Вера")):
        card, _, _ = await hire(director, stranger, login, name, "Инженер")
        given = {"personId": card["person"]["id"], "from": DAY, "basis": BASIS}
        codes.append(
            [e["code"] for e in refusals(await director.reply("NameAdministrator", **given))]
        )
    assert codes == [[], ["NEEDS_SECOND_PERSON"]]
