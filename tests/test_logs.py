"""No log holds texts that people write."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql import logs
from gql.logs import describe_error
from models.base import Record
from tests.conftest import Api, SignIn
from tests.test_bad_input import (
    MUTATIONS,
    Keys,
    codes_of,
    find_login,
    keys,
    make_value,
    try_mutation,
)

__all__ = ["keys"]
SECRET = "тайна"
BREAK = """
CREATE FUNCTION break_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'XX001', MESSAGE = 'broken: ' || coalesce(NEW, OLD)::text,
        DETAIL = 'row: ' || coalesce(NEW, OLD)::text, HINT = coalesce(NEW, OLD)::text;
END $$
"""


def fill_input_with_secrets(input_: Any, keys: Keys) -> dict[str, Any]:
    """Return an input in which every field is given, and every text is a secret."""
    fields = list(input_.fields.items())
    return {
        name: make_secret(name, f.type, keys)
        for name, f in fields[: 1 if input_.is_one_of else None]
    }


def make_secret(field: str, type_: Any, keys: Keys) -> Any:
    nullable, named = get_nullable_type(type_), get_named_type(type_)
    if isinstance(nullable, GraphQLList):
        return [make_secret(field, nullable.of_type, keys)]
    if isinstance(named, GraphQLInputObjectType):
        return fill_input_with_secrets(named, keys)
    is_text = not isinstance(named, GraphQLEnumType) and named.name == "String"
    return f"{SECRET} {field}" if is_text else make_value(field, type_, keys)


@pytest.fixture
async def broken(sql: AsyncConnection, database: str) -> None:
    """A database that refuses every row in a way that nobody foresaw, and says all it knows."""
    await sql.execute(text(BREAK))
    for table in Record.metadata.tables:
        await sql.execute(
            text(
                f"CREATE TRIGGER broken BEFORE INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION break_down()"
            )
        )


@pytest.mark.usefixtures("broken")
async def test_a_command_that_fails_in_the_database_logs_no_word_of_it(
    api: SignIn, keys: Keys, capfd: pytest.CaptureFixture[str]
) -> None:
    failed = set()
    for name in sorted(MUTATIONS):
        person: Api = api(find_login(name))
        input_ = get_named_type(MUTATIONS[name].args["input"].type)
        for given in (fill_input_with_secrets(input_, keys), write_plausible_input(name, keys)):
            reply = await try_mutation(person, name, given) if given else None
            if reply and "INTERNAL_SERVER_ERROR" in codes_of(reply):
                failed.add(name)
    logged = capfd.readouterr().err
    assert len(failed) > 10, failed
    assert {"publishNotice", "setMark", "sendMail"} <= failed
    assert "XX001" in logged
    assert SECRET not in logged


def write_plausible_input(name: str, keys: Keys) -> dict[str, Any] | None:
    """Return an input that a person would write, for commands that check their input closely."""
    notice = {"kind": "SCHOOL", "toStudents": True}
    known: dict[str, dict[str, Any]] = {
        "publishNotice": {"title": SECRET, "body": SECRET, "targets": [notice]},
        "sendMail": {"to": ["PublicPerson:1-2"], "subject": SECRET, "body": SECRET},
        "setMark": {
            "assignmentId": make_value("assignmentId", MUTATIONS_ID, keys),
            "studentId": make_value("studentId", MUTATIONS_ID, keys),
            "value": 4,
            "comment": SECRET,
        },
    }
    return known.get(name)


MUTATIONS_ID = MUTATIONS["setMark"].args["input"].type.of_type.fields["assignmentId"].type


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    """Commands do `raise problem from error`, and an unexpected error is its own problem."""
    error = RuntimeError()
    with pytest.raises(RuntimeError) as caught:
        raise error from error
    assert describe_error(caught._excinfo).count("RuntimeError") == 1  # noqa: SLF001


def test_causes_that_lead_round_are_each_told_once() -> None:
    first, second = KeyError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    told = describe_error((type(first), first, None))
    assert [told.count(name) for name in ("KeyError", "ValueError")] == [1, 1]


# -- libraries -----------------------------------------------------------------------


@pytest.fixture
def as_json() -> Iterator[None]:
    """A log as `gorod serve` writes it."""
    logs.configure(as_json=True)
    yield
    logs.configure()


def read_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.mark.usefixtures("as_json")
def test_what_libraries_say_is_one_line_of_json_without_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    [line] = read_lines(capfd)
    assert (line["event"], line["level"]) == ("Exception in ASGI application", "error")
    assert line["logger"] == "uvicorn.error"
    assert line["timestamp"].endswith("Z")
    assert "ValueError" in line["exception"]
    assert SECRET not in str(line)


@pytest.mark.usefixtures("as_json")
async def test_a_task_that_nobody_waits_for_fails_in_one_line_without_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    loop = asyncio.get_running_loop()

    def fail(_: str) -> None:
        raise ValueError(SECRET)

    loop.call_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": ValueError(SECRET),
            "future": f"<Task exception=ValueError({SECRET!r})>",
        }
    )
    done = asyncio.Event()
    loop.call_soon(fail, SECRET)
    loop.call_soon(done.set)
    await done.wait()
    never, callback = read_lines(capfd)
    assert never["event"] == "Task exception was never retrieved"
    assert callback["event"].startswith("Exception in callback")
    assert SECRET not in str((never, callback))
