"""Rules for access requests."""

from sqlalchemy import and_, not_, or_

from auth.access.roles import holds_role
from auth.actor import Viewer
from auth.policy import SCHOOL, Reach, permits, readable, whole_school
from auth.rights import Right
from models.access.requests import AccessChange, AccessRequest, RequestedRight


@permits(AccessRequest, Right.ACCESS_REQUEST)
def withdraw_requests(viewer: Viewer, request: type[AccessRequest]) -> Reach:
    """People withdraw the requests that they filed."""
    return {SCHOOL: request.requested_by_id == viewer.person_id}


@permits(AccessRequest, Right.ACCESS_DECIDE)
def decide_requests(viewer: Viewer, request: type[AccessRequest]) -> Reach:
    """People decide on requests that others filed and by which they gain nothing (domain.md c.3.5).
    Without the right to approve requests they decide only on those that a director filed or gains
    by."""
    ends = request.kind == AccessChange.REVOKE_ROLE
    for_others = or_(ends, request.person_id.is_(None), request.person_id != viewer.person_id)
    gains = and_(request.adds_rights, holds_role(viewer, request.role))
    second = and_(request.requested_by_id != viewer.person_id, for_others, not_(gains))
    approves = bool(viewer.scopes(Right.ROLES_GRANT_PROTECTED))
    return {SCHOOL: second if approves else and_(second, request.concerns_director)}


readable(AccessRequest, Right.ROLES_READ)(whole_school)
readable(RequestedRight, Right.ROLES_READ)(whole_school)
