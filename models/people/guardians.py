"""Guardians, and their links to children with the rights that each link gives."""

from datetime import date
from enum import Enum

from sqlalchemy.orm import Mapped

from models.base import Dated, OfSchool, one_at_a_time, refers, words
from models.limits import check, check_range, ends_after, unique_internal
from models.people.persons import Person
from models.people.students import Student
from models.problems import Problem


class GuardianRelation(Enum):
    """The relation of a guardian to the child.

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
    """The state of a guardian's rights to a child after the decisions of courts.

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
        unique_internal("person_id"),
        unique_internal("sourced_id"),
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
    """The link of one guardian to one child. Rights are per child, never per family.

    relation: Their relation to the child.
    legal_status: The state of their rights after the decisions of courts.
    basis_document: The paper it rests on; null when none is needed.
    may_receive_info: Indicates whether the school tells them of the child.
    may_contact: Indicates whether the school may write to them.
    hide_whereabouts: Indicates whether the child's address and phone are kept from them.
    lives_with: Indicates whether the child lives with them.
    contact_priority: The order in which guardians are called, from 1.
    consent_from: First day on which the child, being of age, lets them hear of it; null when it
        does not.
    consent_to: First day on which it does so no more; null without end.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "guardian_links"
    __table_args__ = (
        *one_at_a_time("guardian_id", "student_id", says=AlreadyLinked, blamed="guardian_id"),
        check_range("contact_priority", 1, 20),
        check(
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

    def has_consent_on(self, day: date) -> bool:
        """Whether the child, being of age, consents on the day that they hear of it."""
        begun = self.consent_from is not None and self.consent_from <= day
        return begun and (self.consent_to is None or day < self.consent_to)
