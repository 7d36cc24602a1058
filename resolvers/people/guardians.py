"""Guardians: finding them, linking them to children, and ending or limiting links."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.people.guardians import Guardian, GuardianLink, GuardianRelation, LegalStatus
from models.people.names import ODD_NAMES
from models.people.persons import Person
from models.people.students import Student
from models.problems import Blank, Caution, InThePast, Problem
from resolvers.access.second_person import NotToOneself
from resolvers.core.cautions import require_reason
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.shapes import Guarded, Own, Plain, Via
from resolvers.people.persons import Kind, make_person

ORDERS: Mapping[str, Plain] = {"full_name": Via((Guardian.person_id,), Person.sort_key)}


PRIORITY = Guarded(Own("contact_priority"), Right.GUARDIANS_READ_DETAILS)
"""The order in which guardians are called. Those whose priority the viewer may not read come last,
in the order in which they were linked, because the order must not tell what the field hides."""


class GuardianKnown(Caution):
    """A guardian of this name is known here; if it is the same person, send their `guardianId` in
    place of the name."""

    russian = (
        "Представитель с таким именем здесь уже есть; если это тот же человек, пришлите "
        "`guardianId` вместо имени."
    )


GUARDIAN = Kind(Guardian.person_id, GuardianKnown)


class DocumentNeeded(Problem):
    """A legal status other than FULL rests on a paper; name it in `basisDocument`."""

    russian = "Ограничение прав держится на решении; назовите его в `basisDocument`."


class EndsAlready(Problem):
    """It ends on {ends} already, and is not made longer; choose that day or an earlier one."""

    russian = "Это и так заканчивается {ends} и не продлевается; выберите этот день или раньше."


def is_information_withheld(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    """Indicates whether the school must not tell this guardian about the child (не выдавать
    информацию). It says so without the court's papers."""
    return or_(link.may_receive_info.is_(False), link.legal_status == LegalStatus.TERMINATED)


def find_guardians(viewer: Viewer) -> Listing[Guardian]:
    """Guardians that the viewer may see, in Russian order of names (законные представители)."""
    return Listing(Guardian, (Ordering("full_name", ORDERS["full_name"]),))


