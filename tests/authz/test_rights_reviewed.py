"""The rights that domain.md (c) grants and denies, line by line, looked up in the matrix.

Each of these lines was once too wide or too narrow.
"""

import pytest

from auth.matrix import SHORT
from tests.authz.matrix import DENIED, NOTHING, OWN, read_reviewed

CLOSED = {NOTHING, DENIED}

LINES = """
# c.1, "Audit log", "Current marks", "Attendance"
Mark.value: SA SEC HR MUN | STU PAR ST CT | PSY SOC DD DIR
AttendanceRecord.code: SA SEC HR MUN | | PSY SOC DD DIR
TermMarkRow.markCount: SA SEC HR MUN | STU PAR |
TermMarkRow.warnings: SA SEC HR MUN | |
TermMark.value: SA HR MUN | STU PAR | SEC DD DIR PSY SOC
# c.1, "Personal file", "Movement orders"
Student.personalFileNo: ST HR MUN | STU PAR CT | SA SEC PSY
Student.admittedOn: ST HR MUN | STU PAR CT |
Student.enrollments: ST PSY HR MUN | STU PAR CT | SOC DD SA SEC
Enrollment.entryOrder: ST PSY HR MUN | STU PAR CT |
Enrollment.exitReason: ST PSY HR MUN | STU PAR CT |
Enrollment.destination: ST PSY HR MUN | STU PAR CT |
# c.2, "contacts.phone", "Home address"
StudentContacts.phone: ST SA HR MUN | STU PAR CT | PSY SOC SEC
StudentContacts.address: ST PSY SA HR MUN | STU PAR CT | SOC SEC
GuardianContacts.phone: ST SA HR MUN | STU PAR CT | PSY SOC SEC
GuardianContacts.address: STU ST PSY SA HR MUN | PAR CT |
# c.2, "Guardian's legalStatus"; the flag for who hands children out
GuardianLink.legalStatus: STU ST CT PSY SA HR MUN | PAR | SOC SEC
GuardianLink.basisDocument: STU ST CT PSY SA HR MUN | PAR |
GuardianLink.mayReceiveInfo: STU ST CT PSY SA HR MUN | PAR |
GuardianLink.isInformationWithheld: STU PAR ST PSY HR MUN | CT | SA
# c.1, "Guardian card": of the other parent the name only
GuardianLink.livesWith: ST HR MUN | STU PAR CT |
GuardianLink.relation: ST HR MUN | STU PAR CT |
PublicPerson.fullName: | STU PAR ST CT HR MUN | DD DIR SEC
# c.2, "ОВЗ / disability / ПМПК"
StudentHealth.hasSpecialNeeds: STU ST CT SA HR MUN | PAR | PSY SOC
StudentHealth.isDisabled: STU ST CT SA HR MUN | PAR | SEC DD DIR
StudentHealth.accommodations: SA HR MUN | STU PAR ST CT |
# c.2, "identity"
StudentIdentity.documentMasked: ST PSY SOC DD SA HR MUN | STU PAR CT |
StudentIdentity.snilsMasked: ST PSY SOC DD SA HR MUN | STU PAR CT |
StudentIdentity.documentNumber: STU PAR ST CT PSY SOC DD SA HR MUN | | SEC
StudentIdentity.snils: STU PAR ST CT PSY SOC DD SA HR MUN | | DIR
StaffIdentity.documentNumber: STU PAR | ST CT PSY SOC DD SA SEC | HR DIR
# c.2, "Birth date"
Student.birthDate: ST SA HR MUN | STU PAR CT | PSY SOC SEC DD
# c.1, "Staff personal file"
Staff.hiredOn: STU PAR SEC MUN | | DD SA HR DIR
# c.1, "Class and subgroup lists", "Class performance reports"
SectionMembership.fullName: PAR MUN | STU ST CT |
SubjectAverage.weightedAverage: SA SEC HR MUN | STU PAR ST CT |
ClassSubjectAverage.weightedAverage: SA SEC HR MUN | | STU PAR DD DIR
# c.1, "Accounts, roles", "Audit log"
Viewer.sessions: | | STU PAR ST CT PSY SOC DD SA SEC HR DIR MUN
SensitiveRead.recordType: ST SEC HR MUN | STU PAR | DD SA DIR
AuditEvent.details: STU PAR ST CT PSY SOC SEC HR MUN | | DD SA DIR
# c.1, what is written, and on whose rows
Mutation.setMark: STU PAR PSY SOC DD SA SEC HR DIR MUN | |
Mutation.setTermMark: STU PAR PSY SOC DD SA SEC HR DIR MUN | |
Mutation.setRoleRights: STU PAR ST CT PSY SOC DD SEC HR MUN | |
Mutation.enrolStudent: STU PAR ST CT PSY SOC DD HR MUN | |
Mutation.linkGuardian: STU PAR ST CT PSY DD SA HR MUN | |
Mutation.hireStaff: STU PAR ST CT PSY SOC DD SA SEC MUN | |
Mutation.publishNotice: STU PAR MUN | |
Mutation.createClass: STU PAR ST CT PSY SOC SA SEC HR DIR MUN | |
Mutation.closeTerm: STU PAR ST CT PSY SOC SA SEC HR MUN | |
"""
"""By coordinate: roles that see nothing | that see some or their own | that see some or all."""


RANGES = {
    "Mutation.setMark": {"ST": "section", "CT": "section class"},
    "Mutation.setTermMark": {"ST": "section", "CT": "section"},
    "Mutation.setAttendance": {"ST": "section", "CT": "section class"},
    "Mutation.publishNotice": {"ST": "section", "CT": "section class", "HR": "school"},
    "Mutation.resetPassword": {"CT": "class", "DIR": "school"},
    "Mutation.shareWithGuardian": {"STU": "self"},
    "Mutation.createClass": {"DD": "school"},
    "Mutation.sendMail": {"STU": "self", "PAR": "child", "MUN": "self"},
}
"""The reach of commands; `tests/test_scenarios.py` and each room try rows of others."""


def list_cells(coordinate: str, role: str) -> set[str]:
    """Return the cells of a role in the files of the matrix, wherever the field is asked for."""
    return {by_role[role] for by_role in read_reviewed()[coordinate].values()}


@pytest.mark.parametrize(
    "line", [line for line in LINES.splitlines() if line and not line.startswith("#")]
)
def test_a_line_of_the_rights_holds(line: str) -> None:
    coordinate, _, groups = line.partition(":")
    closed, own, opened = (group.split() for group in groups.split("|"))
    seen = {role: list_cells(coordinate, role) for role in SHORT}
    assert not {role: seen[role] for role in closed if seen[role] - CLOSED}
    assert not {role: seen[role] for role in own if OWN not in seen[role]}
    assert not {role: seen[role] for role in opened if seen[role] <= CLOSED}


@pytest.mark.parametrize("coordinate", RANGES)
def test_a_command_reaches_as_far_as_it_should(coordinate: str) -> None:
    for role, reach in RANGES[coordinate].items():
        assert list_cells(coordinate, role) == {reach}, role
