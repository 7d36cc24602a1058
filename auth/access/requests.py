"""Rules for requests to change access."""

from sqlalchemy import and_, not_, or_

from auth.access.roles import holds_role
from auth.actor import Viewer
from auth.policy import SCHOOL, Reach, allowed, readable, whole_school
from auth.rights import Right
from models.access.requests import AccessChange, AccessRequest, RequestedRight


@allowed(AccessRequest, Right.ACCESS_REQUEST)
def withdraw_requests(viewer: Viewer, request: type[AccessRequest]) -> Reach:
    """Those one has filed."""
    return {SCHOOL: request.requested_by_id == viewer.person_id}


@allowed(AccessRequest, Right.ACCESS_DECIDE)
def decide_requests(viewer: Viewer, request: type[AccessRequest]) -> Reach:
    """Those of others by which one gains nothing (domain.md c.3.5): with the right to approve
    requests, all of them; without it, those that a director has filed or gains by."""
    ends = request.kind == AccessChange.REVOKE_ROLE
    for_others = or_(ends, request.person_id.is_(None), request.person_id != viewer.person_id)
    gains = and_(request.adds_rights, holds_role(viewer, request.role))
    second = and_(request.requested_by_id != viewer.person_id, for_others, not_(gains))
    approves = bool(viewer.scopes(Right.ROLES_GRANT_PROTECTED))
    return {SCHOOL: second if approves else and_(second, request.concerns_director)}


readable(AccessRequest, Right.ROLES_READ)(whole_school)
readable(RequestedRight, Right.ROLES_READ)(whole_school)
