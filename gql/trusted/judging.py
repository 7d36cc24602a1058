"""Validation of documents before registration, and again when the schema has changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    parse,
    validate_schema,
)

from gql.engine.cache import Cache
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.guard.validate import find_errors
from gql.trusted.manifests import Entry
from gql.trusted.preparing import default_actors, names_of, prepare
from models.access.roles import Role
from models.operator import OperatorProblem
from models.problems import OperationTooComplex


class SchemaUnreadable(OperatorProblem):
    """A file contains no schema. The text says where the error is."""

    exit_code = 2


@dataclass
class JudgedDocument:
    """A document that is to be registered, from one manifest or more.

    ids: Its ids for clients.
    files: The manifests that contain it.
    faults: Why it cannot be registered, in words.
    document: The parsed document; None if it could not be parsed.
    """

    hash: str
    text: str
    ids: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    document: Document | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        return operations_of(self.document)


def operations_of(document: Document | None) -> tuple[str, ...]:
    """Return the names of the operations of a document."""
    return tuple(name for name in names_of(document) if name) if document else ()


def judge(documents: Documents, entries: Iterable[Entry]) -> list[JudgedDocument]:
    """Validate the documents, each once even if several files contain it."""
    found: dict[str, JudgedDocument] = {}
    for entry in entries:
        if (one := found.get(entry.hash)) is None:
            one = found[entry.hash] = JudgedDocument(entry.hash, entry.text)
            one.document, one.faults = read_document(documents, entry.text)
        if (fault := entry.fault()) is not None:
            one.faults.append(fault)
        elif entry.client_id is not None:
            one.ids.add(entry.client_id)
        one.files.append(str(entry.file))
    return list(found.values())


def read_document(documents: Documents, text: str) -> tuple[Document | None, list[str]]:
    """Read a document as the server does. Return it with its faults in words."""
    try:
        document = documents.take_parsed(text, stranger=False)
    except OperationTooComplex as problem:
        limit, advice = problem.extensions["limit"], problem.describe("en")
        return None, [f"it is over the limit of `{limit}`: {advice}"]
    except GraphQLSyntaxError as error:
        return None, [describe_error(error)]
    faults = [describe_error(error) for error in document.errors]
    if not names_of(document):
        faults.append("it has no operation")
    return document, faults


def find_faults(schema: GraphQLSchema, text: str) -> list[str]:
    """Return the faults of a document by a schema, which may differ from the server's."""
    try:
        return [describe_error(error) for error in find_errors(schema, parse(text), suggest=True)]
    except GraphQLSyntaxError as error:
        return [describe_error(error)]


def describe_error(error: GraphQLError) -> str:
    """Return an error's message with its place in the document."""
    place = error.locations[0] if error.locations else None
    return f"{error.message} (line {place.line}, column {place.column})" if place else error.message


def parse_schema(sdl: str, name: str) -> GraphQLSchema:
    """Parse a schema in SDL. Raises SchemaUnreadable."""
    try:
        schema = build_schema(sdl)
    except (GraphQLError, TypeError, RecursionError) as problem:
        raise SchemaUnreadable(f"{name} holds no schema: {problem}") from problem
    if errors := validate_schema(schema):
        raise SchemaUnreadable(f"{name} holds no valid schema: {errors[0].message}")
    return schema


async def plans_of(cache: Cache, document: Document) -> dict[Role, str]:
    """Return by role, with the rights of a new school, how a valid document is answered."""
    return {
        actor.role: await prepare(cache, document, actor, briefly=True)
        for actor in default_actors()
    }


def summarise(plans: Mapping[Role, str]) -> str:
    """Summarise the plans: `compiled`, or the commonest kind and the roles that differ from it."""
    by_kind: dict[str, list[str]] = {}
    for role, kind in plans.items():
        by_kind.setdefault(kind, []).append(role.name)
    commonest, *others = sorted(by_kind, key=lambda kind: -len(by_kind[kind]))
    return "; ".join([commonest, *(f"{kind}: {', '.join(by_kind[kind])}" for kind in others)])
