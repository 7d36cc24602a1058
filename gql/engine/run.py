"""Answering: by a plan where there is one, by the standard executor where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
import strawberry
from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, SelectionSetNode

from gql.engine import marks
from gql.engine.answer import (
    NOT_COMPILED,
    Answer,
    body,
    errors_in,
    first_code,
    formatted,
    members,
    refusal,
)
from gql.engine.asker import Asker, known_to
from gql.engine.cache import Cache, Compiled
from gql.engine.commands import Attempt, Doing
from gql.engine.plan import MIXED, REFUSED, Plan
from gql.engine.shape import Variables
from gql.engine.use_cases import UseCasePlan
from gql.errors import add_code, find_retry_after
from gql.execution.failures import fail_operation
from gql.execution.operation import Asked
from gql.guard.document import Document, make_valid
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from models.problems import OperationTooComplex, ServiceUnavailable
from resolvers.core.context import Services
from resolvers.core.special_reads import record_special_reads
from resolvers.services.sessions import Known

NOTHING: Mapping[str, str] = {}
NULL_TEXT = b"null"


@dataclass
class Engine:
    """Answers operations of which there are plans: all that read, and some commands.

    schema: Strawberry's.
    forced: Whether what cannot be compiled is refused, not handed back.
    documents: Where documents are read; with the usual limits if not told.
    """

    schema: strawberry.Schema
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
        variables: Variables,
        name: str | None,
        document: Document | None = None,
    ) -> Answer | None:
        """The answer; None: the standard executor must give it, or say what is wrong.

        document: The query, if it was read already.
        """
        compiled: Compiled | None = None
        try:
            if document is None:
                document = self.documents.read(query)
                document.cost(name, variables)
            compiled = document.operations.get(name) or self.cache.operation(document, name)
            return await self.found(asker, compiled, variables) if compiled else None
        except GraphQLSyntaxError:
            return None
        except OperationTooComplex as problem:
            return refusal(problem, asker.language)
        except Exception as failure:
            if compiled is None:  # nothing was executed
                raise
            return self.failed(asker, compiled, variables, failure)

    def failed(
        self, asker: Asker, compiled: Compiled, variables: Variables, failure: Exception
    ) -> Answer | None:
        """The answer when the database failed, or the engine itself. The log has all of it, the
        client learns a code. None if the variables do not fit, which the standard executor
        tells."""
        try:
            operation = self.cache.coerced(compiled, variables)
        except GraphQLError:
            return None
        caller = asker.caller(self.services)
        error = add_code(GraphQLError(str(failure), original_error=failure), caller)
        data, errors = fail_operation(operation, error, asker.known.viewer if asker.known else None)
        told = formatted(errors, asker.language)
        if (seconds := find_retry_after([error])) is not None:
            self.services.availability.count_refused()
        body = orjson.dumps({"data": data, "errors": told})
        return Answer(body, "compiled", seconds, code=first_code(told))

    async def found(self, asker: Asker, compiled: Compiled, variables: Variables) -> Answer | None:
        readers = self.services.readers
        if readers is None or not (compiled.reads or self.services.writers):
            return None
        try:
            known = asker.known or await known_to(self.services, asker)
            variables = compiled.known_variables(variables)
            plan = compiled.plan(known.viewer, variables)
            if plan is None:
                plan = await self.cache.load(
                    compiled, known.at_moment(self.services.now()), variables
                )
            if isinstance(plan, Doing):
                actor, secrets = known.at_moment(self.services.now()), self.services.secrets
                attempt = plan.attempt(actor, secrets, variables, asker.request_id)
            elif isinstance(plan, Plan):
                plan, values = await self.filled_in(compiled, plan, asker, known, variables)
        except (OperationTooComplex, ServiceUnavailable):
            raise
        except REFUSED:
            return None
        if isinstance(plan, UseCasePlan):
            return await self.run_use_case(plan, compiled, asker, known, variables)
        if isinstance(plan, Doing):
            return await self.done(plan, attempt, asker)
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
                actor = known.at_moment(self.services.now())
                found = marks.filled(found, plan.keyed, self.services, actor)
        unexplained = {n: one for n, one in plan.explained.items() if found[n] == NULL_TEXT}
        if unexplained and len(unexplained) == len(plan.keys):
            return None
        if plan.handed_back or unexplained:
            return await self.mixed(compiled, plan, found, unexplained, (asker, variables))
        parts = members(plan, found, self.at_hand(plan, asker) if plan.at_hand else NOTHING)
        errors = errors_in(plan, parts, asker.language) if plan.denied else ()
        return Answer(body(parts, errors), plan.kind, code=first_code(errors))

    async def done(self, plan: Doing, attempt: Attempt, asker: Asker) -> Answer | None:
        """Return the answer of a command, done or refused; None where nothing was done and the
        standard executor must run it."""
        payload = await plan.payload_after(attempt, self.services, asker.language)
        if payload is None:
            return None
        code = attempt.problem.code() if attempt.problem else None
        denied = plan.denied and (attempt.problem is None or attempt.is_shown)
        if not attempt.failures and not denied:
            return Answer(body([payload], ()), plan.kind, code=code)
        caller = asker.caller(self.services)
        named_ = [add_code(one, caller) for one in attempt.failures]
        errors = errors_in(plan, [payload], asker.language, named_)
        seconds = find_retry_after(named_)
        return Answer(body([payload], errors), plan.kind, seconds, code=first_code(errors) or code)

    async def run_use_case(
        self, plan: UseCasePlan, compiled: Compiled, asker: Asker, known: Known,
        variables: Variables,
    ) -> Answer | None:  # fmt: skip
        """The answer of a command that is a use case; None if the variables do not fit, which the
        standard executor tells. Before a command that changes access the caller is identified
        anew: another process may have revoked their right a moment ago."""
        try:
            operation = self.cache.coerced(compiled, variables)
        except GraphQLError:
            return None
        caller = asker.caller(self.services)
        keeps_rights = plan.command.keeps_rights
        actor = known.at_moment(self.services.now()) if keeps_rights else None
        async with caller.open(actor) as ctx:
            outcome = await plan.run(self.schema, operation, ctx, variables)
        code = outcome.problem.code() if outcome.problem else None
        denied = bool(plan.denied) and outcome.is_shown
        if not outcome.failures and not denied:
            return Answer(body([outcome.text], ()), plan.kind, code=code)
        failures = [add_code(one, caller) for one in outcome.failures]
        errors = errors_in(plan, [outcome.text], asker.language, failures)
        seconds = find_retry_after(failures)
        return Answer(
            body([outcome.text], errors), plan.kind, seconds, code=first_code(errors) or code
        )

    async def filled_in(
        self, compiled: Compiled, plan: Plan, asker: Asker, known: Known,
        variables: Variables,
    ) -> tuple[Plan, list[object]]:  # fmt: skip
        """The plan, or one that refuses these variables, and the values of its parameters. Raises
        for what no client should send."""
        try:
            told = await self.told(plan, asker, known) if plan.tellings else NOTHING
            return plan, self.values(plan, known, variables, told)
        except REFUSED:
            # By the standard executor all the root fields would be answered, not only the one that
            # is refused, and an attacker could have it answer long lists.
            plan = await self.cache.refusing(
                compiled, known.at_moment(self.services.now()), variables
            )
            told = await self.told(plan, asker, known) if plan.tellings else NOTHING
            return plan, self.values(plan, known, variables, told)

    async def told(self, plan: Plan, asker: Asker, known: Known) -> dict[str, str]:
        """What is known of who asks, asked for once in a few seconds."""
        facts = known.facts
        for name, telling in plan.tellings.items():
            if (plan, name) not in facts:
                if telling.ask not in facts:
                    async with asker.caller(self.services).open() as ctx:
                        await ctx.identify()
                        facts[telling.ask] = await telling.ask(ctx)
                assert plan.operation  # noqa: S101  # there is one where something is told
                told = telling.written(plan.operation, facts[telling.ask])
                facts[plan, name] = orjson.dumps(told).decode()
        return {name: facts[plan, name] for name in plan.tellings}

    def at_hand(self, plan: Plan, asker: Asker) -> dict[str, object]:
        """Values that the request itself holds, by the keys of their root fields."""
        caller, found = asker.caller(self.services), {}
        for key, telling in plan.at_hand.items():
            assert plan.operation  # noqa: S101  # there is one where something is told
            found[key] = telling.written(plan.operation, telling.ask(caller))
        return found

    def values(
        self,
        plan: Plan,
        known: Known,
        variables: Variables,
        told: Mapping[str, str],
    ) -> list[object]:
        """The values of the statement's parameters. Raises for what no client should send."""
        now = self.services.now()
        values = known.values(now)
        values.update(told)
        actor, secrets = known.actor, self.services.secrets
        given = {name: source.value(variables) for name, source in plan.sources.items()}
        if plan.checks:
            actor = known.at_moment(now)
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
                await ctx.identify()
                ctx.read_specially |= read
                await record_special_reads(ctx)
        return texts

    # -- both executors ---------------------------------------------------------------

    async def mixed(
        self, compiled: Compiled, plan: Plan, found: list[bytes], unexplained: Mapping[int, Asked],
        request: tuple[Asker, Variables],
    ) -> Answer:  # fmt: skip
        """The standard executor answers the root fields that were handed back. It also
        tells why root fields are null, by their places among what was found."""
        asker, variables = request
        nodes = [*plan.handed_back, *(node for one in unexplained.values() for node in one.nodes)]
        rest = replace(compiled.definition, selection_set=SelectionSetNode(selections=tuple(nodes)))
        parsed = DocumentNode(definitions=(rest, *compiled.fragments.values()))
        text = compiled.document.text
        caller = replace(asker.caller(self.services), document=make_valid(text, parsed))
        result = await self.schema.execute(text, dict(variables), caller)
        data = {**(result.data or {}), **self.at_hand(plan, asker)}
        for place, one in unexplained.items():  # by now it may be there
            found[place] = orjson.dumps(data.get(one.key))
        parts = members(plan, found, data)
        own = {denial.coordinate for denial in plan.denied}
        others = [
            error
            for error in result.errors or ()
            if (error.extensions or {}).get("coordinate") not in own
        ]
        errors = errors_in(plan, parts, caller.language, others)
        seconds = find_retry_after(result.errors or ())
        return Answer(body(parts, errors), MIXED, seconds, code=first_code(errors))
