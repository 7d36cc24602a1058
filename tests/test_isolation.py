"""Two schools, a marker planted in every text of one: no answer to anybody of the other ever holds
the marker, an id or a count of it. Each of the two walls is tried alone: the policies with
row-level security switched off, and row-level security with the policies switched off."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import String, Text, select, text, true
from sqlalchemy import inspect as mapping
from sqlalchemy.pool import NullPool

from auth import policy
from gql.schema import schema
from models.access.roles import Role
from models.base import Record
from models.database.address import open_session
from models.database.engine import connect
from models.secrets import Secrets
from resolvers.core.context import Caller, Services
from resolvers.demo.cast import LOGINS
from resolvers.services.storage import Storage
from tests.clones import clone
from tests.conftest import KEY, NOON, Template
from tests.postgres import Server
from tests.signed_in import token_of

MARK = "ЧУЖОЕ"
OURS, THEIRS = 1, 2
CORE: Any = schema._schema  # noqa: SLF001
WALLED = [t for t in Record.metadata.sorted_tables if "school_id" in t.columns]
LISTS = [
    name
    for name, field in CORE.query_type.fields.items()
    if "filter" in field.args and not any(map(is_required_argument, field.args.values()))
]
PER_RUN = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),  # a trace found is shown as it was found: shrinking takes minutes
)


def marked(table: Any) -> str | None:
    """SQL that plants the marker in the free texts of a table."""
    free = [
        column.name
        for column in table.columns
        if type(column.type) in (Text, String)
        and column.computed is None
        and not column.foreign_keys
        and column.name not in ("time_zone", "permission", "code", "action", "entity", "details")
    ]
    sets = ", ".join(f"{name} = '{MARK} ' || left({name}, 20)" for name in free)
    return f"UPDATE {table.name} SET {sets} WHERE school_id = {THEIRS}" if free else None


def selection(type_: Any, draw: Any, depth: int) -> str:
    """Some fields of a type, and of what they lead to."""
    fields = [
        (name, get_named_type(field.type))
        for name, field in type_.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    ]
    leaves = [name for name, inner in fields if is_leaf_type(inner)]
    deep = [(n, t) for n, t in fields if isinstance(t, GraphQLObjectType) and n != "viewerCan"]
    chosen = draw(st.lists(st.sampled_from(leaves), max_size=4, unique=True)) if leaves else []
    if depth and deep:
        for name, inner in draw(
            st.lists(st.sampled_from(deep), max_size=2, unique_by=lambda f: f[0])
        ):
            chosen.append(f"{name} {{ {selection(inner, draw, depth - 1)} }}")
    return " ".join(["__typename", *chosen])


class Neighbours(RuleBasedStateMachine):
    """Whatever people of our school ask, they learn nothing of the other."""

    services: Services
    run: Any
    theirs: dict[str, list[int]]

    def ask(self, role: Role, document: str, variables: dict[str, Any]) -> Any:
        token = token_of(LOGINS[role], role, OURS)
        caller = replace(Caller(services=self.services, language="ru"), token=token)
        reply = self.run(schema.execute(document, variables, context_value=caller))
        codes = [(error.extensions or {}).get("code") for error in reply.errors or []]
        assert "INTERNAL_SERVER_ERROR" not in codes, (document, variables)
        answer = json.dumps(reply.data, ensure_ascii=False, default=str)
        told = " ".join(error.message for error in reply.errors or [])
        assert MARK not in answer + told, (role, document, variables)
        assert f":{THEIRS}-" not in answer, (role, document, variables)
        return reply.data

    @rule(role=st.sampled_from(Role), data=st.data())
    def read_by_id(self, role: Role, data: Any) -> None:
        """Guessed ids of theirs, under their school's number and under ours."""
        row = data.draw(st.sampled_from(sorted(self.theirs)))
        key = data.draw(st.sampled_from(self.theirs[row]))
        school = data.draw(st.sampled_from((OURS, THEIRS)))
        inner = selection(CORE.type_map[row], data.draw, 2)
        document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {row} {{ {inner} }} }} }}"
        found = self.ask(role, document, {"ids": [f"{row}:{school}-{key}"]})
        assert found is None or found["nodes"] in (None, [None])

    @rule(role=st.sampled_from(Role), data=st.data())
    def read_lists(self, role: Role, data: Any) -> None:
        """Lists with whatever hangs on them."""
        name = data.draw(st.sampled_from(LISTS))
        row = get_named_type(CORE.query_type.fields[name].type).fields["nodes"].type
        inner = selection(get_named_type(row), data.draw, 2)
        window = data.draw(st.sampled_from(("first: 100", "last: 100", "first: 5")))
        self.ask(role, f"{{ {name}({window}) {{ totalCount nodes {{ {inner} }} }} }}", {})

    @rule(role=st.sampled_from(Role), data=st.data())
    def look_for_the_mark(self, role: Role, data: Any) -> None:
        """Filters on any text: neither a row nor a count of theirs."""
        name = data.draw(st.sampled_from(LISTS))
        kind = CORE.query_type.fields[name].args["filter"].type
        texts = [
            field for field, it in kind.fields.items()
            if getattr(get_named_type(it.type), "name", "") == "StringFilter"
        ]  # fmt: skip
        if not texts:
            return
        field = data.draw(st.sampled_from(texts))
        document = (
            f"query ($mark: String!) {{ {name}(filter: {{ {field}: {{ contains: $mark }} }}) "
            "{ totalCount nodes { __typename } } }"
        )
        found = self.ask(role, document, {"mark": MARK})
        if found and found[name]:
            assert found[name] == {"totalCount": 0, "nodes": []}

    @rule(role=st.sampled_from(Role), data=st.data())
    def search(self, role: Role, data: Any) -> None:
        name = data.draw(st.sampled_from(("mailRecipients", "notices", "mailbox")))
        document = f"query ($s: String!) {{ {name}(search: $s) {{ totalCount nodes {{ id }} }} }}"
        found = self.ask(role, document, {"s": MARK})
        if found and found[name]:
            assert found[name]["totalCount"] == 0

    @rule(role=st.sampled_from(Role), data=st.data())
    def read_reports(self, role: Role, data: Any) -> None:
        """Reports about something of theirs."""
        student, section = (
            f"{row}:{data.draw(st.sampled_from((OURS, THEIRS)))}-"
            f"{data.draw(st.sampled_from(self.theirs[row]))}"
            for row in ("Student", "Section")
        )
        days = 'from: "2026-11-01", to: "2026-11-22"'
        document = f"""query ($student: ID!, $section: ID!) {{
            diary(studentId: $student, {days}) {{ student {{ fullName }} days {{ date }} }}
            journal(sectionId: $section, {days}) {{ lessons {{ id topic }} cells {{ studentId }} }}
        }}"""
        found = self.ask(role, document, {"student": student, "section": section})
        assert found == {"diary": None, "journal": None}


