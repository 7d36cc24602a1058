"""Every error of a field has the path of a place where the answer is null, in both executors.

Relay's `@catch` and the caches of other clients find the field by this path.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gql.engine.run import Engine
from gql.schema import schema
from models.database.availability import Availability
from models.database.engine import connect
from models.database.readers import Readers
from models.database.writers import Writers
from models.problems import ServiceUnavailable
from resolvers.core.context import Services
from tests.conftest import Api, SignIn
from tests.engine.conftest import Both, make_asker, round_trip_json
from tests.journal.desk import Desk, cell
from tests.postgres import Server

MASHA = 'student(by: {id: "Student:1-1"})'
SNILS = "identity { snilsMasked snils }"
SHEET = """{ termMarkSheet(sectionId: "Section:1-68", termId: "Term:1-2") {
    rows { fullName weightedAverage markCount } } }"""

OPEN = "{ school { shortName } }"


def paths_of(errors: list[Any]) -> dict[str, Any]:
    """Return the paths of errors, by coordinate."""
    return {error["extensions"]["coordinate"]: error.get("path") for error in errors}


async def find_refused(who: Api, document: str, **variables: Any) -> dict[str, Any]:
    """Return the paths of the fields that were refused; each leads to a null."""
    reply = await who.reply(document, **variables)
    found = paths_of([error.formatted for error in reply.errors or []])
    for path in found.values():
        value: Any = reply.data
        for step in path:
            value = value[step]
        assert value is None
    return found


CASES: dict[str, tuple[str, str, dict[str, list[str | int]]]] = {
    "a root field": (
        "parent.ivanova", "{ accounts { nodes { id } } }", {"Query.accounts": ["accounts"]},
    ),
    "a field of one object": (
        "parent.ivanova", f"{{ {MASHA} {{ {SNILS} }} }}",
        {"StudentIdentity.snils": ["student", "identity", "snils"]},
    ),
    "aliases": (
        "parent.ivanova", f"{{ a: {MASHA} {{ b: identity {{ c: snils d: snils }} }} }}",
        {"StudentIdentity.snils": ["a", "b", "c"]},
    ),
    "fragments": (
        "parent.ivanova",
        f"{{ ...A }} fragment A on Query {{ {MASHA} {{ ... on Student {{ {SNILS} }} }} }}",
        {"StudentIdentity.snils": ["student", "identity", "snils"]},
    ),
    "an interface": (
        "parent.ivanova", f'{{ node(id: "Student:1-1") {{ ... on Student {{ {SNILS} }} }} }}',
        {"StudentIdentity.snils": ["node", "identity", "snils"]},
    ),
    "the first row of a list": (
        "secretary", SHEET,
        {
            "TermMarkRow.weightedAverage": ["termMarkSheet", "rows", 0, "weightedAverage"],
            "TermMarkRow.markCount": ["termMarkSheet", "rows", 0, "markCount"],
        },
    ),
    "the first row that is there": (
        "parent.ivanova",
        f'{{ nodes(ids: ["Student:1-9", "Student:1-1"]) {{ ... on Student {{ {SNILS} }} }} }}',
        {"StudentIdentity.snils": ["nodes", 1, "identity", "snils"]},
    ),
    "the first place that is there": (
        "parent.ivanova",
        f'{{ other: student(by: {{id: "Student:1-9"}}) {{ {SNILS} }} own: {MASHA} {{ {SNILS} }} }}',
        {"StudentIdentity.snils": ["own", "identity", "snils"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_a_refused_field_is_found_by_its_path(api: SignIn, both: Both, case: str) -> None:
    login, document, expected = CASES[case]
    assert await both(api(login), document) == "compiled"
    assert await find_refused(api(login), document) == expected


async def test_a_field_that_is_nowhere_in_the_answer_has_the_path_it_would_have(
    api: SignIn, both: Both
) -> None:
    mother = api("parent.ivanova")
    document = f'{{ student(by: {{id: "Student:1-9"}}) {{ {SNILS} }} }}'
    assert await both(mother, document) == "compiled"
    reply = await mother.reply(document)
    assert reply.data == {"student": None}
    assert [error.path for error in reply.errors or []] == [["student", "identity", "snils"]]
    document = f'{{ nodes(ids: ["Student:1-9"]) {{ ... on Student {{ {SNILS} }} }} }}'
    assert await both(mother, document) == "compiled"
    reply = await mother.reply(document)
    assert [error.path for error in reply.errors or []] == [["nodes", 0, "identity", "snils"]]


async def test_an_answer_that_both_executors_share_has_the_same_paths(
    api: SignIn, both: Both
) -> None:
    document = (
        f"{{ __schema {{ queryType {{ name }} }} {MASHA} {{ {SNILS} }} accounts {{ __typename }} }}"
    )
    assert await both(api("parent.ivanova"), document) == "mixed"
    assert await find_refused(api("parent.ivanova"), document) == {
        "StudentIdentity.snils": ["student", "identity", "snils"],
        "Query.accounts": ["accounts"],
    }


async def test_a_refused_field_of_a_payload_is_found_by_its_path(
    api: SignIn,
    desk: Desk,
    services: Services,
    readers: Readers,
    postgres: Server,
    database: str,
) -> None:
    teacher = api(desk.teacher)
    document = f"""mutation ($input: SetMarkInput!) {{ setMark(input: $input) {{
        mark {{ student {{ {SNILS} }} version }} userErrors {{ code }} }} }}"""
    writers = Writers(postgres.url("gorod_app", database), size=1)
    engine = Engine(schema, replace(services, readers=readers, writers=writers))
    answer = await engine.answer(make_asker(teacher), document, {"input": cell(desk)}, None)
    await writers.close()
    assert answer is not None
    assert answer.kind == "compiled"
    found = paths_of(json.loads(answer.body)["errors"])
    assert found == {"Student.identity": ["setMark", "mark", "student", "identity"]}
    given = {**cell(desk), "value": 4, "expectedVersion": 1}
    assert await find_refused(teacher, document, input=given) == found


# -- when the whole operation fails --------------------------------------------------


FAILING = (
    f"{{ __typename a: {MASHA} {{ {SNILS} }} school {{ shortName }} accounts {{ __typename }} }}"
)


@pytest.fixture
async def broken(services: Services) -> AsyncIterator[Services]:
    """Services whose database is away."""
    url = "postgresql://gorod_app@127.0.0.1:1/gorod"
    known = Availability(url)
    readers = Readers(url, size=1, availability=known)
    writers = Writers(url, size=1, availability=known)
    engine = connect(url, availability=known)
    yield replace(services, engine=engine, availability=known, readers=readers, writers=writers)
    await known.close()
    await readers.close()
    await writers.close()
    await engine.dispose()


@pytest.mark.parametrize("is_known", [True, False])
async def test_without_a_database_each_root_field_has_its_error(
    api: SignIn, services: Services, broken: Services, readers: Readers, is_known: bool
) -> None:
    mother, document = api("parent.ivanova"), FAILING
    if is_known:  # the session is cached, and so are its rights
        await mother(OPEN)
        broken = replace(broken, sessions=services.sessions)
        healthy = Engine(schema, replace(services, readers=readers))
        assert await healthy.answer(make_asker(mother), OPEN, {}, None)
    answer = await Engine(schema, broken).answer(make_asker(mother), document, {}, None)
    assert answer is not None
    said = json.loads(answer.body)
    nothing = {"a": None, "school": None, "accounts": None}
    assert said["data"] == {"__typename": "Query", **nothing}
    found = {tuple(error["path"]): error["extensions"]["code"] for error in said["errors"]}
    away = dict.fromkeys([("a",), ("school",)], "SERVICE_UNAVAILABLE")
    if is_known:
        refused = [("accounts",), ("a", "identity", "snils")]
        assert found == away | dict.fromkeys(refused, "FORBIDDEN")
    else:
        assert found == away | {("accounts",): "SERVICE_UNAVAILABLE"}
    if not is_known:  # the standard executor asks the database, which does not answer
        reply = await Api(replace(mother.caller, services=broken)).reply(document)
        assert round_trip_json(reply.data) == said["data"]
        errors = [error.formatted for error in reply.errors or []]
        assert round_trip_json(errors) == said["errors"]


async def test_a_special_read_that_cannot_be_recorded_is_refused_by_its_path(
    api: SignIn, both: Both
) -> None:
    """The audit log must know who read an identity, so nothing is shown without an entry."""
    director = api("director")
    document = f"{{ a: {MASHA} {{ fullName identity {{ snilsMasked }} }} }}"
    assert await both(director, document) == "compiled"
    availability = both.engine.services.availability
    availability.require = refuse_writing  # type: ignore[method-assign]
    assert await both(director, document) == "compiled"
    reply = await director.reply(document)
    assert reply.data == {"a": None}
    [error] = reply.errors or []
    assert (error.path, (error.extensions or {})["code"]) == (["a"], "SERVICE_UNAVAILABLE")


def refuse_writing(*, writing: bool = False) -> None:
    if writing:
        raise ServiceUnavailable
