"""a login may have a password for each school that reset it, and lead to another login"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "credentials", sa.Column("branch", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("credentials", sa.Column("leads_to_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_credentials_leads_to_id"), "credentials", "credentials", ["leads_to_id"], ["id"]
    )
    op.create_index(op.f("ix_credentials_leads_to_id"), "credentials", ["leads_to_id"])
    op.create_check_constraint(
        op.f("ck_credentials_leads_elsewhere"), "credentials", "leads_to_id <> id"
    )
    op.drop_constraint(op.f("uq_credentials_login"), "credentials")
    op.create_unique_constraint(
        op.f("uq_credentials_login_branch"), "credentials", ["login", "branch"]
    )
    op.add_column("accounts", sa.Column("known_as_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_accounts_known_as_id"), "accounts", "credentials", ["known_as_id"], ["id"]
    )


def downgrade() -> None:
    """A login that leads to another is no more, as it was when logins were brought together; one
    that was parted by a school becomes another login, for there was one of a name."""
    op.drop_constraint(op.f("fk_accounts_known_as_id"), "accounts")
    op.drop_column("accounts", "known_as_id")
    op.execute("DELETE FROM credentials WHERE leads_to_id IS NOT NULL")
    op.execute("UPDATE credentials SET login = login || '.' || id WHERE branch > 0")
    op.drop_constraint(op.f("uq_credentials_login_branch"), "credentials")
    op.create_unique_constraint(op.f("uq_credentials_login"), "credentials", ["login"])
    op.drop_constraint(op.f("ck_credentials_leads_elsewhere"), "credentials")
    op.drop_index(op.f("ix_credentials_leads_to_id"), "credentials")
    op.drop_constraint(op.f("fk_credentials_leads_to_id"), "credentials")
    op.drop_column("credentials", "leads_to_id")
    op.drop_column("credentials", "branch")
