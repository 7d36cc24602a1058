"""A link gives no right: whether its holder may see the row is asked when the bytes go out (e9)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.conftest import Api, SignIn
from tests.files.sending import PDF, announce, code_of, upload
from tests.files.test_attachments import SEEN, attach

TEACHER = ("teacher.belova", Role.CLASS_TEACHER)
MOTHER = "parent.ivanova"
WITHDRAW = """mutation ($id: ID!) { withdrawNotice(input: {noticeId: $id, expectedVersion: 1}) {
  notice { id } userErrors { code } } }"""
TERMINATE = """mutation ($id: ID!) { endGuardianLink(input: {guardianLinkId: $id,
  expectedVersion: 1, legalStatus: TERMINATED, basisDocument: "Решение суда № 1"}) {
  guardianLink { id } userErrors { code } } }"""
LOCK = """mutation ($id: ID!) { lockAccount(input: {accountId: $id, expectedVersion: %d,
  reason: "Утерян телефон"}) { account { id } userErrors { code } } }"""

Ending = Callable[[SignIn, AsyncConnection, str], Awaitable[Any]]


async def court_ends_it(api: SignIn, sql: AsyncConnection, there: str) -> None:
    """Of both her children: a notice to 7А reaches her by the one, a file of hers by neither."""
    links = await sql.scalars(
        text("""SELECT l.id FROM guardian_links l JOIN guardians g ON g.id = l.guardian_id
            JOIN accounts a ON a.person_id = g.person_id
            JOIN credentials c ON c.id = a.credential_id WHERE c.login = 'parent.ivanova'""")
    )
    for link in links.all():
        await api("social")(TERMINATE, id=f"GuardianLink:1-{link}")


async def notice_is_withdrawn(api: SignIn, sql: AsyncConnection, there: str) -> None:
    await api(*TEACHER)(WITHDRAW, id=there)


async def account_is_locked(api: SignIn, sql: AsyncConnection, there: str) -> None:
    key, version = (
        await sql.execute(
            text("""SELECT a.id, a.version FROM accounts a
                JOIN credentials c ON c.id = a.credential_id WHERE c.login = 'parent.ivanova'""")
        )
    ).one()
    await api("admin")(LOCK % version, id=f"Account:1-{key}")


async def right_is_taken(api: SignIn, sql: AsyncConnection, there: str) -> None:
    """Of the role, to all three."""
    await sql.execute(
        text("""DELETE FROM role_rights WHERE school_id = 1 AND role = 'PARENT'
            AND permission IN ('notices:read', 'mail:use', 'assignments:read')""")
    )


async def child_leaves_the_section(api: SignIn, sql: AsyncConnection, there: str) -> None:
    """Taken back to before the lesson."""
    await sql.execute(
        text("""UPDATE section_memberships SET valid_to = valid_from + 1
            WHERE school_id = 1 AND student_id = 1""")
    )


@pytest.mark.parametrize(
    ("to", "ending"),
    [
        ("notice", court_ends_it),
        ("notice", notice_is_withdrawn),
        ("notice", account_is_locked),
        ("notice", right_is_taken),
        ("letter", account_is_locked),
        ("letter", right_is_taken),
        ("homework", court_ends_it),
        ("homework", right_is_taken),
        ("homework", child_leaves_the_section),
    ],
)
async def test_a_link_ends_with_the_right_to_what_it_is_attached_to(
    api: SignIn, http: AsyncClient, sql: AsyncConnection, to: str, ending: Ending
) -> None:
    teacher, mother = api(*TEACHER), api(MOTHER)
    file = await upload(teacher, http)
    there = await attach(api, teacher, to, file["id"])
    [seen] = (await mother(SEEN, id=there))["node"]["attachments"]
    assert (await http.get(seen["url"])).content == PDF

    await ending(api, sql, there)

    for response in (await http.get(seen["url"]), await http.head(seen["url"])):
        assert response.status_code == 403
        assert response.headers["cache-control"] == "no-store"
    response = await http.get(seen["url"])
    assert code_of(response) == "LINK_NOT_GOOD"
    assert PDF[:20] not in response.content


async def test_withdrawn_consent_ends_the_links_of_a_parent(
    api: SignIn, http: AsyncClient, sql: AsyncConnection
) -> None:
    student, link = (
        await sql.execute(
            text("""SELECT l.student_id, l.id FROM guardian_links l
                JOIN guardians g ON g.id = l.guardian_id
                JOIN accounts a ON a.person_id = g.person_id
                JOIN credentials c ON c.id = a.credential_id
                WHERE c.login = 'parent.fyodorova'""")
        )
    ).one()
    await sql.execute(
        text("UPDATE guardian_links SET consent_from = '2026-11-01' WHERE id = :id"), {"id": link}
    )
    file = await upload(api("director"), http)
    publish = """mutation ($file: ID!, $class: ID!) { publishNotice(input: {title: "О ЕГЭ",
      body: "Сроки", fileIds: [$file], targets: [{kind: SCHOOL_CLASS, schoolClassId: $class,
      toGuardians: true}]}) { notice { id } userErrors { code } } }"""
    school_class = await sql.scalar(
        text("""SELECT school_class_id FROM class_memberships WHERE school_id = 1
            AND valid_to IS NULL AND student_id = :id"""),
        {"id": student},
    )
    given = {"file": file["id"], "class": f"SchoolClass:1-{school_class}"}
    notice = (await api("director")(publish, **given))["publishNotice"]["notice"]["id"]
    mother = api("parent.fyodorova")
    [seen] = (await mother(SEEN, id=notice))["node"]["attachments"]
    assert (await http.get(seen["url"])).status_code == 200
    stop = """mutation ($id: ID!) { stopSharingWithGuardian(input: {guardianLinkId: $id,
      expectedVersion: 1}) { guardianLink { id } userErrors { code } } }"""
    await api("student.fyodorov")(stop, id=f"GuardianLink:1-{link}")
    assert code_of(await http.get(seen["url"])) == "LINK_NOT_GOOD"


async def test_a_former_teacher_s_links_to_homework_end_with_the_role(
    api: SignIn, http: AsyncClient, sql: AsyncConnection
) -> None:
    teacher = api(*TEACHER)
    file = await upload(teacher, http)
    there = await attach(api, teacher, "homework", file["id"])
    [seen] = (await teacher(SEEN, id=there))["node"]["attachments"]
    await sql.execute(text("UPDATE class_teachers SET valid_to = '2026-11-23' WHERE school_id = 1"))
    assert code_of(await http.get(seen["url"])) == "LINK_NOT_GOOD"


async def test_a_link_is_not_for_the_holder_of_another_session(
    api: SignIn, http: AsyncClient
) -> None:
    """Also not for one who may see the same: it is the session's own."""
    teacher, mother = api(*TEACHER), api(MOTHER)
    file = await upload(teacher, http)
    there = await attach(api, teacher, "notice", file["id"])
    [seen] = (await mother(SEEN, id=there))["node"]["attachments"]

    async def code(who: Api | None, token: str = "") -> str | None:
        token = (who.caller.token or "") if who else token
        response = await http.get(seen["url"], headers={"Authorization": f"Bearer {token}"})
        return None if response.status_code == 200 else code_of(response)

    assert await code(mother) is None
    for login in ("parent.sokolov", "director", "parent.ivanov"):
        assert await code(api(login)) == "LINK_NOT_GOOD"
    for token in ("", "x", f"1.{'a' * 43}", f"2.{'a' * 43}"):
        assert await code(None, token) == "LINK_NOT_GOOD"


async def test_who_may_upload_no_more_sends_no_bytes(
    api: SignIn, http: AsyncClient, sql: AsyncConnection, stored: Any
) -> None:
    invited = await announce(api(MOTHER))
    await sql.execute(
        text("""DELETE FROM role_rights WHERE school_id = 1 AND role = 'PARENT'
            AND permission = 'files:upload'""")
    )
    assert code_of(await http.put(invited["url"], content=PDF)) == "LINK_NOT_GOOD"
    assert stored() == []
