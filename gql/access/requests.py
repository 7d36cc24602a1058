"""Requests to change roles, rights and accounts."""

from datetime import date, datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, computed, listing, many, mutation, node, one, via
from models.access import requests as rows
from models.access.roles import AccessScope, GrantScope, Role
from models.people.persons import Person
from resolvers.access import deciding, requests


@node(rows.RequestedRight)
class RequestedRight(Node):
    permission: str
    scope: AccessScope
    is_added: bool


@node(rows.AccessRequest)
class AccessRequest(Node):
    kind: rows.AccessChange
    status: rows.RequestStatus = computed(requests.status)
    role: Role | None
    full_name = via(rows.AccessRequest.person_id, Person.full_name)
    scope: GrantScope | None
    grade_level: int | None
    valid_from: date | None
    valid_to: date | None
    basis: str
    concerns_director: bool
    requested_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    version: int
    changes = many(
        rows.RequestedRight.access_request_id,
        order=(rows.RequestedRight.permission, rows.RequestedRight.scope),
        description="Rights that the role would gain or lose; only with SET_ROLE_RIGHTS.",
    )
    person = one(
        rows.AccessRequest.person_id, description="The person whose role or account it is about."
    )
    school_class = one(
        rows.AccessRequest.school_class_id, description="The class; only with SCHOOL_CLASS."
    )
    revoked_grant = one(
        rows.AccessRequest.revoked_grant_id, description="The grant to end; only with REVOKE_ROLE."
    )
    made_grant = one(
        rows.AccessRequest.made_grant_id,
        description="The grant that the approval of GRANT_ROLE made.",
    )
    account = one(
        rows.AccessRequest.account_id,
        description="The account to unlock; only with UNLOCK_ACCOUNT.",
    )
    requested_by = one(rows.AccessRequest.requested_by_id, description="The person who filed it.")
    decided_by = one(
        rows.AccessRequest.decided_by_id, description="The person who approved or refused it."
    )
    viewer_can = can(decide=Right.ACCESS_DECIDE, withdraw=Right.ACCESS_REQUEST)


@strawberry.type
class Query:
    access_requests = listing(requests.find_access_requests, requests.ORDERS)


@strawberry.type
class Mutation:
    request_role_grant = mutation(requests.request_role_grant)
    request_role_revocation = mutation(requests.request_role_revocation)
    request_role_rights = mutation(requests.request_role_rights)
    request_unlock = mutation(requests.request_unlock)
    approve_access_request = mutation(deciding.approve_access_request)
    refuse_access_request = mutation(deciding.refuse_access_request)
    withdraw_access_request = mutation(deciding.withdraw_access_request)
