"""Finding types of assignments, and keeping their list."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.journal.assignment_types import AssignmentType
from models.problems import OutOfRange, TooManyDecimals
from models.school.schools import School
from resolvers.core.changes import Change
from resolvers.core.guards import Target
from resolvers.core.keep import KEEP
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.reads import Rows
from resolvers.core.single_rows import (
    correct_row,
    create_row,
    remove_row,
    target_of_school,
    target_to_correct,
)

WRITE = Right.SCHOOL_WRITE
MOST = 100


def find_assignment_types(viewer: Viewer) -> Rows[AssignmentType]:
    """Kinds of work, in the school's own order (типы заданий)."""
    return Rows(AssignmentType, order=(AssignmentType.position, AssignmentType.id))


@change(WRITE, TooManyDecimals, writes=(AssignmentType,))
def create_assignment_type(
    viewer: Viewer,
    *,
    name: Logged[Arg[str]],
    short_name: Logged[Arg[str]],
    default_weight: Logged[Arg[Decimal]],
    position: Logged[Arg[int | None]] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[AssignmentType]]:
    """Create a type of assignments, with its weight (тип задания). Its name is unique in the
    school.

    name: Name, 1..100 characters.
    short_name: Name for narrow columns, 1..10 characters.
    default_weight: The weight that a new assignment of this type gets, 0..100, two decimals.
    position: Its place in lists, 0..10000; null for the last.
    """
    last = select(func.coalesce(func.max(AssignmentType.position) + 1, 0))
    last = last.where(AssignmentType.school_id == viewer.school_id)
    values = {
        "name": name,
        "short_name": short_name,
        "default_weight": fit_weight(default_weight),
        "position": func.coalesce(position, last.scalar_subquery()),
    }
    target = require_weight(target_of_school(viewer, WRITE), default_weight)
    return create_row(viewer, AssignmentType, target, values)


@change(WRITE, TooManyDecimals, writes=(AssignmentType,))
def update_assignment_type(
    viewer: Viewer,
    *,
    assignment_type_id: Logged[Arg[Id[AssignmentType]]],
    expected_version: Arg[int],
    name: Logged[Arg[str]] = KEEP,
    short_name: Logged[Arg[str]] = KEEP,
    default_weight: Logged[Arg[Decimal]] = KEEP,
    position: Logged[Arg[int]] = KEEP,
) -> Change[Logged[AssignmentType]]:
    """Correct a type of assignments; what is left out stays as it is. Assignments that exist keep
    their weights.

    assignment_type_id: The type.
    name: Name, 1..100 characters.
    short_name: Name for narrow columns, 1..10 characters.
    default_weight: The weight that a new assignment of this type gets, 0..100, two decimals.
    position: Its place in lists, 0..10000.
    """
    target = target_of_type(viewer, assignment_type_id, expected_version)
    target = require_weight(target, default_weight)
    values = {
        "name": name,
        "short_name": short_name,
        "default_weight": fit_weight(default_weight),
        "position": position,
    }
    return correct_row(viewer, AssignmentType, target, expected_version, values)


@change(WRITE, writes=(), removes="assignment_type_id")
def remove_assignment_type(
    viewer: Viewer,
    *,
    assignment_type_id: Logged[Arg[Id[AssignmentType]]],
    expected_version: Arg[int],
) -> Change[Logged[School]]:
    """Remove a type of assignments of which there is no assignment.

    assignment_type_id: The type.
    """
    target = target_of_type(viewer, assignment_type_id, expected_version)
    return remove_row(viewer, AssignmentType, target, expected_version)


def target_of_type(viewer: Viewer, key: Any, version: Any) -> Target:
    return target_to_correct(viewer, AssignmentType, key, "assignment_type_id", version, to=WRITE)


def require_weight(target: Target, weight: Any) -> Target:
    """Add the guards that a weight is in its range, and is not rounded when it is stored."""
    if weight is KEEP:
        return target
    field, exact = "default_weight", func.round(weight, 2) == weight
    target = target.needs(weight.between(0, MOST), OutOfRange, field, least=0, most=MOST)
    return target.needs(exact, TooManyDecimals, field, most=2)


def fit_weight(weight: Any) -> Any:
    """Return a weight that the column can hold, whatever the guard of its range says: one with more
    digits would be an error of the planner, which names no field."""
    if weight is KEEP:
        return weight
    return case((weight.between(0, MOST), weight), else_=MOST)
