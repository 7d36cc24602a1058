"""The audit log."""

from datetime import datetime

import strawberry

from gql.answers import Node
from gql.bridge import listing, node, one
from models.access import audit as rows
from models.access.roles import Role
from resolvers.access import audit


@node(rows.AuditEvent)
class AuditEvent(Node):
    seq: int
    at: datetime
    role: Role | None
    action: str
    entity: str | None
    details: str
    request_id: str
    actor = one(rows.AuditEvent.actor_id, told="Who did it; null for the operator of the server.")


@strawberry.type
class Query:
    audit_events = listing(audit.find_audit_events, audit.ORDERS)
