"""A role granted for one class writes nothing outside of that class, by any command."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_list_type,
    is_required_input_field,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.access.roles import FOLLOWING
from auth.matrix import default_rights
from auth.rights import Right
from models.access.roles import AccessScope, Role
from tests.conftest import Api, SignIn
from tests.test_bad_input import MUTATIONS, codes_of, try_mutation
from tests.test_house_rules import COMMANDS

RIGHTS: dict[str, Right] = {
    command.action: command.right for command in COMMANDS if command.right is not None
}
"""The right that each command needs, by its name."""
CLASS_7A = """SELECT id FROM school_classes
    WHERE school_id = 1 AND grade_level = 7 AND letter = 'А'"""
WITHOUT_RIGHT = {
    "signIn", "refreshSession", "endSession", "switchContext", "changePassword", "linkAccount",
}  # fmt: skip
"""Commands about oneself that need no right."""
OWN = {
    "audit_events", "attempts", "events", "school_heads", "scheduled_events",
    "files", "mail_attachments", "mail_copies", "mail_messages", "mail_recipients",
    "notice_receipts",
}  # fmt: skip
"""Tables of one's own rows: letters, files, receipts; and the logs of one's actions."""

TEACHER = """
SELECT c.login, s.person_id, s.id AS staff, t.school_class_id AS class, k.grade_level AS grade
FROM class_teachers t
JOIN staff s ON s.school_id = t.school_id AND s.id = t.staff_id
JOIN accounts a ON a.school_id = s.school_id AND a.person_id = s.person_id
JOIN credentials c ON c.id = a.credential_id
JOIN school_classes k ON k.school_id = t.school_id AND k.id = t.school_class_id
WHERE t.school_id = 1 AND t.valid_to IS NULL AND k.grade_level BETWEEN 2 AND 6
    AND EXISTS (SELECT FROM teaching_assignments x JOIN sections e
        ON e.school_id = x.school_id AND e.id = x.section_id
        WHERE x.school_id = 1 AND x.staff_id = s.id AND x.valid_to IS NULL
            AND e.school_class_id = t.school_class_id)
