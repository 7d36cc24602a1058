"""Constants reach SQL through one function, and values as parameters: no text is run as SQL."""

import ast
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exists, literal, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.rights import Right
from gql.engine.sql import Name, NotCompilable, Parameter, join_sql, quote_constant, sql, to_text
from gql.engine.sqlalchemy_compiler import fragment, value_sql
from models.people.students import Student, StudentStatus
from tests.conftest import SignIn
from tests.engine.conftest import Both

TEXTS = [
    "", "'", "''", "'; DROP TABLE marks; --", '"', "\\", "\\'", "\\x41", "\n\r\t", "🦊", "Ёж", "$1",
    "$$", "{}", "%s", "%", ":viewer_now", "/* */", "--", "\u2028", "E'\\n'",
]  # fmt: skip


@pytest.mark.parametrize("value", TEXTS)
async def test_a_text_comes_back_as_it_was(  # noqa: RUF100
    sql: AsyncConnection, value: str
) -> None:
    asked = quote_constant(value).replace(":", "\\:")
    assert await sql.scalar(text(f"SELECT {asked}::text")) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"), (True, "true"), (False, "false"), (7, "7"), (-7, "(-7)"),
        (Decimal("4.50"), "4.50"), (date(2026, 9, 1), "'2026-09-01'"),
        (Right.MARKS_READ, "'marks:read'"),
    ],
)  # fmt: skip
def test_other_constants(value: Any, written: str) -> None:
    assert quote_constant(value) == written


@pytest.mark.parametrize("value", ["\0", "a\0b", object(), b"bytes", 1.5, StudentStatus.ENROLLED])
def test_a_text_that_postgresql_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(NotCompilable):
        quote_constant(value)


def test_parameters_are_counted_in_order_and_once() -> None:
    asked = sql("SELECT {b}, {a}, {b}", a=Parameter("a"), b=Parameter("b"))
    assert to_text(asked) == ("SELECT $1, $2, $1", ("b", "a"))


@pytest.mark.parametrize("value", ["1; DROP TABLE marks", "", 1.5, None, True, b"x", ["a"]])
def test_only_nodes_get_into_a_statement(value: Any) -> None:
    with pytest.raises(TypeError):
        sql("SELECT {a}", a=value)
    with pytest.raises(TypeError):
        join_sql(", ", [value])


@pytest.mark.parametrize("value", TEXTS)
def test_a_constant_of_a_rule_stands_as_it_is(value: str) -> None:
    """This includes constants that look like the markers at which SQLAlchemy's text is split."""
    for text_ in (value, f"=0{value}", f"here{value}"):
        expression = Student.personal_file_no == literal(text_)
        found, names = to_text(value_sql(expression, Student))
        assert found == f"(students.personal_file_no = {quote_constant(text_)}::VARCHAR)"
        assert names == ()


def test_an_alias_is_that_of_the_row_everywhere_in_a_fragment() -> None:
    key = ("a test", Student)
    again: Any = lambda e: exists().where(Student.id == e.id, e.person_id == 7)  # noqa: E731
    first, second = (to_text(fragment(key, again, Student, Name(a)))[0] for a in ("t1", "t2"))
    assert first.count("t1.") == 2
    assert first == "t1".join(second.split("t2"))


TEMPLATES = [
    node
    for file in sorted(Path("gql/engine").glob("*.py"))
    for node in ast.walk(ast.parse(file.read_text()))
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("sql", "join_sql")
]


def test_templates_stand_in_our_source() -> None:
    """A template is a literal, or a name that was given one; it is never built from other texts."""
    assert len(TEMPLATES) > 60
    for call in TEMPLATES:
        assert isinstance(call.args[0], ast.Constant | ast.Name), ast.unparse(call)


def test_no_sql_is_cut_or_searched_in() -> None:
    found = [
        f"{file.name}: {node.func.attr}"
        for file in sorted(Path("gql/engine").glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("replace", "partition", "rpartition", "removeprefix", "rindex")
    ]  # fmt: skip
    assert found == ["markers.py: removeprefix", "sqlalchemy_compiler.py: removeprefix"], (
        "of names and answers"
    )


@pytest.mark.parametrize("value", TEXTS)
async def test_a_search_term_is_only_a_text(api: SignIn, both: Both, value: str) -> None:
    asked = """query ($t: String!) { students(filter: {fullName: {contains: $t}}, first: 3)
        { totalCount nodes { fullName } } notices(search: $t, first: 2) { nodes { title } } }"""
    assert await both(api("zavuch"), asked, t=value) == "compiled"
