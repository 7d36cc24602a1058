"""Staff: the people who work in the school."""

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Mapped, mapped_column

from models.base import OfSchool, refers, words
from models.limits import check, ends_after, unique, unique_internal
from models.people.persons import Person
from models.problems import OutOfRange, Problem
from models.school.rooms import Room


class PersonnelNoTaken(Problem):
    """Someone else has this personnel number; choose another."""

    russian = "Этот табельный номер уже занят; выберите другой."


class Staff(OfSchool):
    """A member of staff, present or former: the card that everyone may see (карточка сотрудника).

    position: Their position, e.g. `Учитель математики`.
    work_email: Work address, for everyone; null when not entered.
    personnel_no: Personnel number (табельный номер).
    hired_on: First day of work.
    dismissed_on: First day on which they no longer work here; null while they do.
    load_rate: Share of a full position (ставка), 0.01..3.00.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "staff"
    __table_args__ = (
        unique_internal("person_id"),
        unique("personnel_no", says=PersonnelNoTaken),
        unique_internal("sourced_id"),
        ends_after("dismissed_on >= hired_on", "dismissed_on"),
        check("load_rate > 0 AND load_rate <= 3", OutOfRange, "load_rate", least="0.01", most=3),
    )

    person_id: Mapped[int] = refers(Person, covered=True)
    room_id: Mapped[int | None] = refers(Room)
    position: Mapped[str] = words(200)
    work_email: Mapped[str | None] = words(254)
    personnel_no: Mapped[str | None] = words(40)
    hired_on: Mapped[date]
    dismissed_on: Mapped[date | None]
    load_rate: Mapped[Decimal | None] = mapped_column()
    sourced_id: Mapped[str | None] = words(255)

    def works_on(self, day: date) -> bool:
        """Whether they have been hired by the day and not dismissed."""
        return self.hired_on <= day and (self.dismissed_on is None or day < self.dismissed_on)
