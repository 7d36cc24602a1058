"""Guardians."""

from datetime import date

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, guarded, listing, many, mutation, node, one, only, via
from models.people import guardians as rows
from models.people.persons import Person
from models.people.private import GuardianContacts
from resolvers.people import guardians
from resolvers.shapes import lasts


@node(rows.Guardian)
class Guardian(Node):
    full_name = via(rows.Guardian.person_id, Person.full_name)
    short_name = via(rows.Guardian.person_id, Person.short_name)
    person = one(rows.Guardian.person_id)
    contacts = only(GuardianContacts.guardian_id)
    links = many(
        rows.GuardianLink.guardian_id,
        where=lasts,
        order=(rows.GuardianLink.student_id,),
        told="The children they answer for today, as far as the viewer may know.",
    )


@node(rows.GuardianLink)
class GuardianLink(Node):
    relation: rows.GuardianRelation
    valid_from: date
    valid_to: date | None
    lives_with: bool
    contact_priority: int
    consent_from: date | None
    consent_to: date | None
    version: int
    guardian_name = via(rows.GuardianLink.guardian_id, rows.Guardian.person_id, Person.full_name)
    guardian = one(rows.GuardianLink.guardian_id)
    student = one(rows.GuardianLink.student_id)
    legal_status: rows.LegalStatus | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    basis_document: str | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    may_receive_info: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    may_contact: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
    hide_whereabouts: bool | None = guarded(Right.GUARDIANS_READ_LEGAL_STATUS)
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
