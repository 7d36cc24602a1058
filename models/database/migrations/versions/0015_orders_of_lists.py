"""Indexes for the orders of lists, so that a page of them does not read and sort the whole table."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {
    ("access_requests", "newest"): ["school_id", "requested_at", "id"],
    ("accounts", "by_last_sign_in"): ["school_id", "last_signed_in_at", "id"],
    ("role_grants", "by_begin"): ["school_id", "valid_from", "id"],
    ("role_grants", "newest"): ["school_id", "granted_at", "id"],
    ("students", "by_admission"): ["school_id", "admitted_on", "id"],
    ("subjects", "by_position"): ["school_id", "position", "id"],
}


def upgrade() -> None:
    for (table, name), columns in INDEXES.items():
        op.create_index(f"{table}_{name}", table, columns)


def downgrade() -> None:
    for table, name in INDEXES:
        op.drop_index(f"{table}_{name}", table_name=table)
