"""Specimens of accounts, roles, requests to change access, and the audit log."""

from datetime import timedelta
from typing import Any

from auth.matrix import default_rights
from auth.rights import Right
from models.access.accounts import Account
from models.access.audit import AuditEvent, SensitiveRead
from models.access.requests import AccessChange, AccessRequest, RequestedRight, RequestStatus
from models.access.roles import AccessScope, GrantScope, Role, RoleGrant, RoleRight
from tests.specimens.declaring import (
    ALL,
    CHILD,
    CLASS,
    SCHOOL,
    SELF,
    WHOLE_SCHOOL,
    Shown,
    Specimens,
    follow,
    hold,
    show,
    split_names,
)
from tests.specimens.people import AT_WORK, show_families
from tests.specimens.stories import (
    ASKERS,
    CHILDREN,
    IN_THEIR_CLASS,
    LATER,
    NOW,
    OWN,
    PERSONS,
    STAFF_NAMES,
    TODAY,
    TOMORROW,
)

PERSON_OF = {one.name: one.person for one in ASKERS}
OF_CLASS = show_families(IN_THEIR_CLASS)
WORKING = f"{STAFF_NAMES}, municipal, ba"
"""Persons with a card of staff or a role grant, even if it ended long ago."""
NOT_ONESELF = Shown(lambda viewer, name, row: PERSON_OF[viewer] != name)


def credential_of(school: int, account: int) -> int:
    """Return the id of an account's credential. No two schools share a credential."""
    return school * 100_000 + account


Specimens(
    Account,
    {
        name: {
            "person": name,
            "credential_id": credential_of,
            "last_signed_in_at": NOW,
        }
        for name in PERSONS
    },
    {
        Right.ACCOUNTS_READ: {CLASS: OF_CLASS, SCHOOL: ALL},
        Right.ACCOUNTS_WRITE: {CLASS: OF_CLASS, SCHOOL: ALL},
        Right.AUDIT_READ: WHOLE_SCHOOL,
        Right.PASSWORDS_RESET: {
            CLASS: show({
                "klimova": "masha, mother, uncle, godmother",
                "kim": "pasha, bella, dad",
                "fomina, anna, boris of 8A": "vera, tima",
                "anna of grade 7": "masha, mother, uncle, godmother, pasha, bella, dad",
            }),
            SCHOOL: NOT_ONESELF.hide(WORKING),
        },
        hold(Right.PASSWORDS_RESET, (Right.ROLES_GRANT_PROTECTED, SCHOOL)): {
            CLASS: show({
                "klimova": "masha, mother, uncle, godmother",
                "kim": "pasha, bella, dad",
                "fomina, anna, boris of 8A": "vera, tima",
                "anna of grade 7": "masha, mother, uncle, godmother, pasha, bella, dad",
            }),
            SCHOOL: NOT_ONESELF,
        },
    },
)  # fmt: skip

GRANTS: dict[str, dict[str, Any]] = {
    "director": {"role": Role.DIRECTOR},
    "deputy": {"role": Role.DEPUTY_DIRECTOR},
    "admin": {"role": Role.SCHOOL_ADMINISTRATOR},
    "secretary": {"role": Role.SECRETARY, "valid_to": TOMORROW},
    "hr": {"role": Role.HR_SPECIALIST},
    "psychologist": {"role": Role.PSYCHOLOGIST},
    "social": {"role": Role.SOCIAL_PEDAGOGUE},
    "municipal": {"role": Role.MUNICIPAL_OFFICER},
    "anna of grade 7": {
        "person": "anna", "role": Role.DEPUTY_DIRECTOR, "scope": GrantScope.GRADE_LEVEL,
        "grade_level": 7,
    },
    "boris of 8A": {
        "person": "boris", "role": Role.SUBJECT_TEACHER, "scope": GrantScope.SCHOOL_CLASS,
        "school_class": "8A",
    },
    "ba": {"role": Role.PSYCHOLOGIST, "valid_to": TODAY},
}  # fmt: skip
Specimens(
    RoleGrant,
    {
        name: {
            "person": name, "scope": GrantScope.SCHOOL,
            "granted_by": "deputy" if name == "director" else "director", **grant,
        }
        for name, grant in GRANTS.items()
    },
    {
        Right.ROLES_READ: WHOLE_SCHOOL,
        Right.ROLES_GRANT_PROTECTED: WHOLE_SCHOOL,
        # The others may read what is protected, in the whole school.
        Right.ROLES_GRANT: {SCHOOL: show({"*": "municipal, boris of 8A"})},
    },
)  # fmt: skip
Specimens(
    RoleRight,
    {
        f"{role.name} {right} {scope.name}": {
            "role": role, "permission": right.value, "scope": scope,
        }
        for role, right, scope in default_rights()
    },
    {Right.ROLES_READ: WHOLE_SCHOOL},
)  # fmt: skip