ORDER BY t.id LIMIT 1
"""
"""Somebody who leads a class and teaches in it, outside of the class that their other role is
for."""

SECTIONS = "SELECT id FROM sections WHERE school_class_id = :class"
OUTSIDE = {
    "SchoolClass": ("school_classes", "id = :class"),
    "Section": ("sections", "school_class_id = :class"),
    "Lesson": (
        "lessons",
        "status = 'PLANNED' AND section_id IN (SELECT section_id FROM teaching_assignments"
        " WHERE staff_id = :staff AND valid_to IS NULL AND section_id IN"
        " (SELECT id FROM sections WHERE school_class_id = :class))",
    ),
    "Student": (
        "students",
        "id IN (SELECT student_id FROM class_memberships WHERE school_class_id = :class)",
    ),
    "GuardianLink": (
        "guardian_links",
        "student_id IN (SELECT student_id FROM class_memberships WHERE school_class_id = :class)",
    ),
    "Assignment": ("assignments", f"section_id IN ({SECTIONS})"),
    "Mark": ("marks", f"section_id IN ({SECTIONS})"),
    "Staff": ("staff", "id <> :staff AND dismissed_on IS NULL"),
    "Account": (
        "accounts",
        "person_id IN (SELECT person_id FROM students WHERE id IN"
        " (SELECT student_id FROM class_memberships WHERE school_class_id = :class))",
    ),
    "RoleGrant": ("role_grants", "role = 'MUNICIPAL_OFFICER'"),
    "AccessRequest": ("access_requests", "status = 'PENDING'"),
    "Term": ("terms", "true"),
    "TermType": ("term_types", "true"),
    "AcademicYear": ("academic_years", "status = 'CURRENT'"),
    "Room": ("rooms", "true"),
    "HolidaySet": ("holiday_sets", "true"),
    "Holiday": ("holidays", "true"),
    "Subject": ("subjects", "true"),
    "AssignmentType": ("assignment_types", "true"),
    "Notice": ("notices", "withdrawn_at IS NULL"),
    "MailCopy": ("mail_copies", "true"),
    "School": ("schools", "true"),
}
"""Rows outside of the class, by the type of their ids."""


async def fetch_outside(sql: AsyncConnection, teacher: Any) -> dict[str, tuple[str, int]]:
    """Return id and version of a row outside of the class, by type."""
    found = {}
    for kind, (table, where) in OUTSIDE.items():
        query = f"SELECT id, version FROM {table} WHERE school_id = 1 AND {where} ORDER BY id"
        asked = {name: value for name, value in teacher.items() if f":{name}" in where}
        line = (await sql.execute(text(f"{query} DESC LIMIT 1"), asked)).one()
        found[kind] = (f"{kind}:1-{line[0]}", line[1])
    person = "SELECT person_id FROM students WHERE id = :id AND school_id = 1"
    student = int(found["Student"][0].rpartition("-")[2])
    key = await sql.scalar(text(person), {"id": student})
    found["PublicPerson"] = (f"PublicPerson:1-{key}", 1)
    return found


PLAIN: dict[str, Any] = {
    "String": "что-нибудь", "Int": 1, "Date": "2026-11-24", "LocalTime": "16:00:00",
    "Boolean": False, "Decimal": "1",
}  # fmt: skip
SPECIAL: dict[str, Any] = {
    "dismissedOn": "2027-06-01", "endsAt": "16:40:00", "gradeLevel": 11, "hiredOn": "2026-11-20",
    "letter": "Ю", "mediaType": "text/plain", "name": "a.txt", "personalFileNo": "Ю-1",
    "ordinal": 9, "startsAt": "16:00:00", "rights": [], "value": 4, "role": "MUNICIPAL_OFFICER",
    "code": "UNEXCUSED", "studentIds": [],
}  # fmt: skip
"""Values of arguments that need more than their type says, by name."""
TARGETS = [{"kind": "SCHOOL", "toStaff": True}]
CHANGES = {
    "UpdateSchoolInput": {"phone": "+7 495 000-00-00"},
    "EditNoticeInput": {"title": "Иначе"},
}
"""Changes of commands that require at least one change, though the schema requires none."""
NAMES = {"personId": "PublicPerson", "accessRequestId": "AccessRequest"}


def make_value(name: str, type_: Any, rows: dict[str, tuple[str, int]]) -> Any:
    named = get_named_type(type_)
    if name == "targets":
        return TARGETS
    if isinstance(named, GraphQLEnumType):
        return SPECIAL[name] if SPECIAL.get(name) in named.values else next(iter(named.values))
    if name in SPECIAL:
        return SPECIAL[name]
    if isinstance(named, GraphQLInputObjectType):
        one = make_input(named, rows)
        return [one] if is_list_type(getattr(type_, "of_type", type_)) else one
    if named.name == "ID":
        kind = NAMES.get(name) or name[0].upper() + name.removesuffix("Id")[1:]
        return rows[kind][0]
    return PLAIN[named.name]


def make_input(type_: Any, rows: dict[str, tuple[str, int]]) -> dict[str, Any]:
    """Return the required arguments of a command, about rows outside of the class."""
    given = {
        name: make_value(name, field.type, rows)
        for name, field in type_.fields.items()
        if is_required_input_field(field)
    }
    if "expectedVersion" in type_.fields:
        ids = (value for value in given.values() if re.match(r"\w+:1-\d", str(value)))
        given["expectedVersion"] = rows.get(next(ids, "").partition(":")[0], ("", 1))[1]
    if type_.name in ("SetMarkInput", "MarkItemInput"):
        given["value"] = 4
    return given | CHANGES.get(type_.name, {})


BADLY_ASKED = {"INTERNAL_SERVER_ERROR", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command: its refusals, and the tables it wrote to, except one's own rows."""

    codes: frozenset[str]
    wrote: frozenset[str]

    @property
    def passed_the_right(self) -> bool:
        return not self.codes or not self.codes <= {"FORBIDDEN", "NOT_FOUND"}


async def send(api: Api, sql: AsyncConnection, name: str, given: Any) -> Outcome:
    last = await sql.scalar(text("SELECT coalesce(max(n), 0) FROM undo.notes"))
    reply = await try_mutation(api, name, given)
    codes = frozenset(map(str, codes_of(reply)))
    assert not codes & BADLY_ASKED, (name, given, reply.errors)
    wrote = "SELECT DISTINCT tab::regclass::text FROM undo.notes WHERE n > :last"
    tables = set(await sql.scalars(text(wrote), {"last": last})) - OWN
    return Outcome(codes, frozenset(tables))


GRANT = """INSERT INTO role_grants (school_id, version, person_id, role, scope, school_class_id,
    grade_level, valid_from, granted_at)
    VALUES (1, 1, :person, :role, :scope, :class, :grade, '2026-11-01', now()) RETURNING id"""
HELD = """SELECT id FROM role_grants WHERE school_id = 1 AND person_id = :person
    AND role = :role AND scope = :scope AND valid_to IS NULL"""
SWITCH = """mutation ($role: Role!, $grant: ID!) {
    switchContext(input: {role: $role, roleGrantId: $grant}) {
        accessToken userErrors { code } } }"""


