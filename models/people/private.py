"""Protected data of persons: each kind has a table and a policy of its own."""

from datetime import date
from enum import Enum

from sqlalchemy.orm import Mapped

from models.base import OfSchool, refers, words
from models.limits import check_range, unique_internal
from models.people.guardians import Guardian
from models.people.staff import Staff
from models.people.students import Student
from models.sealed import blind_index, sealed_column


class DocumentKind(Enum):
    """An identity document.

    PASSPORT: Passport of a citizen of Russia (паспорт).
    BIRTH_CERTIFICATE: Birth certificate (свидетельство о рождении).
    FOREIGN: A foreign document.
    """

    PASSPORT = "PASSPORT"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    FOREIGN = "FOREIGN"


class Identity:
    """Identity document and insurance number. The full values are stored encrypted and bound to
    their row, so a ciphertext that is moved to another row cannot be read.

    document_kind: The kind of the document; null when not entered.
    document_masked: Its number with all but the last three characters hidden.
    issued_by: The authority that issued it.
    issued_on: When it was issued.
    snils_masked: Insurance number (СНИЛС) with all but the last four digits hidden.
    """

    document_kind: Mapped[DocumentKind | None]
    document_encrypted: Mapped[bytes | None] = sealed_column("document")
    document_masked: Mapped[str | None] = words(60)
    issued_by: Mapped[str | None] = words(300)
    issued_on: Mapped[date | None]
    snils_encrypted: Mapped[bytes | None] = sealed_column("snils")
    snils_index: Mapped[bytes | None] = blind_index("snils")
    """A keyed hash, by which a number is looked up and kept unique without decrypting."""
    snils_masked: Mapped[str | None] = words(20)


class StudentIdentity(Identity, OfSchool):
    """A student's documents (документы, удостоверяющие личность)."""

    __tablename__ = "student_identities"
    __table_args__ = (
        unique_internal("student_id"),
        unique_internal("snils_index"),
    )

    student_id: Mapped[int] = refers(Student, covered=True)


class StaffIdentity(Identity, OfSchool):
    """A staff member's documents."""

    __tablename__ = "staff_identities"
    __table_args__ = (
        unique_internal("staff_id"),
        unique_internal("snils_index"),
    )

    staff_id: Mapped[int] = refers(Staff, covered=True)


class Contacts:
    """Phone, mail and address. The address is stored encrypted.

    phone: As printed; null when not entered.
    email: Private address; null when not entered.
    """

    phone: Mapped[str | None] = words(50)
    email: Mapped[str | None] = words(254)
    address_encrypted: Mapped[bytes | None] = sealed_column("address")


class StudentContacts(Contacts, OfSchool):
    """How to reach a student, and where they live."""

    __tablename__ = "student_contacts"
    __table_args__ = (unique_internal("student_id"),)

    student_id: Mapped[int] = refers(Student, covered=True)


class GuardianContacts(Contacts, OfSchool):
    """How to reach a guardian, and where they live."""

    __tablename__ = "guardian_contacts"
    __table_args__ = (unique_internal("guardian_id"),)

    guardian_id: Mapped[int] = refers(Guardian, covered=True)


class StudentHealth(OfSchool):
    """Health data of a student that the school must know (сведения о здоровье).

    health_group: Health group, 1..5; null when not entered.
    physical_education: Group for physical education: `основная`, `подготовительная`,
        `специальная А`, `специальная Б`; null when not entered.
    accommodations: Accommodations that teachers must make; null when there are none.
    is_disabled: Indicates whether a disability is established (инвалидность).
    has_special_needs: Indicates whether special educational needs are established (ОВЗ).
    """

    __tablename__ = "student_health"
    __table_args__ = (
        unique_internal("student_id"),
        check_range("health_group", 1, 5),
    )

    student_id: Mapped[int] = refers(Student, covered=True)
    health_group: Mapped[int | None]
    physical_education: Mapped[str | None] = words(60)
    accommodations: Mapped[str | None] = words(1000)
    is_disabled: Mapped[bool]
    has_special_needs: Mapped[bool]