@contextmanager
def policies_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every rule says yes, and nobody says whose school it is: only the database's wall stands."""
    open_doors = {
        policy.is_visible: lambda viewer, entity: true(),
        policy.reach: lambda viewer, entity, right: true(),
        policy.visible: lambda viewer, entity, to=None: select(entity),
    }
    for module in [
        m for name, m in sys.modules.items() if name.startswith(("auth", "resolvers", "gql"))
    ]:
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, "__module__", "") == "auth.policy":
                for wall, door in open_doors.items():
                    if value is wall:
                        monkeypatch.setattr(module, name, door)
    yield


async def planted(url: str, *, rls: bool) -> dict[str, list[int]]:
    """The marker in every text of the other school, and ids of its rows by type."""
    engine = connect(url, role="postgres", poolclass=NullPool, isolation_level="AUTOCOMMIT")
    found: dict[str, list[int]] = {}
    async with engine.connect() as connection:
        for table in WALLED:
            if statement := marked(table):
                await connection.execute(text(statement))
            if not rls:
                await connection.execute(
                    text(f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY")
                )
        ours = "SELECT id FROM {} WHERE school_id = 2 ORDER BY id LIMIT 5"
        for row in policy.reading:
            if not row.is_view:
                keys = await connection.scalars(text(ours.format(mapping(row).local_table)))
                if listed := list(keys):
                    found[row.api_name()] = listed
    await engine.dispose()
    return found


@dataclass
class Ground:
    """A database of two schools, and how to ask it."""

    machine: Any

    def try_everything(self) -> None:
        run_state_machine_as_test(self.machine, settings=PER_RUN)


Lay = Callable[..., AbstractContextManager[Ground]]


@pytest.fixture
def lay(postgres: Server, template: Template, worker_id: str, tmp_path: Any) -> Lay:
    """`with lay(rls=False) as ground:` a database with the marker planted, with or without RLS."""

    @contextmanager
    def laid(*, rls: bool) -> Iterator[Ground]:
        name = f"isolation_{worker_id}"
        with asyncio.Runner() as runner:
            runner.run(laid_out(postgres, template.name, name))
            theirs = runner.run(planted(postgres.url("postgres", name), rls=rls))
            engine = connect(postgres.url("gorod_app", name), pool_size=5)
            storage = Storage(f"file://{tmp_path}/files")
            services = Services(engine, Secrets(KEY), storage, lambda: NOON)
            run = staticmethod(runner.run)
            known = {"services": services, "run": run, "theirs": theirs}
            try:
                yield Ground(type("Machine", (Neighbours,), known))
            finally:
                runner.run(engine.dispose())

    return laid


def test_with_policies_alone_no_answer_holds_a_trace_of_another_school(lay: Lay) -> None:
    with lay(rls=False) as ground:
        ground.try_everything()


def test_with_row_level_security_alone_no_answer_holds_a_trace_of_another_school(
    lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lay(rls=True) as ground, policies_off(monkeypatch):
        ground.try_everything()


def test_with_neither_wall_the_trace_is_found(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the two tests above can fail."""
    with lay(rls=False) as ground, policies_off(monkeypatch), pytest.raises(AssertionError):
        ground.try_everything()


async def laid_out(postgres: Server, template: str, name: str) -> None:
    operator = await open_session(postgres.url("postgres", "postgres"))
    await clone(operator, template, name)
    await operator.close()
