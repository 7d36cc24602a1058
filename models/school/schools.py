"""Schools, and what a school may decide for itself."""

from decimal import Decimal

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Id, OfSchool, generated, words
from models.limits import between


class School(OfSchool):
    """A school: its card (карточка организации). The tenant everything else belongs to.

    short_name: Short official name.
    full_name: Full official name.
    legal_address: Legal address; null when not entered.
    postal_address: Postal address; null when it is the legal one.
    phone: Phone for everyone, as printed; null when not entered.
    email: Address for everyone; null when not entered.
    site: Web site; null when not entered.
    time_zone: IANA name of the zone all its dates and lesson times are in, e.g. `Asia/Barnaul`.
    version: Counts changes from 1; send it back as `expectedVersion`.
    term_mark_deviation: Largest difference of a term mark from the weighted average that
        needs no comment, 0..3.
    enough_marks: Fewest current marks a term mark should rest on (накопляемость), 0..20.
    missed_share: Share of missed lessons from which a student may not be assessed, 0..1.
    mail_recipients: Most recipients of one letter, 1..5000.
    upload_bytes: Largest attachment in bytes.
    substitute_days: How many days after a lesson whoever substituted in it may write in it, 0..60.
    """

    __tablename__ = "schools"
    __table_args__ = (
        between("term_mark_deviation", 0, 3),
        between("enough_marks", 0, 20),
        between("missed_share", 0, 1),
        between("mail_recipients", 1, 5000),
        between("upload_bytes", 1, 1073741824),
        between("substitute_days", 0, 60),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-3)
    school_id: Mapped[int] = mapped_column(generated("id"), sort_order=-2)
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

    @property
    def global_id(self) -> Id[OfSchool]:
        """A school is its own: `school_id`, which the database computes, is not there to be read
        just after a change."""
        return Id(type(self), self.id, self.id)
