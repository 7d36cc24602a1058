"""Rules of the house, checked once for every entity instead of by vigilance."""

import ast
import importlib.metadata
import inspect
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import grimp
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
)
from sqlalchemy import inspect as mapping
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.actor import Viewer
from auth.matrix import default_rights
from auth.policy import find_possible, reading, rules, visible
from auth.rights import Right
from gql.answers import Node
from gql.schema import FEATURES, schema
from models.base import Id, OfSchool, Record
from models.problems import Problem
from resolvers.core.attempts import IdempotencyKeyReused
from resolvers.core.parameters import plain
from resolvers.core.shapes import SHAPES

ROOT = Path(__file__).parent.parent
COMMANDS = [
    use_case
    for file in sorted((ROOT / "resolvers").glob("*/*.py"))
    if file.parent.name not in ("demo", "exchange")
    for use_case in vars(import_module(f"resolvers.{file.parent.name}.{file.stem}")).values()
    if hasattr(use_case, "problems") and use_case.__module__.endswith(file.stem)
]
TABLES = Record.metadata.sorted_tables
ABOVE = {
    "schools", "credentials", "credential_schools", "known_devices", "try_counters", "secret_keys",
    "trusted_documents", "trusted_document_ids",
}  # fmt: skip
WALLED = [table for table in TABLES if table.name not in ABOVE]
TYPES = [t for name, t in schema._schema.type_map.items() if not name.startswith("__")]  # noqa: SLF001
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def name_of(thing: Any) -> str:
    return str(getattr(thing, "__name__", getattr(thing, "name", thing)))


# -- what is installed ---------------------------------------------------------------


def test_locks_name_no_host() -> None:
    """Packages come from where the machine says. `make lock` writes all of them so."""
    names = ("package-lock.json", "requirements.lock", "requirements.txt")
    locks = [
        file
        for name in names
        for file in ROOT.rglob(name)
        if not {"node_modules", ".venv", ".uv"} & set(file.parts)
    ]
    assert len(locks) >= 7
    assert not [file for file in locks if re.search(r"https?://", file.read_text())]


# -- the API -------------------------------------------------------------------------


def test_the_schema_file_is_fresh() -> None:
    fresh = schema.as_str() + "\n"
    assert (ROOT / "schema.graphql").read_text() == fresh, "run `make schema`"


def test_the_first_page_names_what_is_there() -> None:
    """The description of the schema names fields; a field that is renamed is renamed there, too."""
    told = schema._schema.description or ""  # noqa: SLF001  # graphql-core's
    named = set(re.findall(r"`(\w+)`", told))
    fields = {field for type_ in TYPES for field in getattr(type_, "fields", ())}
    arguments = {"first", "after", "filter", "orderBy"}
    assert len(named) > 20
    assert named - fields - arguments == {"FORBIDDEN", "errors"}


@pytest.mark.parametrize("type_", TYPES, ids=name_of)
def test_everything_is_explained(type_: Any) -> None:
    """Types, fields, arguments and enum values; scalars explain themselves."""
    silent = []
    if isinstance(type_, GraphQLEnumType):
        silent += [value for value, it in type_.values.items() if not it.description]
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        silent += [field for field, it in type_.fields.items() if not it.description]
        for field, it in type_.fields.items():
            arguments = getattr(it, "args", {}).items()
            silent += [f"{field}({a})" for a, argument in arguments if not argument.description]
        if not type_.description:
            silent.append("the type itself")
    assert not silent, "explain it in the docstring of the row or the use case"


@pytest.mark.parametrize("row", SHAPES, ids=name_of)
def test_a_shown_row_is_true_to_its_columns(row: type[OfSchool]) -> None:
    """A column may be null in the database if and only if its field may be null in the API."""
    shown: Any = schema.get_type_by_name(row.api_name())
    columns = mapping(row).columns
    for field in shown.fields:
        if field.base_resolver is None:
            assert hasattr(row, field.python_name), f"{field.python_name} is no attribute"
            column = columns.get(field.python_name)
            if column is not None and hasattr(column, "nullable"):
                nullable = type(field.type).__name__ == "StrawberryOptional"
                assert nullable == bool(column.nullable), field.python_name


