"""Holidays, in sets that classes share."""

from datetime import date

from sqlalchemy.orm import Mapped

from models.base import OfSchool, never_overlaps, refers, words
from models.limits import ends_after, unique
from models.overrides import Overridable
from models.problems import NameTaken
from models.school.calendar import DAYS


class HolidaySet(OfSchool):
    """A set of holidays that some classes share, whatever their type of term (набор каникул).

    name: Name, e.g. `Дополнительные каникулы 1 классов`.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "holiday_sets"
    __table_args__ = (unique("name", says=NameTaken),)

    name: Mapped[str] = words(100)


class Holiday(OfSchool, Overridable):
    """Days without lessons (каникулы, праздники).

    name: Name, e.g. `Осенние каникулы`.
    starts_on: First day off, school-local.
    ends_on: Last day off, school-local.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "holidays"
    __table_args__ = (
        ends_after("ends_on >= starts_on", "ends_on"),
        never_overlaps("holiday_set_id", span=DAYS, blamed="starts_on"),
    )

    holiday_set_id: Mapped[int] = refers(HolidaySet)
    name: Mapped[str] = words(100)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
