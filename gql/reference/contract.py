"""The contract for programs: the files at `/schema/`, which `gorod schema` prints, too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson
from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_introspection_query,
    graphql_sync,
)

from gql.guard.limits import Limits
from gql.reference.codes import ErrorCode, error_codes
from gql.reference.stored import StoredFile

JSON = "application/json"
SCRIPT = "text/javascript"
TEXT = "text/plain"
KEYS_SCRIPT = """\
// For the `keys` option of urql's graphcache: types that have no id of their own.
const types = {types};

export const keys = Object.fromEntries(types.map((type) => [type, () => null]));
"""
KEYS_TYPES = "export declare const keys: Record<string, () => null>;\n"
WRITTEN_AS = {"Boolean": "boolean", "Float": "number", "ID": "string", "Int": "number"}
"""TypeScript's types of the built-in scalars, and of scalars that are no strings in JSON."""


@dataclass(frozen=True)
class DescribedFile:
    """A file with its description in English and Russian."""

    stored: StoredFile
    english: str
    russian: str


def contract_files(limits: Limits | None = None) -> Mapping[str, DescribedFile]:
    """Return all files by name.

    limits: Those in force; by default those of a new server.
    """
    made = make_files()
    return {**made, "client.json": make_manifest(limits or Limits(), made)}


@cache
def make_files() -> Mapping[str, DescribedFile]:
    """Return the files that are the same on every server of this version."""
    from gql.schema import schema

    core = schema._schema  # noqa: SLF001  # graphql-core's
    keyless = find_types_without_id(core)
    script = KEYS_SCRIPT.replace("{types}", json.dumps(keyless, indent=2))
    return {
        "schema.graphql": DescribedFile(
            StoredFile.from_text(f"{schema.as_str().rstrip()}\n", TEXT),
            "The schema in SDL, for code generators and editors.",
            "Схема на языке SDL: для генераторов кода и редакторов.",
        ),
        "introspection.json": DescribedFile(
            StoredFile.from_text(minify(introspect(core)), JSON),
            "The answer to the introspection query, minified.",
            "Ответ на запрос интроспекции без пробелов.",
        ),
        "possible-types.json": DescribedFile(
            StoredFile.from_text(prettify(find_possible_types(core)), JSON),
            "Interfaces and unions with their types: `possibleTypes` of Apollo Client's cache.",
            "Интерфейсы и объединения с их типами: `possibleTypes` для кэша Apollo Client.",
        ),
        "graphcache-keys.json": DescribedFile(
            StoredFile.from_text(prettify(keyless), JSON),
            "Types without an `id`, which a normalised cache keeps inside their parents.",
            "Типы без `id`: нормализованный кэш хранит их внутри родителя.",
        ),
        "graphcache-keys.js": DescribedFile(
            StoredFile.from_text(script, SCRIPT),
            "The same as a module: `cacheExchange({ schema, keys })` of urql's graphcache.",
            "То же как модуль: `cacheExchange({ schema, keys })` для graphcache из urql.",
        ),
        "graphcache-keys.d.ts": DescribedFile(
            StoredFile.from_text(KEYS_TYPES, TEXT),
            "The types of that module, for TypeScript.",
            "Типы этого модуля для TypeScript.",
        ),
        "error-codes.json": DescribedFile(
            StoredFile.from_text(prettify([code_in_json(one) for one in error_codes(core)]), JSON),
            "All error codes with their texts, HTTP statuses and mutations.",
            "Все коды ошибок с текстами, статусами HTTP и мутациями.",
        ),
    }


def make_manifest(limits: Limits, made: Mapping[str, DescribedFile]) -> DescribedFile:
    """Return the file of facts that a client needs besides the schema: addresses and limits."""
    from gql.schema import schema

    core = schema._schema  # noqa: SLF001
    told = {
        "name": "Gorod",
        "version": version("gorod"),
        "endpoints": {
            "graphql": "/graphql",
            "subscriptions": "/graphql",
            "schema": "/schema/",
            "reference": "/docs/",
        },
        "subscriptionProtocols": ["graphql-transport-ws"],
        "languages": ["ru", "en"],
        "limits": [
            {
                "setting": f"GOROD_{name.upper()}",
                "value": getattr(limits, name),
                "description": about.description,
            }
            for name, about in Limits.model_fields.items()
        ],
        "scalars": {name: scalar_in_json(one) for name, one in find_scalars(core).items()},
        "files": {name: f"sha256:{file.stored.digest}" for name, file in made.items()},
    }
    return DescribedFile(
        StoredFile.from_text(prettify(told), JSON),
        "Addresses, protocols, limits in force, and what scalars are in TypeScript.",
        "Адреса, протоколы, действующие ограничения и типы скаляров в TypeScript.",
    )


def introspect(schema: GraphQLSchema) -> dict[str, Any]:
    """Return the answer to the full introspection query."""
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    answer = graphql_sync(schema, query)
    assert answer.data, answer.errors  # noqa: S101  # of a valid schema it has no errors
    return answer.data


def find_possible_types(schema: GraphQLSchema) -> dict[str, list[str]]:
    return {
        name: sorted(one.name for one in schema.get_possible_types(type_))
        for name, type_ in sorted(schema.type_map.items())
        if isinstance(type_, GraphQLAbstractType) and not name.startswith("__")
    }


def find_types_without_id(schema: GraphQLSchema) -> list[str]:
    """Return the types that a normalised cache cannot identify by an `id`."""
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    return sorted(
        name
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and type_ not in roots
        and "id" not in type_.fields
        and not name.startswith("__")
    )


def find_scalars(schema: GraphQLSchema) -> dict[str, GraphQLScalarType]:
    found = sorted(schema.type_map.items())
    return {name: type_ for name, type_ in found if isinstance(type_, GraphQLScalarType)}


def scalar_in_json(scalar: GraphQLScalarType) -> dict[str, Any]:
    told = {
        "typescript": WRITTEN_AS.get(scalar.name, "string"),
        "description": scalar.description,
        "specifiedBy": scalar.specified_by_url,
    }
    return {name: value for name, value in told.items() if value is not None}


def code_in_json(code: ErrorCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "messages": [{"en": english, "ru": russian} for english, russian in code.messages],
        "http": code.statuses,
        "mutations": code.mutations,
        "warning": code.is_warning,
    }


def minify(value: Any) -> str:
    """Return JSON without spaces. The standard library would block the event loop for a tenth of a
    second, even from another thread."""
    return orjson.dumps(value).decode()


def prettify(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
