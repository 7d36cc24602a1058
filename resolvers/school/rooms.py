"""Finding rooms."""

from collections.abc import Mapping

from auth.actor import Viewer
from models.school.rooms import Room
from resolvers.core.listing import Listing, Ordering
from resolvers.core.shapes import Own, Plain

ORDERS: Mapping[str, Plain] = {"number": Own("number"), "capacity": Own("capacity")}


def find_rooms(viewer: Viewer) -> Listing[Room]:
    """Rooms, by number (кабинеты)."""
    return Listing(Room, (Ordering("number", ORDERS["number"]),))
