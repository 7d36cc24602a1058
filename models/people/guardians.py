"""Guardians, and for which child they may hear and decide what."""

from datetime import date
from enum import Enum

from sqlalchemy.orm import Mapped

from models.base import Dated, OfSchool, dated, refers, words
from models.limits import between, ends_after, only, unique_ours
from models.people.persons import Person
from models.people.students import Student
from models.problems import Problem


class GuardianRelation(Enum):
    """Who a guardian is to the child.

    MOTHER: Mother.
    FATHER: Father.
    GUARDIAN: Guardian or trustee (опекун, попечитель).
    FOSTER: Foster parent (приёмный родитель).
    INSTITUTION: An institution for children.
    """

    MOTHER = "MOTHER"
    FATHER = "FATHER"
    GUARDIAN = "GUARDIAN"
    FOSTER = "FOSTER"
    INSTITUTION = "INSTITUTION"


class LegalStatus(Enum):
    """What a court left of a guardian's rights to a child.

    FULL: All rights; a divorce alone changes nothing.
    RESTRICTED: Limited by a court (ограничение прав, СК РФ ст. 73).
    TERMINATED: Taken away by a court (лишение прав, СК РФ ст. 69).
    """

    FULL = "FULL"
    RESTRICTED = "RESTRICTED"
    TERMINATED = "TERMINATED"


class Guardian(OfSchool):
    """A parent or another legal representative of a child (законный представитель)."""

    __tablename__ = "guardians"
    __table_args__ = (
        unique_ours("person_id"),
        unique_ours("sourced_id"),
    )

    person_id: Mapped[int] = refers(Person, covered=True)
    sourced_id: Mapped[str | None] = words(255)


class AlreadyLinked(Problem):
    """They already answer for this child at that time; end that link first."""

    russian = "Они уже связаны с этим ребёнком в это время; сначала завершите ту связь."


class WhereaboutsShown(Problem):
    """From a guardian whom a court restricted the child's whereabouts are always kept: send true,
    or leave it out."""

    russian = (
        "От ограниченного судом представителя место жительства ребёнка скрыто всегда: "
        "пришлите true или уберите этот аргумент."
    )


class GuardianLink(OfSchool, Dated):
    """What one guardian is to one child. Per child, never per family.

    relation: Who they are to the child.
    legal_status: What a court left of their rights.
    basis_document: The paper it rests on; null when none is needed.
    may_receive_info: Indicates whether the school tells them of the child.
    may_contact: Indicates whether the school may write to them.
    hide_whereabouts: Indicates whether the child's address and phone are kept from them.
    lives_with: Indicates whether the child lives with them.
    contact_priority: Whom to call first, from 1.
    consent_from: First day on which the child, being of age, lets them hear of it; null when it
        does not.
    consent_to: First day on which it does so no more; null without end.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "guardian_links"
    __table_args__ = (
        *dated("guardian_id", "student_id", says=AlreadyLinked, blamed="guardian_id"),
        between("contact_priority", 1, 20),
        only(
            "legal_status <> 'RESTRICTED' OR hide_whereabouts",
            WhereaboutsShown,
            "hide_whereabouts",
        ),
        ends_after("consent_to >= consent_from", "consent_to"),
    )

    guardian_id: Mapped[int] = refers(Guardian)
    student_id: Mapped[int] = refers(Student)
    relation: Mapped[GuardianRelation]
    legal_status: Mapped[LegalStatus]
    basis_document: Mapped[str | None] = words(300)
    may_receive_info: Mapped[bool]
    may_contact: Mapped[bool]
    hide_whereabouts: Mapped[bool]
    lives_with: Mapped[bool]
    contact_priority: Mapped[int]
    consent_from: Mapped[date | None]
    consent_to: Mapped[date | None]

    def lets_on(self, day: date) -> bool:
        """Whether the child, being of age, lets them hear of it on the day."""
        begun = self.consent_from is not None and self.consent_from <= day
        return begun and (self.consent_to is None or day < self.consent_to)
