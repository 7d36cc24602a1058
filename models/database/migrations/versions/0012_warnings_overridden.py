"""Lessons and classes keep the warnings that were overridden, and why; the school's limits for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("lessons", "school_classes")
TEXTS = postgresql.ARRAY(sa.Text())
NUMBERS = postgresql.ARRAY(sa.BigInteger())
SETTINGS = (
    ("earliest_lesson", sa.Time(), "08:00"),
    ("latest_lesson", sa.Time(), "19:00"),
    ("daily_lessons", NUMBERS, "{4,5,5,5,6,6,7,7,7,7,7}"),
    ("first_shift_grades", NUMBERS, "{1,5,9,11}"),
)
LIMITS = {
    "latest_lesson": "latest_lesson > earliest_lesson",
    "daily_lessons": (
        "cardinality(daily_lessons) = 11 AND 1 <= ALL (daily_lessons) AND 15 >= ALL (daily_lessons)"
    ),
    "first_shift_grades": "0 <= ALL (first_shift_grades) AND 12 >= ALL (first_shift_grades)",
}


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column("overridden_warnings", TEXTS, server_default="{}", nullable=False),
        )
        op.add_column(table, sa.Column("override_reason", sa.Text(), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{table}_override_reason"),
            table,
            "char_length(override_reason) BETWEEN 1 AND 1000",
        )
    for name, type_, default in SETTINGS:
        column = sa.Column(name, type_, server_default=default, nullable=False)
        op.add_column("schools", column)
    for name, limit in LIMITS.items():
        op.create_check_constraint(op.f(f"ck_schools_{name}"), "schools", limit)


def downgrade() -> None:
    for name, *_ in SETTINGS:
        op.drop_column("schools", name)
    for table in TABLES:
        op.drop_column(table, "override_reason")
        op.drop_column(table, "overridden_warnings")
