"""A refusal names the argument it is about: each id of each mutation in turn is one of nothing, of
another school, or of another type."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn, refusals
from tests.test_bad_input import (
    MUTATIONS,
    Keys,
    fill_input,
    find_login,
    keys,
    make_value,
    try_mutation,
)

__all__ = ["keys"]
Usual = dict[str, dict[str, Any]]
EVENING = {"startsAt": "18:00", "endsAt": "18:40", "date": "2026-11-24"}
TO_STAFF = [{"kind": "SCHOOL", "toStaff": True}]
USUAL: Usual = {
    "ScheduleLessonInput": EVENING,
    "MoveLessonInput": EVENING,
    "PublishNoticeInput": {"targets": TO_STAFF},
    "SendMailInput": {"to": ["PublicPerson:1-40"]},
    "GrantRoleInput": {"role": "SECRETARY"},
    "RequestRoleGrantInput": {"role": "SECRETARY"},
    "SetTermMarkInput": {"termId": "Term:1-2", "value": "FIVE"},
}
"""Arguments that an input needs to be refused for its id, and for nothing before it."""
GOES_WITH: dict[tuple[str, str], dict[str, Any]] = {
    ("SaveDraftInput", "draftId"): {"expectedVersion": 1},
    ("SendMailInput", "draftId"): {"expectedVersion": 1},
    ("NoticeTargetInput", "personId"): {"kind": "PERSON"},
    ("NoticeTargetInput", "sectionId"): {"kind": "SECTION", "toStudents": True},
    ("NoticeTargetInput", "schoolClassId"): {"kind": "SCHOOL_CLASS", "toStudents": True},
    ("GrantRoleInput", "schoolClassId"): {"scope": "SCHOOL_CLASS"},
    ("RequestRoleGrantInput", "schoolClassId"): {"scope": "SCHOOL_CLASS"},
}
"""Further arguments, without which the id is not looked at."""
TOLD_OTHERWISE = {"signIn", "switchContext", "setMarks"}
"""The first two tell nobody which of school, role and password was wrong; `setMarks` tells of each
of its rows (`tests/journal/test_marks.py`)."""


@pytest.fixture
async def usual(sql: AsyncConnection) -> Usual:
    """The same, of rows as they stand."""
    found = await sql.execute(
        text("""SELECT l.id, l.version, n.version AS seen FROM lessons l, notices n
        WHERE l.section_id = 68 AND l.date > '2026-11-24' AND n.id = 1
        AND l.id NOT IN (SELECT lesson_id FROM homework) ORDER BY l.id LIMIT 1""")
    )
    lesson = found.one()
    planned = {"lessonId": f"Lesson:1-{lesson.id}"}
    return USUAL | {
        "MoveLessonInput": {
            **EVENING,
            **planned,
            "expectedVersion": lesson.version,
            "overrideReason": "Экскурсия утром",
        },
        "SetHomeworkInput": planned,
        "EditNoticeInput": {"expectedVersion": lesson.seen},
    }


def places(
    input_: Any, keys: Keys, usual: Usual
) -> Iterator[tuple[list[str], dict[str, Any], str]]:
    """Where an id stands in an input: its path, all the rest as it should be, and a good id."""
    for name, field in input_.fields.items():
        nullable, named = get_nullable_type(field.type), get_named_type(field.type)
        listed = isinstance(nullable, GraphQLList)
        rest = fill_input(input_, keys) | usual.get(input_.name, {})
        if isinstance(named, GraphQLInputObjectType):
            for path, inner, one in places(named, keys, usual):
                whole = {**rest, name: [inner] if listed else inner}
                yield [name, *(["0"] if listed else []), *path], whole, one
        elif named.name == "ID":
            also = GOES_WITH.get((input_.name, name), {})
            one = make_value(name, named, keys)
            path = [name, *(["0"] if listed else [])]
            yield path, {**rest, **also, name: [one] if listed else one}, one


def put(given: Any, path: list[str], value: str) -> Any:
    """The input with another id in that place."""
    first, *rest = path
    if isinstance(given, list):
        return [put(given[0], rest, value) if rest else value]
    return {**given, first: put(given[first], rest, value) if rest else value}


def wrong(one: str) -> list[str]:
    kind, _, _ = one.partition(":")
    other = "Room:1-1" if kind != "Room" else "Subject:1-1"
    return [f"{kind}:1-99999999", f"{kind}:2-1", other]


@pytest.mark.parametrize("name", sorted(MUTATIONS.keys() - TOLD_OTHERWISE))
async def test_the_id_that_is_wrong_is_the_one_that_is_blamed(
    api: SignIn, keys: Keys, usual: Usual, name: str
) -> None:
    person = api(find_login(name))
    input_ = get_named_type(MUTATIONS[name].args["input"].type)
    failures = []
    for path, given, one in places(input_, keys, usual):
        for id_ in wrong(one):
            reply = await try_mutation(person, name, put(given, path, id_))
            told = [dict(e.extensions or {}) for e in reply.errors or []] + refusals(reply)
            blamed = [(error["code"], error.get("field")) for error in told]
            if [field for _, field in blamed] != [path]:
                failures.append((".".join(path), id_, blamed))
    assert not failures, (
        f"{name}: a wrong id is refused with its path as `field`; found (path, id, blamed) "
        f"{failures}. If a rule is looked at before the id, say in USUAL or GOES_WITH what the "
        "input has to say besides. If the command blames no field, give its problem one."
    )
