"""Actors and viewers. An Actor is one person during a request; a Viewer stands in rules for all
persons with the same rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, TypeAlias

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Select,
    SQLColumnExpression,
    TableValuedAlias,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from auth.rights import Right
from models.access.roles import AccessScope, Role
from models.base import Id
from models.problems import Forbidden
from models.school.schools import School

Grants = frozenset[tuple[Right, AccessScope]]
"""The rights of a role in a school, each with its scope."""
Column: TypeAlias = SQLColumnExpression[Any]
"""A column of any row, or an expression that stands for one."""
Keys: TypeAlias = Select[Any] | CompoundSelect[Any]
"""A query for keys, for `in_`."""


def make_parameter(name: str, type_: Any) -> BindParameter[Any]:
    return bindparam(f"viewer_{name}", type_=type_)


KEYS = "for_keys"
"""The execution option that marks a query for keys (`Viewer.keys`)."""
PARTS = frozenset({"student", "guardian", "staff"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The facts that a rule may use: the grants and the parts of a person in the school. All other
    facts are SQL parameters, so that SQL made of a rule once serves everyone with the same facts.

    parts: The parts they may have (student, guardian, staff); conditions on others are left out.
    is_scoped: Whether their role was granted for a part of the school. Then they reach the classes
        of the grant only, whatever else they lead or teach.
    """

    grants: Grants
    parts: frozenset[str] = PARTS
    is_scoped: bool = False

    school_id: ClassVar[BindParameter[int]] = make_parameter("school_id", BigInteger)
    person_id: ClassVar[BindParameter[int]] = make_parameter("person_id", BigInteger)
    student_id: ClassVar[BindParameter[int]] = make_parameter("student_id", BigInteger)
    guardian_id: ClassVar[BindParameter[int]] = make_parameter("guardian_id", BigInteger)
    staff_id: ClassVar[BindParameter[int]] = make_parameter("staff_id", BigInteger)
    role_grant_id: ClassVar[BindParameter[int]] = make_parameter("role_grant_id", BigInteger)
    today: ClassVar[BindParameter[date]] = make_parameter("today", Date)
    now: ClassVar[BindParameter[datetime]] = make_parameter("now", DateTime(timezone=True))

    def scopes(self, right: Right) -> frozenset[AccessScope]:
        """Return the scopes at which the viewer holds the right; empty if they do not hold it."""
        return frozenset(scope for held, scope in self.grants if held is right)

    def keys(
        self, column: InstrumentedAttribute[Any], *conditions: ColumnElement[bool]
    ) -> Select[Any]:
        """SELECT a key column within the school, for `in_`. No policy applies, because policies are
        made of it.

        It is never correlated with the statement around it. The option KEYS marks it, so that the
        engine runs a query that a statement repeats only once (`gql.engine.sqlalchemy_compiler`).
        """
        inner = select(column).where(column.class_.school_id == self.school_id, *conditions)
        return inner.correlate(None).execution_options(**{KEYS: True})


def viewer_column(name: str) -> Any:
    """Return a column of `viewers_of`. It is text, so that SQLAlchemy adds the table to no FROM."""
    return literal_column(f"viewers.{name}", BigInteger)


class Viewers(Viewer):
    """Several viewers with the same grants in the same school. The facts that differ are columns of
    the table `viewers_of`, which must be in the FROM of the statement."""

    person_id = viewer_column("person_id")
    student_id = viewer_column("student_id")
    guardian_id = viewer_column("guardian_id")
    staff_id = viewer_column("staff_id")
    role_grant_id = viewer_column("role_grant_id")


class PastViewers(Viewers):
    """The same viewers at the moment `at` of their line (microseconds since 1970). Only `now` is of
    that moment: whether a notice was visible or a mark published then."""

    now: ClassVar[Any] = literal_column(
        "(timestamptz 'epoch' + viewers.at * interval '1 microsecond')", DateTime(timezone=True)
    )


def viewers_of(actors: "Sequence[Actor]", **more: Sequence[int]) -> TableValuedAlias:
    """Make a table with a line for each actor: `place`, from 1, their ids, and more numbers."""
    names = ("person_id", "student_id", "guardian_id", "staff_id", "role_grant_id")
    numbers = {name: [getattr(actor, name) for actor in actors] for name in names} | more
    arrays = (bindparam(None, given, type_=ARRAY(BigInteger)) for given in numbers.values())
    columns = (column(name, BigInteger) for name in numbers)
    lines = func.unnest(*arrays).table_valued(*columns, with_ordinality="place")
    return lines.render_derived(name="viewers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person in one role in one school, during one operation or event.

    The id of a part that they do not have is 0: a member of staff who acts as a parent has no
    `staff_id`.
    """

    school_id: int
    time_zone: str
    account_id: int
    session_id: int
    person_id: int
    role: Role
    grants: Grants
    student_id: int = 0
    guardian_id: int = 0
    staff_id: int = 0
    role_grant_id: int = 0
    is_scoped: bool = False
    today: date
    now: datetime
    must_change_password: bool = False

    @property
    def viewer(self) -> Viewer:
        played = {
            "student": self.student_id,
            "guardian": self.guardian_id,
            "staff": self.staff_id or self.role_grant_id,
        }
        parts = frozenset(part for part, played_as in played.items() if played_as)
        return Viewer(self.grants, parts, self.is_scoped)

    @property
    def school(self) -> Id[School]:
        """The school they work in."""
        return Id(School, self.school_id, self.school_id)

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset(right for right, _ in self.grants)

    def require(self, right: Right) -> None:
        """Raise Forbidden unless they hold the right at some scope."""
        if right not in self.rights:
            raise Forbidden(requires=right)

    @property
    def values(self) -> dict[str, Any]:
        """The values of a Viewer's parameters."""
        names = ("school_id", "person_id", "student_id", "guardian_id", "staff_id",
                 "role_grant_id", "today", "now")  # fmt: skip
        found = {f"viewer_{name}": getattr(self, name) for name in names}
        return {**found, "viewer_school_text": str(self.school_id)}
