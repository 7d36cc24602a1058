"""Answering operations by their plans, or by the standard executor if there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
import strawberry
from graphql import GraphQLError, GraphQLSyntaxError

from gql.engine import handed_back, markers
from gql.engine.answer import (
    NOT_COMPILED,
    Answer,
    answer_refusal,
    errors_in,
    first_code,
    format_errors,
    join_body,
    members_of_data,
)
from gql.engine.asker import Asker, look_up_token
from gql.engine.cache import Cache, CompiledOperation
from gql.engine.commands import Attempt, CommandPlan
from gql.engine.plan import MIXED, REFUSING_ERRORS, Plan
from gql.engine.serial import join_answers
from gql.engine.shape import Variables
from gql.engine.use_cases import UseCasePlan
from gql.errors import add_code, find_retry_after
from gql.execution.failures import fail_operation
from gql.execution.operation import SelectedField
from gql.guard.document import Document
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
    """Answers operations by plans: all queries, and mutations of one command.

    forced: Whether an operation that cannot be compiled is refused, not handed back.
    documents: The documents that were read; the default has the usual limits.
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
        """Return the answer; None if the standard executor must answer, or report an error.

        document: The parsed query, if it was read already.
        """
        compiled: CompiledOperation | None = None
        try:
            if document is None:
                document = self.documents.read(query)
                document.cost(name, variables)
            compiled = document.operations.get(name) or self.cache.operation(document, name)
            if compiled is None:
                return None
            answer = self.answer_in_turn if compiled.parts else self.answer_by_plan
            return await answer(asker, compiled, variables)
        except GraphQLSyntaxError:
            return None
        except OperationTooComplex as problem:
            return answer_refusal(problem, asker.language)
        except Exception as failure:
            if compiled is None:  # nothing was executed
                raise
            return self.answer_failure(asker, compiled, variables, failure)

    def answer_failure(
        self, asker: Asker, compiled: CompiledOperation, variables: Variables, failure: Exception
    ) -> Answer | None:
        """Return the answer after the database, or the engine itself, failed. The log has the whole
        failure, the client gets a code. None if the variables do not fit, which the standard
        executor reports."""
        try:
            operation = self.cache.coerce(compiled, variables)
        except GraphQLError:
            return None
        caller = asker.caller(self.services)
        error = add_code(GraphQLError(str(failure), original_error=failure), caller)
        data, errors = fail_operation(operation, error, asker.known.viewer if asker.known else None)
        formatted = format_errors(errors, asker.language)
        if (seconds := find_retry_after([error])) is not None:
            self.services.availability.count_refused()
        body = orjson.dumps({"data": data, "errors": formatted})
        return Answer(body, "compiled", seconds, code=first_code(formatted))

    async def answer_by_plan(
        self, asker: Asker, compiled: CompiledOperation, variables: Variables
    ) -> Answer | None:
        readers = self.services.readers
        if readers is None or not (compiled.reads or self.services.writers):
            return None
        try:
            known = asker.known or await look_up_token(self.services, asker)
            variables = compiled.known_variables(variables)
            plan = compiled.plan(known.viewer, variables)
            if plan is None:
                plan = await self.cache.load(
                    compiled, known.at_moment(self.services.now()), variables
                )
            if isinstance(plan, CommandPlan):
                actor, secrets = known.at_moment(self.services.now()), self.services.secrets
                attempt = plan.attempt(actor, secrets, variables, asker.request_id)
            elif isinstance(plan, Plan):
                plan, values = await self.fill_in(compiled, plan, asker, known, variables)
        except (OperationTooComplex, ServiceUnavailable):
            raise
        except REFUSING_ERRORS:
            return None
        if isinstance(plan, UseCasePlan):
            return await self.run_use_case(plan, compiled, asker, known, variables)
        if isinstance(plan, CommandPlan):
            return await self.answer_command(plan, attempt, asker)
        if self.forced and compiled.reads and plan.kind != "compiled":
            return NOT_COMPILED
        if plan.kind == "standard":
            return None
        found: list[bytes] = []
        if plan.sql:
            found = list(await readers.fetch(known.actor.school_id, plan.sql, values) or ())
            if plan.is_special:
                found = await self.record_special(asker, found)
            if plan.keyed:
                actor = known.at_moment(self.services.now())
                found = markers.fill_in_keyed(found, plan.keyed, self.services, actor)
        unexplained = {n: one for n, one in plan.explained.items() if found[n] == NULL_TEXT}
        if unexplained and len(unexplained) == len(plan.keys):
            return None
        if plan.handed_back or unexplained:
            return await self.answer_mixed(compiled, plan, found, unexplained, (asker, variables))
        parts = members_of_data(plan, found, self.at_hand(plan, asker) if plan.at_hand else NOTHING)
        errors = errors_in(plan, parts, asker.language) if plan.denied else ()
        return Answer(join_body(parts, errors), plan.kind, code=first_code(errors))

    async def answer_command(
        self, plan: CommandPlan, attempt: Attempt, asker: Asker
    ) -> Answer | None:
        """Return the answer of a command, done or refused; None if nothing was written and the
        standard executor must run it."""
        payload = await plan.run(attempt, self.services, asker.language)
        if payload is None:
            return None
        code = attempt.problem.code() if attempt.problem else None
        denied = plan.denied and (attempt.problem is None or attempt.is_shown)
        if not attempt.failures and not denied:
            return Answer(join_body([payload], ()), plan.kind, code=code)
        caller = asker.caller(self.services)
        failures = [add_code(one, caller) for one in attempt.failures]
        errors = errors_in(plan, [payload], asker.language, failures)
        seconds = find_retry_after(failures)
        return Answer(
            join_body([payload], errors), plan.kind, seconds, code=first_code(errors) or code
        )

    async def run_use_case(
        self, plan: UseCasePlan, compiled: CompiledOperation, asker: Asker, known: Known,
        variables: Variables,
    ) -> Answer | None:  # fmt: skip
        """Return the answer of a command that is a use case; None if the variables do not fit,
        which the standard executor reports. Before a command that changes access the caller is
        identified again: another process may have revoked their right a moment ago."""
        try:
            operation = self.cache.coerce(compiled, variables)
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
            return Answer(join_body([outcome.text], ()), plan.kind, code=code)
        failures = [add_code(one, caller) for one in outcome.failures]
        errors = errors_in(plan, [outcome.text], asker.language, failures)
        seconds = find_retry_after(failures)
        return Answer(
            join_body([outcome.text], errors), plan.kind, seconds, code=first_code(errors) or code
        )

    # -- several commands -------------------------------------------------------------

    async def answer_in_turn(
        self, asker: Asker, compiled: CompiledOperation, variables: Variables
    ) -> Answer | None:
        """Run the commands of a mutation one after another. None if the variables do not fit, which
        the standard executor reports: a command must not run before."""
        if self.services.readers is None or self.services.writers is None:
            return None
        try:
            self.cache.coerce(compiled, variables)
        except GraphQLError:
            return None
        answers = list[Answer]()
        for part in compiled.parts:
            # Looked up again: the command before may have ended the session, or changed its rights.
            one = replace(asker, known=None) if answers else asker
            answers.append(await self.answer_part(one, part, part.known_variables(variables)))
        return join_answers(answers)

    async def answer_part(
        self, asker: Asker, part: CompiledOperation, variables: Variables
    ) -> Answer:
        """Return the answer of one of several commands. The others run even if this one fails."""
        try:
            found = await self.answer_by_plan(asker, part, variables)
        except OperationTooComplex:
            found = None
        except Exception as failure:
            found = self.answer_failure(asker, part, variables, failure)
        return found or await handed_back.answer_command(
            self.schema, self.services, asker, part, variables
        )

    async def fill_in(
        self, compiled: CompiledOperation, plan: Plan, asker: Asker, known: Known,
        variables: Variables,
    ) -> tuple[Plan, list[object]]:  # fmt: skip
        """Return the plan, or one that refuses these variables, with the values of its parameters.
        Raises REFUSING_ERRORS."""
        try:
            known_values = (
                await self.actor_values(plan, asker, known) if plan.known_values else NOTHING
            )
            return plan, self.values(plan, known, variables, known_values)
        except REFUSING_ERRORS:
            # The standard executor would answer all root fields, not only the refused one: an
            # attacker could make it answer long lists.
            plan = await self.cache.make_refusing_plan(
                compiled, known.at_moment(self.services.now()), variables
            )
            known_values = (
                await self.actor_values(plan, asker, known) if plan.known_values else NOTHING
            )
            return plan, self.values(plan, known, variables, known_values)

    async def actor_values(self, plan: Plan, asker: Asker, known: Known) -> dict[str, str]:
        """Return the values of the actor, as JSON. They are cached for a few seconds."""
        facts = known.facts
        for name, telling in plan.known_values.items():
            if (plan, name) not in facts:
                if telling.ask not in facts:
                    async with asker.caller(self.services).open() as ctx:
                        await ctx.identify()
                        facts[telling.ask] = await telling.ask(ctx)
                assert plan.operation  # noqa: S101  # a plan with such values has one
                value = telling.to_json(plan.operation, facts[telling.ask])
                facts[plan, name] = orjson.dumps(value).decode()
        return {name: facts[plan, name] for name in plan.known_values}

    def at_hand(self, plan: Plan, asker: Asker) -> dict[str, object]:
        """Return the values that the request itself holds, by the keys of their root fields."""
        caller, found = asker.caller(self.services), {}
        for key, telling in plan.at_hand.items():
            assert plan.operation  # noqa: S101  # a plan with such values has one
            found[key] = telling.to_json(plan.operation, telling.ask(caller))
        return found

    def values(
        self,
        plan: Plan,
        known: Known,
        variables: Variables,
        known_values: Mapping[str, str],
    ) -> list[object]:
        """Return the values of the statement's parameters. Raises REFUSING_ERRORS."""
        now = self.services.now()
        values = known.values(now)
        values.update(known_values)
        actor, secrets = known.actor, self.services.secrets
        given = {name: source.value(variables) for name, source in plan.sources.items()}
        if plan.checks:
            actor = known.at_moment(now)
            for check in plan.checks:
                check.check(actor, **{n: given[name] for n, name in check.arguments.items()})
        for name, value in given.items():
            values[name] = plan.sources[name].to_driver(actor, secrets, value)
        return [values[name] for name in plan.parameters]

    async def record_special(self, asker: Asker, found: Sequence[bytes]) -> list[bytes]:
        """Record the special reads in the audit log, and return the texts without markers."""
        texts, read = markers.take_out_markers(found)
        if read:
            async with asker.caller(self.services).open() as ctx:
                await ctx.identify()
                ctx.read_specially |= read
                await record_special_reads(ctx)
        return texts

    # -- both executors ---------------------------------------------------------------

    async def answer_mixed(
        self, compiled: CompiledOperation, plan: Plan, found: list[bytes],
        unexplained: Mapping[int, SelectedField], request: tuple[Asker, Variables],
    ) -> Answer:  # fmt: skip
        """Return an answer of both executors: the standard one answers the root fields that are
        handed back, and those that are null and may have a reason.

        unexplained: The latter, by their places in `found`.
        """
        asker, variables = request
        nodes = [*plan.handed_back, *(node for one in unexplained.values() for node in one.nodes)]
        result = await handed_back.execute(
            self.schema, self.services, asker, compiled, variables, nodes
        )
        data = {**(result.data or {}), **self.at_hand(plan, asker)}
        for place, one in unexplained.items():  # it may exist by now
            found[place] = orjson.dumps(data.get(one.key))
        parts = members_of_data(plan, found, data)
        own = {denial.coordinate for denial in plan.denied}
        others = [
            error
            for error in result.errors or ()
            if (error.extensions or {}).get("coordinate") not in own
        ]
        errors = errors_in(plan, parts, asker.language, others)
        seconds = find_retry_after(result.errors or ())
        return Answer(join_body(parts, errors), MIXED, seconds, code=first_code(errors))