async def switch_role(api: Api, sql: AsyncConnection, role: Role, **grant: Any) -> Api:
    given = {"scope": "SCHOOL", "class": None, "grade": None, **grant, "role": role.name}
    key = await sql.scalar(text(HELD), given) or await sql.scalar(text(GRANT), given)
    await sql.execute(
        text("UPDATE sessions SET revoked_at = NULL")
    )  # the last switch of context ended it
    done = await api(SWITCH, role=role.name, grant=f"RoleGrant:1-{key}")
    api.caller.token = done["switchContext"]["accessToken"]
    return api


GIVEN = [role for role in Role if role not in FOLLOWING]


def holds_everywhere(role: Role, right: Right) -> bool:
    """Return whether a role given for the whole school holds a right in the whole school."""
    return (role, right, AccessScope.SCHOOL) in default_rights()


@pytest.mark.lengthy
@pytest.mark.parametrize("part", ["class", pytest.param("grade", marks=pytest.mark.endurance)])
@pytest.mark.parametrize("role", GIVEN, ids=lambda role: role.name)
async def test_a_role_for_a_part_of_the_school_writes_nothing_outside_of_it(
    api: SignIn, sql: AsyncConnection, role: Role, part: str
) -> None:
    teacher: Any = dict((await sql.execute(text(TEACHER))).mappings().one())
    rows = await fetch_outside(sql, teacher)
    inputs = {
        name: make_input(get_named_type(MUTATIONS[name].args["input"].type), rows)
        for name in RIGHTS
    }
    class_7a = await sql.scalar(text(CLASS_7A))
    places: dict[str, dict[str, Any]] = {
        "class": {"scope": "SCHOOL_CLASS", "class": class_7a},
        "grade": {"scope": "GRADE_LEVEL", "grade": 7},
        "school": {},
    }
    sent: dict[str, dict[str, Outcome]] = {}
    for place in (part, "school"):
        person = await switch_role(
            api(teacher["login"]), sql, role, person=teacher["person_id"], **places[place]
        )
        sent[place] = {name: await send(person, sql, name, inputs[name]) for name in RIGHTS}
    everywhere = {name for name, right in RIGHTS.items() if holds_everywhere(role, right)}
    assert not {name: one.wrote for name, one in sent[part].items() if one.wrote}
    passed = {name for name in everywhere if sent[part][name].passed_the_right}
    assert passed <= OPEN_TO_PARTS, passed
    stopped = {name for name in everywhere if not sent["school"][name].passed_the_right}
    assert stopped <= NEEDS_MORE_THAN_THE_RIGHT, "the same arguments would get past the right"


OPEN_TO_PARTS = {"saveDraft", "sendMail", "markNoticeRead", "acknowledgeNotice"}
"""Commands about one's own letters and receipts, which a role for a part of the school has, too."""
NEEDS_MORE_THAN_THE_RIGHT = {
    "editNotice", "withdrawNotice", "withdrawAccessRequest", "approveAccessRequest",
    "refuseAccessRequest",
}  # fmt: skip
"""Commands whose right reaches only some rows, whoever holds it: notices that one wrote, requests
that one filed, or by which others gain."""


def test_every_command_is_tried() -> None:
    """A new command is tested automatically; one that needs no right must be reviewed."""
    assert set(MUTATIONS) == set(RIGHTS) | WITHOUT_RIGHT
    reached = {
        right for role in GIVEN for right in RIGHTS.values() if holds_everywhere(role, right)
    }
    for_families_and_teachers = {
        "marks:write", "attendance:write", "term-marks:write", "lessons:write",
        "guardians:consent", "files:upload", "mail:use",
    }  # fmt: skip
    assert {right.value for right in set(RIGHTS.values()) - reached} == for_families_and_teachers


async def test_a_deputy_for_one_class_creates_no_class(api: SignIn, sql: AsyncConnection) -> None:
    teacher: Any = dict((await sql.execute(text(TEACHER))).mappings().one())
    given = make_input(
        get_named_type(MUTATIONS["createClass"].args["input"].type),
        await fetch_outside(sql, teacher),
    )
    in_7a = {"scope": "SCHOOL_CLASS", "class": await sql.scalar(text(CLASS_7A))}
    for scope, codes in ((in_7a, {"FORBIDDEN"}), ({}, set())):
        person = teacher["person_id"]
        deputy = await switch_role(
            api(teacher["login"]), sql, Role.DEPUTY_DIRECTOR, person=person, **scope
        )
        assert codes_of(await try_mutation(deputy, "createClass", given)) == codes
