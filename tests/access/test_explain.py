"""Explanations why somebody sees a row or field, or does not."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.access.asking import get_code
from tests.conftest import Api, SignIn, Template

EXPLAIN = """query ($account: ID!, $node: ID!, $field: String) {
    explainAccess(accountId: $account, nodeId: $node, field: $field) {
        allowed permissions text
        roles { role reached text rights { permission scopes } }
        grantedBy { role permission scope }
    }
}"""


async def find_account(api: SignIn, name: str) -> str:
    found = await api("admin")(
        "query ($n: String) { accounts(filter: {fullName: {contains: $n}}) { nodes { id } } }",
        n=name,
    )
    return str(found["accounts"]["nodes"][0]["id"])


async def find_student(api: SignIn, name: str) -> str:
    found = await api("director")(
        "query ($n: String) { students(filter: {fullName: {contains: $n}}) { nodes { id } } }",
        n=name,
    )
    return str(found["students"]["nodes"][0]["id"])


async def explain(api: SignIn, who: str, node: str, field: str | None = None) -> Any:
    given = {"account": await find_account(api, who), "node": node, "field": field}
    return (await api("admin")(EXPLAIN, **given))["explainAccess"]


async def test_a_mother_sees_her_child_as_a_mother(api: SignIn) -> None:
    told = await explain(api, "Иванова Ольга", await find_student(api, "Иванова Мария"))
    assert told["allowed"] is True
    assert told["permissions"] == ["students:read"]
    assert told["text"] == "Seen. Role: parent."
    [role] = told["roles"]
    assert role["role"] == "PARENT"
    assert role["rights"] == [{"permission": "students:read", "scopes": ["CHILD"]}]
    assert role["text"] == "Parent: seen, by `students:read`: one's own children."
    assert {"role": "PARENT", "permission": "students:read", "scope": "CHILD"} in told["grantedBy"]


async def test_another_mother_does_not_see_the_child_though_she_holds_the_right(
    api: SignIn,
) -> None:
    told = await explain(api, "Соколова Татьяна", await find_student(api, "Иванова Мария"))
    assert told["allowed"] is False
    assert told["text"] == "Not seen in any of the roles. It takes `students:read`."
    assert told["roles"][0]["text"].startswith("Parent: not seen; the right is there")


async def test_a_teacher_who_is_a_mother_sees_her_child_only_as_a_mother(api: SignIn) -> None:
    """Орлова's son is in 4А, where she does not teach."""
    node = await find_student(api, "Орлов Кирилл")
    told = await explain(api, "Орлова Марина", node, "birthDate")
    assert told["permissions"] == ["students:read", "birth-dates:read"]
    reached = {role["role"]: role["reached"] for role in told["roles"]}
    assert reached["PARENT"] is True
    assert reached["SUBJECT_TEACHER"] is False
    [teaching] = [role for role in told["roles"] if role["role"] == "SUBJECT_TEACHER"]
    assert teaching["text"] == (
        "Subject teacher: not seen, the role does not hold `birth-dates:read`."
    )


FIELDS = [
    ("Иванова Ольга", "identity", True),  # her own child's
    ("Белова", "identity", True),  # of her class
    ("Гусев Алексей", "identity", False),  # never by teaching
    ("Тихонова", "identity", False),
    ("Рябов", "health", False),
    ("Тихонова", "health", True),
    ("Сомова", "health", True),  # its fields have rights of their own
    ("Рябов", "birthDate", False),
    ("Воронцова", "birthDate", True),
    ("Рябов", "fullName", True),
    ("Белова", "guardianLinks", True),
    ("Гусев Алексей", "guardianLinks", False),
    ("Иванов Пётр Алексеевич", "schoolClass", True),
]


@pytest.mark.parametrize(("who", "field", "allowed"), FIELDS)
async def test_fields_of_a_student(api: SignIn, who: str, field: str, allowed: bool) -> None:
    told = await explain(api, who, await find_student(api, "Иванова Мария"), field)
    assert told["allowed"] is allowed


