"""Schools and their settings."""

from datetime import time
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Id, OfSchool, compute, words
from models.limits import check, check_range, ends_after
from models.problems import OutOfRange, Problem


class DailyLessonsMalformed(Problem):
    """Write eleven numbers from 1 to 15: the most lessons a day of grades 1 to 11."""

    russian = "Напишите одиннадцать чисел от 1 до 15: больше всего уроков в день для 1–11 классов."


class School(OfSchool):
    """A school: its card (карточка организации). It is the tenant that everything else belongs to.

    short_name: Short official name.
    full_name: Full official name.
    legal_address: Legal address; null when not entered.
    postal_address: Postal address; null when it is the legal one.
    phone: Phone for everyone, as printed; null when not entered.
    email: Address for everyone; null when not entered.
    site: Web site; null when not entered.
    time_zone: IANA name of the zone of all its dates and lesson times, e.g. `Asia/Barnaul`.
    version: Counts changes from 1; send it back as `expectedVersion`.
    term_mark_deviation: Largest difference of a term mark from the weighted average that
        needs no comment, 0..3.
    enough_marks: Fewest current marks a term mark should rest on (накопляемость), 0..20.
    missed_share: Share of missed lessons from which a student may not be assessed, 0..1.
    mail_recipients: Most recipients of one letter, 1..5000.
    upload_bytes: Largest attachment in bytes.
    earliest_lesson: Earliest beginning of a lesson without a warning, school-local (СанПиН).
    latest_lesson: Latest end of a lesson without a warning, school-local.
    daily_lessons: Most lessons a day without a warning, of grades 1 to 11 in their order.
    first_shift_grades: Grades for which a lesson in the second shift gives a warning.
    substitute_days: Days after a lesson in which a substitute may still write in it, 0..60.
    """

    __tablename__ = "schools"
    __table_args__ = (
        check_range("term_mark_deviation", 0, 3),
        check_range("enough_marks", 0, 20),
        check_range("missed_share", 0, 1),
        check_range("mail_recipients", 1, 5000),
        check_range("upload_bytes", 1, 1073741824),
        check_range("substitute_days", 0, 60),
        ends_after("latest_lesson > earliest_lesson", "latest_lesson"),
        check(
            "cardinality(daily_lessons) = 11 AND 1 <= ALL (daily_lessons)"
            " AND 15 >= ALL (daily_lessons)",
            DailyLessonsMalformed,
            "daily_lessons",
        ),
        check(
            "0 <= ALL (first_shift_grades) AND 12 >= ALL (first_shift_grades)",
            OutOfRange,
            "first_shift_grades",
            least=0,
            most=12,
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-3)
    school_id: Mapped[int] = mapped_column(compute("id"), sort_order=-2)
    short_name: Mapped[str] = words(200)
    full_name: Mapped[str] = words(500)
    legal_address: Mapped[str | None] = words(500)
    postal_address: Mapped[str | None] = words(500)
    phone: Mapped[str | None] = words(50)
    email: Mapped[str | None] = words(254)
    site: Mapped[str | None] = words(200)
    time_zone: Mapped[str] = words(60)
    sourced_id: Mapped[str | None] = words(255)
    term_mark_deviation: Mapped[Decimal] = mapped_column(server_default="0.5")
    enough_marks: Mapped[int] = mapped_column(server_default="3")
    missed_share: Mapped[Decimal] = mapped_column(server_default="0.5")
    mail_recipients: Mapped[int] = mapped_column(server_default="500")
    upload_bytes: Mapped[int] = mapped_column(server_default="20971520")
    substitute_days: Mapped[int] = mapped_column(server_default="7")
    earliest_lesson: Mapped[time] = mapped_column(server_default="08:00")
    latest_lesson: Mapped[time] = mapped_column(server_default="19:00")
    daily_lessons: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default="{4,5,5,5,6,6,7,7,7,7,7}"
    )
    first_shift_grades: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default="{1,5,9,11}"
    )

    @property
    def global_id(self) -> Id[OfSchool]:
        """Made of `id` alone: just after a change `school_id`, which the database computes, is not
        loaded."""
        return Id(type(self), self.id, self.id)
