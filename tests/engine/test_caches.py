"""The caches of the engine are bounded, whatever is asked, and by anybody."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gql.engine import sqlalchemy_compiler
from gql.engine.cache import MOST_FAMILIES, Cache, CompiledOperation
from gql.engine.plan import REFUSING_ERRORS
from gql.engine.sql import Keys, Name, Statement, to_text
from gql.engine.sqlalchemy_compiler import FRAGMENTS
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.trusted.preparing import default_grants, make_actor
from models.access.roles import AccessScope, Role
from resolvers.core.shapes import SHAPES
from tests.engine import generator
from tests.engine.generator import Generator

CORE = schema._schema  # noqa: SLF001  # graphql-core's
GRANTS = default_grants()
IDS = {row.api_name(): [f"{row.api_name()}:1-1"] for row in SHAPES}
DIFFERENT = 60
"""The number of documents."""


@pytest.fixture
def cache() -> Cache:
    names = [name for name in Limits.model_fields if name != "most_kept"]
    limits = Limits(**dict.fromkeys(names, 1_000_000) | {"most_nesting": 100})
    return Cache(schema, Documents(CORE, limits))


def draw_documents(monkeypatch: pytest.MonkeyPatch, text: str, number: int, day: str) -> list[Any]:
    """Draw random documents with their variables. With other values they are otherwise the same."""
    values = {"String": st.just(text), "Int": st.just(number), "Date": st.just(day)}
    monkeypatch.setattr(generator, "SCALARS", {**generator.SCALARS, **values})
    made, found = Generator(CORE, IDS), []

    @settings(max_examples=DIFFERENT, database=None, deadline=None, derandomize=True,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        found.append(made.draw_operation(data.draw))

    collect()
    assert not any(validate(CORE, parse(document)) for document, _ in found[:10])
    return found


@pytest.fixture
def key_queries(monkeypatch: pytest.MonkeyPatch) -> set[Keys]:
    """The queries for keys that stand in statements."""
    found: set[Keys] = set()
    name_of = Statement.name_of

    def note_and_name(self: Statement, keys: Keys) -> Name:
        found.add(keys)
        return name_of(self, keys)

    monkeypatch.setattr(Statement, "name_of", note_and_name)
    return found


def count_planned(cache: Cache, documents: list[Any], role: Role) -> int:
    """Count the documents that there is a plan of now."""
    actor, planned = make_actor(role, GRANTS[role]), 0
    for document, variables in documents:
        if compiled := cache.operation(cache.documents.read(document), None):
            try:
                planned += cache.make_and_keep(compiled, actor, variables).kind != "standard"
            except REFUSING_ERRORS:
                continue
    return planned


def test_other_values_and_names_add_no_query_for_keys(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, key_queries: set[Keys]
) -> None:
    roles = (Role.PARENT, Role.CLASS_TEACHER, Role.DEPUTY_DIRECTOR)
    first = draw_documents(monkeypatch, "канарейка", 83, "2026-10-17")
    assert sum(count_planned(cache, first, role) for role in roles) > DIFFERENT
    known = set(key_queries)
    assert known
    key_queries.clear()
    others = draw_documents(monkeypatch, "чиж'", 79, "2026-12-24")
    assert others != first
    assert sum(count_planned(cache, others, role) for role in roles) > DIFFERENT
    assert key_queries == known
    texts = [to_text(keys.query)[0] for keys in known]
    for value in ("канарейка", "чиж", "2026-10-17", "2026-12-24"):
        assert not any(value in query for query in texts), value


def draw_rights(count: int) -> Iterator[Any]:
    """Yield sets of rights that a school could make."""
    chance = Random(11)
    every = sorted({right for held in GRANTS.values() for right, _ in held})
    for _ in range(count):
        some = chance.sample(every, chance.randint(5, len(every)))
        yield frozenset((right, chance.choice(list(AccessScope))) for right in some)


def test_the_queries_for_keys_of_any_rights_take_little(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, key_queries: set[Keys]
) -> None:
    """These documents use most of the rules; they never come near the limit."""
    documents = draw_documents(monkeypatch, "канарейка", 83, "2026-10-17")[:20]
    weights = []
    for number, grants in enumerate(draw_rights(40)):
        actor = make_actor(list(Role)[number % len(Role)], grants)
        for document, variables in documents:
            compiled = cache.operation(cache.documents.read(document), None)
            assert compiled
            try:
                cache.make_and_keep(compiled, actor, variables)
            except REFUSING_ERRORS:
                continue
        weights.append(sum(keys.query.size for keys in key_queries))
    assert weights[-1] < sqlalchemy_compiler.MOST_FRAGMENTS / 32
    assert weights[-1] - weights[29] < weights[29] / 4, "they become fewer and fewer"


def test_fragments_are_forgotten_before_they_take_too_much(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 100_000
    monkeypatch.setattr(sqlalchemy_compiler, "MOST_FRAGMENTS", most)
    FRAGMENTS.clear()
    FRAGMENTS.weight = 0
    heaviest, forgotten, before, largest = 0, 0, 0, 0
    for one in draw_documents(monkeypatch, "канарейка", 83, "2026-10-17"):
        count_planned(cache, [one], Role.PARENT)
        heaviest = max(heaviest, FRAGMENTS.weight)
        sizes = [sqlalchemy_compiler.weight_of(key, written) for key, written in FRAGMENTS.items()]
        assert FRAGMENTS.weight == sum(sizes)
        largest = max(largest, *sizes)
        forgotten += FRAGMENTS.weight < before
        before = FRAGMENTS.weight
    assert forgotten > 0
    assert heaviest <= most + largest
    assert largest < 2 * 1_048_576, "so one more does not matter"


def test_an_operation_keeps_plans_for_so_many_sets_of_rights(cache: Cache) -> None:
    document = cache.documents.read("{ rooms { nodes { number } } }")
    compiled = cache.operation(document, None)
    assert isinstance(compiled, CompiledOperation)
    empty, most, sets = document.weight, 0, 0
    for grants in draw_rights(3 * MOST_FAMILIES):
        actor = make_actor(Role.DIRECTOR, grants)
        sets += compiled.plan(actor.viewer, {}) is None
        cache.make_and_keep(compiled, actor, {})
        assert len(compiled.families) <= MOST_FAMILIES
        most = max(most, compiled.weight)
    assert sets == 3 * MOST_FAMILIES
    each = compiled.weight / len(compiled.families)
    assert most < 2 * MOST_FAMILIES * each
    assert document.weight - empty == pytest.approx(compiled.weight)
