"""Access requests of the demo: approved, refused, and waiting for the director."""

from collections.abc import Mapping
from datetime import timedelta

from auth.rights import Right
from models.access.requests import AccessChange, AccessRequest, RequestedRight, RequestStatus
from models.access.roles import AccessScope, GrantScope, Role
from resolvers.access.requests import LASTS
from resolvers.demo.ground import Site
from resolvers.demo.names import Human

APPROVED, PENDING = Role.PSYCHOLOGIST, Role.HR_SPECIALIST


def write_requests(site: Site, office: Mapping[Role, Human], grants: Mapping[Role, int]) -> None:
    """Write the requests of the administrator: a role for the new psychologist, marks for himself,
    and the secretary as a stand-in for the HR specialist. A school without them gets none."""
    who = (Role.SCHOOL_ADMINISTRATOR, Role.DIRECTOR, Role.SECRETARY, APPROVED, PENDING)
    if not all(role in office for role in who):
        return
    sheet = site.ledger[AccessRequest]
    admin, director = office[Role.SCHOOL_ADMINISTRATOR].id, office[Role.DIRECTOR].id
    asked = site.days_before(400, 9)
    filed = {"concerns_director": False, "requested_by_id": admin}
    common = {
        **filed,
        "kind": AccessChange.GRANT_ROLE,
        "scope": GrantScope.SCHOOL,
        "adds_rights": False,
    }
    sheet.put(
        **common,
        status=RequestStatus.APPROVED,
        subject=f"grant {APPROVED.name} {office[APPROVED].id} school",
        role=APPROVED,
        person_id=office[APPROVED].id,
        valid_from=(site.today - timedelta(days=399)),
        basis="Заявление и приказ о приёме на работу",
        made_grant_id=grants[APPROVED],
        requested_at=asked,
        expires_at=asked + LASTS,
        decided_by_id=director,
        decided_at=site.days_before(400, 12),
    )
    asked = site.days_before(60, 10)
    refused = sheet.put(
        **filed,
        kind=AccessChange.SET_ROLE_RIGHTS,
        status=RequestStatus.REFUSED,
        subject=f"rights {Role.SCHOOL_ADMINISTRATOR.name}",
        role=Role.SCHOOL_ADMINISTRATOR,
        rights_revision="",
        adds_rights=True,
        basis="Помогать учителям, которые ошиблись в журнале",
        requested_at=asked,
        expires_at=asked + LASTS,
        decided_by_id=director,
        decided_at=site.days_before(59, 9),
        decision_reason="Отметки видят учителя и завуч; с журналом поможет завуч",
    )
    site.ledger[RequestedRight].put(
        access_request_id=refused,
        permission=Right.MARKS_READ.value,
        scope=AccessScope.SCHOOL,
        is_added=True,
    )
    asked = site.days_before(1, 15)
    sheet.put(
        **common,
        status=RequestStatus.PENDING,
        subject=f"grant {PENDING.name} {office[Role.SECRETARY].id} school",
        role=PENDING,
        person_id=office[Role.SECRETARY].id,
        valid_from=site.today + timedelta(days=7),
        valid_to=site.today + timedelta(days=35),
        basis="Замещение на время отпуска специалиста по кадрам",
        requested_at=asked,
        expires_at=asked + LASTS,
    )
