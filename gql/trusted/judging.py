"""Judging documents before they are registered, and again when the schema has changed."""

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
from gql.guard.validate import errors_in
from gql.trusted.manifests import Entry
from gql.trusted.preparing import default_actors, names_of, prepare
from models.access.roles import Role
from models.operator import OperatorProblem
from models.problems import OperationTooComplex


class SchemaUnreadable(OperatorProblem):
    """A file that holds no schema. The text says where it goes wrong."""

    exit_code = 2


@dataclass
class Judged:
    """A document that is to be registered, from one manifest or more.

    ids: Ids of its own by which clients ask for it.
    files: Where it was found.
    faults: Why it cannot be registered, in words.
    document: As it was read; None where it could not be.
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
    """The names of the operations of a document."""
    return tuple(name for name in names_of(document) if name) if document else ()


def judge(documents: Documents, entries: Iterable[Entry]) -> list[Judged]:
    """Each document once, however many files have it."""
    found: dict[str, Judged] = {}
    for entry in entries:
        if (one := found.get(entry.hash)) is None:
            one = found[entry.hash] = Judged(entry.hash, entry.text)
            one.document, one.faults = read(documents, entry.text)
        if (fault := entry.fault()) is not None:
            one.faults.append(fault)
        elif entry.client_id is not None:
            one.ids.add(entry.client_id)
        one.files.append(str(entry.file))
    return list(found.values())


def read(documents: Documents, text: str) -> tuple[Document | None, list[str]]:
    """A document as the server reads it, and what is wrong with it, in words."""
    try:
        document = documents.parsed(text, stranger=False)
    except OperationTooComplex as problem:
        limit, advice = problem.extensions["limit"], problem.describe("en")
        return None, [f"it is over the limit of `{limit}`: {advice}"]
    except GraphQLSyntaxError as error:
        return None, [told(error)]
    faults = [told(error) for error in document.errors]
    if not names_of(document):
        faults.append("it has no operation")
    return document, faults


def faults_in(schema: GraphQLSchema, text: str) -> list[str]:
    """What is wrong with a document by a schema that may be another than the server's."""
    try:
        return [told(error) for error in errors_in(schema, parse(text), suggest=True)]
    except GraphQLSyntaxError as error:
        return [told(error)]


def told(error: GraphQLError) -> str:
    """An error with its place in the document."""
    place = error.locations[0] if error.locations else None
    return f"{error.message} (line {place.line}, column {place.column})" if place else error.message


def schema_in(sdl: str, name: str) -> GraphQLSchema:
    """Raises SchemaUnreadable."""
    try:
        schema = build_schema(sdl)
    except (GraphQLError, TypeError, RecursionError) as problem:
        raise SchemaUnreadable(f"{name} holds no schema: {problem}") from problem
    if errors := validate_schema(schema):
        raise SchemaUnreadable(f"{name} holds no valid schema: {errors[0].message}")
    return schema


async def plans_of(cache: Cache, document: Document) -> dict[Role, str]:
    """By role, with the rights of a new school: how a valid document is answered."""
    return {
        actor.role: await prepare(cache, document, actor, briefly=True)
        for actor in default_actors()
    }


def summary(plans: Mapping[Role, str]) -> str:
    """In a few words: `compiled`, or the commonest kind and the roles that differ from it."""
    by_kind: dict[str, list[str]] = {}
    for role, kind in plans.items():
        by_kind.setdefault(kind, []).append(role.name)
    commonest, *others = sorted(by_kind, key=lambda kind: -len(by_kind[kind]))
    return "; ".join([commonest, *(f"{kind}: {', '.join(by_kind[kind])}" for kind in others)])
