"""Constraints with the problem that each is refused by and the argument to blame, declared once.

A constraint that no client can break is marked (`mark_internal`): if the database still refuses a
row by it, that is a bug, and is reported as one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from models.problems import EndsBeforeItBegins, OutOfRange, Problem, TooLong

T = TypeVar("T")
MEANS: Final = "means"
INTERNAL: Final = "ours"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The refusal that a violated constraint becomes.

    problem: The type of the refusal.
    field: The argument to blame, named like the column; None when it is no single one.
    details: The details that the message shows, such as `most`.
    """

    problem: type[Problem]
    field: str | None
    details: Mapping[str, Any]

    def to_problem(self, blamed: str | None) -> Problem:
        """Make the problem, with the argument that was found to blame."""
        return self.problem(field=blamed, **self.details)


def means(limit: T, problem: type[Problem], blamed: str | None, **details: Any) -> T:
    """Add to a constraint or unique index the problem that it is refused by."""
    limit.info[MEANS] = Meaning(problem, blamed, details)  # type: ignore[attr-defined]
    return limit


def mark_internal(limit: T) -> T:
    """Mark a constraint or unique index that no argument of a command can break."""
    limit.info[INTERNAL] = True  # type: ignore[attr-defined]
    return limit


def check(sql: str, problem: type[Problem], blamed: str, **details: Any) -> CheckConstraint:
    """A CHECK named after the argument to blame."""
    return means(CheckConstraint(sql, blamed), problem, blamed, **details)


def check_range(column: str, least: Any, most: Any) -> CheckConstraint:
    """A CHECK that a column lies in a range, both ends included."""
    ends = (f"'{end}'" if isinstance(end, str) else str(end) for end in (least, most))
    sql = f"{column} BETWEEN {' AND '.join(ends)}"
    return check(sql, OutOfRange, column, least=least, most=most)


def ends_after(sql: str, blamed: str) -> CheckConstraint:
    """A CHECK that something does not end before it begins."""
    return check(sql, EndsBeforeItBegins, blamed)


def unique(
    *columns: str,
    says: type[Problem],
    blamed: str | None = None,
    nulls_not_distinct: bool | None = None,
) -> UniqueConstraint:
    """A UNIQUE over the columns within a school; the last of them is to blame."""
    limit = UniqueConstraint(
        "school_id", *columns, postgresql_nulls_not_distinct=nulls_not_distinct
    )
    return means(limit, says, blamed or columns[-1])


def unique_internal(*columns: str) -> UniqueConstraint:
    """A UNIQUE that no client can break: commands look for the row first, or make its key."""
    return mark_internal(UniqueConstraint("school_id", *columns))


def check_length(column: str, most: int, *, least: int = 1) -> CheckConstraint:
    """A CHECK of the number of characters of a text."""
    sql = (
        f"char_length({column}) BETWEEN 1 AND {most}"
        if least
        else f"char_length({column}) <= {most}"
    )
    return check(sql, TooLong, column, most=most)


def limits_of(table: Table) -> Iterator[Any]:
    """Yield the constraints and unique indexes of a table that a client's values could violate:
    neither its primary key nor the reference to its school."""
    for limit in sorted(table.constraints, key=name_in_database):
        tie = isinstance(limit, ForeignKeyConstraint) and len(limit.columns) == 1
        if limit is not table.primary_key and not tie:
            yield limit
    yield from (index for index in table.indexes if index.unique)


def meaning_of(limit: Any) -> Meaning | None:
    """Return the meaning of a constraint; None if it is internal."""
    found: Meaning | None = limit.info.get(MEANS)
    return found


@cache
def name_in_database(limit: Any) -> str:
    """Return the name that PostgreSQL reports; it cuts long ones."""
    preparer = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    return str(preparer.format_constraint(limit)).strip('"')
