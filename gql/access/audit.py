"""The audit log."""

from datetime import datetime

import strawberry

from gql.answers import Node
from gql.bridge import items, listing, node, one
from models.access import audit as rows
from models.access.roles import Role
from resolvers.access import audit


@node(rows.AuditDetail)
class AuditDetail:
    name: str
    values: list[str] | None


@node(rows.AuditEvent)
class AuditEvent(Node):
    seq: int
    at: datetime
    role: Role | None
    action: str
    entity: strawberry.ID | None
    details = items(rows.AuditEvent.details, rows.AuditDetail)
    request_id: str
    actor = one(
        rows.AuditEvent.actor_id,
        description="The person who did it; null for the operator of the server.",
    )


@node(rows.SensitiveRead)
class SensitiveRead(Node):
    at: datetime
    record_type: str
    role: Role
    reader = one(
        rows.SensitiveRead.reader_id,
        description="The reader; null if the viewer may not know their name: then see `role`.",
    )
    student = one(
        rows.SensitiveRead.student_id,
        description="The student whose record it is; null if it is that of a member of staff.",
    )
    staff = one(
        rows.SensitiveRead.staff_id,
        description="The member of staff whose record it is; null if it is that of a student.",
    )


@strawberry.type
class Query:
    audit_events = listing(audit.find_audit_events, audit.ORDERS)
    sensitive_reads = listing(audit.find_sensitive_reads, audit.READ_ORDERS)
