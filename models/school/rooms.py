"""Rooms, in which lessons are held."""

from sqlalchemy.orm import Mapped

from models.base import OfSchool, words
from models.limits import check_range, unique
from models.problems import NameTaken


class Room(OfSchool):
    """A room (кабинет). Ed-Fi: Location.

    number: Number or name on its door, e.g. `204` or `Спортзал`.
    building: The building; null where the school has only one.
    capacity: Number of seats; null when not known.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        unique("building", "number", says=NameTaken, nulls_not_distinct=True),
        check_range("capacity", 1, 2000),
    )

    number: Mapped[str] = words(40)
    building: Mapped[str | None] = words(100)
    capacity: Mapped[int | None]
