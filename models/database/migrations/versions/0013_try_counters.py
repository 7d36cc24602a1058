"""failed tries are counted by login, address and device; known devices"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = ("DEVICE", "LOGIN_AND_ADDRESS", "ADDRESS", "LOGIN", "REFRESH")
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    """What was counted so far is forgotten: it was kept by a hash without a key."""
    op.create_table(
        "known_devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credentials.id"],
            name=op.f("fk_known_devices_credential_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
    )
    op.create_index(op.f("ix_known_devices_credential_id"), "known_devices", ["credential_id"])
    op.create_index(op.f("ix_known_devices_last_used_at"), "known_devices", ["last_used_at"])
    op.execute(f"GRANT {RIGHTS} ON known_devices TO gorod_app")
    op.add_column("sessions", sa.Column("device_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sessions_device_id"),
        "sessions",
        "known_devices",
        ["device_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_sessions_device_id"), "sessions", ["device_id"])
    op.create_table(
        "try_counters",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="trykind", native_enum=False, length=40), nullable=False),
        sa.Column("login_hash", sa.LargeBinary(), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clear_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN (" + ", ".join(f"'{kind}'" for kind in KINDS) + ")",
            name=op.f("ck_try_counters_kind"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_try_counters")),
    )
    op.create_index(op.f("ix_try_counters_login_hash"), "try_counters", ["login_hash"])
    op.create_index(op.f("ix_try_counters_clear_at"), "try_counters", ["clear_at"])
    op.execute(f"GRANT {RIGHTS} ON try_counters TO gorod_app")
    op.drop_table("sign_in_failures")


def downgrade() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("login_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login_hash", name=op.f("pk_sign_in_failures")),
    )
    op.execute(f"GRANT {RIGHTS} ON sign_in_failures TO gorod_app")
    op.drop_table("try_counters")
    op.drop_index(op.f("ix_sessions_device_id"), table_name="sessions")
    op.drop_constraint(op.f("fk_sessions_device_id"), "sessions", type_="foreignkey")
    op.drop_column("sessions", "device_id")
    op.drop_table("known_devices")
