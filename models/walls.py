"""Each school behind its wall: row-level security and what the product's role may do."""

from sqlalchemy import Table

from models.base import THE_SCHOOL

APP = "gorod_app"
POLICY = "school"
"""The name of the policy of every table behind a wall."""


def is_walled(table: Table) -> bool:
    """Whether a table holds rows of schools, which stand behind the walls of their schools."""
    return "school_id" in table.columns and table.name != "credential_schools"


def is_forced(table: Table) -> bool:
    """Whether the wall stands before the owner of the table, too."""
    return is_walled(table) and table.name != "schools"


def privileges(table: Table) -> frozenset[str]:
    """What the product may do with a table. Schools are made by their operator; audit log and
    histories are only added to, events only added and cleared away."""
    usual = "SELECT, UPDATE" if table.name == "schools" else "SELECT, INSERT, UPDATE, DELETE"
    return frozenset(str(table.info.get("grants", usual)).split(", "))


def wall(table: Table) -> list[str]:
    """SQL that puts up the wall of a table: rows of other schools do not exist behind it, whatever
    the query, and not even for the owner."""
    if not is_walled(table):
        return []
    forced = [f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"] if is_forced(table) else []
    return [
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        *forced,
        f"CREATE POLICY {POLICY} ON {table.name} USING (school_id = {THE_SCHOOL})",
    ]


def grant(table: Table) -> str:
    """SQL that lets the product work with a table."""
    return f"GRANT {', '.join(sorted(privileges(table)))} ON {table.name} TO {APP}"
