"""The files of the contract say what the schema and the declarations behind it say."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    get_named_type,
)
from typer.testing import CliRunner

from gql.cli import app
from gql.guard.limits import Limits
from gql.reference.codes import WITHOUT_CLASS, find_problems
from gql.reference.contract import contract_files
from gql.schema import schema
from models.problems import Caution

CORE = schema._schema  # noqa: SLF001  # graphql-core's
ROOT = Path(__file__).parents[2]


def content(name: str) -> Any:
    text = contract_files()[name].stored.content.decode()
    return json.loads(text) if name.endswith(".json") else text


def codes() -> dict[str, Any]:
    return {one["code"]: one for one in content("error-codes.json")}


def test_the_sdl_is_that_of_the_repository() -> None:
    assert content("schema.graphql") == (ROOT / "schema.graphql").read_text()


def test_introspection_makes_the_same_schema_as_the_sdl() -> None:
    told = build_client_schema(content("introspection.json"))
    written = build_schema(content("schema.graphql"))
    for one in (told, written):
        assert len(one.type_map) > 400
    assert sorted(told.type_map) == sorted(written.type_map)
    for name, type_ in told.type_map.items():
        fields = getattr(type_, "fields", {})
        assert {f: str(field.type) for f, field in fields.items()} == {
            f: str(field.type) for f, field in getattr(written.type_map[name], "fields", {}).items()
        }
    for name in ("StudentByInput",):
        assert told.type_map[name].is_one_of, "introspection tells @oneOf like the SDL"  # type: ignore[attr-defined]
        assert written.type_map[name].is_one_of  # type: ignore[attr-defined]


def test_introspection_has_no_needless_space() -> None:
    text = contract_files()["introspection.json"].stored.content.decode()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_every_interface_and_union_names_its_types() -> None:
    possible = content("possible-types.json")
    assert "Student" in possible["Node"]
    assert sorted(possible["JournalEvents"]) == ["EventsMissed", "JournalEvent"]
    for name, types in possible.items():
        assert types == sorted(t.name for t in CORE.get_possible_types(CORE.type_map[name]))  # type: ignore[arg-type]


def test_each_type_is_known_by_its_id_or_listed_as_one_without() -> None:
    listed = content("graphcache-keys.json")
    assert len(listed) > 150
    for name, type_ in CORE.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            is_root = name in ("Query", "Mutation", "Subscription")
            assert (name in listed) == ("id" not in type_.fields and not is_root), name
    script = content("graphcache-keys.js")
    assert json.loads(script[script.index("[") : script.index("]") + 1]) == listed


def test_every_declared_problem_is_an_error_code_in_two_languages() -> None:
    told = codes()
    for problem in find_problems():
        messages = told[problem.code()]["messages"]
        assert {"en": problem.message("en"), "ru": problem.message("ru")} in messages
        assert told[problem.code()]["warning"] == issubclass(problem, Caution)
    for one in told.values():
        for message in one["messages"]:
            assert message["en"]
            assert re.search("[а-я]", message["ru"]), one["code"]


def test_every_code_of_a_mutation_names_the_mutation() -> None:
    told = codes()
    assert CORE.mutation_type
    seen = 0
    for name, field in CORE.mutation_type.fields.items():
        payload: Any = get_named_type(field.type)
        error: Any = get_named_type(payload.fields["userErrors"].type)
        enum = get_named_type(error.fields["code"].type)
        assert isinstance(enum, GraphQLEnumType)
        for code in enum.values:
            assert name in told[code]["mutations"]
            seen += 1
    assert seen > 200
    assert "CONFLICT" in told
    assert told["INTERNAL_SERVER_ERROR"]["mutations"] == []


def written_codes() -> set[str]:
    """Codes that the code of `gql` writes as they are: `{"code": "X"}`, `fault(message, "X")`."""
    found = set()
    for file in (ROOT / "gql").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", text):
                    found.add(text)
                found |= set(re.findall(r'"code":\s?"([A-Z_]+)"', text))
    return found


CODES_OF_R5 = [
    "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST",
    "OPERATION_RESOLUTION_FAILURE", "UNAUTHENTICATED", "FORBIDDEN", "OPERATION_TOO_COMPLEX",
    "OPERATION_TIMEOUT", "SUBSCRIPTION_LIMIT", "SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR",
    "RATE_LIMITED", "PERSISTED_QUERY_NOT_FOUND",
]  # fmt: skip
NO_CODES = {"GRAPHQL_TRANSPORT_WS", "INPUT_OBJECT"}


@pytest.mark.parametrize("code", CODES_OF_R5)
def test_every_code_of_the_contract_is_told(code: str) -> None:
    assert code in codes()


def test_every_code_that_is_written_out_is_told() -> None:
    written = {one for one in written_codes() if not one.startswith(("GOROD_", "AWS_"))}
    assert set(WITHOUT_CLASS) <= written | set(codes())
    used_as_codes = {one for one in written if one in WITHOUT_CLASS or "FAILED" in one}
    assert used_as_codes <= set(codes())


def test_a_status_that_a_path_answers_with_stands_with_its_code() -> None:
    told = codes()
    assert 413 in told["REQUEST_TOO_LARGE"]["http"]["/graphql"]
    assert 403 in told["LINK_NOT_GOOD"]["http"]["/files"]
    assert {400, 415} <= set(told["BAD_REQUEST"]["http"]["/graphql"])


def test_the_manifest_tells_limits_in_force_and_all_scalars() -> None:
    told = json.loads(contract_files(Limits(most_depth=7))["client.json"].stored.content)
    limits = {one["setting"]: one["value"] for one in told["limits"]}
    assert limits["GOROD_MOST_DEPTH"] == 7
    assert len(limits) == len(Limits.model_fields)
    assert told["scalars"]["Decimal"]["typescript"] == "string"
    assert told["scalars"]["Int"]["typescript"] == "number"
    digest = contract_files()["schema.graphql"].stored.digest
    assert told["files"]["schema.graphql"] == f"sha256:{digest}"


# -- the command line -----------------------------------------------------------------


def gorod(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["schema", *arguments])


def test_the_command_prints_what_a_server_serves() -> None:
    for name, file in contract_files().items():
        assert gorod("print", name).stdout == file.stored.content.decode(), name


def test_the_command_prints_the_schema_unless_told_otherwise() -> None:
    assert gorod("print").stdout == content("schema.graphql")


def test_a_file_that_does_not_exist_is_refused_with_those_that_do() -> None:
    asked = gorod("print", "schema.json")
    assert asked.exit_code == 1
    assert "introspection.json" in asked.stderr


def test_all_files_are_built_into_a_directory(tmp_path: Path) -> None:
    assert gorod("build", str(tmp_path / "new" / "contract")).exit_code == 0
    built = {file.name: file.read_bytes() for file in (tmp_path / "new" / "contract").iterdir()}
    assert built == {name: file.stored.content for name, file in contract_files().items()}
    assert set(gorod("list").stdout.split()) >= built.keys()
