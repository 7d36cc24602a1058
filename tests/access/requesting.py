"""Requests to change access: filing them, deciding on them, and both at once for other tests."""

from typing import Any

from tests.conftest import Api, SignIn

REQUEST = """accessRequest {
    id kind status role fullName scope gradeLevel validFrom validTo basis concernsDirector
    requestedAt expiresAt decidedAt decisionReason version
    requestedBy { shortName } decidedBy { shortName } viewerCan { decide withdraw }
    madeGrant { id version } account { status } changes { permission scope isAdded }
}"""
ASK_ROLE = f"""mutation ($person: ID!, $role: Role!, $from: Date! = "2026-11-01", $to: Date,
        $scope: GrantScope! = SCHOOL, $grade: Int, $class: ID, $key: UUID) {{
    requestRoleGrant(input: {{personId: $person, role: $role, validFrom: $from, validTo: $to,
            scope: $scope, gradeLevel: $grade, schoolClassId: $class, basis: "Приказ № 12-к",
            idempotencyKey: $key}}) {{
        {REQUEST} userErrors {{ code field message }}
    }}
}}"""
ASK_END = f"""mutation ($id: ID!, $to: Date) {{
    requestRoleRevocation(input: {{roleGrantId: $id, validTo: $to, basis: "Заявление"}}) {{
        {REQUEST} userErrors {{ code field }}
    }}
}}"""
ASK_RIGHTS = f"""mutation ($role: Role!, $rights: [RightGivenInput!]!, $revision: String!) {{
    requestRoleRights(input: {{role: $role, rights: $rights, expectedRevision: $revision,
            basis: "Решение педсовета № 3"}}) {{
        {REQUEST} userErrors {{ code field }}
    }}
}}"""
ASK_UNLOCK = f"""mutation ($id: ID!) {{
    requestUnlock(input: {{accountId: $id, basis: "Телефон найден"}}) {{
        {REQUEST} userErrors {{ code field }}
    }}
}}"""
APPROVE = f"""mutation ($id: ID!, $version: Int!) {{
    approveAccessRequest(input: {{accessRequestId: $id, expectedVersion: $version}}) {{
        {REQUEST} userErrors {{ code field message }}
    }}
}}"""
REFUSE = f"""mutation ($id: ID!, $version: Int!, $reason: String! = "Нет приказа") {{
    refuseAccessRequest(input: {{accessRequestId: $id, expectedVersion: $version,
            reason: $reason}}) {{
        {REQUEST} userErrors {{ code field }}
    }}
}}"""
WITHDRAW = f"""mutation ($id: ID!, $version: Int!) {{
    withdrawAccessRequest(input: {{accessRequestId: $id, expectedVersion: $version}}) {{
        {REQUEST} userErrors {{ code field }}
    }}
}}"""
LISTED = """query ($open: Boolean!) { accessRequests(first: 100, openOnly: $open) {
    totalCount nodes { id status role version basis viewerCan { decide withdraw } } } }"""


async def file_request(api: Api, document: str, **given: Any) -> Any:
    """File a request, and return it."""
    [payload] = (await api(document, **given)).values()
    return payload["accessRequest"]


def name_request(request: Any) -> dict[str, Any]:
    """Return the arguments of a decision: the request, and its version."""
    return {"id": request["id"], "version": request["version"]}


async def file_and_approve(api: SignIn, document: str, **given: Any) -> Any:
    """File a request as the administrator, and approve it as the director; return it."""
    request = await file_request(api("admin"), document, **given)
    return (await api("director")(APPROVE, **name_request(request)))["approveAccessRequest"][
        "accessRequest"
    ]


async def grant_by_two(api: SignIn, person: str, role: str, **given: Any) -> Any:
    """Give a protected role by two persons; return id and version of the grant."""
    return (await file_and_approve(api, ASK_ROLE, person=person, role=role, **given))["madeGrant"]
