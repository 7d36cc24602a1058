"""all spent refresh tokens of a session, not only the last"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHOOL = "nullif(current_setting('app.school_id', true), '')::bigint"
TABLE = "spent_refresh_tokens"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("school_id", sa.BigInteger(), server_default=sa.text(SCHOOL), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "session_id"],
            ["sessions.school_id", "sessions.id"],
            name=op.f("fk_spent_refresh_tokens_school_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_spent_refresh_tokens_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_spent_refresh_tokens")),
        sa.UniqueConstraint(
            "school_id", "hash", name=op.f("uq_spent_refresh_tokens_school_id_hash")
        ),
    )
    op.create_index(
        "spent_refresh_tokens_by_session", TABLE, ["school_id", "session_id", "spent_at"]
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY school ON {TABLE} USING (school_id = {SCHOOL})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO gorod_app")
    in_every_school(
        """INSERT INTO spent_refresh_tokens (school_id, session_id, hash, spent_at)
            SELECT school_id, id, spent_refresh_hash, last_used_at FROM sessions
            WHERE school_id = school AND spent_refresh_hash IS NOT NULL ON CONFLICT DO NOTHING"""
    )
    op.drop_index("sessions_spent_refresh", table_name="sessions")
    op.drop_column("sessions", "spent_refresh_hash")


def downgrade() -> None:
    op.add_column("sessions", sa.Column("spent_refresh_hash", sa.LargeBinary(), nullable=True))
    op.create_index("sessions_spent_refresh", "sessions", ["school_id", "spent_refresh_hash"])
    in_every_school(
        """UPDATE sessions s SET spent_refresh_hash = (SELECT hash FROM spent_refresh_tokens t
            WHERE t.school_id = school AND t.session_id = s.id ORDER BY spent_at DESC, id DESC
            LIMIT 1) WHERE s.school_id = school"""
    )
    op.drop_table(TABLE)


def in_every_school(statement: str) -> None:
    """Each school stands behind a wall that holds for the owner of the tables, too."""
    op.execute(
        f"""
        DO $$
        DECLARE school bigint;
        BEGIN
            FOR school IN SELECT id FROM schools LOOP
                PERFORM set_config('app.school_id', school::text, true);
                {statement};
            END LOOP;
            PERFORM set_config('app.school_id', '', true);
        END $$
        """
    )
