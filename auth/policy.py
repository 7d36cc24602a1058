"""The registry of rules. A rule is the SQL condition of the rows that a right reaches; other rows
are never loaded.

    @readable(Mark, Right.MARKS_READ)
    def read_marks(viewer, mark):
        return {SELF: mark.student_id == viewer.student_id, ...}

A rule has a condition per scope; a viewer reaches the rows of the scopes that their role holds. A
row type without a `readable` rule can be read by nobody. `mark` is the row type or an alias of it,
so that the same rule applies wherever the row stands in a statement.
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
KeysOf = TypeVar("KeysOf", bound=Callable[..., Any])
Reach: TypeAlias = Mapping[AccessScope, ColumnElement[bool]]
Rule: TypeAlias = Callable[[Viewer, Any], Reach]

SELF, CHILD, SECTION, CLASS, SCHOOL = AccessScope
EVERYONE: Reach = {scope: true() for scope in AccessScope}
"""The reach of a rule by which everyone with the right, at any scope, reaches all rows."""

rules: dict[tuple[type[OfSchool], Right], Rule] = {}
reading: dict[type[OfSchool], Right] = {}
audited: dict[type[OfSchool], InstrumentedAttribute[Any]] = {}
"""Row types of special categories, whose readings are recorded, each with the reference to the
person that its rows are about."""
correspondence: set[type[OfSchool]] = set()
"""Row types of letters. Nobody may learn who else holds a letter, not even its holders."""


def readable(
    row: type[OfSchool],
    right: Right,
    *,
    special: InstrumentedAttribute[Any] | None = None,
    letter: bool = False,
) -> Callable[[Rule], Rule]:
    """Declare the rows that the holder of `right` may read. Each row type has one such rule.

    special: For a special category, the reference to the person that the row is about: each
        reading goes into the audit log with that person.
    letter: Whether the row belongs to a letter; then nobody may learn who else reads it.
    """
    reading[row] = right
    if special is not None:
        audited[row] = special
    if letter:
        correspondence.add(row)
    return permits(row, right)


def permits(row: type[OfSchool], right: Right) -> Callable[[Rule], Rule]:
    """Declare the rows on which `right` may be exercised."""

    def register(rule: Rule) -> Rule:
        rules[row, right] = rule
        return rule

    return register


def whole_school(viewer: Viewer, row: Any) -> Reach:
    """The rule by which the whole-school scope reaches all rows, and no other scope any."""
    return {SCHOOL: true()}


def reach_through(
    viewer: Viewer, entity: type[OfSchool], key: Column, row: type[OfSchool], rule: Rule
) -> Reach:
    """Reach a row exactly when the row that its column `key` refers to is reached."""
    there = aliased(row)

    def exists_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        found = select(there.id).where(there.school_id == viewer.school_id, there.id == key)
        return exists(found.where(condition).correlate(entity))

    return {scope: exists_where(condition) for scope, condition in rule(viewer, there).items()}


def reach_by_referrer(
    viewer: Viewer, entity: type[OfSchool], reference: InstrumentedAttribute[Any], rule: Rule
) -> Reach:
    """Reach a row when a row that refers to it is reached."""
    there: Any = aliased(reference.class_)

    def exists_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        refers = getattr(there, reference.key) == entity.id
        found = select(there.id).where(there.school_id == viewer.school_id, refers)
        return exists(found.where(condition).correlate(entity))

    return {scope: exists_where(condition) for scope, condition in rule(viewer, there).items()}


MOST_BUILT = 2000


def build_once(condition: Condition) -> Condition:
    """Cache the conditions on row types, per viewer: to build one takes longer than to run most
    statements with it. A condition on an alias belongs to its statement and is built each time."""
    known = lru_cache(MOST_BUILT)(condition)
    caches.append(known)

    @wraps(condition)
    def build(viewer: Viewer, entity: Any, *about: Any) -> ColumnElement[bool]:
        return (known if isinstance(entity, type) else condition)(viewer, entity, *about)

    return cast("Condition", build)


def build_keys_once(keys: KeysOf) -> KeysOf:
    """Cache queries for keys, per viewer and by the queries that they are made of. They belong to
    no statement, and the rules of one statement name them dozens of times."""
    cached = lru_cache(MOST_BUILT)(keys)
    caches.append(cached)
    return cast("KeysOf", cached)


caches: list[Any] = []


def forget_keys() -> None:
    """Clear the caches of conditions and keys. A test that changes a rule calls it."""
    for cached in caches:
        cached.cache_clear()


certainties: dict[tuple[type[Any], str], frozenset[type[OfSchool]]] = {}


def declare_certain(reference: InstrumentedAttribute[Any], *owners: type[OfSchool]) -> None:
    """Declare that a viewer who sees a row of `owners` also sees the rows that `reference` relates
    to it, in either direction. This must follow from the rules; then a join need not apply the
    rule of the related row. The comparison of the two executors in the tests finds a false one."""
    row: Any = reference.class_
    certainties[row, reference.key] = frozenset(owners)


def is_certain(
    viewer: Viewer, reference: InstrumentedAttribute[Any], near: type[Any], far: type[OfSchool]
) -> bool:
    """Whether the rule of the far row can be left out: the reference is declared certain, and the
    viewer holds the right to the far row at every scope of the right to the near one. A school may
    have changed either right."""
    row: Any = reference.class_
    if near not in certainties.get((row, reference.key), ()):
        return False
    return viewer.scopes(reading[near]) <= viewer.scopes(reading[far])


def row_type(entity: type[OfSchool]) -> type[OfSchool]:
    """Return the row type of an alias, or of itself."""
    found: type[OfSchool] = inspect(entity).mapper.class_
    return found


def visible(viewer: Viewer, entity: type[R], to: Right | None = None) -> Select[R]:
    """SELECT the rows that the viewer may read and, with `to`, may exercise that right on."""
    return select(entity).where(
        is_visible(viewer, entity), reach(viewer, entity, to) if to else true()
    )


@build_once
def is_visible(viewer: Viewer, entity: type[OfSchool]) -> ColumnElement[bool]:
    """Whether the viewer may read a row, for WHERE and for the ON of an outer join."""
    right = reading.get(row_type(entity))
    within = entity.school_id == viewer.school_id
    return and_(within, reach(viewer, entity, right) if right else false())


@build_once
def reach(viewer: Viewer, entity: type[OfSchool], right: Right) -> ColumnElement[bool]:
    """Whether `right` reaches a row for this viewer: never without the right or without a rule."""
    rule, scopes = rules.get((row_type(entity), right)), viewer.scopes(right)
    if rule is None or not scopes:
        return false()
    conditions = rule(viewer, entity)
    return or_(false(), *(conditions[s] for s in AccessScope if s in scopes and s in conditions))


@lru_cache(MOST_BUILT)
def is_open(viewer: Viewer, row: type[OfSchool]) -> bool:
    """Whether the viewer may read every row of this type in the school."""
    right = reading.get(row)
    return right is not None and reach(viewer, row, right).compare(or_(false(), true()))


def scopes_of(right: Right) -> list[AccessScope]:
    """Return the scopes for which a right has a rule."""
    return [scope for scope in AccessScope if (right, scope) in find_possible()]


@cache
def find_possible() -> frozenset[tuple[Right, AccessScope]]:
    """Return the rights with the scopes for which there is a rule; a school can grant no others.
    Call it only after all rules are declared."""
    viewer = Viewer(frozenset())
    return frozenset(
        (right, scope) for (row, right), rule in rules.items() for scope in rule(viewer, row)
    )
