"""Rooms."""

import strawberry

from gql.answers import Node
from gql.bridge import listing, node
from models.school import rooms as rows
from resolvers.school import rooms


@node(rows.Room)
class Room(Node):
    number: str
    building: str | None
    capacity: int | None


@strawberry.type
class Query:
    rooms = listing(rooms.find_rooms, rooms.ORDERS)
