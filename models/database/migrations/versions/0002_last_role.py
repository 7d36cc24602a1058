"""last role: the role in which somebody last worked"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLES = (
    "STUDENT", "PARENT", "SUBJECT_TEACHER", "CLASS_TEACHER", "PSYCHOLOGIST", "SOCIAL_PEDAGOGUE",
    "DEPUTY_DIRECTOR", "SCHOOL_ADMINISTRATOR", "SECRETARY", "HR_SPECIALIST", "DIRECTOR",
    "MUNICIPAL_OFFICER",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("accounts", sa.Column("last_role", sa.String(40), nullable=True))
    op.add_column("accounts", sa.Column("last_role_grant_id", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_accounts_last_role"), "accounts", f"last_role IN {ROLES}")
    op.create_foreign_key(
        op.f("fk_accounts_school_id_last_role_grant_id"),
        "accounts",
        "role_grants",
        ["school_id", "last_role_grant_id"],
        ["school_id", "id"],
    )
    op.create_index(
        op.f("ix_accounts_school_id_last_role_grant_id"),
        "accounts",
        ["school_id", "last_role_grant_id"],
    )


def downgrade() -> None:
    op.drop_column("accounts", "last_role_grant_id")
    op.drop_column("accounts", "last_role")
