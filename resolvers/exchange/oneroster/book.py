"""The rows of a school as they are and as they are to be; nothing is written while planning.

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
from models.structure.sections import Section, SectionMembership, Subject, TeachingAssignment
from resolvers.exchange.oneroster.records import Place

KINDS: Final[tuple[type[OfSchool], ...]] = (
    *(AcademicYear, TermType, Term, Person, Student, Enrollment, Guardian, GuardianLink, Staff),
    *(StudentContacts, GuardianContacts, Subject, SchoolClass, ClassTeacher, ClassMembership),
    *(Section, SectionMembership, TeachingAssignment, RoleGrant),
)
"""All that an import may touch. Role grants are only ever ended: it gives no rights."""
PLACES = {table.name: place for place, table in enumerate(Record.metadata.sorted_tables)}
ORDER: Final = tuple(sorted(KINDS, key=lambda kind: PLACES[kind.__tablename__]))
"""Parents before children."""
KEPT = {"school_id", "id", "version"}


def columns_of(kind: type[OfSchool]) -> list[Column[Any]]:
    """What a row says, besides its key and version and what the database computes."""
    return [
        column
        for column in Record.metadata.tables[kind.__tablename__].columns
        if column.name not in KEPT
        and column.computed is None
        # A set has no lists, and `unnest` would take them apart.
        and not isinstance(column.type, ARRAY)
    ]


class Entry:
    """A row: `values` is what it is to be, `before` what it is; None of a new one.

    place: The row of the set that speaks of it; None if none does.
    first: Written before the others of its kind, because it makes room for them.
    ended: It is given a last day.
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
        """Give it a last day, which is not before its first."""
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
        """A row there is."""
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
        """Change the row that was found to these values, or make one of them and the `fresh`."""
        entry = found or self._new(fresh or {})
        entry.values.update(values)
        entry.place, entry.label = place or entry.place, label
        return entry

    def _new(self, fresh: dict[str, Any]) -> Entry:
        self._made += 1
        blank: dict[str, Any] = {column.name: None for column in self.columns}
        self.by_id[-self._made] = entry = Entry(-self._made, 1, None, blank | fresh)
        return entry

    def named(self, column: str = "sourced_id") -> dict[Any, Entry]:
        """{what the column says: the row}, of those that say something."""
        return {entry[column]: entry for entry in self if entry[column] is not None}

    def grouped(self, *columns: str) -> dict[tuple[Any, ...], list[Entry]]:
        """{what the columns say: rows}."""
        found: dict[tuple[Any, ...], list[Entry]] = {}
        for entry in self:
            found.setdefault(tuple(entry[column] for column in columns), []).append(entry)
        return found


class Book:
    """All shelves of a school."""

    def __init__(self) -> None:
        self._shelves = {kind: Shelf(kind) for kind in ORDER}

    def __getitem__(self, kind: type[OfSchool]) -> Shelf:
        return self._shelves[kind]

    def shelves(self) -> Iterable[Shelf]:
        """Parents before children."""
        return self._shelves.values()

    @classmethod
    async def read(cls, session: AsyncSession, school_id: int | None) -> "Book":
        """The rows of the school the transaction stands in; none of one still to be made."""
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
