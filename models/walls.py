"""Row-level security per school (its wall), and the privileges of the product's role."""

from sqlalchemy import Table

from models.base import THE_SCHOOL

APP = "gorod_app"
POLICY = "school"
"""The name of the policy of every table behind a wall."""


def is_walled(table: Table) -> bool:
    """Whether a table holds rows of schools and so has row-level security."""
    return "school_id" in table.columns and table.name != "credential_schools"


def is_forced(table: Table) -> bool:
    """Whether row-level security is forced, so that it holds for the table's owner, too."""
    return is_walled(table) and table.name != "schools"


def privileges(table: Table) -> frozenset[str]:
    """Return what the product may do with a table. Schools are made by the operator. The audit log
    and histories are only added to; events are only added and deleted."""
    usual = "SELECT, UPDATE" if table.name == "schools" else "SELECT, INSERT, UPDATE, DELETE"
    return frozenset(str(table.info.get("grants", usual)).split(", "))


def wall(table: Table) -> list[str]:
    """Return the SQL that sets up row-level security: rows of other schools do not exist, whatever
    the query, not even for the owner."""
    if not is_walled(table):
        return []
    forced = [f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"] if is_forced(table) else []
    return [
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        *forced,
        f"CREATE POLICY {POLICY} ON {table.name} USING (school_id = {THE_SCHOOL})",
    ]


def grant(table: Table) -> str:
    """Return the SQL that lets the product work with a table."""
    return f"GRANT {', '.join(sorted(privileges(table)))} ON {table.name} TO {APP}"
