"""Drift: differences of a database's tables, policies and grants from what the models declare.

A change of one of them by hand makes a drift, and so does a migration that forgets one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from models.base import Record
from models.walls import APP, POLICY, is_forced, is_walled, privileges

_QUALIFIER = (
    "(school_id = (NULLIF(current_setting('app.school_id'::text, true), ''::text))::bigint)"
)
"""The condition of the policy as PostgreSQL prints it."""

_WALLS = text("""
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        coalesce((
            SELECT jsonb_object_agg(p.policyname, jsonb_build_array(p.cmd, p.permissive, p.qual,
                p.with_check, p.roles::text[]))
            FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
        ), '{}') AS policies,
        ARRAY(
            SELECT given.privilege_type::text FROM aclexplode(c.relacl) AS given
            JOIN pg_roles role ON role.oid = given.grantee WHERE role.rolname = :app
        ) AS privileges
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema AND c.relkind IN ('r', 'p')
""")


async def find_drift(connection: AsyncConnection) -> list[str]:
    """Return every difference as a line of text; empty if there is none. The tables must be of the
    newest version."""
    tables = await connection.run_sync(_compare_tables)
    lines = (await connection.execute(_WALLS, {"app": APP})).mappings()
    found = {line["name"]: line for line in lines}
    walls = [
        line
        for table in Record.metadata.sorted_tables
        if table.name in found
        for line in _compare_walls(table, found[table.name])
    ]
    return [*tables, *walls]


def _compare_tables(sync: Connection) -> list[str]:
    context = MigrationContext.configure(sync)
    return [repr(change) for change in compare_metadata(context, Record.metadata)]


def _compare_walls(table: Table, found: Mapping[Any, Any]) -> Iterator[str]:
    name = table.name
    if found["enabled"] != is_walled(table) or found["forced"] != is_forced(table):
        wanted = "forced" if is_forced(table) else "enabled" if is_walled(table) else "disabled"
        yield f"{name}: row-level security must be {wanted}"
    policy = ["ALL", "PERMISSIVE", _QUALIFIER, None, ["public"]]
    wanted_policies = {POLICY: policy} if is_walled(table) else {}
    for policy_name in sorted(found["policies"].keys() | wanted_policies.keys()):
        if policy_name not in wanted_policies:
            yield f"{name}: policy {policy_name} must not be there"
        elif policy_name not in found["policies"]:
            yield f"{name}: policy {policy_name} is missing"
        elif found["policies"][policy_name] != wanted_policies[policy_name]:
            yield f"{name}: policy {policy_name} says {found['policies'][policy_name]}"
    held = frozenset(found["privileges"])
    for privilege in sorted(privileges(table) - held):
        yield f"{name}: {APP} lacks {privilege}"
    for privilege in sorted(held - privileges(table)):
        yield f"{name}: {APP} must not have {privilege}"
