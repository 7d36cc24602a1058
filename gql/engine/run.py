"""Answering: by a plan where there is one, by the standard executor where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, SelectionSetNode

from gql.engine import special
from gql.engine.cache import Cache, Document
from gql.engine.commands import Doing
from gql.engine.plan import Plan
from gql.engine.sql import Unspeakable
from gql.errors import named, retry_after
from gql.errors import told as told_error
from models.problems import OperationTooComplex, Problem, ServiceUnavailable
from resolvers.access.identify import identify_at_once
from resolvers.access.known import Known
from resolvers.access.reading import told_of_reading
from resolvers.context import Caller, Services

NOTHING: Mapping[str, str] = {}


@dataclass(slots=True)
class Asker:
    """Who is at the door, before it is known who that is."""

    token: str
    language: str = "ru"
    agent: bytes | None = None

    def caller(self, services: Services) -> Caller:
        agent = self.agent.decode("latin-1") if self.agent else None
        return Caller(services=services, token=self.token, language=self.language, user_agent=agent)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and how it was found: compiled, mixed or standard."""

    body: bytes
    kind: str
    retry_after: int | None = None
    """Seconds, where the database could not be used."""


NOT_COMPILED = Answer(
    b'{"errors":[{"message":"This is not compiled.","extensions":{"code":"NOT_COMPILED"}}]}',
    "standard",
)


@dataclass
class Engine:
    """Answers operations of which there are plans: all that read, and some commands.

    schema: Strawberry's.
    forced: Whether what cannot be compiled is refused, not handed back.
    """

    schema: Any
    services: Services
    forced: bool = False
    cache: Cache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = Cache(self.schema)

    async def answer(
        self, asker: Asker, query: str, variables: Mapping[str, Any], name: str | None
    ) -> Answer | None:
        """The answer; None: the standard executor must give it, or say what is wrong."""
        try:
            return await self.found(asker, query, variables, name)
        except Exception as failure:  # the log has it all, who asks but a code
            error = named(
                GraphQLError(str(failure), original_error=failure), asker.caller(self.services)
            )
            body = b'{"data":null,"errors":%b}' % orjson.dumps([error.formatted])
            if (seconds := retry_after([error])) is not None:
                self.services.availability.count_refused()
            return Answer(body, "compiled", seconds)

    async def found(
        self, asker: Asker, query: str, variables: Mapping[str, Any], name: str | None
    ) -> Answer | None:
        document = self.cache.document(query, name)
        readers = self.services.readers
        if document is None or readers is None or not (document.reads or self.services.writers):
            return None
        try:
            known = await self.known(asker)
            plan = document.plan(known.viewer, variables)
            if plan is None:
                plan = self.cache.planned(document, known.at(self.services.now()), variables)
            if isinstance(plan, Doing):
                actor = known.at(self.services.now())
                doing = plan.values(actor, self.services.secrets, variables)
            else:
                told = await self.told(plan, asker, known) if plan.tellings else NOTHING
                values = self.values(plan, known, variables, told)
        except ServiceUnavailable:
            raise
        except OperationTooComplex as problem:
            return refusal(problem, asker.language)
        except (Problem, Unspeakable, ValueError, TypeError, LookupError, GraphQLError):
            return None
        if isinstance(plan, Doing):
            return await self.done(plan, known, doing, asker)
        if self.forced and document.reads and plan.kind != "compiled":
            return NOT_COMPILED
        if plan.kind == "standard":
            return None
        found: Sequence[bytes] = ()
        if plan.sql:
            found = await readers.fetch(known.actor.school_id, plan.sql, values) or ()
            if plan.is_special:
                found = await self.recorded(asker, found)
        if plan.handed_back:
            return await self.mixed(document, plan, found, (asker, query, variables))
        errors = errors_of(plan, asker.language) if plan.denied else ()
        return Answer(whole(plan, found, {}, errors), plan.kind)

    async def known(self, asker: Asker) -> Known:
        """Who asks. Raises what is raised for a token that is not good."""
        sessions, readers = self.services.sessions, self.services.readers
        if (known := sessions.get(asker.token)) is None:
            assert readers  # noqa: S101  # else nothing is answered here
            asked = identify_at_once(readers, asker.token, self.services.now())
            known = await sessions.ask(asker.token, asked)
        return known

    async def done(
        self, plan: Doing, known: Known, values: Mapping[str, Any], asker: Asker
    ) -> Answer | None:
        """What a command gave; None where the use case itself must run, and nothing was done."""
        payload = await plan.done(known.actor.school_id, self.services, values)
        if payload is None:
            return None
        errors = errors_of(plan, asker.language) if plan.denied else ()
        return Answer(body([payload], errors), plan.kind)

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

    async def recorded(self, asker: Asker, found: Sequence[bytes]) -> Sequence[bytes]:
        """What was found, without the marks in it, once the audit log has been told whose records
        of special categories were read."""
        texts, read = special.taken(found)
        if read:
            async with asker.caller(self.services).open() as ctx:
                await ctx.identified()
                ctx.read_specially |= read
                await told_of_reading(ctx)
        return texts

    # -- both executors ---------------------------------------------------------------

    async def mixed(
        self, document: Document, plan: Plan, found: Sequence[bytes], request: Any
    ) -> Answer:
        """What was handed back is answered by the standard executor, and put in its place."""
        asker, query, variables = request
        caller = asker.caller(self.services)
        rest = replace(
            document.definition, selection_set=SelectionSetNode(selections=plan.handed_back)
        )
        parsed = DocumentNode(definitions=(rest, *document.fragments.values()))
        result = await self.schema.execute(query, dict(variables), replace(caller, document=parsed))
        own = {(error.extensions or {}).get("coordinate") for error in plan.denied}
        errors = errors_of(plan, caller.language) + [
            error.formatted
            for error in result.errors or []
            if (error.extensions or {}).get("coordinate") not in own - {None}
        ]
        body = whole(plan, found, result.data or {}, errors)
        return Answer(body, plan.kind, retry_after(result.errors or ()))


def refusal(problem: Problem, language: str) -> Answer:
    """Nothing but why."""
    error = told_error(GraphQLError(str(problem)), problem, language)
    return Answer(orjson.dumps({"errors": [error.formatted]}), "compiled")


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
