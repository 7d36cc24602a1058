"""Declarations of specimens: rows by name, and by right and scope the persons who see each row.

A declaration is plain data and knows nothing of the SQL of a rule:

    HOMEWORK = Specimens(
        Homework,
        {"sums": {"lesson": "7A october", "text": "№ 5"}, …},
        {Right.ASSIGNMENTS_READ: as_its("lesson", LESSONS)},
    )

Values of a row are columns; a reference is given without `_id` and names the other row. A name that
begins with `_` is no column, but serves other declarations. Columns without a value get one in
`tests/specimens/making.py`. A person who is not named sees nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, TypeAlias

from auth.rights import Right
from models.access.roles import AccessScope
from models.base import OfSchool

SELF, CHILD, SECTION, CLASS, SCHOOL = AccessScope
Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """The rows that are shown to each viewer, as a predicate `tells(viewer, name, row)`."""

    tells: Callable[[str, str, Row], bool]

    def __or__(self, other: "Shown") -> "Shown":
        return Shown(lambda *asked: self.tells(*asked) or other.tells(*asked))

    def __and__(self, other: "Shown") -> "Shown":
        return Shown(lambda *asked: self.tells(*asked) and other.tells(*asked))

    def hide(self, names: str) -> "Shown":
        """Return the same without the rows of these names."""
        return Shown(
            lambda who, name, row: self.tells(who, name, row) and not is_among(name, names)
        )

    def hide_from(self, viewers: str) -> "Shown":
        """Return the same without any row for these viewers."""
        return Shown(
            lambda who, name, row: self.tells(who, name, row) and not is_among(who, viewers)
        )


Sees: TypeAlias = Mapping[AccessScope, Shown]
"""By scope, the rows that a right of that scope shows to each viewer."""


@cache
def is_among(name: str, names: str) -> bool:
    """Return whether a name is one of `a, b, c *`."""
    return any(fnmatchcase(name, pattern) for pattern in split_names(names))


@cache
def split_names(names: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in names.split(",") if one.strip())


def show(by_viewer: Mapping[str, str]) -> Shown:
    """Show rows by their names to viewers by their names; `*` stands for any."""

    @cache
    def is_shown(viewer: str, name: str) -> bool:
        return any(
            is_among(viewer, viewers) and is_among(name, rows)
            for viewers, rows in by_viewer.items()
        )

    return Shown(lambda viewer, name, row: is_shown(viewer, name))


def link(places: Mapping[str, str], seen: Shown) -> Shown:
    """Show a name if one of its places is shown."""
    return Shown(
        lambda viewer, name, row: any(
            seen.tells(viewer, place, row) for place in split_names(places.get(name, ""))
        )
    )


def invert(places: Mapping[str, str]) -> dict[str, str]:
    """Return the places of each name, given the names of each place."""
    found: dict[str, str] = {}
    for place, names in places.items():
        for name in split_names(names):
            found[name] = f"{found[name]}, {place}" if name in found else place
    return found


NOTHING = show({})
ALL = show({"*": "*"})
WHOLE_SCHOOL: Sees = {SCHOOL: ALL}


def follow_each(reference: str, sees: Sees) -> Sees:
    """Show a row, in each scope, if one of the names under its `reference` is shown."""
    return {scope: follow(reference, rows) for scope, rows in sees.items()}


def follow(reference: str, rows: Shown) -> Shown:
    return Shown(
        lambda viewer, name, row: any(
            rows.tells(viewer, one, {}) for one in split_names(row.get(reference) or "")
        )
    )


def as_its(reference: str, other: "Specimens", right: Right | None = None) -> Sees:
    """Show a row if the specimen that it refers to is shown."""
    return {
        scope: as_one(reference, other, rows)
        for scope, rows in other.sees[right or other.read_by].items()
    }


def as_one(reference: str, other: "Specimens", rows: Shown) -> Shown:
    def tells(viewer: str, name: str, row: Row) -> bool:
        del name
        there = row[reference]
        return rows.tells(viewer, there, other.rows[there])

    return Shown(tells)


def drop_scopes(sees: Sees, *scopes: AccessScope) -> Sees:
    return {scope: rows for scope, rows in sees.items() if scope not in scopes}


@dataclass(frozen=True)
class Holding:
    """A right that is held together with others, for rules that ask for those, too."""

    right: Right
    others: frozenset[tuple[Right, AccessScope]]


def hold(right: Right, *others: tuple[Right, AccessScope]) -> Holding:
    return Holding(right, frozenset(others))


@dataclass(frozen=True, eq=False)
class Specimens:
    """Rows of one type, and the viewers who see each of them.

    sees: By right, or by `hold(right, …)` with other rights.
    table_of: Another type whose table holds these rows, too.
    key: The columns that identify the rows of a view: references, in the order of its rows.
    """

    row: type[OfSchool]
    rows: Mapping[str, Row]
    sees: Mapping[Right | Holding, Sees]
    table_of: type[OfSchool] | None = None
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.row not in BOOK, self.row
        BOOK[self.row] = self

    @property
    def read_by(self) -> Right:
        """The right that the declaration names first."""
        first = next(iter(self.sees))
        return first.right if isinstance(first, Holding) else first

    def expect(self, held: Right | Holding, scope: AccessScope, viewer: str) -> set[str]:
        """Return the names of the rows that a viewer should see."""
        rows = self.sees[held].get(scope, NOTHING)
        return {name for name, row in self.rows.items() if rows.tells(viewer, name, row)}


BOOK: dict[type[OfSchool], Specimens] = {}
"""All specimens, by their type."""