def test_rows_are_nodes_exactly_if_someone_may_read_them() -> None:
    assert set(SHAPES) == set(reading), "show it in gql/ and declare it @readable, or neither"
    for row in SHAPES:
        shown: Any = schema.get_type_by_name(row.api_name())
        assert (Node in shown.origin.__mro__) is not row.is_view


# -- rights --------------------------------------------------------------------------


def test_every_right_of_the_default_matrix_reaches_something() -> None:
    lost = [(role.name, right, scope.name) for role, right, scope in default_rights()
            if (right, scope) not in find_possible()]  # fmt: skip
    assert not lost, "a right at a scope for which no rule exists"
    assert {right for _, right, _ in default_rights()} == set(Right)


@pytest.mark.parametrize(
    ("row", "right"), rules, ids=lambda part: getattr(part, "__name__", str(part))
)
def test_a_rule_knows_no_ids_and_stays_in_the_school(row: type[OfSchool], right: Right) -> None:
    viewer = Viewer(find_possible())
    compiled = visible(viewer, row, right).compile(dialect=DIALECT)
    given = {name for name in compiled.params if name.startswith("viewer_")}
    numbers = [value for name, value in compiled.params.items()
               if name not in given and isinstance(value, int) and value > 1]  # fmt: skip
    assert not numbers, "a rule holds a number that may be somebody's id"
    assert str(compiled).count("FROM ") <= str(compiled).count("school_id = ")


@pytest.mark.parametrize(
    ("row", "right"), rules, ids=lambda part: getattr(part, "__name__", str(part))
)
def test_a_rule_names_no_scope_that_reaches_nothing(row: type[OfSchool], right: Right) -> None:
    """The scope would be printed in the API, and a school could grant it in vain."""
    reach = rules[row, right](Viewer(find_possible()), row)
    said = {scope.name: str(rows.compile(dialect=DIALECT)) for scope, rows in reach.items()}
    assert "false" not in said.values(), said


def test_a_row_nobody_declared_readable_is_readable_to_nobody() -> None:
    everything = Viewer(find_possible())
    for mapper in Record.registry.mappers:
        if issubclass(mapper.class_, OfSchool) and mapper.class_ not in reading:
            assert "false" in str(visible(everything, mapper.class_).compile(dialect=DIALECT))


# -- the tables ----------------------------------------------------------------------


@pytest.mark.parametrize("table", WALLED, ids=name_of)
def test_a_table_belongs_to_a_school(table: Any) -> None:
    assert "school_id" in [column.name for column in table.primary_key][:1]
    for key in table.foreign_keys:
        above = key.column.table.name in ABOVE
        assert above or "school_id" in key.constraint.columns, key
    for column in table.columns:
        if column.name.endswith("_id") and column.name not in (
            "school_id",
            "sourced_id",
            "request_id",
        ):
            loose = table.name in ("events", "scheduled_events")  # of rows that may be gone
            assert column.foreign_keys or loose, f"`{column.name}` leads nowhere: use refers(...)"


async def test_every_table_stands_behind_its_wall(sql: AsyncConnection) -> None:
    wall = text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = :name")
    for table in WALLED:
        assert (await sql.execute(wall, {"name": table.name})).all() == [(True, True)], table.name


async def test_the_product_can_lift_no_wall_and_rewrite_no_history(sql: AsyncConnection) -> None:
    role = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'gorod_app'"
    assert (await sql.scalar(text(role))) is False
    owned = "SELECT count(*) FROM pg_class WHERE relowner = 'gorod_app'::regrole"
    assert (await sql.scalar(text(owned))) == 0
    for table in (
        "audit_events", "events", "mark_revisions", "term_mark_revisions", "secret_keys",
        "trusted_documents", "trusted_document_ids",
    ):  # fmt: skip
        for deed in ("UPDATE", "DELETE"):
            cleared = (table, deed) == ("events", "DELETE")  # what nobody goes on from any more
            may = f"SELECT has_table_privilege('gorod_app', '{table}', '{deed}')"
            assert (await sql.scalar(text(may))) is cleared, (table, deed)


# -- the code ------------------------------------------------------------------------


