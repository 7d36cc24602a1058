"""What a use case says is kept for all with the same rights, and holds nothing of a request."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import bindparam

from auth.actor import Actor
from auth.matrix import default_rights
from gql.bridge.reads import lasts, said_once
from gql.engine.cache import Cache
from gql.engine.plan import Plan
from gql.engine.sql import BODIES, keys_first, with_keys_apart
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from models.access.roles import Role
from models.base import Id
from models.people.students import Student
from tests.engine.test_equality import QUARTER
from tests.engine.test_valid import CORE


def actor(role: Role) -> Actor:
    grants = frozenset((right, scope) for one, right, scope in default_rights() if one is role)
    today, now = date(2026, 11, 23), datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Actor(
        school_id=1, time_zone="UTC", account_id=1, session_id=1, person_id=1, role=role,
        grants=grants, today=today, now=now,
    )  # fmt: skip


def planned(name: str, role: Role) -> tuple[Plan, int]:
    """A new plan, and how many times a use case had to say something for it."""
    documents, before = Documents(CORE, Limits()), said_once.cache_info().misses
    cache = Cache(schema, documents)
    compiled = cache.operation(documents.read(QUARTER.replace("query", f"query {name}")), None)
    assert compiled
    plan = cache.planned(compiled, actor(role), {"s": "Section:1-68"})
    assert isinstance(plan, Plan)
    return plan, said_once.cache_info().misses - before


def test_it_is_kept_for_the_same_rights() -> None:
    said_once.cache_clear()
    first, said = planned("A", Role.SUBJECT_TEACHER)
    assert said == 1
    second, said = planned("B", Role.SUBJECT_TEACHER)
    assert (second.sql, said) == (first.sql, 0)
    third, said = planned("C", Role.DIRECTOR)
    assert said == 1
    assert third.sql != first.sql


def test_values_are_not_kept() -> None:
    known: list[Any] = [None, True, Role.DIRECTOR, bindparam("a0")]
    values: list[Any] = ["a", 1, date(2026, 9, 1), Id(Student, 1, 1), bindparam(None, 7), [], ()]
    assert [*map(lasts, known)] == [True] * 4
    assert not any(map(lasts, values))


def test_keys_are_asked_for_before_and_once() -> None:
    inner = "SELECT ALL a FROM b"
    text = with_keys_apart(f"x IN ({inner}) OR y NOT IN ({inner}) OR z = ({inner})")
    number = BODIES.index(inner)
    assert keys_first(text) == (
        f"WITH k{number}(k) AS ({inner}) x = ANY(ARRAY(SELECT k FROM k{number}))"
        f" OR y NOT IN (SELECT k FROM k{number}) OR z = (SELECT k FROM k{number})"
    )


def test_keys_that_need_others_come_after_them() -> None:
    text = with_keys_apart("x IN (SELECT ALL c FROM d WHERE e IN (SELECT ALL f FROM g))")
    inner = BODIES.index("SELECT ALL f FROM g")
    found = keys_first(text)
    assert found.startswith(f"WITH k{inner}(k) AS (SELECT ALL f FROM g), k{inner + 1}(k) AS (")
    assert keys_first("1 = 1", ["s AS (SELECT 1)"]) == "WITH s AS (SELECT 1) 1 = 1"
