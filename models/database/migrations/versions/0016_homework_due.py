"""homework due: homework knows the day, and the lesson, it is due in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DUE = ["school_id", "due_lesson_id", "section_id", "due_on"]
SET_IN = ["school_id", "lesson_id", "section_id"]


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_lessons_school_id_id_section_id_date"),
        "lessons",
        ["school_id", "id", "section_id", "date"],
    )
    op.add_column("homework", sa.Column("section_id", sa.BigInteger(), nullable=True))
    op.add_column("homework", sa.Column("due_lesson_id", sa.BigInteger(), nullable=True))
    texts = postgresql.ARRAY(sa.Text())
    op.add_column(
        "homework", sa.Column("overridden_warnings", texts, server_default="{}", nullable=False)
    )
    op.add_column("homework", sa.Column("override_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_homework_override_reason"),
        "homework",
        "char_length(override_reason) BETWEEN 1 AND 1000",
    )
    for school in op.get_bind().scalars(sa.text("SELECT id FROM schools ORDER BY id")).all():
        op.execute(f"SET LOCAL app.school_id = '{school:d}'")
        op.execute(
            "UPDATE homework h SET section_id = l.section_id FROM lessons l"
            " WHERE l.school_id = h.school_id AND l.id = h.lesson_id"
        )
        # A day that the teacher named stays as it is.
        op.execute(
            "UPDATE homework h SET due_lesson_id = d.id, due_on = d.date FROM lessons l"
            " CROSS JOIN LATERAL (SELECT n.id, n.date FROM lessons n"
            "  WHERE n.school_id = l.school_id AND n.section_id = l.section_id"
            "  AND n.date > l.date AND n.status <> 'CANCELLED'"
            "  ORDER BY n.date, n.starts_at LIMIT 1) d"
            " WHERE l.school_id = h.school_id AND l.id = h.lesson_id AND h.due_on IS NULL"
        )
    # What waits to be checked at the end of the transaction would keep the table from being altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.alter_column("homework", "section_id", nullable=False)
    for column, table in (("section_id", "sections"), ("due_lesson_id", "lessons")):
        op.create_foreign_key(
            op.f(f"fk_homework_school_id_{column}"),
            "homework",
            table,
            ["school_id", column],
            ["school_id", "id"],
        )
    op.create_foreign_key(
        op.f("fk_homework_school_id_lesson_id_section_id"),
        "homework",
        "lessons",
        SET_IN,
        ["school_id", "id", "section_id"],
    )
    op.create_foreign_key(
        op.f("fk_homework_school_id_due_lesson_id_section_id_due_on"),
        "homework",
        "lessons",
        DUE,
        ["school_id", "id", "section_id", "date"],
        onupdate="CASCADE",
    )
    op.create_check_constraint(
        op.f("ck_homework_due_day"), "homework", "due_lesson_id IS NULL OR due_on IS NOT NULL"
    )
    op.create_index("homework_by_due_day", "homework", ["school_id", "section_id", "due_on"])
    op.create_index(
        op.f("ix_homework_school_id_due_lesson_id"), "homework", ["school_id", "due_lesson_id"]
    )


def downgrade() -> None:
    # Before, no day meant the next lesson.
    for school in op.get_bind().scalars(sa.text("SELECT id FROM schools ORDER BY id")).all():
        op.execute(f"SET LOCAL app.school_id = '{school:d}'")
        op.execute(
            "UPDATE homework SET due_lesson_id = NULL, due_on = NULL WHERE due_lesson_id IS NOT NULL"
        )
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.drop_column("homework", "override_reason")
    op.drop_column("homework", "overridden_warnings")
    op.drop_column("homework", "due_lesson_id")
    op.drop_column("homework", "section_id")
    op.drop_constraint(op.f("uq_lessons_school_id_id_section_id_date"), "lessons")
