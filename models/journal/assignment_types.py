"""Types of assignments, with their weights."""

from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, words
from models.limits import check_range, unique
from models.problems import NameTaken


class AssignmentType(OfSchool):
    """A kind of work (тип задания). OneRoster: category.

    name: Name, e.g. `Контрольная работа`.
    short_name: Name for narrow columns, e.g. `К`.
    position: Its place in lists, from 0.
    default_weight: Weight that a new assignment of this type gets, 0..100.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "assignment_types"
    __table_args__ = (
        unique("name", says=NameTaken),
        check_range("default_weight", 0, 100),
        check_range("position", 0, 10000),
    )

    name: Mapped[str] = words(100)
    short_name: Mapped[str] = words(10)
    position: Mapped[int]
    default_weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