@pytest.mark.parametrize("feature", FEATURES, ids=name_of)
def test_a_feature_of_the_api_holds_no_logic_and_no_sql(feature: Any) -> None:
    file = Path(feature.__file__)
    place = file.relative_to(ROOT / "gql")
    tree = ast.parse(file.read_text())
    branches = ast.If, ast.IfExp, ast.For, ast.While, ast.Match
    assert not [step for step in ast.walk(tree) if isinstance(step, branches)]
    assert "sqlalchemy" not in file.read_text()
    here = [(ROOT / tree_name / place).exists() for tree_name in ("models", "resolvers")]
    assert any(here), f"{place} has no counterpart of its name"


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_a_change_says_what_it_has_seen_and_a_creation_can_be_repeated(command: Any) -> None:
    """A command that is given the id of what it returns changes it; any other creates it."""
    signature = inspect.signature(command, eval_str=True)
    if command.right is None or command.repeatable:
        return
    given = [plain(p.annotation) for p in signature.parameters.values()]
    changes = Id[plain(signature.return_annotation)] in given  # type: ignore[misc]
    needed = {"expected_version"} if changes else {"idempotency_key", "expected_version"}
    assert needed & set(signature.parameters), command.__name__


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_whoever_takes_an_idempotency_key_can_say_that_it_was_used_otherwise(command: Any) -> None:
    takes = "idempotency_key" in inspect.signature(command).parameters
    assert takes == (IdempotencyKeyReused in command.problems), command.__name__


def test_the_reference_finds_every_problem_that_the_server_can_raise() -> None:
    """In a process of its own: here, other tests have imported everything."""
    asked = """
from gql.reference.codes import find_problems
found = set(find_problems())
import gql.app
assert found == set(find_problems()), set(find_problems()) - found
"""
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=ROOT)


def test_problem_codes_are_unique() -> None:
    """But for kinds of a problem that a client need not tell from it."""
    own = [p for p in descendants(Problem) if p.code.__func__ is Problem.code.__func__]  # type: ignore[attr-defined]
    assert len({problem.code() for problem in own}) == len(own)


def test_every_problem_speaks_russian_and_english_to_the_end() -> None:
    for problem in descendants(Problem):
        russian, english = problem.message("ru"), problem.message("en")
        assert russian != english, problem
        assert (russian[-1], english[-1]) == (".", "."), problem


def descendants(cls: type[Problem]) -> list[type[Problem]]:
    children = cls.__subclasses__()
    return children + [grandchild for child in children for grandchild in descendants(child)]


@pytest.mark.parametrize("name", ["gql", "models", "resolvers", "auth"])
def test_our_import_names_are_ours_alone(name: str) -> None:
    """PyPI has a `gql` too; sharing an environment with it silently breaks one of the two."""
    assert importlib.metadata.packages_distributions().get(name, []) in ([], ["gorod"])


def test_modules_import_each_other_in_no_circle() -> None:
    """Not even those hidden from the interpreter, which only the type checker sees."""
    graph = grimp.build_graph("gql", "resolvers", "auth", "models", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    TopologicalSorter(imports).prepare()  # its CycleError names the circle


@pytest.mark.parametrize("room", ["auth", "gql/bridge", "gql/engine"])
def test_a_room_names_its_types(room: str) -> None:
    """`Any` switches the type checker off. `object` does for what is only passed through; where
    Python has no type, one alias with a docstring says what a value is."""
    texts = [file.read_text() for file in (ROOT / room).rglob("*.py")]
    found = sum(len(re.findall(r"\bAny\b", text)) for text in texts)
    assert found * 1000 <= MOST_ANY * sum(text.count("\n") for text in texts)


MOST_ANY = 25
"""Of a thousand lines."""


def test_no_file_is_longer_than_a_room_should_be() -> None:
    long = {}
    for tree in ("gql", "resolvers", "auth", "models", "tests"):
        for file in (ROOT / tree).rglob("*.py"):
            lines = len(file.read_text().splitlines())
            if lines > 400 and "versions" not in file.parts:
                long[str(file.relative_to(ROOT))] = lines
    assert not long, "split the room"
