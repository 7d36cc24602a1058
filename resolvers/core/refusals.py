"""What the database's refusals mean to people."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from models.base import Id, Record
from models.limits import INTERNAL, MEANS, Meaning, limits_of, name_in_database
from models.problems import Blank, Conflict, Problem, TooLong, Validation
from resolvers.core.context import Ctx

LOST = ("40001", "40P01")
"""SQLSTATE of transactions that lost to another (serialization_failure, deadlock_detected): the
same may succeed when it is tried again."""


@cache
def declared() -> Mapping[str, Meaning | None]:
    """What the constraints of all tables mean, by their names; None for one of ours, which only a
    bug can break. Asked only when all tables are declared."""
    limits = [limit for table in Record.metadata.sorted_tables for limit in limits_of(table)]
    found = {name_in_database(one): one.info.get(MEANS) for one in limits if INTERNAL in one.info}
    return found | {name_in_database(one): one.info[MEANS] for one in limits if MEANS in one.info}


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a violated constraint means to people in a command: by its name, the problem and the
    argument, where that differs from what is declared at the table."""

    by_constraint: Mapping[str, tuple[type[Problem], str | None]] = field(default_factory=dict)

    def problem(self, cause: Any, given: Mapping[str, Any]) -> Problem | None:
        """The database's refusal as a problem; None for a bug."""
        state, constraint = getattr(cause, "sqlstate", None) or "", cause_constraint(cause)
        if constraint in self.by_constraint:
            problem, argument = self.by_constraint[constraint]
            return problem(field=argument)
        if state[:2] != "22" and constraint in declared():
            meaning = declared()[constraint]
            return blamed(meaning, given) if meaning else None
        return Validation() if state[:2] == "22" else None


def blamed(meaning: Meaning, given: Mapping[str, Any]) -> Problem:
    """The problem, with the path of the argument to blame; a blank text is not too long."""
    paths = [(path, value) for path, value in leaves(given) if named(path, meaning.field)]
    if meaning.problem is TooLong:
        most: int = meaning.details["most"]
        texts = [(path, value) for path, value in paths if isinstance(value, str)]
        path, text = next(
            ((path, value) for path, value in texts if not 0 < len(value) <= most),
            (meaning.field, None),
        )
        return Blank(field=path) if text == "" else meaning.to_problem(path)
    return meaning.to_problem(paths[0][0] if paths else meaning.field)


def named(path: str, argument: str | None) -> bool:
    """Whether the last step of the path is the argument's name."""
    return argument is not None and path.rpartition(".")[2] == argument


def leaves(given: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Arguments, what stands in lists of them and in inputs, by their paths."""
    for name, value in given.items():
        path = f"{before}{name}"
        yield path, value
        if is_dataclass(value) and not isinstance(value, type | Id):
            yield from leaves({f.name: getattr(value, f.name) for f in fields(value)}, f"{path}.")
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            yield from leaves({str(place): one for place, one in enumerate(value)}, f"{path}.")


def cause_constraint(cause: Any) -> str:
    return getattr(cause, "constraint_name", None) or ""


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
        return meaning.problem(error.orig.__cause__, given) or error
    if isinstance(error, Problem) and error.of and not error.field:
        error.field = next((path for path, value in leaves(given) if value == error.of), None)
    return error


def problems_of(rows: Iterable[type[Any]], arguments: Collection[str]) -> list[type[Problem]]:
    """What a command that writes such rows can be refused by their tables: the limits of what its
    arguments say, and those for which no single argument is to blame."""
    limits = [limit for row in rows for limit in limits_of(row.__table__)]
    meanings = [limit.info[MEANS] for limit in limits if MEANS in limit.info]
    found = [m for m in meanings if m.field is None or m.field in arguments]
    texts = [Blank] if any(one.problem is TooLong for one in found) else []
    return list(dict.fromkeys([*(one.problem for one in found), *texts]))


def lost_a_race(problem: BaseException) -> bool:
    return isinstance(problem, Conflict) and problem.of is None and problem.current is None


async def with_current(
    ctx: Ctx, problem: BaseException, current: Callable[..., Awaitable[Any]] | None, given: Any
) -> BaseException:
    """The problem with the row that won the race, for the client to look at."""
    if current and isinstance(problem, Problem):
        problem.current = await current(ctx, **given)
    return problem
