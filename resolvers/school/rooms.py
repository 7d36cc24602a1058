"""Looking rooms up."""

from collections.abc import Mapping

from models.school.rooms import Room
from resolvers.context import Ctx
from resolvers.listing import Listing, Ordering
from resolvers.shapes import Own, Value

ORDERS: Mapping[str, Value] = {"number": Own("number"), "capacity": Own("capacity")}


async def find_rooms(ctx: Ctx) -> Listing[Room]:
    """Rooms, by number (кабинеты)."""
    return Listing(Room, (Ordering("number", ORDERS["number"]),))
