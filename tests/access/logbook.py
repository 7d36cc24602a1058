"""Reading the audit log in tests."""

from typing import Any

from tests.conftest import Api

LOG = """query ($filter: AuditEventFilter, $first: Int) {
    auditEvents(first: $first, filter: $filter) {
        nodes { id seq at role action entity details { name values } actor { id fullName } } } }"""


async def fetch_entries(api: Api, **filter: Any) -> list[Any]:
    """Return the newest entries, the newest first."""
    found = await api(LOG, first=100, filter={n: {"eq": v} for n, v in filter.items()})
    return list(found["auditEvents"]["nodes"])


async def fetch_last(api: Api, action: str) -> Any:
    """Return the newest entry of a command."""
    return (await fetch_entries(api, action=action))[0]


def read_details(entry: Any) -> dict[str, Any]:
    """Return the details of an entry, by their names."""
    return {detail["name"]: detail["values"] for detail in entry["details"]}
