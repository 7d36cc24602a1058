"""Private records of people: identity, contacts, health."""

from datetime import date

from auth.rights import Right
from gql.answers import Node
from gql.bridge import guarded, keyed, node
from models.people import private as rows
from resolvers.people import private


@node(rows.StudentIdentity)
class StudentIdentity(Node):
    document_kind: rows.DocumentKind | None
    document_masked: str | None
    snils_masked: str | None
    issued_by: str | None = guarded(Right.IDENTITY_READ_FULL)
    issued_on: date | None = guarded(Right.IDENTITY_READ_FULL)
    document_number = guarded(
        Right.IDENTITY_READ_FULL, keyed(private.document_number, "document_encrypted", "student_id")
    )
    snils = guarded(Right.IDENTITY_READ_FULL, keyed(private.snils, "snils_encrypted", "student_id"))


@node(rows.StaffIdentity)
class StaffIdentity(Node):
    document_kind: rows.DocumentKind | None
    document_masked: str | None
    snils_masked: str | None
    issued_by: str | None
    issued_on: date | None
    document_number = keyed(private.document_number, "document_encrypted", "staff_id")
    snils = keyed(private.snils, "snils_encrypted", "staff_id")


@node(rows.StudentContacts)
class StudentContacts(Node):
    phone: str | None
    email: str | None
    address = guarded(
        Right.ADDRESSES_READ, keyed(private.address, "address_encrypted", "student_id")
    )


@node(rows.GuardianContacts)
class GuardianContacts(Node):
    phone: str | None
    email: str | None
    address = guarded(
        Right.ADDRESSES_READ, keyed(private.address, "address_encrypted", "guardian_id")
    )


@node(rows.StudentHealth)
class StudentHealth(Node):
    physical_education: str | None
    accommodations: str | None
    health_group: int | None = guarded(Right.HEALTH_READ)
    is_disabled: bool | None = guarded(Right.HEALTH_READ_SPECIAL_NEEDS)
    has_special_needs: bool | None = guarded(Right.HEALTH_READ_SPECIAL_NEEDS)
