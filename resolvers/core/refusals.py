"""Translation of errors of the database into problems."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from models.base import Id, OfSchool, Record, referrers_of
from models.limits import INTERNAL, MEANS, Meaning, limits_of, name_in_database
from models.problems import Blank, Conflict, InUse, Problem, TooLong, Validation
from resolvers.core.context import Ctx

LOST = ("40001", "40P01")
"""SQLSTATEs of transactions that lost to another (serialization_failure, deadlock_detected): they
may succeed if they are tried again."""


@cache
def declared_meanings() -> Mapping[str, Meaning | None]:
    """Return the meanings of the constraints of all tables, by their names; None for an internal
    one, which only a bug can violate. All tables must have been declared before."""
    limits = [limit for table in Record.metadata.sorted_tables for limit in limits_of(table)]
    found = {name_in_database(one): one.info.get(MEANS) for one in limits if INTERNAL in one.info}
    return found | {name_in_database(one): one.info[MEANS] for one in limits if MEANS in one.info}


@dataclass(frozen=True, slots=True)
class Refusals:
    """The meanings of constraints in a command, by their names: the problem and the argument, if
    they differ from those that the table declares.

    removes: The type of the row that the command deletes, and the argument that names it: a
        reference to it then means InUse.
    """

    by_constraint: Mapping[str, tuple[type[Problem], str | None]] = field(default_factory=dict)
    removes: tuple[type[OfSchool], str] | None = None

    def problem(self, cause: Any, given: Mapping[str, Any]) -> Problem | None:
        """Return the problem of an error of the database; None for a bug."""
        state, constraint = getattr(cause, "sqlstate", None) or "", cause_constraint(cause)
        if constraint in self.by_constraint:
            problem, argument = self.by_constraint[constraint]
            return problem(field=argument)
        if self.removes and (used_by := referrers_of(self.removes[0]).get(constraint)):
            return InUse(field=self.removes[1], used_by=used_by)
        if state[:2] != "22" and constraint in declared_meanings():
            meaning = declared_meanings()[constraint]
            return blame_argument(meaning, given) if meaning else None
        return Validation() if state[:2] == "22" else None


def blame_argument(meaning: Meaning, given: Mapping[str, Any]) -> Problem:
    """Return the problem with the path of the argument to blame. The limit of a text's length also
    refuses an empty text, which is Blank."""
    paths = [(path, value) for path, value in leaves(given) if ends_with_name(path, meaning.field)]
    if meaning.problem is TooLong:
        most: int = meaning.details["most"]
        texts = [(path, value) for path, value in paths if isinstance(value, str)]
        path, text = next(
            ((path, value) for path, value in texts if not 0 < len(value) <= most),
            (meaning.field, None),
        )
        return Blank(field=path) if text == "" else meaning.to_problem(path)
    return meaning.to_problem(paths[0][0] if paths else meaning.field)


def ends_with_name(path: str, argument: str | None) -> bool:
    """Whether the last step of the path is the argument's name."""
    return argument is not None and path.rpartition(".")[2] == argument


def leaves(given: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arguments, and the members of lists and input objects among them, with their
    paths."""
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
    """Return the SQLSTATE of an error of the driver, or of one that SQLAlchemy made of it."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    return getattr(cause, "sqlstate", None) or ""


def translate_error(
    error: BaseException, given: Mapping[str, Any], meaning: Refusals
) -> BaseException:
    """Return the problem of an error of the database, or the error itself. A Problem about a row
    gets the path of the argument that names the row."""
    if isinstance(error, StaleDataError):
        return Conflict()
    if isinstance(error, DBAPIError) and error.orig:
        return meaning.problem(error.orig.__cause__, given) or error
    if isinstance(error, Problem) and error.of and not error.field:
        error.field = next((path for path, value in leaves(given) if value == error.of), None)
    return error


def problems_of(rows: Iterable[type[Any]], arguments: Collection[str]) -> list[type[Problem]]:
    """Return the problems with which tables can refuse a command that writes such rows: those of
    its arguments, and those for which no single argument is to blame."""
    limits = [limit for row in rows for limit in limits_of(row.__table__)]
    meanings = [limit.info[MEANS] for limit in limits if MEANS in limit.info]
    found = [m for m in meanings if m.field is None or m.field in arguments]
    texts = [Blank] if any(one.problem is TooLong for one in found) else []
    return list(dict.fromkeys([*(one.problem for one in found), *texts]))


def lost_a_race(problem: BaseException) -> bool:
    return isinstance(problem, Conflict) and problem.of is None and problem.current is None


async def attach_current(
    ctx: Ctx, problem: BaseException, current: Callable[..., Awaitable[Any]] | None, given: Any
) -> BaseException:
    """Attach the row that won the race to the problem, for the client to look at."""
    if current and isinstance(problem, Problem):
        problem.current = await current(ctx, **given)
    return problem
