"""How specimens are declared: rows by name, and by right and scope the persons who see each row.

A declaration is plain data and knows nothing of the SQL of a rule:

    HOMEWORK = Specimens(
        Homework,
        {"sums": {"lesson": "7A october", "text": "№ 5"}, …},
        {Right.ASSIGNMENTS_READ: as_its("lesson", LESSONS)},
    )

Values of a row are columns; a reference is given without `_id` and names the other row. A name that
begins with `_` is no column: other declarations go by it. Whatever else a column needs is filled in
(`tests/specimens/making.py`). A person who is not named sees nothing.
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
    """Which rows are shown to whom: `tells(viewer, name, row)`."""

    tells: Callable[[str, str, Row], bool]

    def __or__(self, other: "Shown") -> "Shown":
        return Shown(lambda *asked: self.tells(*asked) or other.tells(*asked))

    def __and__(self, other: "Shown") -> "Shown":
        return Shown(lambda *asked: self.tells(*asked) and other.tells(*asked))

    def but(self, names: str) -> "Shown":
        """The same without the rows of these names."""
        return Shown(lambda who, name, row: self.tells(who, name, row) and not among(name, names))

    def not_to(self, viewers: str) -> "Shown":
        """The same, but nothing for these."""
        return Shown(lambda who, name, row: self.tells(who, name, row) and not among(who, viewers))


Sees: TypeAlias = Mapping[AccessScope, Shown]
"""By scope, the rows that a right of that scope shows to whom."""


@cache
def among(name: str, names: str) -> bool:
    """Whether a name is one of `a, b, c *`."""
    return any(fnmatchcase(name, pattern) for pattern in listed(names))


@cache
def listed(names: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in names.split(",") if one.strip())


def shown(by_viewer: Mapping[str, str]) -> Shown:
    """By names of viewers, names of rows; `*` stands for any."""

    @cache
    def found(viewer: str, name: str) -> bool:
        return any(
            among(viewer, viewers) and among(name, rows) for viewers, rows in by_viewer.items()
        )

    return Shown(lambda viewer, name, row: found(viewer, name))


def linked(places: Mapping[str, str], seen: Shown) -> Shown:
    """A name is shown where one of its places is."""
    return Shown(
        lambda viewer, name, row: any(
            seen.tells(viewer, place, row) for place in listed(places.get(name, ""))
        )
    )


def turned(places: Mapping[str, str]) -> dict[str, str]:
    """By each name that stands in a place, the places it stands in."""
    found: dict[str, str] = {}
    for place, names in places.items():
        for name in listed(names):
            found[name] = f"{found[name]}, {place}" if name in found else place
    return found


NOTHING = shown({})
ALL = shown({"*": "*"})
WHOLE_SCHOOL: Sees = {SCHOOL: ALL}


def by(reference: str, sees: Sees) -> Sees:
    """A row is seen where one of the names under its `reference` is seen."""
    return {scope: of(reference, rows) for scope, rows in sees.items()}


def of(reference: str, rows: Shown) -> Shown:
    return Shown(
        lambda viewer, name, row: any(
            rows.tells(viewer, one, {}) for one in listed(row.get(reference) or "")
        )
    )


def as_its(reference: str, other: "Specimens", right: Right | None = None) -> Sees:
    """A row is seen where the specimen that it refers to is seen."""
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


def without(sees: Sees, *scopes: AccessScope) -> Sees:
    return {scope: rows for scope, rows in sees.items() if scope not in scopes}


@dataclass(frozen=True)
class Holding:
    """A right that is held together with others, where a rule asks for those, too."""

    right: Right
    others: frozenset[tuple[Right, AccessScope]]


def holding(right: Right, *others: tuple[Right, AccessScope]) -> Holding:
    return Holding(right, frozenset(others))


@dataclass(frozen=True, eq=False)
class Specimens:
    """Rows of one type, and who sees which.

    sees: By right, or `holding(right, …)` with others beside it.
    table_of: Another type, the rows of which these are, too.
    key: The columns that tell the rows of a view apart: references, in the order of its rows.
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

    def expected(self, held: Right | Holding, scope: AccessScope, viewer: str) -> set[str]:
        """Names of the rows that a viewer sees."""
        rows = self.sees[held].get(scope, NOTHING)
        return {name for name, row in self.rows.items() if rows.tells(viewer, name, row)}


BOOK: dict[type[OfSchool], Specimens] = {}
"""All specimens, by their type."""
