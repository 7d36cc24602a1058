"""Finding rooms, and keeping their list."""

from collections.abc import Mapping
from uuid import UUID

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.school.rooms import Room
from models.school.schools import School
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

ORDERS: Mapping[str, Plain] = {"number": Own("number"), "capacity": Own("capacity")}
WRITE = Right.SCHOOL_WRITE


def find_rooms(viewer: Viewer) -> Listing[Room]:
    """Rooms, by number (кабинеты)."""
    return Listing(Room, (Ordering("number", ORDERS["number"]),))


@change(WRITE, writes=(Room,))
def create_room(
    viewer: Viewer,
    *,
    number: Logged[Arg[str]],
    building: Logged[Arg[str | None]] = NULL,
    capacity: Logged[Arg[int | None]] = NULL,
    idempotency_key: UUID | None = None,
) -> Change[Logged[Room]]:
    """Create a room (кабинет). Its number is unique in the building.

    number: Number or name on its door, 1..40 characters.
    building: The building, at most 100 characters; null where the school has only one.
    capacity: Number of seats, 1..2000; null when not known.
    """
    values = {"number": number, "building": building, "capacity": capacity}
    return create_row(viewer, Room, target_of_school(viewer, WRITE), values)


@change(WRITE, writes=(Room,))
def update_room(
    viewer: Viewer,
    *,
    room_id: Logged[Arg[Id[Room]]],
    expected_version: Arg[int],
    number: Logged[Arg[str]] = KEEP,
    building: Logged[Arg[str] | None] = KEEP,
    capacity: Logged[Arg[int] | None] = KEEP,
) -> Change[Logged[Room]]:
    """Correct a room; what is left out stays as it is.

    room_id: The room.
    number: Number or name on its door, 1..40 characters.
    building: The building, at most 100 characters; null clears it.
    capacity: Number of seats, 1..2000; null clears it.
    """
    target = target_to_correct(viewer, Room, room_id, "room_id", expected_version, to=WRITE)
    values = {"number": number, "building": building, "capacity": capacity}
    return correct_row(viewer, Room, target, expected_version, values)


@change(WRITE, writes=(), removes="room_id")
def remove_room(
    viewer: Viewer, *, room_id: Logged[Arg[Id[Room]]], expected_version: Arg[int]
) -> Change[Logged[School]]:
    """Remove a room in which nothing is, was or will be held.

    room_id: The room.
    """
    target = target_to_correct(viewer, Room, room_id, "room_id", expected_version, to=WRITE)
    return remove_row(viewer, Room, target, expected_version)
