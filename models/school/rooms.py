"""Where lessons are held."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import OfSchool, words


class Room(OfSchool):
    """A room (кабинет). Ed-Fi: Location.

    number: As on its door, e.g. `204` or `Спортзал`.
    building: Which building; null where there is one.
    capacity: Seats; null when not known.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        UniqueConstraint("school_id", "building", "number", postgresql_nulls_not_distinct=True),
        CheckConstraint("capacity BETWEEN 1 AND 2000", "capacity"),
    )

    number: Mapped[str] = words(40)
    building: Mapped[str | None] = words(100)
    capacity: Mapped[int | None]
