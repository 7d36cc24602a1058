"""How long a substitute may write in the lesson is a setting of the school."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "schools",
        sa.Column("substitute_days", sa.BigInteger(), server_default="7", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_schools_substitute_days"), "schools", "substitute_days BETWEEN 0 AND 60"
    )


def downgrade() -> None:
    op.drop_column("schools", "substitute_days")
