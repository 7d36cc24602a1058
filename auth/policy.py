"""The registry of rules. A rule says in SQL which rows a right reaches: others are never loaded.

    @readable(Mark, Right.MARKS_READ)
    def read_marks(viewer, mark):
        return {SELF: mark.student_id == viewer.student_id, ...}

A rule says for each scope which rows it reaches; a viewer reaches those of the scopes their role
holds. A row type nobody declared readable is readable to nobody. `mark` is the row type or an
alias of it, so that a rule holds wherever the row stands in a statement.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, wraps
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import ColumnElement, Select, and_, exists, false, inspect, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.actor import Column, Viewer
from auth.rights import Right
from models.access.roles import AccessScope
from models.base import OfSchool

R = TypeVar("R", bound=OfSchool)
Condition = TypeVar("Condition", bound=Callable[..., ColumnElement[bool]])
Reach: TypeAlias = Mapping[AccessScope, ColumnElement[bool]]
Rule: TypeAlias = Callable[[Viewer, Any], Reach]

SELF, CHILD, SECTION, CLASS, SCHOOL = AccessScope
EVERYONE: Reach = {scope: true() for scope in AccessScope}
"""For what is no secret to anyone who holds the right at all."""

rules: dict[tuple[type[OfSchool], Right], Rule] = {}
reading: dict[type[OfSchool], Right] = {}
audited: dict[type[OfSchool], InstrumentedAttribute[Any]] = {}
"""Rows of special categories, each reading of which is recorded, and the reference that leads to
the person whose they are."""
correspondence: set[type[OfSchool]] = set()
"""Rows of letters: who else holds one is nobody's business, not even that of its holders."""


def readable(
    row: type[OfSchool],
    right: Right,
    *,
    special: InstrumentedAttribute[Any] | None = None,
    letter: bool = False,
) -> Callable[[Rule], Rule]:
    """Declare which rows the holder of `right` may read. Once per row type.

    special: Of a special category, the reference to the person whose row it is: each reading goes
        into the audit log, with whose record it was.
    letter: Whether it belongs to a letter: then nobody is told who else reads it.
    """
    reading[row] = right
    if special is not None:
        audited[row] = special
    if letter:
        correspondence.add(row)
    return allowed(row, right)


def allowed(row: type[OfSchool], right: Right) -> Callable[[Rule], Rule]:
    """Declare on which rows `right` may be exercised."""

    def register(rule: Rule) -> Rule:
        rules[row, right] = rule
        return rule

    return register


def whole_school(viewer: Viewer, row: Any) -> Reach:
    """The rule of rows that everybody reaches who holds the right for the whole school."""
    return {SCHOOL: true()}


def through(
    viewer: Viewer, entity: type[OfSchool], key: Column, row: type[OfSchool], rule: Rule
) -> Reach:
    """For a row that is reached exactly as the one its column `key` refers to."""
    there = aliased(row)

    def reached(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        found = select(there.id).where(there.school_id == viewer.school_id, there.id == key)
        return exists(found.where(condition).correlate(entity))

    return {scope: reached(condition) for scope, condition in rule(viewer, there).items()}


def referred(
    viewer: Viewer, entity: type[OfSchool], reference: InstrumentedAttribute[Any], rule: Rule
) -> Reach:
    """For a row that is reached where one that refers to it is."""
    there: Any = aliased(reference.class_)

    def reached(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        refers = getattr(there, reference.key) == entity.id
        found = select(there.id).where(there.school_id == viewer.school_id, refers)
        return exists(found.where(condition).correlate(entity))

    return {scope: reached(condition) for scope, condition in rule(viewer, there).items()}


MOST_SAID = 2000


def said_once(condition: Condition) -> Condition:
    """To make a condition takes longer than to run most statements it stands in, so one on a row
    type is made once for all with the same grants. One on an alias belongs to its statement."""
    known = lru_cache(MOST_SAID)(condition)

    @wraps(condition)
    def said(viewer: Viewer, entity: Any, *about: Any) -> ColumnElement[bool]:
        return (known if isinstance(entity, type) else condition)(viewer, entity, *about)

    return cast("Condition", said)


certainties: dict[tuple[type[Any], str], frozenset[type[OfSchool]]] = {}


def certain(reference: InstrumentedAttribute[Any], *owners: type[OfSchool]) -> None:
    """Declare that whoever sees a row of `owners` sees what `reference` ties to it: those that
    refer to it, or the one it refers to. It follows from the rules, and spares asking them again
    where one has led to the other; the executors are compared, so it is found out if it does not.
    """
    row: Any = reference.class_
    certainties[row, reference.key] = frozenset(owners)


def is_certain(
    viewer: Viewer, reference: InstrumentedAttribute[Any], near: type[Any], far: type[OfSchool]
) -> bool:
    """Whether no rule need be asked: certain it is, and the right to the far row reaches for this
    viewer at least as far as that to the near one; a school may have changed either."""
    row: Any = reference.class_
    if near not in certainties.get((row, reference.key), ()):
        return False
    return viewer.scopes(reading[near]) <= viewer.scopes(reading[far])


def row_type(entity: type[OfSchool]) -> type[OfSchool]:
    """The row type of itself or of an alias of it."""
    found: type[OfSchool] = inspect(entity).mapper.class_
    return found


def visible(viewer: Viewer, entity: type[R], to: Right | None = None) -> Select[R]:
    """SELECT the rows the viewer may read and, with `to`, may exercise that right on."""
    return select(entity).where(seen(viewer, entity), reach(viewer, entity, to) if to else true())


@said_once
def seen(viewer: Viewer, entity: type[OfSchool]) -> ColumnElement[bool]:
    """Whether the viewer may read a row: for WHERE, and for the ON of an outer join."""
    right = reading.get(row_type(entity))
    within = entity.school_id == viewer.school_id
    return and_(within, reach(viewer, entity, right) if right else false())


@said_once
def reach(viewer: Viewer, entity: type[OfSchool], right: Right) -> ColumnElement[bool]:
    """The rows `right` reaches for this viewer: none without the right or without a rule."""
    rule, scopes = rules.get((row_type(entity), right)), viewer.scopes(right)
    if rule is None or not scopes:
        return false()
    conditions = rule(viewer, entity)
    return or_(false(), *(conditions[s] for s in AccessScope if s in scopes and s in conditions))


@lru_cache(MOST_SAID)
def is_open(viewer: Viewer, row: type[OfSchool]) -> bool:
    """Whether the viewer reads every such row of the school: there is nothing left to ask."""
    right = reading.get(row)
    return right is not None and reach(viewer, row, right).compare(or_(false(), true()))


def scopes_of(right: Right) -> list[AccessScope]:
    """The scopes for which a right has a rule at all."""
    return [scope for scope in AccessScope if (right, scope) in possible()]


@cache
def possible() -> frozenset[tuple[Right, AccessScope]]:
    """Rights and scopes for which there is a rule; a school can grant no others. Asked only when
    all rules are declared."""
    viewer = Viewer(frozenset())
    return frozenset(
        (right, scope) for (row, right), rule in rules.items() for scope in rule(viewer, row)
    )
