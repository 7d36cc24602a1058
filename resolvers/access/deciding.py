"""Deciding on access requests: approving, refusing, withdrawing.

The second person is the director, or a deputy director for requests that a director files or gains
by (domain.md c.3.5). The rule is `auth.access.requests.decide_requests`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from sqlalchemy import select

from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.access.requests import AccessChange, AccessRequest, RequestedRight, RequestStatus
from models.access.roles import Role, RoleGrant
from models.base import Id, max_length_of
from models.problems import Blank, Forbidden, Problem, TooLong
from resolvers.access.administration import OFFICES, keep_offices, lock_access
from resolvers.access.granting import (
    AlreadyGranted,
    AlreadyRevoked,
    LeftTheSchool,
    Terms,
    end_role,
    give_role,
    require_employed,
)
from resolvers.access.role_rights import find_pairs, revision_of, write_rights
from resolvers.access.second_person import NotToOneself
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged


class RequestClosed(Problem):
    """This request was decided, withdrawn or has expired; file a new one if it is still needed."""

    russian = "Заявка уже решена, отозвана или её срок истёк; если она ещё нужна, подайте новую."


class RequestOutdated(Problem):
    """The facts behind the request have changed since it was filed; refuse it and file a new
    one."""

    russian = "С подачи заявки всё изменилось; отклоните её и подайте новую."


@command(
    Right.ACCESS_DECIDE,
    RequestClosed,
    RequestOutdated,
    NotToOneself,
    AlreadyRevoked,
    LeftTheSchool,
    *OFFICES,
    refusals={"role_grants_never_overlaps_person_id_role_scope_key": (AlreadyGranted, None)},
)
async def approve_access_request(
    ctx: Ctx, *, access_request_id: Logged[Id[AccessRequest]], expected_version: int
) -> Logged[AccessRequest]:
    """Approve a request, which takes effect at once (утвердить заявку). One approves only requests
    that one neither filed nor gains by.

    access_request_id: The request.
    """
    await lock_access(ctx)  # first: else an approval and a change of rights at once would deadlock
    request = await get_undecided(ctx, access_request_id, expected_version)
    day = max(request.valid_to or ctx.actor.today, ctx.actor.today)
    async with keep_offices(ctx, day):
        await EFFECTS[request.kind](ctx, request)
    decide(ctx, request, RequestStatus.APPROVED)
    return request


@command(Right.ACCESS_DECIDE, RequestClosed, NotToOneself, Blank, TooLong)
async def refuse_access_request(
    ctx: Ctx, *, access_request_id: Logged[Id[AccessRequest]], expected_version: int, reason: str
) -> Logged[AccessRequest]:
    """Refuse a request (отклонить заявку).

    access_request_id: The request.
    reason: The reason, 1..300 characters, for the person who filed it.
    """
    if not reason:
        raise Blank(field="reason")
    if len(reason) > (most := max_length_of(AccessRequest.decision_reason)):
        raise TooLong(field="reason", most=most)
    request = await get_undecided(ctx, access_request_id, expected_version)
    decide(ctx, request, RequestStatus.REFUSED)
    request.decision_reason = reason
    return request


@command(Right.ACCESS_REQUEST, RequestClosed)
async def withdraw_access_request(
    ctx: Ctx, *, access_request_id: Logged[Id[AccessRequest]], expected_version: int
) -> Logged[AccessRequest]:
    """Withdraw a request that one has filed (отозвать заявку).

    access_request_id: The request.
    """
    request = await ctx.get(access_request_id, to=Right.ACCESS_REQUEST, version=expected_version)
    require_open(ctx, request)
    request.status, request.decided_at = RequestStatus.WITHDRAWN, ctx.actor.now
    return request


async def get_undecided(ctx: Ctx, id: Id[AccessRequest], version: int) -> AccessRequest:
    """Return the request, locked, if the actor may decide on it. Raises NotToOneself if they filed
    it or gain by it, Forbidden if they are not its second person, and RequestClosed."""
    request = await ctx.get(id, version=version)
    require_open(ctx, request)
    try:
        return await ctx.get(id, to=Right.ACCESS_DECIDE)
    except Forbidden:
        person_id = ctx.actor.person_id
        if person_id in (request.requested_by_id, request.person_id):
            raise NotToOneself(of=id) from None
        raise


def require_open(ctx: Ctx, request: AccessRequest) -> None:
    if request.status is not RequestStatus.PENDING or request.expires_at <= ctx.actor.now:
        raise RequestClosed(current=request)


def decide(ctx: Ctx, request: AccessRequest, status: RequestStatus) -> None:
    request.status, request.decided_at = status, ctx.actor.now
    request.decided_by_id = ctx.actor.person_id


# -- effects of an approval ------------------------------------------------------------


async def grant_role(ctx: Ctx, request: AccessRequest) -> None:
    names = Terms.__dataclass_fields__
    terms = Terms(**{name: getattr(request, name) for name in names})
    if terms.valid_to is not None and terms.valid_to <= ctx.actor.today:
        raise RequestOutdated(current=request)
    await require_employed(ctx, terms)
    request.made_grant_id = (await give_role(ctx, terms, request.basis)).id


async def revoke_role(ctx: Ctx, request: AccessRequest) -> None:
    school_id = ctx.actor.school_id
    mine = (RoleGrant.school_id == school_id, RoleGrant.id == request.revoked_grant_id)
    # Not through `visible`: a person who may decide on the request may end the grant it names.
    grant = (await ctx.session.scalars(select(RoleGrant).where(*mine).with_for_update())).one()
    await end_role(ctx, grant, max(request.valid_to or ctx.actor.today, ctx.actor.today))


async def set_role_rights(ctx: Ctx, request: AccessRequest) -> None:
    role = cast("Role", request.role)  # a constraint of the table
    held = await find_pairs(ctx, role)
    if revision_of(held) != request.rights_revision:
        raise RequestOutdated(current=request)
    mine = (
        RequestedRight.school_id == ctx.actor.school_id,
        RequestedRight.access_request_id == request.id,
    )
    changes = (await ctx.session.scalars(select(RequestedRight).where(*mine))).all()
    changed = frozenset((one.permission, one.scope) for one in changes)
    await write_rights(ctx, role, held, held ^ changed)


async def unlock_account(ctx: Ctx, request: AccessRequest) -> None:
    mine = (Account.school_id == ctx.actor.school_id, Account.id == request.account_id)
    # Not through `visible`: a person who may decide on the request may unlock its account.
    account = (await ctx.session.scalars(select(Account).where(*mine).with_for_update())).one()
    if account.status is not AccountStatus.LOCKED:
        raise RequestOutdated(current=request)
    account.status = AccountStatus.ACTIVE


EFFECTS: Mapping[AccessChange, Callable[[Ctx, AccessRequest], Awaitable[None]]] = {
    AccessChange.GRANT_ROLE: grant_role,
    AccessChange.REVOKE_ROLE: revoke_role,
    AccessChange.SET_ROLE_RIGHTS: set_role_rights,
    AccessChange.UNLOCK_ACCOUNT: unlock_account,
}
