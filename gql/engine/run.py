"""Answering: by a plan where there is one, by the standard executor where there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import urandom
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, SelectionSetNode

from auth.actor import Actor
from gql.engine import marks
from gql.engine.cache import Cache, Compiled
from gql.engine.commands import Doing
from gql.engine.operation import Asked
from gql.engine.plan import MIXED, REFUSED, Plan
from gql.errors import named, retry_after
from gql.errors import told as told_error
from gql.guard.documents import Document, Documents, valid
from gql.guard.limits import Limits
from models.problems import (
    OperationTooComplex,
    PasswordMustChange,
    Problem,
    ServiceUnavailable,
    Unauthenticated,
)
from resolvers.access.identify import identify_at_once
from resolvers.access.known import Known
from resolvers.access.rate_limit import RateLimit
from resolvers.access.reading import told_of_reading
from resolvers.context import Caller, Services

NOTHING: Mapping[str, str] = {}


@dataclass(slots=True)
class Asker:
    """Who is at the door, before it is known who that is.

    known: Who that is, if it is known already.
    is_stranger: Whether it was found that the token lets nobody in.
    request_id: Of the request, in its response, the log and the audit log.
    rate_limit: Tells the state of the budget that pays.
    """

    token: str
    language: str = "ru"
    agent: bytes | None = None
    address: str | None = None
    known: Known | None = None
    is_stranger: bool = False
    request_id: str = field(default_factory=lambda: urandom(16).hex())
    rate_limit: Callable[[], RateLimit] | None = None

    def caller(self, services: Services) -> Caller:
        return Caller(
            services=services,
            token=self.token or None,
            language=self.language,
            user_agent=self.agent.decode("latin-1") if self.agent else None,
            address=self.address,
            is_stranger=self.is_stranger,
            request_id=self.request_id,
            rate_limit=self.rate_limit,
        )


async def is_known(services: Services, asker: Asker) -> bool:
    """Whether the token is good, be it only to choose a first password."""
    try:
        asker.is_stranger = not asker.token or await known_to(services, asker) is None
    except PasswordMustChange:
        asker.is_stranger = False
    except Unauthenticated:
        asker.is_stranger = True
    return not asker.is_stranger


async def known_to(services: Services, asker: Asker) -> Known:
    """Who asks. Raises Unauthenticated for a token that is not good, PasswordMustChange."""
    sessions, readers = services.sessions, services.readers
    asker.known = sessions.get(asker.token)
    if asker.known is None:
        if readers:
            asked = identify_at_once(readers, asker.token, services.now())
        else:
            asked = asker.caller(services).identified()
        asker.known = await sessions.ask(asker.token, asked)
    return asker.known


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and how it was found: compiled, mixed or standard.

    code: Of its first error, or of the first user error of a mutation.
    """

    body: bytes
    kind: str
    retry_after: int | None = None
    """Seconds, where the database could not be used."""
    refused: GraphQLError | None = None
    """Why the operation was not executed; None if it was."""
    code: str | None = None


NOT_COMPILED = Answer(
    b'{"errors":[{"message":"This is not compiled.","extensions":{"code":"NOT_COMPILED"}}]}',
    "standard",
)


NULL_TEXT = b"null"


