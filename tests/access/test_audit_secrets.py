"""The audit log holds no value that some reader of it may not know, whatever command wrote it."""

import inspect
import json
import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from graphql import get_named_type
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.schema import schema
from models.base import Id
from resolvers.core.audit_details import api_name, details_of, encode_value, names_its_row, parts_of
from resolvers.core.keep import KEEP
from resolvers.core.parameters import is_logged, plain
from tests.access.logbook import LOG, fetch_entries, fetch_last, read_details
from tests.conftest import SignIn
from tests.journal.desk import SET, Desk, cell
from tests.test_bad_input import (
    GOOD,
    MUTATIONS,
    Keys,
    codes_of,
    fill_input,
    find_login,
    keys,  # noqa: F401  # a fixture
    try_mutation,
)
from tests.test_house_rules import COMMANDS, name_of

AUDITED = [command for command in COMMANDS if command.right is not None]
LOGGED_TEXTS = {
    "createAssignmentType": {"name", "shortName"},
    "createClass": {"letter", "profile"},
    "createHoliday": {"name"},
    "createHolidaySet": {"name"},
    "createRoom": {"number", "building"},
    "createSection": {"name"},
    "createSubject": {"name", "shortName", "area"},
    "hireStaff": {"position"},
    "requestRoleRights": {"rights.permission"},
    "setRoleRights": {"rights.permission"},
    "updateAssignmentType": {"name", "shortName"},
    "updateHoliday": {"name"},
    "updateHolidaySet": {"name"},
    "updateRoom": {"number", "building"},
    "updateSubject": {"name", "shortName", "area"},
    "updateSchool": {
        "shortName", "fullName", "legalAddress", "postalAddress", "phone", "email", "site",
        "timeZone",
    },
}  # fmt: skip
"""Texts that people write and the log keeps. Each was reviewed, and may be shown to everyone who
may hold the right to read the log. A new one must be reviewed, too."""

# -- every command ---------------------------------------------------------------------

NUMBERS = count(7_000_001)


