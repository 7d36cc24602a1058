"""secret keys: by what the right one is told"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "secret_keys",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_secret_keys_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_keys")),
    )
    op.execute("GRANT SELECT ON secret_keys TO gorod_app")


def downgrade() -> None:
    op.drop_table("secret_keys")