@dataclass
class Engine:
    """Answers operations of which there are plans: all that read, and some commands.

    schema: Strawberry's.
    forced: Whether what cannot be compiled is refused, not handed back.
    documents: Where documents are read; with the usual limits if not told.
    """

    schema: Any
    services: Services
    forced: bool = False
    documents: Documents = None  # type: ignore[assignment]  # it always is one, see below
    cache: Cache = field(init=False)

    def __post_init__(self) -> None:
        core = self.schema._schema  # noqa: SLF001  # graphql-core's
        self.documents = self.documents or Documents(core, Limits())
        self.cache = Cache(self.schema, self.documents)

    async def answer(
        self,
        asker: Asker,
        query: str,
        variables: Mapping[str, Any],
        name: str | None,
        document: Document | None = None,
    ) -> Answer | None:
        """The answer; None: the standard executor must give it, or say what is wrong.

        document: The query, if it was read already.
        """
        try:
            if document is None:
                document = self.documents.read(query)
                document.cost(name, variables)
            return await self.found(asker, document, variables, name)
        except GraphQLSyntaxError:
            return None
        except OperationTooComplex as problem:
            return refusal(problem, asker.language)
        except Exception as failure:  # the log has it all, who asks but a code
            error = named(
                GraphQLError(str(failure), original_error=failure), asker.caller(self.services)
            )
            body = b'{"data":null,"errors":%b}' % orjson.dumps([error.formatted])
            if (seconds := retry_after([error])) is not None:
                self.services.availability.count_refused()
            return Answer(body, "compiled", seconds, code=code_of(error))

    async def found(
        self, asker: Asker, document: Document, variables: Mapping[str, Any], name: str | None
    ) -> Answer | None:
        compiled = document.operations.get(name) or self.cache.operation(document, name)
        readers = self.services.readers
        if compiled is None or readers is None or not (compiled.reads or self.services.writers):
            return None
        try:
            known = asker.known or await known_to(self.services, asker)
            variables = compiled.known_variables(variables)
            plan = compiled.plan(known.viewer, variables)
            if plan is None:
                plan = await self.cache.load(compiled, known.at(self.services.now()), variables)
            if isinstance(plan, Doing):
                actor = known.at(self.services.now())
                doing = plan.values(actor, self.services.secrets, variables)
            else:
                plan, values = await self.filled_in(compiled, plan, asker, known, variables)
        except (OperationTooComplex, ServiceUnavailable):
            raise
        except REFUSED:
            return None
        if isinstance(plan, Doing):
            return await self.done(plan, actor, doing, asker)
        if self.forced and compiled.reads and plan.kind != "compiled":
            return NOT_COMPILED
        if plan.kind == "standard":
            return None
        found: list[bytes] = []
        if plan.sql:
            found = list(await readers.fetch(known.actor.school_id, plan.sql, values) or ())
            if plan.is_special:
                found = await self.recorded(asker, found)
            if plan.keyed:
                actor = known.at(self.services.now())
                found = marks.filled(found, plan.keyed, self.services, actor)
        unexplained = {n: one for n, one in plan.explained.items() if found[n] == NULL_TEXT}
        if len(unexplained) == len(plan.keys):
            return None
        if plan.handed_back or unexplained:
            return await self.mixed(compiled, plan, found, unexplained, (asker, variables))
        errors = errors_of(plan, asker.language) if plan.denied else ()
        return Answer(whole(plan, found, {}, errors), plan.kind, code=first_code(errors))

    async def done(
        self, plan: Doing, actor: Actor, values: Mapping[str, Any], asker: Asker
    ) -> Answer | None:
        """What a command gave; None where the use case itself must run, and nothing was done."""
        payload = await plan.done(actor, self.services, values)
        if payload is None:
            return None
        errors = errors_of(plan, asker.language) if plan.denied else ()
        return Answer(body([payload], errors), plan.kind, code=first_code(errors))

    async def filled_in(
        self, compiled: Compiled, plan: Plan, asker: Asker, known: Known,
        variables: Mapping[str, Any],
    ) -> tuple[Plan, list[Any]]:  # fmt: skip
        """The plan, or one that refuses these variables, and the values of its parameters. Raises
        for what no client should send."""
        try:
            told = await self.told(plan, asker, known) if plan.tellings else NOTHING
            return plan, self.values(plan, known, variables, told)
        except REFUSED:
            # By the standard executor all the root fields would be answered, not only the one that
            # is refused, and an attacker could have it answer long lists.
            plan = await self.cache.refusing(compiled, known.at(self.services.now()), variables)
            told = await self.told(plan, asker, known) if plan.tellings else NOTHING
            return plan, self.values(plan, known, variables, told)

    async def told(self, plan: Plan, asker: Asker, known: Known) -> dict[str, str]:
        """What is known of who asks, asked for once in a few seconds."""
        facts = known.facts
        for name, telling in plan.tellings.items():
            if (plan, name) not in facts:
                if telling.ask not in facts:
                    async with asker.caller(self.services).open() as ctx:
                        await ctx.identified()
                        facts[telling.ask] = await telling.ask(ctx)
                assert plan.operation  # noqa: S101  # there is one where something is told
                facts[plan, name] = telling.written(plan.operation, facts[telling.ask])
        return {name: facts[plan, name] for name in plan.tellings}

    def values(
        self,
        plan: Plan,
        known: Known,
        variables: Mapping[str, Any],
        told: Mapping[str, str],
    ) -> list[Any]:
        """The values of the statement's parameters. Raises for what no client should send."""
        now = self.services.now()
        values = known.values(now)
        values.update(told)
        actor, secrets = known.actor, self.services.secrets
        given = {name: source.value(variables) for name, source in plan.sources.items()}
        if plan.checks:
            actor = known.at(now)
            for check in plan.checks:
                check.check(actor, **{n: given[name] for n, name in check.arguments.items()})
        for name, value in given.items():
            values[name] = plan.sources[name].sent(actor, secrets, value)
        return [values[name] for name in plan.parameters]

    async def recorded(self, asker: Asker, found: Sequence[bytes]) -> list[bytes]:
        """What was found, without the marks in it, once the audit log has been told whose records
        of special categories were read."""
        texts, read = marks.taken(found)
        if read:
            async with asker.caller(self.services).open() as ctx:
                await ctx.identified()
                ctx.read_specially |= read
                await told_of_reading(ctx)
        return texts

    # -- both executors ---------------------------------------------------------------

    async def mixed(
        self, compiled: Compiled, plan: Plan, found: list[bytes], unexplained: Mapping[int, Asked],
        request: Any,
    ) -> Answer:  # fmt: skip
        """What was handed back is answered by the standard executor, and put in its place. It also
        tells why root fields are null, by their places among what was found."""
        asker, variables = request
        nodes = [*plan.handed_back, *(node for one in unexplained.values() for node in one.nodes)]
        rest = replace(compiled.definition, selection_set=SelectionSetNode(selections=tuple(nodes)))
        parsed = DocumentNode(definitions=(rest, *compiled.fragments.values()))
        text = compiled.document.text
        caller = replace(asker.caller(self.services), document=valid(text, parsed))
        result = await self.schema.execute(text, dict(variables), caller)
        own = {(error.extensions or {}).get("coordinate") for error in plan.denied}
        errors = errors_of(plan, caller.language) + [
            error.formatted
            for error in result.errors or []
            if (error.extensions or {}).get("coordinate") not in own - {None}
        ]
        data = result.data or {}
        for place, one in unexplained.items():  # by now it may be there
            found[place] = orjson.dumps(data.get(one.key))
        body = whole(plan, found, data, errors)
        seconds = retry_after(result.errors or ())
        return Answer(body, MIXED, seconds, code=first_code(errors))