@pytest.mark.parametrize(("who", "login", "role"), [
    ("Иванова Ольга", "parent.ivanova", None),
    ("Белова", "teacher.belova", Role.CLASS_TEACHER),
    ("Гусев Алексей", "teacher.gusev", Role.SUBJECT_TEACHER),
    ("Громов Андрей", "parent.gromov", None),
    ("Рябов", "admin", None),
])  # fmt: skip
@pytest.mark.parametrize("field", ["identity", "contacts", "health", "birthDate"])
async def test_an_explanation_agrees_with_the_answer(
    api: SignIn, who: str, login: str, role: Role | None, field: str
) -> None:
    told = await explain(api, who, node := await find_student(api, "Громова Полина"), field)
    subfield = "" if field == "birthDate" else " { id }"
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Student {{ {field}{subfield} }} }} }}"
    reply = await api(login, role).reply(query, id=node)
    shown = ((reply.data or {}).get("node") or {}).get(field)
    there = [one for one in told["roles"] if role is None or one["role"] == role.name]
    assert any(one["reached"] for one in there) is (shown is not None)


async def test_a_restricted_father_learns_nothing_of_where_his_child_lives(api: SignIn) -> None:
    node = await find_student(api, "Громова Полина")
    assert (await explain(api, "Громов Андрей", node))["allowed"] is True
    told = await explain(api, "Громов Андрей", node, "contacts")
    assert told["allowed"] is False
    assert told["permissions"] == ["students:read", "contacts:read"]


async def test_a_locked_account_has_no_roles(api: SignIn, sql: AsyncConnection) -> None:
    await sql.execute(text("UPDATE accounts SET status = 'LOCKED'"
                           " WHERE credential_id = (SELECT id FROM credentials"
                           " WHERE login = 'parent.ivanova')"))  # fmt: skip
    told = await explain(api, "Иванова Ольга", await find_student(api, "Иванова Мария"))
    assert (told["allowed"], told["roles"]) == (False, [])
    assert told["text"] == "The account has no role now, or it is locked."


async def test_explanations_are_in_russian_too(api: SignIn) -> None:
    admin = Api(replace(api("admin").caller, language="ru"))
    given = {
        "account": await find_account(api, "Иванова Ольга"),
        "node": await find_student(api, "Соколов Егор"),
    }
    told = (await admin(EXPLAIN, **given))["explainAccess"]
    assert told["text"] == "Не видно ни в одной из ролей. Нужно: `students:read`."
    assert told["roles"][0]["text"] == (
        "Родитель: не видно; право есть (`students:read`: своих детей), но сюда оно не достаёт."
    )


async def test_missing_rows_and_hidden_rows_look_the_same(api: SignIn, template: Template) -> None:
    [here] = {school for _, school in template.roles["admin"]}
    [there] = {school for _, school in template.roles["parent.morozova"]} - {here}
    hidden = await explain(api, "Рябов", "StudentHealth:1-1")
    missing = await explain(api, "Рябов", "StudentHealth:1-999999")
    assert hidden == missing
    absent = await explain(api, "Рябов", f"Student:{here}-999999", "health")
    elsewhere = await explain(api, "Рябов", f"Student:{there}-1", "health")
    assert absent == elsewhere


async def test_accounts_one_does_not_see_are_not_explained(api: SignIn, template: Template) -> None:
    [here] = {school for _, school in template.roles["admin"]}
    node = await find_student(api, "Иванова Мария")
    for unknown in (f"Account:{here}-999999", f"Account:{3 - here}-1"):
        told = await api("admin")(EXPLAIN, account=unknown, node=node)
        assert told == {"explainAccess": None}


@pytest.mark.parametrize(
    ("node", "field"),
    [("Student:1-1", "shoeSize"), ("Student:1-1", ""), ("Session:1-1", None), ("nonsense", None)],
)
async def test_an_invalid_question_is_refused(api: SignIn, node: str, field: str | None) -> None:
    given = {"account": await find_account(api, "Рябов"), "node": node, "field": field}
    assert await get_code(api("admin"), EXPLAIN, **given) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "login", ["zavuch", "secretary", "hr", "teacher.belova", "parent.ivanova", "student.ivanova"]
)
async def test_people_without_the_right_get_no_explanation(api: SignIn, login: str) -> None:
    given = {
        "account": await find_account(api, "Рябов"),
        "node": await find_student(api, "Иванова Мария"),
    }
    assert await get_code(api(login), EXPLAIN, **given) == "FORBIDDEN"


async def test_an_administrator_of_one_grade_explains_nothing(
    api: SignIn, sql: AsyncConnection
) -> None:
    given = {
        "account": await find_account(api, "Рябов"),
        "node": await find_student(api, "Иванова Мария"),
    }
    await sql.execute(text("UPDATE role_grants SET scope = 'GRADE_LEVEL', grade_level = 7"
                           " WHERE role = 'SCHOOL_ADMINISTRATOR'"))  # fmt: skip
    assert await get_code(api("admin"), EXPLAIN, **given) == "FORBIDDEN"


