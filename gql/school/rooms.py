"""Rooms."""

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, listing, mutation, node
from models.school import rooms as rows
from resolvers.school import rooms


@node(rows.Room)
class Room(Node):
    number: str
    building: str | None
    capacity: int | None
    version: int
    viewer_can = can(edit=Right.SCHOOL_WRITE)


@strawberry.type
class Query:
    rooms = listing(rooms.find_rooms, rooms.ORDERS)


@strawberry.type
class Mutation:
    create_room = mutation(rooms.create_room)
    update_room = mutation(rooms.update_room)
    remove_room = mutation(rooms.remove_room)