GRANT = {"kind": AccessChange.GRANT_ROLE, "scope": GrantScope.SCHOOL, "valid_from": TOMORROW}
RIGHTS = {"kind": AccessChange.SET_ROLE_RIGHTS, "rights_revision": "r", "adds_rights": True}
BY_ADMIN, BY_DIRECTOR = {"requested_by": "admin"}, {
    "requested_by": "director", "concerns_director": True,
}  # fmt: skip
REQUESTS: dict[str, tuple[dict[str, Any], str]] = {
    "a role for hr": (GRANT | BY_ADMIN | {"person": "hr", "role": Role.SECRETARY}, "hr"),
    "a role for social, by the director": (
        GRANT | BY_DIRECTOR | {"person": "social", "role": Role.PSYCHOLOGIST}, "social",
    ),
    "a grade for deputy": (
        GRANT | BY_ADMIN | {
            "person": "deputy", "role": Role.DEPUTY_DIRECTOR, "scope": GrantScope.GRADE_LEVEL,
            "grade_level": 7, "valid_to": LATER.date(), "status": RequestStatus.REFUSED,
            "decided_by": "director", "decided_at": NOW, "decision_reason": "no",
        },
        "deputy",
    ),
    "a class for deputy": (
        GRANT | BY_ADMIN | {
            "person": "deputy", "role": Role.DEPUTY_DIRECTOR, "scope": GrantScope.SCHOOL_CLASS,
            "school_class": "7A", "status": RequestStatus.APPROVED, "decided_by": "director",
            "decided_at": NOW, "made_grant": "deputy",
        },
        "deputy",
    ),
    "deputy without a role": (
        {
            "kind": AccessChange.REVOKE_ROLE, "person": "deputy", "role": Role.DEPUTY_DIRECTOR,
            "revoked_grant": "deputy", **BY_ADMIN,
        },
        "",
    ),
    "psychologist without a role, by the director": (
        {
            "kind": AccessChange.REVOKE_ROLE, "person": "psychologist", "role": Role.PSYCHOLOGIST,
            "revoked_grant": "psychologist", **BY_DIRECTOR,
        },
        "",
    ),
    "unlock dad": (
        {"kind": AccessChange.UNLOCK_ACCOUNT, "account": "dad", "person": "dad", **BY_ADMIN}, "dad",
    ),
    "rights of deputies": (
        RIGHTS | BY_ADMIN | {"role": Role.DEPUTY_DIRECTOR}, "deputy, anna, anna of grade 7",
    ),
    "rights of secretaries": (RIGHTS | BY_ADMIN | {"role": Role.SECRETARY}, "secretary"),
    "less rights of deputies": (
        RIGHTS | BY_ADMIN | {"role": Role.DEPUTY_DIRECTOR, "adds_rights": False}, "",
    ),
    "rights of psychologists": (RIGHTS | BY_ADMIN | {"role": Role.PSYCHOLOGIST}, "psychologist"),
    "rights of psychologists, by the director": (
        RIGHTS | BY_DIRECTOR | {"role": Role.PSYCHOLOGIST}, "psychologist",
    ),
    "rights of students": (
        RIGHTS | BY_ADMIN | {"role": Role.STUDENT},
        "masha, pasha, bella, vera, tima, gleb, oleg, nina, yura",
    ),
    "rights of parents": (
        RIGHTS | BY_ADMIN | {"role": Role.PARENT},
        "mother, uncle, godmother, father, stepfather, granny, aunt, dad, ba, orlova,"
        " orlova at home, olga, tanya, zhanna, galya, mum, pop, nan",
    ),
    "rights of class teachers": (
        RIGHTS | BY_ADMIN | {"role": Role.CLASS_TEACHER},
        "klimova, zueva, sizova, kim, fomina, anna, anna of grade 7",
    ),
    "rights of teachers": (
        RIGHTS | BY_ADMIN | {"role": Role.SUBJECT_TEACHER},
        "belova, safonova, petrenko, dubova, boris, boris of 8A, gusev, fomina, fired, rosina",
    ),
}  # fmt: skip
"""Requests, and the persons who would gain access by each."""
GAINS = {name: split_names(gaining) for name, (_, gaining) in REQUESTS.items()}
SECOND = Shown(
    lambda viewer, name, row: PERSON_OF[viewer] != row["requested_by"] and viewer not in GAINS[name]
)
FILED = Shown(lambda viewer, name, row: PERSON_OF[viewer] == row["requested_by"])
FOR_DEPUTY = SECOND & show({"*": "*by the director"})