# -- hidden rows -----------------------------------------------------------------------

LETTERS = ["MailMessage", "MailCopy", "MailRecipient", "MailAttachment"]
COUNT = "SELECT max(id) FROM {table} WHERE school_id = 1"


async def fetch_some_key(sql: AsyncConnection, table: str) -> int:
    found = await sql.scalar(text(COUNT.format(table=table)))
    assert found, f"no row in {table}: the test would show nothing"
    return int(found)


HIDDEN_FROM_THE_ADMINISTRATOR = [
    ("Mark", "marks"),
    ("TermMark", "term_marks"),
    ("AttendanceRecord", "attendance_records"),
    ("StudentHealth", "student_health"),
    ("StudentIdentity", "student_identities"),
    ("StaffIdentity", "staff_identities"),
    ("Homework", "homework"),
    ("NoticeReceipt", "notice_receipts"),
]


@pytest.mark.parametrize(("kind", "table"), HIDDEN_FROM_THE_ADMINISTRATOR)
async def test_the_administrator_does_not_learn_that_a_hidden_row_exists(
    api: SignIn, sql: AsyncConnection, statements: Any, kind: str, table: str
) -> None:
    """The answer is the same whoever may read the row: the psychologist, the director, or
    nobody."""
    key = await fetch_some_key(sql, table)
    for who in ("Тихонова", "Воронцова", "Иванова Ольга"):
        of = await find_account(api, who)
        costs, answers = [], []
        for node in (f"{kind}:1-{key}", f"{kind}:1-999999999"):
            with statements() as sent:
                answers.append(await api("admin")(EXPLAIN, account=of, node=node))
            costs.append(len(sent))
        assert answers[0] == answers[1]
        assert costs[0] == costs[1], "nor by how long it takes"
        told = answers[0]["explainAccess"]
        assert told["allowed"] is None
        assert {role["reached"] for role in told["roles"]} == {None}
        assert told["permissions"], "which rights it takes is no secret"


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("login", ["admin", "director"])
async def test_nobody_learns_who_holds_which_letter(
    api: SignIn, sql: AsyncConnection, login: str, kind: str
) -> None:
    """This holds even for a letter of the asker: there may be blind copies of it."""
    answers = set()
    for who in ("Воронцова", "Иванова Ольга", "Белова"):
        of = await find_account(api, who)
        for key in (*range(1, 13), 999999999):
            told = (await api(login)(EXPLAIN, account=of, node=f"{kind}:1-{key}"))["explainAccess"]
            answers.add((told["allowed"], *(role["reached"] for role in told["roles"])))
    held = text("""SELECT count(*) FROM mail_copies c JOIN persons p ON p.id = c.person_id
                   WHERE p.family_name IN ('Воронцова', 'Белова') AND c.message_id < 13""")
    assert await sql.scalar(held), "some of them do hold some of these letters"
    assert {value for answer in answers for value in answer} == {None}


async def test_a_field_tells_nothing_of_a_row_that_the_asker_may_not_read(
    api: SignIn, sql: AsyncConnection
) -> None:
    """The administrator must not learn whether a child has a medical file."""
    node = await find_student(api, "Иванова Мария")
    before = await explain(api, "Тихонова", node, "health")
    gone = await sql.execute(
        text("DELETE FROM student_health WHERE school_id = 1 AND student_id = :key"),
        {"key": int(node.rpartition("-")[2])},
    )
    assert gone.rowcount == 1
    assert await explain(api, "Тихонова", node, "health") == before


async def test_the_director_is_told_of_rows_the_director_reads(
    api: SignIn, sql: AsyncConnection
) -> None:
    node = f"Mark:1-{await fetch_some_key(sql, 'marks')}"
    director = api("director")
    told = {
        who: (await director(EXPLAIN, account=await find_account(api, who), node=node))[
            "explainAccess"
        ]
        for who in ("Тихонова", "Рябов")
    }
    assert (told["Тихонова"]["allowed"], told["Рябов"]["allowed"]) == (True, False)


async def test_a_withheld_explanation_says_so(api: SignIn) -> None:
    told = await explain(api, "Тихонова", "Mark:1-1")
    assert told["text"].startswith("It takes `marks:read`. Whether this row itself is seen")
    assert told["roles"][0]["text"].startswith("Psychologist: the right is there")