@command(
    Right.GUARDIANS_WRITE,
    DocumentNeeded,
    Blank,
    NotToOneself,
    writes=(Person,),
    warns=(*ODD_NAMES, GuardianKnown),
)
async def link_guardian(
    ctx: Ctx,
    *,
    student_id: Logged[Id[Student]],
    guardian_id: Logged[Id[Guardian] | None] = None,
    family_name: str | None = None,
    given_name: str | None = None,
    patronymic: str | None = None,
    relation: GuardianRelation,
    valid_from: date,
    legal_status: LegalStatus = LegalStatus.FULL,
    basis_document: str | None = None,
    may_receive_info: bool = True,
    may_contact: bool = True,
    hide_whereabouts: bool | None = None,
    lives_with: bool = True,
    contact_priority: int = 1,
    override_reason: str | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[GuardianLink]:
    """Link a guardian to a child: one the school knows, or a new one by name. Nobody makes
    themselves a guardian. A status other than FULL needs the document it rests on (решение суда).

    student_id: The child.
    guardian_id: A guardian that the school knows; null for a new one.
    family_name: Surname of a new guardian.
    given_name: Given name of a new guardian.
    patronymic: Patronymic of a new guardian.
    relation: Their relation to the child.
    valid_from: First day.
    legal_status: The state of their rights after the decisions of courts.
    basis_document: The paper it rests on, at most 300 characters.
    may_receive_info: Whether the school tells them of the child.
    may_contact: Whether the school may write to them.
    hide_whereabouts: Whether the child's address and phone are kept from them; null to do so
        unless the status is FULL. From a RESTRICTED guardian they always are.
    lives_with: Whether the child lives with them.
    contact_priority: The order in which guardians are called, 1..20.
    """
    if legal_status is not LegalStatus.FULL and not basis_document:
        raise DocumentNeeded(field="basis_document")
    student = await ctx.get(student_id, to=Right.GUARDIANS_WRITE)
    guardian = await (
        ctx.get(guardian_id)
        if guardian_id
        else make_guardian(ctx, override_reason, family_name, given_name, patronymic)
    )
    if guardian.person_id == ctx.actor.person_id:
        raise NotToOneself(field="guardian_id")
    link = GuardianLink(
        guardian_id=guardian.id,
        student_id=student.id,
        relation=relation,
        valid_from=valid_from,
        legal_status=legal_status,
        basis_document=basis_document,
        may_receive_info=may_receive_info,
        may_contact=may_contact,
        hide_whereabouts=hides_whereabouts(legal_status)
        if hide_whereabouts is None
        else hide_whereabouts,
        lives_with=lives_with,
        contact_priority=contact_priority,
    )
    ctx.session.add(link)
    return link


def hides_whereabouts(legal_status: LegalStatus) -> bool:
    """Whether the child's whereabouts are kept from a guardian of this status (domain.md e9)."""
    return legal_status is not LegalStatus.FULL


async def make_guardian(
    ctx: Ctx,
    reason: str | None,
    family_name: str | None,
    given_name: str | None,
    patronymic: str | None,
) -> Guardian:
    if not family_name:
        raise Blank(field="family_name")
    if not given_name:
        raise Blank(field="given_name")
    person, cautions = await make_person(
        ctx,
        GUARDIAN,
        reason,
        family_name=family_name,
        given_name=given_name,
        patronymic=patronymic,
    )
    guardian = Guardian(person_id=person.id)
    ctx.session.add(guardian)
    await ctx.session.flush()
    require_reason(cautions, reason)
    return guardian


@command(Right.GUARDIANS_WRITE, DocumentNeeded, EndsAlready)
async def end_guardian_link(
    ctx: Ctx,
    *,
    guardian_link_id: Logged[Id[GuardianLink]],
    expected_version: int,
    legal_status: LegalStatus | None = None,
    basis_document: str | None = None,
    valid_to: date | None = None,
) -> Logged[GuardianLink]:
    """End a guardian link from a day on, or limit it as a court has decided. It takes effect at
    once, for open sockets too; the guardian is not told who did it (СК РФ ст. 66, 71, 74).

    guardian_link_id: The link to end.
    legal_status: The new state of their rights; null when the link simply ends.
    basis_document: The paper it rests on; needed for RESTRICTED and TERMINATED.
    valid_to: First day on which it no longer holds, not later than it ends already; null for
        today. With a legal status, null leaves its end as it is.
    """
    link = await ctx.get(guardian_link_id, to=Right.GUARDIANS_WRITE, version=expected_version)
    if legal_status in (LegalStatus.RESTRICTED, LegalStatus.TERMINATED) and not basis_document:
        raise DocumentNeeded(field="basis_document")
    if legal_status is not None:
        link.legal_status = legal_status
        link.hide_whereabouts = link.hide_whereabouts or hides_whereabouts(legal_status)
    if basis_document is not None:
        link.basis_document = basis_document
    if valid_to is not None or legal_status is None:
        end = valid_to or max(link.valid_from, ctx.actor.today)
        if link.valid_to is not None and end > link.valid_to:
            raise EndsAlready(field="valid_to", ends=link.valid_to)
        link.valid_to = end
    return link


@command(Right.GUARDIANS_CONSENT, InThePast)
async def share_with_guardian(
    ctx: Ctx,
    *,
    guardian_link_id: Logged[Id[GuardianLink]],
    expected_version: int,
    consent_to: date | None = None,
) -> Logged[GuardianLink]:
    """As a student of age, consent that a parent goes on to be informed of oneself (согласие
    совершеннолетнего). Rights that a court took from them stay taken.

    guardian_link_id: The link to the parent.
    consent_to: First day of no consent; null without end.
    """
    may = Right.GUARDIANS_CONSENT
    link = await ctx.get(guardian_link_id, to=may, version=expected_version)
    if consent_to is not None and consent_to <= ctx.actor.today:
        raise InThePast(field="consent_to", least=ctx.actor.today + timedelta(days=1))
    if not link.has_consent_on(ctx.actor.today):
        link.consent_from = ctx.actor.today
    link.consent_to = consent_to
    return link


@command(Right.GUARDIANS_CONSENT)
async def stop_sharing_with_guardian(
    ctx: Ctx, *, guardian_link_id: Logged[Id[GuardianLink]], expected_version: int
) -> Logged[GuardianLink]:
    """Withdraw the consent that a parent is informed; it takes effect at once, for open sockets too
    (отзыв согласия).

    guardian_link_id: The link to the parent.
    """
    may = Right.GUARDIANS_CONSENT
    link = await ctx.get(guardian_link_id, to=may, version=expected_version)
    if link.has_consent_on(ctx.actor.today):
        link.consent_to = ctx.actor.today
    return link
