"""Operations whose statements are kept as text in `statements/`, and who asks each of them."""

from pathlib import Path
from typing import Any, NamedTuple

from models.access.roles import Role

ROOT = Path(__file__).parents[2]
PARENT, STUDENT, TEACHER = Role.PARENT, Role.STUDENT, Role.SUBJECT_TEACHER
CLASS_TEACHER, DEPUTY = Role.CLASS_TEACHER, Role.DEPUTY_DIRECTOR


class Operation(NamedTuple):
    """A document, its variables, and the roles that ask it."""

    text: str
    variables: dict[str, Any]
    roles: tuple[Role, ...]


def read_benchmark(name: str) -> str:
    """Read an operation of the benchmark."""
    return (ROOT / f"bench/queries/{name}.graphql").read_text()


SET_MARK = """mutation ($input: SetMarkInput!) { setMark(input: $input) {
    mark { id value version student { fullName } } userErrors { code field } } }"""
FILTERED = """query ($name: String, $numbers: [String!]) { students(first: 10,
    filter: { and: [{ familyName: { contains: $name } },
                    { not: { personalFileNo: { in: $numbers } } }] },
    orderBy: [{ field: ADMITTED_ON, direction: DESC }, { field: FULL_NAME }]) {
    pageInfo { hasNextPage endCursor } edges { cursor node { id fullName } } } }"""

ASKED: dict[str, Operation] = {
    "diary": Operation(
        read_benchmark("Q1"),
        {"student": "Student:1-1", "from": "2026-11-16", "to": "2026-11-21"},
        (PARENT, STUDENT, TEACHER, DEPUTY),
    ),
    "journal": Operation(
        read_benchmark("Q2"),
        {"section": "Section:1-68", "from": "2026-11-01", "to": "2026-12-31"},
        (TEACHER, CLASS_TEACHER, STUDENT),
    ),
    "notices": Operation(read_benchmark("Q3"), {}, (DEPUTY, PARENT)),
    "class averages": Operation(
        read_benchmark("Q4"),
        {"class": "SchoolClass:1-7", "term": "Term:1-2"},
        (DEPUTY, CLASS_TEACHER),
    ),
    "first screen": Operation(
        read_benchmark("Q5"),
        {"elder": "Student:1-1", "younger": "Student:1-2", "day": "2026-11-23"},
        (PARENT,),
    ),
    "term marks": Operation(
        """{ termMarkSheet(sectionId: "Section:1-68", termId: "Term:1-2") { section { name }
            rows { studentId weightedAverage markCount suggestedValue warnings marks { value }
            termMark { value } student { shortName } } } }""",
        {},
        (TEACHER, CLASS_TEACHER),
    ),
    "students with a count": Operation(
        "{ students(first: 10) { totalCount nodes { fullName schoolClass { name } } } }",
        {},
        (DEPUTY, CLASS_TEACHER, PARENT, Role.SECRETARY),
    ),
    "students filtered and ordered": Operation(
        FILTERED, {"name": "Ив", "numbers": ["17", "18"]}, (DEPUTY, TEACHER)
    ),
    "students filtered by nothing": Operation(FILTERED, {"name": None, "numbers": []}, (DEPUTY,)),
    "a page behind a cursor": Operation(
        """query ($after: String) { guardians(first: 5, after: $after) { pageInfo { endCursor }
            nodes { fullName links { student { fullName } relation } } } }""",
        {},
        (DEPUTY, Role.SECRETARY),
    ),
    "the last page": Operation(
        "{ staff(last: 5) { nodes { id fullName } pageInfo { hasPreviousPage startCursor } } }",
        {},
        (Role.HR_SPECIALIST, PARENT),
    ),
    "nodes of all kinds": Operation(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Mark { value assignment { title } }
            ... on Lesson { topic section { name } } ... on Student { fullName } } }""",
        {"ids": ["Mark:1-1", "Lesson:1-1", "Student:1-1"]},
        (PARENT, TEACHER),
    ),
    "personal file": Operation(
        """{ student(by: { id: "Student:1-1" }) { fullName identity { snils documentNumber }
            contacts { phone email address } guardianLinks { relation guardian { fullName } }
            enrollments { entryDate form } } }""",
        {},
        (Role.SECRETARY, CLASS_TEACHER, PARENT, STUDENT),
    ),
    "mail": Operation(
        """{ mailbox(first: 5) { nodes { readAt message { subject body senderName
            attachments { fileName url } } } } unreadCounts { notices mail } }""",
        {},
        (PARENT, TEACHER),
    ),
    "lessons of a day": Operation(
        """query ($day: Date!) { lessons(first: 20, filter: { date: { eq: $day } }) { nodes {
            startsAt topic homework { text attachments { fileName } } assignments { title }
            attendance { code student { fullName } } } } }""",
        {"day": "2026-11-23"},
        (TEACHER, PARENT, DEPUTY),
    ),
    "the audit log": Operation(
        """{ auditEvents(first: 5) { nodes { at action actor { fullName }
            details { name values } } }
            sensitiveReads(first: 5) { nodes { at } } }""",
        {},
        (Role.DIRECTOR, Role.SCHOOL_ADMINISTRATOR),
    ),
    "who may do what": Operation(
        "{ roleGrants(first: 5) { nodes { id role } } accounts(first: 5) { nodes { id login } } }",
        {},
        (Role.SCHOOL_ADMINISTRATOR, Role.DIRECTOR),
    ),
    "a mark is put": Operation(
        SET_MARK,
        {"input": {"assignmentId": "Assignment:1-1", "studentId": "Student:1-1", "value": 5}},
        (TEACHER,),
    ),
    "a mark is changed": Operation(
        read_benchmark("M1"),
        {"assignment": "Assignment:1-1", "student": "Student:1-1", "value": 4, "version": 1},
        (TEACHER, DEPUTY),
    ),
}
