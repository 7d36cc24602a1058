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
    actor = one(rows.AuditEvent.actor_id, told="Who did it; null for the operator of the server.")


@node(rows.SensitiveRead)
class SensitiveRead(Node):
    at: datetime
    record_type: str
    role: Role
    reader = one(
        rows.SensitiveRead.reader_id,
        told="Who read it; null for one whose name is not for the viewer: then the role tells.",
    )
    student = one(
        rows.SensitiveRead.student_id,
        told="The student whose record it is; null where it is that of a member of staff.",
    )
    staff = one(
        rows.SensitiveRead.staff_id,
        told="The member of staff whose record it is; null where it is that of a student.",
    )


@strawberry.type
class Query:
    audit_events = listing(audit.find_audit_events, audit.ORDERS)
    sensitive_reads = listing(audit.find_sensitive_reads, audit.READ_ORDERS)
