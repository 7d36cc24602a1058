"""What the limits of a table mean to people: each says by which problem it is refused and which
argument is to blame, at the place where it is declared.

A limit that no client can break says so, too (`ours`): if the database still refuses a row by it,
that is a bug, and is told as one.
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
OURS: Final = "ours"


@dataclass(frozen=True, slots=True)
class Meaning:
    """problem: What is refused.
    field: The argument to blame, named as the column is; None when it is no single one.
    details: What the message tells, such as `most`.
    """

    problem: type[Problem]
    field: str | None
    details: Mapping[str, Any]

    def raised(self, blamed: str | None) -> Problem:
        """The problem, with the argument that was found to blame."""
        return self.problem(field=blamed, **self.details)


def means(limit: T, problem: type[Problem], blamed: str | None, **details: Any) -> T:
    """A constraint or unique index, with what it means to people."""
    limit.info[MEANS] = Meaning(problem, blamed, details)  # type: ignore[attr-defined]
    return limit


def ours(limit: T) -> T:
    """A constraint or unique index that no argument of a command can break."""
    limit.info[OURS] = True  # type: ignore[attr-defined]
    return limit


def only(sql: str, problem: type[Problem], blamed: str, **details: Any) -> CheckConstraint:
    """A CHECK named after the argument to blame."""
    return means(CheckConstraint(sql, blamed), problem, blamed, **details)


def between(column: str, least: Any, most: Any) -> CheckConstraint:
    """A CHECK that a column lies in a range, both ends included."""
    ends = (f"'{end}'" if isinstance(end, str) else str(end) for end in (least, most))
    sql = f"{column} BETWEEN {' AND '.join(ends)}"
    return only(sql, OutOfRange, column, least=least, most=most)


def ends_after(sql: str, blamed: str) -> CheckConstraint:
    """A CHECK that something does not end before it begins."""
    return only(sql, EndsBeforeItBegins, blamed)


def unique(
    *columns: str,
    says: type[Problem],
    blamed: str | None = None,
    nulls_not_distinct: bool | None = None,
) -> UniqueConstraint:
    """At most one row of a school is alike in the columns; the last of them is to blame."""
    limit = UniqueConstraint(
        "school_id", *columns, postgresql_nulls_not_distinct=nulls_not_distinct
    )
    return means(limit, says, blamed or columns[-1])


def unique_ours(*columns: str) -> UniqueConstraint:
    """A UNIQUE that no client can break: the row is looked for, or made, before it is written."""
    return ours(UniqueConstraint("school_id", *columns))


def shorter(column: str, most: int, *, least: int = 1) -> CheckConstraint:
    """A CHECK of how many characters a text has."""
    sql = (
        f"char_length({column}) BETWEEN 1 AND {most}"
        if least
        else f"char_length({column}) <= {most}"
    )
    return only(sql, TooLong, column, most=most)


def limits_of(table: Table) -> Iterator[Any]:
    """The constraints and unique indexes of a table that what a client sends could violate: not
    its keys, and not what ties a row to its school."""
    for limit in sorted(table.constraints, key=name_in_database):
        tie = isinstance(limit, ForeignKeyConstraint) and len(limit.columns) == 1
        if limit is not table.primary_key and not tie:
            yield limit
    yield from (index for index in table.indexes if index.unique)


def meaning_of(limit: Any) -> Meaning | None:
    """What a limit means to people; None for one of ours."""
    found: Meaning | None = limit.info.get(MEANS)
    return found


@cache
def name_in_database(limit: Any) -> str:
    """The name PostgreSQL reports; long ones are cut."""
    preparer = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    return str(preparer.format_constraint(limit)).strip('"')
