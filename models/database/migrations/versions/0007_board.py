"""board: the order in which notices are listed"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    newest_first = [sa.text("is_pinned DESC"), sa.text("visible_from DESC")]
    op.create_index(op.f("notices_board"), "notices", ["school_id", *newest_first, "id"])


def downgrade() -> None:
    op.drop_index(op.f("notices_board"), table_name="notices")
