"""Optimisations change statements, but no answers."""

from collections.abc import Iterator

import pytest

from gql.engine.explain import plan_document
from gql.engine.optimisations import SWITCHED_OFF, Optimisation
from gql.engine.run import Engine
from gql.schema import schema
from models.access.roles import Role
from resolvers.core.context import Services
from tests.conftest import SignIn
from tests.engine.asked import ASKED
from tests.engine.conftest import make_asker
from tests.engine.test_statements import CASES, NONE, file_of, make_default_actor

LOGINS = {
    Role.PARENT: "parent.ivanova", Role.STUDENT: "student.ivanova",
    Role.SUBJECT_TEACHER: "teacher.belova", Role.CLASS_TEACHER: "teacher.belova",
    Role.DEPUTY_DIRECTOR: "zavuch", Role.SECRETARY: "secretary", Role.HR_SPECIALIST: "hr",
    Role.DIRECTOR: "director", Role.SCHOOL_ADMINISTRATOR: "admin",
}  # fmt: skip
READ = [
    (name, role)
    for name, role in CASES
    if not name.startswith("a mark is") and file_of(name, role).read_text() != NONE
]


@pytest.fixture(autouse=True)
def all_optimisations() -> Iterator[None]:
    yield
    SWITCHED_OFF.clear()


def plan_statements(off: Optimisation | None) -> dict[tuple[str, Role], str]:
    SWITCHED_OFF.clear()
    SWITCHED_OFF.update({off} if off else ())
    return {
        (name, role): plan_document(
            schema, ASKED[name].text, ASKED[name].variables, make_default_actor(role)
        ).sql
        for name, role in READ
    }


@pytest.mark.parametrize("off", Optimisation, ids=lambda one: one.name)
def test_each_optimisation_changes_statements(off: Optimisation) -> None:
    with_it, without = plan_statements(None), plan_statements(off)
    assert {case for case in READ if with_it[case] != without[case]}


@pytest.mark.parametrize("off", Optimisation, ids=lambda one: one.name)
async def test_answers_are_the_same_without_an_optimisation(
    api: SignIn, services: Services, off: Optimisation
) -> None:
    twins, sizes = (Engine(schema, services), Engine(schema, services)), []
    for name, role in READ:
        person, asked = make_asker(api(LOGINS[role], role)), ASKED[name]
        bodies = []
        for is_off, engine in enumerate(twins):
            SWITCHED_OFF.clear()
            SWITCHED_OFF.update({off} if is_off else ())
            answer = await engine.answer(person, asked.text, asked.variables, None)
            assert answer, name
            bodies.append(answer.body)
        assert bodies[0] == bodies[1], (name, role)
        sizes.append(len(bodies[0]))
    assert sum(size > 100 for size in sizes) > len(READ) * 0.8, "else they see nothing"
