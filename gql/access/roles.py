"""Roles, their rights, and grants of roles."""

from datetime import date, datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, field, listing, mutation, node, one, resolved, via
from models.access import roles as rows
from models.people.persons import Person
from resolvers.access import role_rights
from resolvers.access import roles as reports


@node(rows.RoleRight)
class RoleRight(Node):
    role: rows.Role
    permission: str
    scope: rows.AccessScope


@node(reports.RoleRights)
class RoleRights:
    role: rows.Role
    rights = field(role_rights.rights)
    revision = field(role_rights.revision)


@node(rows.RoleGrant)
class RoleGrant(Node):
    role: rows.Role
    full_name = via(rows.RoleGrant.person_id, Person.full_name)
    scope: rows.GrantScope
    grade_level: int | None
    valid_from: date
    valid_to: date | None
    basis: str | None
    granted_at: datetime
    version: int
    person = one(rows.RoleGrant.person_id, description="The person who has the role.")
    school_class = one(
        rows.RoleGrant.school_class_id, description="The class; only with SCHOOL_CLASS."
    )
    granted_by = one(
        rows.RoleGrant.granted_by_id,
        description="The person who granted it; null for the operator.",
    )
    viewer_can = can(revoke=Right.ROLES_GRANT)


@strawberry.type
class Query:
    roles = resolved(reports.find_roles)
    role_grants = listing(reports.find_role_grants, reports.ORDERS)


@strawberry.type
class Mutation:
    grant_role = mutation(reports.grant_role)
    revoke_role = mutation(reports.revoke_role)
    set_role_rights = mutation(role_rights.set_role_rights)
