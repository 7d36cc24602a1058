"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def limit_waiting() -> None:
    """Whoever waits for a table makes all others wait for it, too: rather fail and be repeated."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")


def upgrade() -> None:
    limit_waiting()
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    limit_waiting()
    ${downgrades if downgrades else "pass"}
