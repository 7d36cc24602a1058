"""Finding subjects, and keeping their list."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.school.schools import School
from models.structure.subjects import MarkScale, Subject
from resolvers.core.changes import Change
from resolvers.core.keep import KEEP
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import NULL, Arg, Logged
from resolvers.core.perform import change
from resolvers.core.shapes import Own, Plain
from resolvers.core.single_rows import (
    correct_row,
    create_row,
    remove_row,
    target_of_school,
    target_to_correct,
)

ORDERS: Mapping[str, Plain] = {"position": Own("position"), "name": Own("name")}
WRITE = Right.SCHOOL_WRITE
FIVE_POINT: Any = MarkScale.FIVE_POINT


def find_subjects(viewer: Viewer) -> Listing[Subject]:
    """Subjects, in the school's own order (предметы)."""
    return Listing(Subject, (Ordering("position", ORDERS["position"]),))


@change(WRITE, writes=(Subject,))
def create_subject(
    viewer: Viewer,
    *,
    name: Logged[Arg[str]],
    short_name: Logged[Arg[str]],
    area: Logged[Arg[str | None]] = NULL,
    scale: Logged[Arg[MarkScale]] = FIVE_POINT,
    position: Logged[Arg[int | None]] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Subject]]:
    """Create a subject (предмет). Its name is unique in the school.

    name: Full name, 1..200 characters.
    short_name: Name for narrow columns, 1..60 characters.
    area: Subject area (предметная область), at most 200 characters.
    scale: The scale of its marks.
    position: Its place in lists, 0..10000; null for the last.
    """
    last = select(func.coalesce(func.max(Subject.position) + 1, 0))
    last = last.where(Subject.school_id == viewer.school_id)
    values = {
        "name": name,
        "short_name": short_name,
        "area": area,
        "scale": scale,
        "position": func.coalesce(position, last.scalar_subquery()),
    }
    return create_row(viewer, Subject, target_of_school(viewer, WRITE), values)


@change(WRITE, writes=(Subject,))
def update_subject(
    viewer: Viewer,
    *,
    subject_id: Logged[Arg[Id[Subject]]],
    expected_version: Arg[int],
    name: Logged[Arg[str]] = KEEP,
    short_name: Logged[Arg[str]] = KEEP,
    area: Logged[Arg[str] | None] = KEEP,
    scale: Logged[Arg[MarkScale]] = KEEP,
    position: Logged[Arg[int]] = KEEP,
) -> Change[Logged[Subject]]:
    """Correct a subject; what is left out stays as it is.

    subject_id: The subject.
    name: Full name, 1..200 characters.
    short_name: Name for narrow columns, 1..60 characters.
    area: Subject area, at most 200 characters; null clears it.
    scale: The scale of its marks, in sections that are created from now on.
    position: Its place in lists, 0..10000.
    """
    field = "subject_id"
    target = target_to_correct(viewer, Subject, subject_id, field, expected_version, to=WRITE)
    values = {
        "name": name,
        "short_name": short_name,
        "area": area,
        "scale": scale,
        "position": position,
    }
    return correct_row(viewer, Subject, target, expected_version, values)


@change(WRITE, writes=(), removes="subject_id")
def remove_subject(
    viewer: Viewer, *, subject_id: Logged[Arg[Id[Subject]]], expected_version: Arg[int]
) -> Change[Logged[School]]:
    """Remove a subject that is and was taught in no section.

    subject_id: The subject.
    """
    field = "subject_id"
    target = target_to_correct(viewer, Subject, subject_id, field, expected_version, to=WRITE)
    return remove_row(viewer, Subject, target, expected_version)
