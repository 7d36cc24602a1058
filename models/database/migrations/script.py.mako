"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def limit_waiting() -> None:
    """A migration that waits for a table makes all behind it wait: it fails, and is repeated."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")


def upgrade() -> None:
    limit_waiting()
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    limit_waiting()
    ${downgrades if downgrades else "pass"}
