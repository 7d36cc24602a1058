"""trusted documents, and the ids by which clients ask for them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CLIENT_ID = "^(x-[A-Za-z0-9._~-]+:)?[A-Za-z0-9._~-]+$"


def upgrade() -> None:
    op.create_table(
        "trusted_documents",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("operations", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("clients", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.CheckConstraint(
            "hash = sha256(convert_to(text, 'UTF8'))", name=op.f("ck_trusted_documents_hash")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_trusted_documents")),
        sa.UniqueConstraint("revision", name=op.f("uq_trusted_documents_revision")),
    )
    op.create_table(
        "trusted_document_ids",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            f"id ~ '{CLIENT_ID}' AND char_length(id) <= 200",
            name=op.f("ck_trusted_document_ids_id"),
        ),
        sa.CheckConstraint(
            "id !~ '^[0-9a-fA-F]{64}$'", name=op.f("ck_trusted_document_ids_no_hash")
        ),
        sa.ForeignKeyConstraint(
            ["hash"],
            ["trusted_documents.hash"],
            name=op.f("fk_trusted_document_ids_hash"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_document_ids")),
    )
    op.create_index(op.f("ix_trusted_document_ids_hash"), "trusted_document_ids", ["hash"])
    for table in ("trusted_documents", "trusted_document_ids"):
        op.execute(f"GRANT SELECT ON {table} TO gorod_app")


def downgrade() -> None:
    op.drop_table("trusted_document_ids")
    op.drop_table("trusted_documents")
