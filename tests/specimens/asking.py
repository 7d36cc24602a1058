"""The rows that a rule shows, asked of PostgreSQL for all people of the stories at once.

The session bypasses row-level security, so that the rule alone decides.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from auth.actor import PARTS, Actor, Viewer, Viewers, viewers_of
from auth.policy import reach, rules
from auth.rights import Right
from models.access.roles import AccessScope, Role, RoleGrant
from models.base import OfSchool
from models.people.guardians import Guardian
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student
from models.structure.sections import Section
from models.timetable.lessons import Lesson
from tests.specimens.declaring import BOOK, Holding, Specimens
from tests.specimens.making import id_of
from tests.specimens.stories import ASKERS, NOW, TODAY, Asker

PLAYED = {"student": Student, "guardian": Guardian, "staff": Staff}
REFERRED: dict[str, type[OfSchool]] = {"student": Student, "lesson": Lesson, "section": Section}
"""The types of rows that keys of views refer to."""
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
TABLES_IN = re.compile(
    r"(?:FROM|JOIN|,) [a-z_]+ AS ([a-z_]+_[0-9]+)|(?:FROM|JOIN) (?!unnest\b)([a-z_]+)"
)
"""A pattern of the tables in a statement of SQLAlchemy, by alias or name."""
NOWHERE = "another school's"


def make_actor(one: Asker) -> Actor:
    """Make the actor of a person of the first school."""
    parts = {
        part: id_of(row, one.person) if one.part == part else 0 for part, row in PLAYED.items()
    }
    return Actor(
        school_id=1,
        time_zone="Asia/Barnaul",
        account_id=0,
        session_id=0,
        person_id=id_of(Person, one.person),
        role=Role.STUDENT,
        grants=frozenset(),
        role_grant_id=id_of(RoleGrant, one.grant) if one.grant else 0,
        is_scoped=bool(one.grant),
        today=TODAY,
        now=NOW,
        student_id=parts["student"],
        guardian_id=parts["guardian"],
        staff_id=parts["staff"],
    )


@dataclass(frozen=True, eq=False)
class Question:
    """A question: which rows does a right with a scope show to everybody?"""

    row: type[OfSchool]
    held: Right | Holding
    scope: AccessScope

    def __str__(self) -> str:
        others = ""
        if isinstance(self.held, Holding):
            more = sorted(f"{right} {scope.name}" for right, scope in self.held.others)
            others = f" with {', '.join(more)}"
        return f"{self.row.__name__}, {self.right} {self.scope.name}{others}"

    @property
    def right(self) -> Right:
        return self.held.right if isinstance(self.held, Holding) else self.held

    @property
    def specimens(self) -> Specimens:
        return BOOK[self.row]

    def make_viewer(self, kind: type[Viewer], is_scoped: bool) -> Viewer:
        more = self.held.others if isinstance(self.held, Holding) else frozenset()
        return kind(frozenset({(self.right, self.scope), *more}), PARTS, is_scoped)

    def make_query(self, is_scoped: bool) -> Select[Any]:
        """SELECT the place of each viewer in the list of those who ask, and the keys of their
        rows."""
        viewer, row, who = (
            self.make_viewer(Viewers, is_scoped),
            alias_of(self.row),
            make_lines(is_scoped),
        )
        condition = and_(row.school_id == viewer.school_id, reach(viewer, row, self.right))
        keys = [row.school_id, *key_columns(self.row, row)]
        return select(who.c.place, *keys).select_from(who.join(row, condition))

    @cached_property
    def expected(self) -> dict[str, set[str]]:
        """The names of expected rows, by names of viewers."""
        return {one.name: self.specimens.expect(self.held, self.scope, one.name) for one in ASKERS}

    def shows_all(self) -> bool:
        """Return whether everybody should see all rows of the school."""
        return all(len(names) == len(self.specimens.rows) for names in self.expected.values())

    def leaves_the_school(self) -> bool:
        """Return whether some table of the query is not bound to the viewer's school."""
        written = str(self.make_query(is_scoped=False).compile(dialect=DIALECT))
        sources = Counter(alias or name for alias, name in TABLES_IN.findall(written))
        return any(
            len(re.findall(rf"\b{source}\.school_id = |= {source}\.school_id\b", written)) < times
            for source, times in sources.items()
        )

    async def fetch_shown(self, sql: AsyncConnection, is_scoped: bool) -> dict[str, set[str]]:
        """Return the names of the rows that the rule shows, by names of viewers.

        is_scoped: Ask for those who act in a part of the school; otherwise for all others.
        """
        names, asking = names_of(self.specimens), list_askers(is_scoped)
        seen: dict[str, set[str]] = {one.name: set() for one in asking}
        lines = await sql.execute(self.make_query(is_scoped), make_actor(asking[0]).values)
        for place, *key in lines.all():
            seen[asking[place - 1].name].add(names.get(tuple(key), f"{NOWHERE} {key}"))
        return seen

    async def list_differences(self, sql: AsyncConnection) -> list[str]:
        """Return the differences for some viewers who see other rows than they should."""
        for is_scoped in (False, True):
            found = await self.fetch_shown(sql, is_scoped)
            if wrong := [
                f"{viewer}: {word} {', '.join(sorted(names))}"
                for viewer, seen in found.items()
                for word, names in (
                    ("must see", self.expected[viewer] - seen),
                    ("must not see", seen - self.expected[viewer]),
                )
                if names
            ]:
                return wrong
        return []


@cache
def list_askers(is_scoped: bool) -> list[Asker]:
    """List those who act in a part of the school, or all others."""
    return [one for one in ASKERS if bool(one.grant) is is_scoped]


@cache
def make_lines(is_scoped: bool) -> Any:
    return viewers_of([make_actor(one) for one in list_askers(is_scoped)])


@cache
def alias_of(row: type[OfSchool]) -> Any:
    """Return one alias for all questions, as it takes longer to make an alias than to ask."""
    return aliased(row)


def key_columns(row: type[OfSchool], entity: Any) -> list[Any]:
    """Return the columns that identify a row of a type within a school."""
    if not row.is_view:
        return [entity.id]
    return [getattr(entity, column) for column in view_key(BOOK[row])]


def view_key(found: Specimens) -> list[str]:
    """Return the names of the key columns of a view. A lesson of a diary has the lesson's id."""
    columns = found.row.__table__.columns
    return [f"{key}_id" if f"{key}_id" in columns else "id" for key in found.key]


@cache
def names_of(found: Specimens) -> Mapping[tuple[int, ...], str]:
    """Return the names of the rows of the first school, by school and key."""
    if not found.row.is_view:
        return {(1, id_of(found.row, name)): name for name in found.rows}
    referred = [REFERRED[key] for key in found.key]
    return {
        (1, *(id_of(to, row[key]) for key, to in zip(found.key, referred, strict=True))): name
        for name, row in found.rows.items()
    }


@cache
def list_questions() -> list[Question]:
    """Return a question for every scope of every declared right, also if the scope shows
    nothing."""
    return [
        Question(row, held, scope)
        for row, found in BOOK.items()
        for held in found.sees
        for scope in AccessScope
    ]


def list_declared_scopes(row: type[OfSchool], right: Right) -> set[AccessScope]:
    """Return the scopes that a rule names."""
    return set(rules[row, right](Viewer(frozenset()), row))
