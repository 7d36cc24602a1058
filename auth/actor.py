"""The one who asks: an Actor is one person during a request; a Viewer stands in a rule for everyone
with the same rights."""

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


def parameter(name: str, type_: Any) -> BindParameter[Any]:
    return bindparam(f"viewer_{name}", type_=type_)


KEYS = "for_keys"
"""The option of a query for keys that stands by itself (`Viewer.keys`)."""
PARTS = frozenset({"student", "guardian", "staff"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """All a rule may know: the grants, and which parts are played in the school. Everything else is
    a parameter, filled in when the SQL runs, so what is made of a rule once serves everyone alike
    in these.

    parts: Those they may play; what is asked of others is said in vain.
    is_scoped: Whether their role was granted for a part of the school: then they reach the classes
        of the grant and no others, whatever else they lead or teach.
    """

    grants: Grants
    parts: frozenset[str] = PARTS
    is_scoped: bool = False

    school_id: ClassVar[BindParameter[int]] = parameter("school_id", BigInteger)
    person_id: ClassVar[BindParameter[int]] = parameter("person_id", BigInteger)
    student_id: ClassVar[BindParameter[int]] = parameter("student_id", BigInteger)
    guardian_id: ClassVar[BindParameter[int]] = parameter("guardian_id", BigInteger)
    staff_id: ClassVar[BindParameter[int]] = parameter("staff_id", BigInteger)
    role_grant_id: ClassVar[BindParameter[int]] = parameter("role_grant_id", BigInteger)
    today: ClassVar[BindParameter[date]] = parameter("today", Date)
    now: ClassVar[BindParameter[datetime]] = parameter("now", DateTime(timezone=True))

    def scopes(self, right: Right) -> frozenset[AccessScope]:
        """The scopes at which the viewer holds the right; empty if they do not hold it."""
        return frozenset(scope for held, scope in self.grants if held is right)

    def keys(
        self, column: InstrumentedAttribute[Any], *conditions: ColumnElement[bool]
    ) -> Select[Any]:
        """SELECT a key column within the school, for `in_`. No policy: policies are made of it.

        Stands by itself wherever it is put: it never borrows a table of the statement around it.
        The option KEYS tells it apart: what a statement needs more than once is asked once
        (`gql.engine.declared`).
        """
        inner = select(column).where(column.class_.school_id == self.school_id, *conditions)
        return inner.correlate(None).execution_options(**{KEYS: True})


def of_each(name: str) -> Any:
    """A column of `viewers_of`. Written as text, so that no rule takes the table for its own."""
    return literal_column(f"viewers.{name}", BigInteger)


class Viewers(Viewer):
    """Several at once who hold the same grants and work in the same school: what differs between
    them stands in the lines of a table, `viewers_of` them, that the statement must be FROM."""

    person_id = of_each("person_id")
    student_id = of_each("student_id")
    guardian_id = of_each("guardian_id")
    staff_id = of_each("staff_id")
    role_grant_id = of_each("role_grant_id")


class PastViewers(Viewers):
    """The same people at the moment `at` of their line (microseconds since 1970), as far as a rule
    asks for the time: whether a notice was up or a mark published then."""

    now: ClassVar[Any] = literal_column(
        "(timestamptz 'epoch' + viewers.at * interval '1 microsecond')", DateTime(timezone=True)
    )


def viewers_of(actors: "Sequence[Actor]", **more: Sequence[int]) -> TableValuedAlias:
    """A line for each of them: its `place`, from 1, what they are, and more numbers."""
    names = ("person_id", "student_id", "guardian_id", "staff_id", "role_grant_id")
    numbers = {name: [getattr(actor, name) for actor in actors] for name in names} | more
    arrays = (bindparam(None, given, type_=ARRAY(BigInteger)) for given in numbers.values())
    columns = (column(name, BigInteger) for name in numbers)
    lines = func.unnest(*arrays).table_valued(*columns, with_ordinality="place")
    return lines.render_derived(name="viewers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The signed-in person, in one role in one school, for the time of one operation or event.

    A part they do not play is 0: a parent has no `staff_id` while they act as a parent.
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
        """The school they work in; a right is theirs in all of it if it reaches the school."""
        return Id(School, self.school_id, self.school_id)

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset(right for right, _ in self.grants)

    def require(self, right: Right) -> None:
        """Raises Forbidden without the right, however far it would reach."""
        if right not in self.rights:
            raise Forbidden(requires=right)

    @property
    def values(self) -> dict[str, Any]:
        """The values of a Viewer's parameters."""
        names = ("school_id", "person_id", "student_id", "guardian_id", "staff_id",
                 "role_grant_id", "today", "now")  # fmt: skip
        found = {f"viewer_{name}": getattr(self, name) for name in names}
        return {**found, "viewer_school_text": str(self.school_id)}