def make_unique_value(annotation: Any) -> Any:
    """Return a value of a type that occurs nowhere else; of types with few values, one of them."""
    annotation, number = plain(annotation), next(NUMBERS)
    inner = [one for one in get_args(annotation) if one is not type(None)]
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return make_unique_value(inner[0])
    if origin is Id:
        return Id(inner[0], 1, number)
    if origin is not None:
        return [make_unique_value(inner[0]), make_unique_value(inner[0])]
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        return annotation(**{f.name: make_unique_value(hints[f.name]) for f in fields(annotation)})
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    made: dict[Any, Any] = {
        bool: True,
        int: number,
        Decimal: Decimal(number),
        date: date(2200, 1, 1) + timedelta(days=number % 100_000),
        datetime: datetime(2200, 1, 1) + timedelta(seconds=number),  # noqa: DTZ001
        time: time(number % 24, number // 24 % 60, number // 7 % 60),
        UUID: UUID(int=number),
    }
    return made.get(annotation, f"тайна-{number}")


def list_leaves(name: str, annotation: Any, value: Any) -> Iterator[tuple[str, bool, Any]]:
    """Yield the values inside a value, by their names in the API, and whether they are declared
    `Logged`, as found out here without asking the product."""
    declared = is_logged(annotation)
    for one in value if isinstance(value, list) else [value]:
        if is_dataclass(one) and not isinstance(one, Id | type):
            hints = get_type_hints(type(one), include_extras=True)
            for field in fields(one):
                hint = Annotated[hints[field.name], "logged"] if declared else hints[field.name]
                inside = f"{name}.{api_name(field.name)}"
                yield from list_leaves(inside, hint, getattr(one, field.name))
        else:
            yield name, declared, one


@pytest.mark.parametrize("command", AUDITED, ids=name_of)
def test_the_log_keeps_no_value_that_is_not_declared(command: Any) -> None:
    takes = inspect.signature(command, eval_str=True).parameters
    given = {
        n: make_unique_value(p.annotation) for n, p in takes.items() if p.kind is p.KEYWORD_ONLY
    }
    kept = json.dumps(details_of(command, given), ensure_ascii=False)
    for name, value in given.items():
        for where, declared, one in list_leaves(api_name(name), takes[name].annotation, value):
            if isinstance(one, bool | Enum) or one is KEEP:
                continue  # one of a few values, which may stand for another argument
            shown = str(one) if isinstance(one, UUID) else encode_value(one)
            assert (f'"{shown}"' in kept) is (declared and not command.private), where
    for detail in details_of(command, given):
        part = find_argument(command, detail["name"])
        assert (detail["values"] is not None) is part.is_logged, detail


def find_argument(command: Any, name: str) -> Any:
    parts = list(parts_of(command).values())
    while True:
        for part in parts:
            if part.name == name:
                return part
        parts = [inner for part in parts for inner in (part.parts or {}).values()]


@pytest.mark.parametrize("command", AUDITED, ids=name_of)
def test_no_text_is_kept_that_was_not_reviewed(command: Any) -> None:
    takes = inspect.signature(command, eval_str=True).parameters
    texts = {
        where
        for name, argument in takes.items()
        if argument.kind is argument.KEYWORD_ONLY
        for where, declared, one in list_leaves(
            api_name(name), argument.annotation, make_unique_value(argument.annotation)
        )
        if declared and isinstance(one, str)
    }
    assert texts == LOGGED_TEXTS.get(command.action, set()), (
        f"The log keeps texts of {command.action}: {sorted(texts)}. Everyone who may read "
        "the log sees them: take `Logged` off the argument, or add it to LOGGED_TEXTS if they may."
    )


@pytest.mark.parametrize("command", AUDITED, ids=name_of)
def test_the_log_calls_a_command_and_its_arguments_as_the_schema_does(command: Any) -> None:
    mutation: Any = MUTATIONS[command.action]
    assert mutation.extensions["strawberry-definition"].metadata["command"] is command
    for part in parts_of(command).values():
        named = get_named_type(mutation.args["input"].type).fields[part.name]
        for inner in (part.parts or {}).values():
            assert inner.name.partition(".")[2] in get_named_type(named.type).fields


def test_every_mutation_is_logged_or_needs_no_right() -> None:
    """A new command is tested above automatically; one that needs no right must be reviewed."""
    assert set(MUTATIONS) - {one.action for one in AUDITED} == {
        "signIn", "refreshSession", "endSession", "switchContext", "changePassword", "linkAccount",
    }  # fmt: skip


def test_letters_and_receipts_name_no_row() -> None:
    private = {command.action for command in AUDITED if command.private}
    assert private == {
        "saveDraft", "sendMail", "moveMail", "markMailRead", "markNoticeRead", "acknowledgeNotice",
    }  # fmt: skip
    assert not any(names_its_row(command) for command in AUDITED if command.private)


def test_nothing_can_be_searched_for_in_the_log() -> None:
    """A reader who may search for a part of a text may guess all of it."""
    types_: Any = schema._schema.type_map  # noqa: SLF001
    fields_ = types_["AuditEventFilter"].fields
    assert "details" not in fields_
    for name, field in fields_.items():
        assert "contains" not in getattr(get_named_type(field.type), "fields", {}), name


# -- the commands themselves -----------------------------------------------------------

CANARY = "Канарейка"


async def test_after_all_commands_the_administrator_finds_nothing_that_people_wrote(
    api: SignIn,
    sql: AsyncConnection,
    keys: Keys,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each mutation is sent once, with all its arguments, and a secret word in every text."""
    done = set()
    for name in sorted(MUTATIONS):
        monkeypatch.setitem(GOOD, "String", f"{CANARY} {name}")
        input_ = get_named_type(MUTATIONS[name].args["input"].type)
        reply = await try_mutation(api(find_login(name)), name, fill_input(input_, keys))
        if not codes_of(reply):
            done.add(name)
    assert len(done) >= 12, done
    everything = "SELECT string_agg(a::text, '|') FROM audit_events a"
    kept = str(await sql.scalar(text(everything)))
    for name in done - LOGGED_TEXTS.keys():
        assert f"{CANARY} {name}" not in kept, name
    shown = json.dumps(await api("admin")(LOG, first=100), ensure_ascii=False)
    assert {one["action"] for one in await fetch_entries(api("admin"))} & done
    for name in done - LOGGED_TEXTS.keys():
        assert f"{CANARY} {name}" not in shown, name


# -- people ----------------------------------------------------------------------------


async def test_administrator_reads_no_mark_in_the_log(
    api: SignIn,
    desk: Desk,
    sql: AsyncConnection,
) -> None:
    comment = "не готов, плакал"
    done = await api(desk.teacher)(SET, input=cell(desk, value=2, comment=comment))
    entry = await fetch_last(api("admin"), "setMark")
    assert entry["entity"] == done["setMark"]["mark"]["id"]
    assert read_details(entry) == {
        "assignmentId": [desk.assignment],
        "studentId": [desk.masha],
        "value": None,
        "kind": None,
        "comment": None,
    }
    row = await sql.scalar(text("SELECT a::text FROM audit_events a WHERE action = 'setMark'"))
    assert comment not in str(row)
    asked = "query ($id: ID!) { node(id: $id) { ... on Mark { value } } }"
    assert await api("admin")(asked, id=entry["entity"]) == {"node": None}


async def test_a_batch_of_marks_names_its_students_and_no_value(
    api: SignIn,
    desk: Desk,
) -> None:
    items = [
        {"assignmentId": desk.assignment, "studentId": one, "value": 3} for one in desk.others[:2]
    ]
    asked = """mutation ($items: [MarkItemInput!]!) { setMarks(input: {items: $items}) {
        userErrors { code } } }"""
    await api(desk.teacher)(asked, items=items)
    kept = read_details(await fetch_last(api("admin"), "setMarks"))
    assert kept["items.studentId"] == desk.others[:2]
    assert kept["items.value"] is None


async def test_attendance_is_logged_with_its_code_which_stays_hidden(
    api: SignIn,
    desk: Desk,
    sql: AsyncConnection,
) -> None:
    await sql.execute(text("DELETE FROM attendance_records"))
    asked = """mutation ($lesson: ID!, $student: ID!) { setAttendance(input: {lessonId: $lesson,
        studentId: $student, code: ILLNESS}) { userErrors { code } } }"""
    await api(desk.teacher)(asked, lesson=desk.lesson, student=desk.others[0])
    kept = read_details(await fetch_last(api("admin"), "setAttendance"))
    assert kept == {"lessonId": [desk.lesson], "studentId": [desk.others[0]], "code": None}


async def test_administrator_reads_no_court_paper_in_the_log(
    api: SignIn, sql: AsyncConnection
) -> None:
    paper = "Решение суда о лишении № 2-999/2026"
    asked = """mutation ($paper: String!) { linkGuardian(input: {studentId: "Student:1-7",
        familyName: "Тестов", givenName: "Иван", relation: FATHER, validFrom: "2026-11-01",
        legalStatus: RESTRICTED, basisDocument: $paper, mayReceiveInfo: false}) {
        guardianLink { id } userErrors { code } } }"""
    await api("social")(asked, paper=paper)
    entry = await fetch_last(api("admin"), "linkGuardian")
    kept = read_details(entry)
    assert kept["studentId"] == ["Student:1-7"]
    assert {kept[name] for name in ("legalStatus", "basisDocument", "mayReceiveInfo")} == {None}
    row = str(
        await sql.scalar(text("SELECT a::text FROM audit_events a ORDER BY seq DESC LIMIT 1"))
    )
    assert not [secret for secret in (paper, "RESTRICTED", "Тестов") if secret in row]


async def test_administrator_learns_of_a_private_notice_neither_text_nor_addressee(
    api: SignIn, sql: AsyncConnection
) -> None:
    person = (await api("parent.ivanova")("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    asked = """mutation ($person: ID!) { publishNotice(input: {title: "закрытое",
        body: "Только для одного", requiresAcknowledgement: true,
        targets: [{kind: PERSON, personId: $person}]}) { notice { id } userErrors { code } } }"""
    notice = (await api("social")(asked, person=person))["publishNotice"]["notice"]["id"]
    received = """mutation ($id: ID!) { acknowledgeNotice(input: {noticeId: $id}) {
        userErrors { code } } }"""
    await api("parent.ivanova")(received, id=notice)
    published, acknowledged = await fetch_last(api("admin"), "publishNotice"), None
    acknowledged = await fetch_last(api("admin"), "acknowledgeNotice")
    assert published["entity"] == notice
    assert {name: v for name, v in read_details(published).items() if v is not None} == {}
    assert "targets" in read_details(published)
    assert (acknowledged["entity"], acknowledged["details"]) == (None, [])
    rows = (await sql.scalars(text("SELECT a::text FROM audit_events a"))).all()
    assert not [row for row in rows if "закрытое" in row or "Только для" in row or person in row]


async def test_administrator_reads_no_birth_date_in_the_log(api: SignIn) -> None:
    asked = """mutation { enrolStudent(input: {familyName: "Новая", givenName: "Ева",
        birthDate: "2014-03-05", personalFileNo: "Н-1", entryDate: "2026-11-20"}) {
        student { id } userErrors { code } } }"""
    await api("secretary")(asked)
    kept = read_details(await fetch_last(api("admin"), "enrolStudent"))
    assert kept["birthDate"] is None
    assert set(map(repr, kept.values())) == {"None"}


async def test_public_values_are_shown_in_the_words_of_the_schema(api: SignIn) -> None:
    person = (await api("hr")("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    asked = """mutation ($person: ID!) { grantRole(input: {personId: $person, role: SUBJECT_TEACHER,
        validFrom: "2026-11-23", basis: "Приказ 5", scope: SCHOOL}) { userErrors { code } } }"""
    await api("director")(asked, person=person)
    assert read_details(await fetch_last(api("director"), "grantRole")) == {
        "personId": [person],
        "role": ["SUBJECT_TEACHER"],
        "validFrom": ["2026-11-23"],
        "scope": ["SCHOOL"],
        "basis": None,
    }


async def test_an_emptied_value_is_distinguished_from_a_hidden_one(api: SignIn) -> None:
    director = api("director")
    asked = """mutation { updateSchool(input: {schoolId: "School:1-1", expectedVersion: 1,
        phone: null, missedShare: "0.25"}) { userErrors { code } } }"""
    await director(asked)
    kept = read_details(await fetch_last(director, "updateSchool"))
    assert (kept["phone"], kept["missedShare"]) == ([], ["0.25"])


async def test_the_reason_of_a_lock_is_shown_with_the_account(api: SignIn) -> None:
    asked = """mutation { lockAccount(input: {accountId: "Account:1-31", expectedVersion: 1,
        reason: "По заявлению матери"}) { account { statusReason } userErrors { code } } }"""
    done = await api("admin")(asked)
    assert done["lockAccount"]["account"] == {"statusReason": "По заявлению матери"}
    kept = read_details(await fetch_last(api("admin"), "lockAccount"))
    assert kept == {"accountId": ["Account:1-31"], "locked": ["true"], "reason": None}
    ask = '{ node(id: "Account:1-31") { ... on Account { login statusReason } } }'
    teacher = await api("teacher.belova").reply(ask)
    assert (teacher.data or {})["node"] in (None, {"login": "parent.ivanova", "statusReason": None})
