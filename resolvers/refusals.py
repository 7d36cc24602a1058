"""What the database's refusals mean to people."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from models.problems import Conflict, Problem, Validation
from resolvers.context import Ctx


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a violated constraint means to people: by its name, the problem and the argument."""

    by_constraint: Mapping[str, tuple[type[Problem], str | None]]

    def problem(self, cause: Any) -> Problem | None:
        """The database's refusal as a problem; None for a bug."""
        state, constraint = getattr(cause, "sqlstate", None) or "", cause_constraint(cause)
        if constraint in self.by_constraint:
            problem, field = self.by_constraint[constraint]
            return problem(field=field)
        if state in ("23505", "23P01"):  # unique_violation, exclusion_violation
            return Conflict()
        if state[:2] == "22" or state in ("23502", "23503", "23514"):  # bad data, broken limits
            return Validation(field=constraint.removeprefix(f"ck_{cause_table(cause)}_") or None)
        return None


def cause_constraint(cause: Any) -> str:
    return getattr(cause, "constraint_name", None) or ""


def cause_table(cause: Any) -> str:
    return getattr(cause, "table_name", None) or ""


def sqlstate(error: BaseException) -> str:
    """Of an error of the driver's, or of one that SQLAlchemy made of it."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    return getattr(cause, "sqlstate", None) or ""


def sql_constraint(error: BaseException) -> str:
    orig = error.orig if isinstance(error, DBAPIError) else None
    return cause_constraint(orig.__cause__) if orig else ""


def refusal(error: BaseException, given: Mapping[str, Any], meaning: Refusals) -> BaseException:
    """The database's refusals as problems; a problem knows the argument to blame."""
    if isinstance(error, StaleDataError):
        return Conflict()
    if isinstance(error, DBAPIError) and error.orig:
        return meaning.problem(error.orig.__cause__) or error
    if isinstance(error, Problem) and error.of and not error.field:
        error.field = next((p for p, value in arguments(given) if value == error.of), None)
    return error


def arguments(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments and what stands in lists of them, by their paths."""
    for name, value in given.items():
        yield name, value
        if isinstance(value, list):
            yield from ((f"{name}.{place}", one) for place, one in enumerate(value))


def lost_a_race(problem: BaseException) -> bool:
    return isinstance(problem, Conflict) and problem.of is None and problem.current is None


async def with_current(
    ctx: Ctx, problem: BaseException, current: Callable[..., Awaitable[Any]] | None, given: Any
) -> BaseException:
    """The problem with the row that won the race, for the client to look at."""
    if current and isinstance(problem, Problem):
        problem.current = await current(ctx, **given)
    return problem