def refusal(problem: Problem, language: str) -> Answer:
    """Nothing but why."""
    error = told_error(GraphQLError(str(problem)), problem, language)
    body = orjson.dumps({"errors": [error.formatted]})
    return Answer(body, "compiled", refused=error, code=problem.code())


def code_of(error: GraphQLError) -> str | None:
    """The code in the extensions of an error."""
    return (error.extensions or {}).get("code")


def first_code(errors: Sequence[Any]) -> str | None:
    """The code of the first of the errors of an answer."""
    code: str | None = errors[0]["extensions"]["code"] if errors else None
    return code


def errors_of(plan: Plan | Doing, language: str) -> list[Any]:
    return [told_error(error, error.original_error, language).formatted for error in plan.denied]  # type: ignore[arg-type]


def whole(
    plan: Plan, found: Sequence[bytes], standard: Mapping[str, Any], errors: Sequence[Any]
) -> bytes:
    """The body: what SQL gave is not looked at any more, and copied once."""
    texts = iter(found)
    parts: list[bytes] = []
    for key, known in plan.keys:
        if known is None:
            text = next(texts)
        else:
            text = known.encode() if known else orjson.dumps(standard.get(key))
        parts += (b',"%b":' % key.encode() if parts else b'"%b":' % key.encode(), text)
    return body(parts, errors)


def body(parts: Sequence[bytes], errors: Sequence[Any]) -> bytes:
    """The whole of the members of `data`, which stand in parts one after another."""
    end = b'},"errors":%b}' % orjson.dumps(errors) if errors else b"}}"
    return b"".join((b'{"data":{', *parts, end))
