"""Rules for the audit log."""

from sqlalchemy import false, or_, true

from auth.actor import Viewer
from auth.policy import CHILD, SCHOOL, SELF, Reach, readable, whole_school
from auth.relationships.children import children_of
from auth.rights import Right
from models.access.audit import AuditEvent, SensitiveRead


@readable(SensitiveRead, Right.SENSITIVE_READS_READ)
def read_sensitive_reads(viewer: Viewer, read: type[SensitiveRead]) -> Reach:
    """People see the readings of their own records and of their children's (domain.md c.1, audit
    log)."""
    own = {
        "student": read.student_id == viewer.student_id,
        "staff": read.staff_id == viewer.staff_id,
    }
    return {
        # An OR of both columns would keep PostgreSQL from using an index.
        SELF: or_(false(), *(whose for part, whose in own.items() if part in viewer.parts)),
        # By ids: with a plain condition PostgreSQL scans the readings of the whole school.
        CHILD: read.id.in_(
            viewer.keys(SensitiveRead.id, SensitiveRead.student_id.in_(children_of(viewer)))
        ),
        SCHOOL: true(),
    }


readable(AuditEvent, Right.AUDIT_READ)(whole_school)
