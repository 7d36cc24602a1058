"""Guardians."""

from datetime import date

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, computed, guarded, listing, many, mutation, node, one, only, via
from models.people import guardians as rows
from models.people.persons import Person
from models.people.private import GuardianContacts
from resolvers.core.shapes import holds_today
from resolvers.people import guardians


@node(rows.Guardian)
class Guardian(Node):
    full_name = via(rows.Guardian.person_id, Person.full_name)
    short_name = via(rows.Guardian.person_id, Person.short_name)
    person = one(rows.Guardian.person_id)
    contacts = only(GuardianContacts.guardian_id)
    links = many(
        rows.GuardianLink.guardian_id,
        where=holds_today,
        order=(rows.GuardianLink.student_id,),
        description="The children they are guardians of today, as far as the viewer may know.",
    )


@node(rows.GuardianLink)
class GuardianLink(Node):
    relation: rows.GuardianRelation | None = guarded(Right.GUARDIANS_READ_DETAILS)
    valid_from: date | None = guarded(Right.GUARDIANS_READ_DETAILS)
    valid_to: date | None = guarded(Right.GUARDIANS_READ_DETAILS)
    lives_with: bool | None = guarded(Right.GUARDIANS_READ_DETAILS)
    contact_priority: int | None = guarded(Right.GUARDIANS_READ_DETAILS)
    consent_from: date | None = guarded(Right.GUARDIANS_READ_DETAILS)
    consent_to: date | None = guarded(Right.GUARDIANS_READ_DETAILS)
    version: int
    guardian_name = via(rows.GuardianLink.guardian_id, rows.Guardian.person_id, Person.full_name)
    guardian = one(rows.GuardianLink.guardian_id)
    student = one(rows.GuardianLink.student_id)
    legal_status: rows.LegalStatus | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    basis_document: str | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    may_receive_info: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    may_contact: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    hide_whereabouts: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    is_information_withheld: bool | None = guarded(
        Right.GUARDIANS_READ_RESTRICTION, computed(guardians.is_information_withheld)
    )
    viewer_can = can(end=Right.GUARDIANS_WRITE, share=Right.GUARDIANS_CONSENT)


@strawberry.type
class Query:
    guardians = listing(guardians.find_guardians, guardians.ORDERS)


@strawberry.type
class Mutation:
    link_guardian = mutation(guardians.link_guardian)
    end_guardian_link = mutation(guardians.end_guardian_link)
    share_with_guardian = mutation(guardians.share_with_guardian)
    stop_sharing_with_guardian = mutation(guardians.stop_sharing_with_guardian)
