"""Explanations of access."""

import strawberry

from gql.bridge import field, node, resolved
from models.access.roles import AccessScope, Role
from resolvers.access import explain


@node(explain.HeldRight)
class HeldRight:
    permission: str
    scopes: list[AccessScope]


@node(explain.AccessInRole)
class AccessInRole:
    role: Role
    rights: list[explain.HeldRight]
    reached: bool | None
    text: str


@node(explain.AccessExplanation)
class AccessExplanation:
    allowed: bool | None
    permissions: list[str]
    roles: list[explain.AccessInRole]
    text: str
    granted_by = field(explain.find_granting)


@strawberry.type
class Query:
    explain_access = resolved(explain.explain_access)
