"""The rows of a school, current and planned; nothing is written during planning.

A new row has a negative number until it is written; rows that refer to it carry that number.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from sqlalchemy import ARRAY, Column, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.roles import RoleGrant
from models.base import OfSchool, Record
from models.people.guardians import Guardian, GuardianLink
from models.people.persons import Person
from models.people.private import GuardianContacts, StudentContacts
from models.people.staff import Staff
from models.people.students import Enrollment, Student
from models.school.calendar import AcademicYear, Term, TermType
from models.structure.classes import ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import Section, SectionMembership, TeachingAssignment
from models.structure.subjects import Subject
from resolvers.exchange.oneroster.records import Place

KINDS: Final[tuple[type[OfSchool], ...]] = (
    *(AcademicYear, TermType, Term, Person, Student, Enrollment, Guardian, GuardianLink, Staff),
    *(StudentContacts, GuardianContacts, Subject, SchoolClass, ClassTeacher, ClassMembership),
    *(Section, SectionMembership, TeachingAssignment, RoleGrant),
)
"""The tables that an import may change. It can end role grants and never makes any."""
PLACES = {table.name: place for place, table in enumerate(Record.metadata.sorted_tables)}
ORDER: Final = tuple(sorted(KINDS, key=lambda kind: PLACES[kind.__tablename__]))
"""Parents before children."""
KEPT = {"school_id", "id", "version"}


def columns_of(kind: type[OfSchool]) -> list[Column[Any]]:
    """Return the columns of a row, except its key, its version and generated columns."""
    return [
        column
        for column in Record.metadata.tables[kind.__tablename__].columns
        if column.name not in KEPT
        and column.computed is None
        # A set has no arrays, and `unnest` would flatten them.
        and not isinstance(column.type, ARRAY)
    ]


class Entry:
    """A row with its planned `values` and its current ones, `before`, which are None if it is new.

    place: Its row in the set; None if there is none.
    first: Whether it is written before the others of its kind, because it makes room for them.
    ended: Whether it gets a last day.
    """

    __slots__ = ("before", "ended", "first", "id", "label", "place", "values", "version")

    def __init__(
        self, id: int, version: int, before: dict[str, Any] | None, values: dict[str, Any]
    ) -> None:
        self.id, self.version = id, version
        self.before, self.values = before, values
        self.place: Place | None = None
        self.label = ""
        self.first = self.ended = False

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    @property
    def changes(self) -> bool:
        return self.before is None or self.before != self.values

    def end(self, column: str, day: date, begun: date) -> None:
        """Set its last day, which is not before its first."""
        self.values[column] = max(day, begun)
        self.ended = self.first = True


class Shelf:
    """The rows of one kind."""

    def __init__(self, kind: type[OfSchool]) -> None:
        self.kind = kind
        self.columns = columns_of(kind)
        self.by_id: dict[int, Entry] = {}
        self._made = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.by_id.values())

    def __getitem__(self, key: int) -> Entry:
        return self.by_id[key]

    def keep(self, id: int, version: int, *values: Any) -> Entry:
        """Add an existing row."""
        known = dict(zip((column.name for column in self.columns), values, strict=True))
        self.by_id[id] = entry = Entry(id, version, known, dict(known))
        return entry

    def put(
        self,
        found: Entry | None,
        place: Place | None,
        label: str,
        fresh: dict[str, Any] | None = None,
        **values: Any,
    ) -> Entry:
        """Change the found row to these values, or make a new one of them and the `fresh` ones."""
        entry = found or self._new(fresh or {})
        entry.values.update(values)
        entry.place, entry.label = place or entry.place, label
        return entry

    def _new(self, fresh: dict[str, Any]) -> Entry:
        self._made += 1
        blank: dict[str, Any] = {column.name: None for column in self.columns}
        self.by_id[-self._made] = entry = Entry(-self._made, 1, None, blank | fresh)
        return entry

    def rows_by(self, column: str = "sourced_id") -> dict[Any, Entry]:
        """Return {value of the column: row} of the rows that have a value."""
        return {entry[column]: entry for entry in self if entry[column] is not None}

    def group_by(self, *columns: str) -> dict[tuple[Any, ...], list[Entry]]:
        """Return {values of the columns: rows}."""
        found: dict[tuple[Any, ...], list[Entry]] = {}
        for entry in self:
            found.setdefault(tuple(entry[column] for column in columns), []).append(entry)
        return found


class Book:
    """All tables of a school."""

    def __init__(self) -> None:
        self._shelves = {kind: Shelf(kind) for kind in ORDER}

    def __getitem__(self, kind: type[OfSchool]) -> Shelf:
        return self._shelves[kind]

    def shelves(self) -> Iterable[Shelf]:
        """Return the tables, parents before children."""
        return self._shelves.values()

    @classmethod
    async def read(cls, session: AsyncSession, school_id: int | None) -> "Book":
        """Read the rows of the transaction's school; there are none of a new school."""
        book = cls()
        for shelf in book.shelves() if school_id else ():
            table = shelf.kind.__table__
            wanted = select(table.c.id, table.c.version, *shelf.columns)
            found = await session.execute(
                wanted.where(table.c.school_id == school_id).order_by(table.c.id)
            )
            for row in found:
                shelf.keep(*row)
        return book