Specimens(
    AccessRequest,
    {
        name: {
            "subject": name, "status": RequestStatus.PENDING, "requested_at": NOW,
            "expires_at": NOW + timedelta(days=9), "rights_revision": None,
            "decision_reason": None, **request,
        }
        for name, (request, _) in REQUESTS.items()
    },
    {
        Right.ROLES_READ: WHOLE_SCHOOL,
        Right.ACCESS_REQUEST: {SCHOOL: FILED},
        Right.ACCESS_DECIDE: {SCHOOL: FOR_DEPUTY},
        hold(Right.ACCESS_DECIDE, (Right.ROLES_GRANT_PROTECTED, SCHOOL)): {SCHOOL: SECOND},
    },
)  # fmt: skip
Specimens(
    RequestedRight,
    {
        name: {
            "access_request": name, "permission": Right.MARKS_READ.value,
            "scope": AccessScope.SCHOOL, "is_added": True,
        }
        for name, (request, _) in REQUESTS.items() if request["kind"] == RIGHTS["kind"]
    },
    {Right.ROLES_READ: WHOLE_SCHOOL},
)  # fmt: skip
Specimens(
    AuditEvent,
    {
        "a mark": {
            "seq": 1, "actor": "belova", "role": Role.SUBJECT_TEACHER, "action": "setMark",
            "entity": "Mark:1-1", "at": NOW,
            "details": [{"name": "value", "values": None}, {"name": "kind", "values": ["NUMERIC"]}],
        },
        "a reading": {
            "seq": 2, "actor": "secretary", "role": Role.SECRETARY, "action": "read",
            "details": [], "at": NOW,
        },
    },
    {Right.AUDIT_READ: WHOLE_SCHOOL},
)  # fmt: skip
BY_SECRETARY = {"audit_event": "a reading", "reader": "secretary", "role": Role.SECRETARY}
OF_PUPIL, OF_STAFF = ("masha", "pasha", "vera", "nina", "oleg"), ("belova", "orlova")
Specimens(
    SensitiveRead,
    {
        **{
            name: {"student": name, "record_type": "StudentHealth", **BY_SECRETARY}
            for name in OF_PUPIL
        },
        **{
            name: {"staff": name, "record_type": "StaffIdentity", **BY_SECRETARY}
            for name in OF_STAFF
        },
    },
    {
        Right.SENSITIVE_READS_READ: {
            SELF: follow("student", OWN) | follow("staff", AT_WORK),
            CHILD: follow("student", CHILDREN),
            SCHOOL: ALL,
        }
    },
)
