"""Each school behind its wall: row-level security and what the product's role may do."""

from sqlalchemy import Table

from models.base import THE_SCHOOL

APP = "gorod_app"


def wall(table: Table) -> list[str]:
    """Rows of other schools do not exist, whatever the query; not even for the owner."""
    if "school_id" not in table.columns or table.name == "credential_schools":
        return []
    forced = (
        [] if table.name == "schools" else [f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"]
    )
    return [
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        *forced,
        f"CREATE POLICY school ON {table.name} USING (school_id = {THE_SCHOOL})",
    ]


def grant(table: Table) -> list[str]:
    """Schools are made by their operator; audit and histories are only ever added to, events but
    told and cleared away: none of them is ever changed."""
    usual = "SELECT, UPDATE" if table.name == "schools" else "SELECT, INSERT, UPDATE, DELETE"
    return [f"GRANT {table.info.get('grants', usual)} ON {table.name} TO {APP}"]
