"""Attempts keep a hash of their arguments, so that a key used with others can be refused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("arguments_hash", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("attempts", "arguments_hash")
