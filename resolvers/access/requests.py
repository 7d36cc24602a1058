"""Access requests: filing and listing them. Decisions are in `deciding`."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, update
from sqlalchemy import Enum as SqlEnum

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.requests import AccessChange, AccessRequest, RequestedRight, RequestStatus
from models.access.roles import GrantScope, Role, RoleGrant
from models.base import Id
from models.people.persons import Person
from models.problems import Conflict, InThePast, Problem
from models.structure.classes import SchoolClass
from resolvers.access.granting import (
    TERMS,
    AlreadyGranted,
    AlreadyRevoked,
    GrantInput,
    check_terms,
    find_conflicting_grant,
)
from resolvers.access.role_rights import (
    NoSuchRight,
    RightGiven,
    find_pairs,
    parse_rights,
    revision_of,
)
from resolvers.access.second_person import is_approver, is_director
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.listing import Direction, Listing, Ordering
from resolvers.core.parameters import Logged
from resolvers.core.shapes import Own, Plain

ORDERS: Mapping[str, Plain] = {
    "requested_at": Own("requested_at"),
    "decided_at": Own("decided_at"),
    "expires_at": Own("expires_at"),
}
LASTS = timedelta(days=14)
"""The time a request waits for a decision, equal to the life of a one-time password."""


class NothingChanges(Problem):
    """The request would change nothing: it is like that already."""

    russian = "Заявка ничего не изменит: всё уже так и есть."


def is_open(viewer: Viewer, request: Any) -> ColumnElement[bool]:
    """Whether a request still waits for a decision."""
    return and_(request.status == RequestStatus.PENDING, request.expires_at > viewer.now)


def status(viewer: Viewer, request: Any) -> ColumnElement[Any]:
    """How far a request has come."""
    late = and_(request.status == RequestStatus.PENDING, request.expires_at <= viewer.now)
    kind = SqlEnum(RequestStatus, native_enum=False, length=40)
    return case((late, RequestStatus.EXPIRED.name), else_=request.status).cast(kind)


def find_access_requests(viewer: Viewer, *, open_only: bool = False) -> Listing[AccessRequest]:
    """Access requests, the newest first (заявки на изменение доступа).

    open_only: Whether to leave out those that were decided, withdrawn or have expired.
    """
    newest = Ordering("requested_at", ORDERS["requested_at"], Direction.DESC)
    waiting = (is_open(viewer, AccessRequest),) if open_only else ()
    return Listing(AccessRequest, (newest,), waiting)


def subject_of(
    *,
    person_id: Id[Person] | None = None,
    role: Role | None = None,
    grade_level: int | None = None,
    school_class_id: Id[SchoolClass] | None = None,
    role_grant_id: Id[RoleGrant] | None = None,
    account_id: Id[Account] | None = None,
    **_: Any,
) -> str:
    """The subject of a request in one line. Only one request per subject is pending at a time."""
    if role_grant_id:
        return f"revoke {role_grant_id.key}"
    if account_id:
        return f"unlock {account_id.key}"
    if role and not person_id:
        return f"rights {role.name}"
    place = f"class {school_class_id.key}" if school_class_id else f"grade {grade_level}"
    whole = school_class_id is None and grade_level is None
    named = role.name if role else ""
    return f"grant {named} {person_id.key if person_id else 0} {'school' if whole else place}"


async def find_pending(ctx: Ctx, **given: Any) -> AccessRequest | None:
    """Find the pending request for the same, which makes another one impossible."""
    same = (AccessRequest.subject == subject_of(**given), is_open(ctx.viewer, AccessRequest))
    return next(iter(await ctx.rows(visible(ctx.viewer, AccessRequest).where(*same))), None)


async def file_request(ctx: Ctx, subject: str, kind: AccessChange, **columns: Any) -> AccessRequest:
    """Write a request. One for the same that has expired is closed first."""
    school_id, now = ctx.actor.school_id, ctx.actor.now
    await ctx.get(ctx.actor.school, to=Right.ACCESS_REQUEST)
    late = update(AccessRequest).where(
        AccessRequest.school_id == school_id,
        AccessRequest.subject == subject,
        AccessRequest.status == RequestStatus.PENDING,
        AccessRequest.expires_at <= now,
    )
    over = {
        "status": RequestStatus.EXPIRED,
        "decided_at": AccessRequest.expires_at,
        "version": AccessRequest.version + 1,
    }
    await ctx.session.execute(late.values(over).execution_options(synchronize_session=False))
    request = AccessRequest(
        kind=kind,
        status=RequestStatus.PENDING,
        subject=subject,
        requested_by_id=ctx.actor.person_id,
        requested_at=now,
        expires_at=now + LASTS,
        **columns,
    )
    ctx.session.add(request)
    await ctx.session.flush()
    return request


@command(Right.ACCESS_REQUEST, AlreadyGranted, InThePast, *TERMS, current=find_pending)
async def request_role_grant(
    ctx: Ctx,
    *,
    person_id: Logged[Id[Person]],
    role: Logged[Role],
    valid_from: Logged[date],
    valid_to: Logged[date | None] = None,
    scope: Logged[GrantScope] = GrantScope.SCHOOL,
    grade_level: Logged[int | None] = None,
    school_class_id: Logged[Id[SchoolClass] | None] = None,
    basis: str,
    idempotency_key: UUID | None = None,
) -> Logged[AccessRequest]:
    """Request that someone be given a role (заявка на назначение роли).

    person_id: The person.
    role: The role; STUDENT, PARENT and CLASS_TEACHER follow from records and cannot be given.
    valid_from: First day.
    valid_to: First day on which it no longer holds; null while it lasts.
    scope: How much of the school it is for.
    grade_level: The year of study, 0..12; only with GRADE_LEVEL.
    school_class_id: The class; only with SCHOOL_CLASS.
    basis: The paper it rests on, 1..300 characters.
    """
    asked = GrantInput(person_id, role, valid_from, valid_to, scope, grade_level, school_class_id)
    if valid_to is not None and valid_to <= ctx.actor.today:
        raise InThePast(field="valid_to", least=ctx.actor.today + timedelta(days=1))
    terms = await check_terms(ctx, asked)
    if await find_conflicting_grant(ctx, **vars(asked)) is not None:
        raise AlreadyGranted(field="person_id")
    for_director = await is_director(ctx, ctx.actor.person_id, terms.person_id)
    columns = {**vars(terms), "basis": basis, "concerns_director": for_director}
    return await file_request(ctx, subject_of(**vars(asked)), AccessChange.GRANT_ROLE, **columns)


@command(Right.ACCESS_REQUEST, AlreadyRevoked, InThePast, current=find_pending)
async def request_role_revocation(
    ctx: Ctx,
    *,
    role_grant_id: Logged[Id[RoleGrant]],
    valid_to: Logged[date | None] = None,
    basis: str,
    idempotency_key: UUID | None = None,
) -> Logged[AccessRequest]:
    """Request that a role grant be ended (заявка на снятие роли).

    role_grant_id: The grant to end.
    valid_to: First day on which it no longer holds, not before today; null for the day of
        the approval.
    basis: The paper or the reason it rests on, 1..300 characters.
    """
    grant = await ctx.get(role_grant_id)
    ends_on = valid_to or ctx.actor.today
    if ends_on < ctx.actor.today:
        raise InThePast(field="valid_to", least=ctx.actor.today)
    if grant.valid_to is not None and grant.valid_to <= ends_on:
        raise AlreadyRevoked(field="role_grant_id")
    return await file_request(
        ctx,
        subject_of(role_grant_id=role_grant_id),
        AccessChange.REVOKE_ROLE,
        role=grant.role,
        person_id=grant.person_id,
        revoked_grant_id=grant.id,
        valid_to=valid_to,
        basis=basis,
        concerns_director=await is_director(ctx, ctx.actor.person_id),
    )


@command(Right.ACCESS_REQUEST, NothingChanges, NoSuchRight, current=find_pending)
async def request_role_rights(
    ctx: Ctx,
    *,
    role: Logged[Role],
    rights: Logged[list[RightGiven]],
    expected_revision: str,
    basis: str,
    idempotency_key: UUID | None = None,
) -> Logged[AccessRequest]:
    """Request that a role hold these rights and no others (заявка на права роли). `changes` of the
    request shows the rights that the role would gain and lose.

    role: The role.
    rights: All rights it would hold; a right can have several scopes.
    expected_revision: The `revision` you have seen; another one by now is a `CONFLICT`.
    basis: The paper or the reason it rests on, 1..300 characters.
    """
    # First: else a role for a part of the school could learn here which rights a role holds.
    await ctx.get(ctx.actor.school, to=Right.ACCESS_REQUEST)
    wanted, held = parse_rights(rights), await find_pairs(ctx, role)
    if revision_of(held) != expected_revision:
        raise Conflict(field="expected_revision")
    if wanted == held:
        raise NothingChanges(field="rights")
    gains = await is_approver(ctx, role) and bool(wanted - held)
    request = await file_request(
        ctx,
        subject_of(role=role),
        AccessChange.SET_ROLE_RIGHTS,
        role=role,
        rights_revision=expected_revision,
        adds_rights=bool(wanted - held),
        basis=basis,
        concerns_director=gains or await is_director(ctx, ctx.actor.person_id),
    )
    ctx.session.add_all(
        RequestedRight(
            access_request_id=request.id,
            permission=permission,
            scope=scope,
            is_added=(permission, scope) in wanted,
        )
        for permission, scope in sorted(wanted ^ held, key=str)
    )
    return request


@command(Right.ACCESS_REQUEST, NothingChanges, current=find_pending)
async def request_unlock(
    ctx: Ctx, *, account_id: Logged[Id[Account]], basis: str, idempotency_key: UUID | None = None
) -> Logged[AccessRequest]:
    """Request that an account be unlocked whose holder has a protected role (заявка на
    разблокировку).

    account_id: The account.
    basis: The paper or the reason it rests on, 1..300 characters.
    """
    account = await ctx.get(account_id)
    if account.status is not AccountStatus.LOCKED:
        raise NothingChanges(field="account_id")
    return await file_request(
        ctx,
        subject_of(account_id=account_id),
        AccessChange.UNLOCK_ACCOUNT,
        account_id=account.id,
        person_id=account.person_id,
        basis=basis,
        concerns_director=await is_director(ctx, ctx.actor.person_id, account.person_id),
    )
