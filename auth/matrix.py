"""The default rights: the roles that hold each right, with their scopes, in a new school.

It is the table of `domain.md` (c), one line per right. A cell that is not listed is denied; where
c.1 and c.2 differ, c.2 holds. Scopes: `self` oneself, `child` one's own children, `section`
sections one teaches, `class` classes one leads, `school` all.
Roles: STU student, PAR parent, ST subject teacher, CT class teacher, PSY psychologist, SOC social
pedagogue, DD deputy director, SA administrator, SEC secretary, HR HR specialist, DIR director,
MUN municipal officer.
"""

from auth.rights import Right
from models.access.roles import AccessScope, Role

SHORT = dict(
    zip(("STU", "PAR", "ST", "CT", "PSY", "SOC", "DD", "SA", "SEC", "HR", "DIR", "MUN"), Role,
        strict=True)
)  # fmt: skip
EVERYONE = " ".join(SHORT)
FAMILY_AND_TEACHERS = "self: STU; child: PAR; section: ST CT; class: CT; "

MATRIX: dict[Right, str] = {
    Right.ACCESS_DECIDE: "school: DD DIR",
    Right.ACCESS_EXPLAIN: "school: SA DIR",
    Right.ACCESS_REQUEST: "school: DD SA DIR",
    Right.ACCOUNTS_READ: "class: CT; school: DD SA DIR",
    Right.ACCOUNTS_WRITE: "school: SA DIR",
    Right.ADDRESSES_READ: "self: STU PAR; child: PAR; class: CT; school: SOC DD SEC DIR",
    Right.ASSIGNMENTS_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD DIR",
    Right.ATTENDANCE_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD DIR",
    Right.ATTENDANCE_WRITE: "section: ST CT; class: CT",
    Right.AUDIT_READ: "school: DD SA DIR",
    Right.BIRTH_DATES_READ: "self: STU; child: PAR; class: CT; school: PSY SOC DD SEC DIR",
    Right.CLASSES_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD SA SEC HR DIR",
    Right.CLASSES_WRITE: "school: DD",
    Right.CLASSMATES_READ: "self: STU; section: ST CT; class: CT; school: PSY SOC DD SA SEC HR DIR",
    Right.CONTACTS_READ: "self: STU; child: PAR; class: CT; school: PSY SOC DD SEC DIR",
    Right.FILES_UPLOAD: f"self: {EVERYONE}",
    Right.GUARDIANS_CONSENT: "self: STU",
    Right.GUARDIANS_READ: "self: STU; child: PAR; class: CT; school: PSY SOC DD SA SEC DIR",
    Right.GUARDIANS_READ_CONTACTS: "self: STU PAR; class: CT; school: PSY SOC DD SEC DIR",
    Right.GUARDIANS_READ_DETAILS: "self: STU PAR; class: CT; school: PSY SOC DD SA SEC DIR",
    Right.GUARDIANS_READ_LEGAL_STATUS: "self: PAR; school: SOC DD SEC DIR",
    Right.GUARDIANS_READ_RESTRICTION: "class: CT; school: SOC DD SA SEC DIR",
    Right.GUARDIANS_WRITE: "school: SOC SEC",
    Right.HEALTH_READ: "self: STU; child: PAR; school: PSY SOC DD SEC DIR",
    Right.HEALTH_READ_ACCOMMODATIONS: FAMILY_AND_TEACHERS + "school: PSY SOC DD SEC DIR",
    Right.HEALTH_READ_SPECIAL_NEEDS: "child: PAR; school: PSY SOC DD SEC DIR",
    Right.IDENTITY_READ: "self: STU; child: PAR; class: CT; school: SEC DIR",
    Right.IDENTITY_READ_FULL: "school: SEC DIR",
    Right.JOURNAL_CLOSE: "school: DD DIR",
    Right.LESSONS_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD SA SEC HR DIR",
    Right.LESSONS_WRITE: "section: ST CT",
    Right.MAIL_USE: f"self: {EVERYONE}",
    Right.MAIL_WRITE: (
        "self: STU MUN; child: PAR; section: ST CT HR; class: CT; school: PSY SOC DD SA SEC DIR"
    ),
    Right.MARKS_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD DIR",
    Right.MARKS_READ_AUTHORS: "section: ST CT; class: CT; school: DD DIR",
    Right.MARKS_READ_HISTORY: FAMILY_AND_TEACHERS + "school: DD DIR",
    Right.MARKS_WRITE: "section: ST CT; class: CT",
    Right.NOTICES_ADDRESS_FAMILIES: "section: ST CT; class: CT; school: PSY SOC DD SA SEC DIR",
    Right.NOTICES_PUBLISH: "section: ST CT; class: CT; school: PSY SOC DD SA SEC HR DIR",
    Right.NOTICES_READ: f"self: {EVERYONE}; school: DD DIR",
    Right.PASSWORDS_RESET: "class: CT; school: DIR",
    Right.PERSONS_READ: (
        "self: STU MUN; child: PAR; section: ST CT; class: CT; school: PSY SOC DD SA SEC HR DIR"
    ),
    Right.RIGHTS_WRITE: "school: SA",
    Right.ROLES_GRANT: "school: SA DIR",
    Right.ROLES_GRANT_PROTECTED: "school: DIR",
    Right.ROLES_READ: "school: DD SA DIR",
    Right.SCHOOL_READ: f"school: {EVERYONE}",
    Right.SCHOOL_WRITE: "school: DD SA DIR",
    Right.SENSITIVE_READS_READ: "self: STU; child: PAR; school: DD SA DIR",
    Right.STAFF_READ: f"school: {EVERYONE}",
    Right.STAFF_READ_FILE: "self: ST CT PSY SOC; school: DD SA HR DIR",
    Right.STAFF_READ_IDENTITY: "self: ST CT PSY SOC DD SA SEC MUN; school: HR DIR",
    Right.STAFF_WRITE: "school: HR DIR",
    Right.STUDENTS_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD SA SEC DIR",
    Right.STUDENTS_READ_FILE: ("self: STU; child: PAR; class: CT; school: PSY SOC DD SA SEC DIR"),
    Right.STUDENTS_READ_MOVEMENTS: ("self: STU; child: PAR; class: CT; school: SOC DD SA SEC DIR"),
    Right.STUDENTS_WRITE: "school: SA SEC",
    Right.TERM_MARKS_READ: FAMILY_AND_TEACHERS + "school: PSY SOC DD SEC DIR",
    Right.TERM_MARKS_WRITE: "section: ST CT",
    Right.TIMETABLE_WRITE: "school: DD",
}


def default_rights() -> list[tuple[Role, Right, AccessScope]]:
    """Return the rows of `role_rights` that a new school gets."""
    return [
        (SHORT[short], right, AccessScope[scope.strip().upper()])
        for right, line in MATRIX.items()
        for scope, roles in (part.split(":") for part in line.split(";"))
        for short in roles.split()
    ]
