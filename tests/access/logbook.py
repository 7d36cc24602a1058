"""Reading the audit log in tests."""

from typing import Any

from tests.conftest import Api

LOG = """query ($filter: AuditEventFilter, $first: Int) {
    auditEvents(first: $first, filter: $filter) {
        nodes { id seq at role action entity details { name values } actor { id fullName } } } }"""


async def entries(api: Api, **filter: Any) -> list[Any]:
    """The newest entries, the newest first."""
    found = await api(LOG, first=100, filter={n: {"eq": v} for n, v in filter.items()})
    return list(found["auditEvents"]["nodes"])


async def last(api: Api, action: str) -> Any:
    """The newest entry of a command."""
    return (await entries(api, action=action))[0]


def details(entry: Any) -> dict[str, Any]:
    """The details of an entry, by their names."""
    return {detail["name"]: detail["values"] for detail in entry["details"]}
