"""The declarations of a use case are cached for viewers with the same rights, without any
values."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import BigInteger, ColumnElement, bindparam, or_, select, union, union_all

from auth.actor import Viewer
from gql.bridge.reads import call_cached, is_cacheable
from gql.engine.cache import Cache
from gql.engine.plan import Plan
from gql.engine.sql import join_sql, sql, to_text
from gql.engine.sqlalchemy_compiler import statement_sql, value_sql, write_statement
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.trusted.preparing import default_grants, make_actor
from models.access.roles import Role
from models.base import Id
from models.people.students import Student
from models.structure.classes import SchoolClass
from tests.engine.test_equality import QUARTER
from tests.engine.test_valid import CORE

VIEWER = Viewer(frozenset())


def make_plan(name: str, role: Role) -> tuple[Plan, int]:
    """Make a plan; return it, and the number of times that a use case had to be called for it."""
    documents, before = Documents(CORE, Limits()), call_cached.cache_info().misses
    cache = Cache(schema, documents)
    compiled = cache.operation(documents.read(QUARTER.replace("query", f"query {name}")), None)
    assert compiled
    plan = cache.make_and_keep(
        compiled, make_actor(role, default_grants()[role]), {"s": "Section:1-68"}
    )
    assert isinstance(plan, Plan)
    return plan, call_cached.cache_info().misses - before


def test_a_declaration_is_cached_for_the_same_rights() -> None:
    call_cached.cache_clear()
    first, said = make_plan("A", Role.SUBJECT_TEACHER)
    assert said == 1
    second, said = make_plan("B", Role.SUBJECT_TEACHER)
    assert (second.sql, said) == (first.sql, 0)
    third, said = make_plan("C", Role.DIRECTOR)
    assert said == 1
    assert third.sql != first.sql


def test_values_are_not_cached() -> None:
    known: list[Any] = [None, True, Role.DIRECTOR, bindparam("a0")]
    values: list[Any] = ["a", 1, date(2026, 9, 1), Id(Student, 1, 1), bindparam(None, 7), [], ()]
    assert [*map(is_cacheable, known)] == [True] * 4
    assert not any(map(is_cacheable, values))


def query_keys(number: int, where: ColumnElement[bool] | None = None) -> Any:
    """Return a query for the ids of the students of a class."""
    found = Viewer.keys(VIEWER, Student.id, Student.person_id == number)
    return found if where is None else found.where(where)


def test_keys_are_asked_for_before_and_once() -> None:
    asked = [
        Student.id.in_(query_keys(1)),
        Student.id.not_in(query_keys(1)),
        Student.id == query_keys(1).scalar_subquery(),
    ]
    found, names = to_text(join_sql(" OR ", [value_sql(one, Student) for one in asked]))
    assert found == (
        "WITH k1(k) AS (SELECT students.id \nFROM students \n"
        "WHERE students.school_id = $1::BIGINT AND students.person_id = 1::BIGINT) "
        "(students.id = ANY(ARRAY(SELECT k FROM k1))) OR ((students.id NOT IN (SELECT k FROM k1)))"
        " OR (students.id = (SELECT k FROM k1))"
    )
    assert names == ("viewer_school_id",)


def test_keys_that_need_others_come_after_them() -> None:
    outer = Student.id.in_(query_keys(2, Student.id.in_(query_keys(1))))
    found, _ = to_text(value_sql(outer, Student), [sql("s AS (SELECT 1)")])
    assert found.startswith("WITH k1(k) AS (SELECT students.id")
    assert "AND students.person_id = 1::BIGINT), k2(k) AS (SELECT" in found
    assert found.endswith("s AS (SELECT 1) (students.id = ANY(ARRAY(SELECT k FROM k2)))")
    assert to_text(sql("1 = 1"), [sql("s AS (SELECT 1)")])[0] == "WITH s AS (SELECT 1) 1 = 1"


def test_nested_queries_for_keys_are_shared_with_the_outer_query() -> None:
    both = or_(
        Student.id.in_(query_keys(1)), Student.id.in_(query_keys(2, Student.id.in_(query_keys(1))))
    )
    found, _ = to_text(value_sql(both, Student))
    assert found.count("person_id = 1") == found.count("person_id = 2") == 1


def test_a_query_of_a_command_goes_behind_the_keys_it_needs() -> None:
    chosen = select(Student.id).where(Student.id.in_(query_keys(1))).cte("chosen")
    found, _ = to_text(statement_sql(select(chosen.c.id)))
    assert found.startswith("WITH k1(k) AS (SELECT")
    assert ", chosen AS" in found
    assert found.count("WITH") == 1
    assert to_text(statement_sql(select(select(Student.id).cte("all").c.id)))[0].startswith(
        'WITH "all" AS'
    )


def test_a_query_for_keys_that_depends_on_the_outer_query_is_refused() -> None:
    """Compiled alone it would reach the rows of all."""
    near = query_keys(1, SchoolClass.letter == Student.personal_file_no).correlate(SchoolClass)
    with pytest.raises(NotImplementedError):
        write_statement(select(SchoolClass.id).where(SchoolClass.id.in_(near)))


def test_unions_of_keys_in_unions_are_one_query() -> None:
    nested = union_all(union(query_keys(1), query_keys(2)), query_keys(3))
    found, _ = to_text(write_statement(select(Student.id).where(Student.id.in_(nested))))
    assert found.startswith("WITH k1(k) AS (")
    assert [found.count(f"person_id = {one}") for one in (1, 2, 3)] == [1, 1, 1]
    assert found.endswith("students.id = ANY(ARRAY(SELECT k FROM k1))")


def test_a_common_table_expression_stands_in_whole_statements_only() -> None:
    chosen = select(Student.id).cte("chosen")
    inside = Student.id.in_(query_keys(1, Student.id.in_(select(chosen.c.id))))
    with pytest.raises(NotImplementedError):
        to_text(write_statement(select(Student.id).where(inside)))


@pytest.mark.parametrize("name", ["with", "here", "=0", "a"])
def test_a_parameter_may_be_named_like_a_marker(name: str) -> None:
    value: Any = bindparam(name, type_=BigInteger, required=True)
    found, names = to_text(write_statement(select(Student.id).where(Student.id == value)))
    assert found.endswith("students.id = $1::BIGINT")
    assert names == (name,)


def test_a_parameter_with_an_ambiguous_name_is_refused() -> None:
    value: Any = bindparam("a:b", type_=BigInteger, required=True)
    with pytest.raises(NotImplementedError):
        write_statement(select(Student.id).where(Student.id == value))
