"""Texts that Python makes with the secret key are the same in compiled answers as in others."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from resolvers.core.shapes import SHAPES, Guarded, Keyed
from tests.conftest import SignIn
from tests.engine.conftest import Both

IDENTITY = """{ student(by: {id: "Student:1-1"}) { identity { documentNumber snils } } }"""
STAFF = """{ staff(first: 5) { nodes { identity { documentNumber snils } } } }"""
CONTACTS = """{ students(first: 20) { nodes { fullName contacts { phone address }
    guardianLinks { guardian { contacts { address } } } } } }"""
HOMEWORK = """{ lessons(first: 100, filter: {date: {gte: "2026-11-09", lte: "2026-11-22"}}) {
    nodes { id homework { text attachments { fileName url } } } } }"""
NOTICES = "{ notices(first: 20) { nodes { title attachments { url fileName } } } }"
MAIL = "{ mailbox(first: 20) { nodes { message { attachments { url } } } } }"
FILES = """{ a: node(id: "%s") { ... on File { url status } }
    b: node(id: "%s") { ... on File { url status } } }"""
SNILS = re.compile(r"'snils': '\d{3}-\d{3}-\d{3} \d{2}'")
ADDRESS = re.compile(r"'address': '.+, .+'")
KEYED = {
    "StudentIdentity": {"document_number", "snils"},
    "StaffIdentity": {"document_number", "snils"},
    "StudentContacts": {"address"},
    "GuardianContacts": {"address"},
    "HomeworkAttachment": {"url"},
    "NoticeAttachment": {"url"},
    "MailAttachment": {"url"},
    "File": {"url"},
}


@pytest.fixture
async def files(sql: AsyncConnection) -> list[str]:
    """A file of the deputy that was uploaded, attached to all possible rows, and one that was
    not."""
    found = await sql.execute(
        text("""INSERT INTO files (school_id, owner_id, name, media_type, size, status, created_at,
            uploaded_at, storage_key)
            SELECT 1, a.person_id, s || '.pdf', 'application/pdf', 9, s, now(),
                CASE s WHEN 'READY' THEN now() END, 'none/' || s
            FROM accounts a JOIN credentials c ON c.id = a.credential_id,
                unnest(ARRAY['READY', 'PENDING']) s
            WHERE a.school_id = 1 AND c.login = 'zavuch' ORDER BY s DESC RETURNING id""")
    )
    ready, pending = found.scalars().all()
    for table, to in (
        ("homework_attachments", "homework"),
        ("notice_attachments", "notices"),
        ("mail_attachments", "mail_messages"),
    ):
        column = {"notices": "notice_id", "mail_messages": "message_id"}.get(to, "homework_id")
        await sql.execute(
            text(f"""INSERT INTO {table} (school_id, {column}, file_id, position)
                SELECT 1, id, {ready}, 0 FROM {to} WHERE school_id = 1""")
        )
    return [f"File:1-{ready}", f"File:1-{pending}"]


def test_these_are_all_fields_with_a_key() -> None:
    found = {
        row.api_name(): names
        for row, shapes in SHAPES.items()
        if (names := {name for name, shape in shapes.items() if is_keyed(shape)})
    }
    assert found == KEYED


def is_keyed(shape: object) -> bool:
    return isinstance(shape.shape if isinstance(shape, Guarded) else shape, Keyed)


@pytest.mark.parametrize(
    ("document", "pattern"), [(IDENTITY, SNILS), (STAFF, SNILS), (CONTACTS, ADDRESS)]
)
async def test_encrypted_fields_are_compiled(
    api: SignIn, both: Both, document: str, pattern: re.Pattern[str]
) -> None:
    director = api("director")
    assert await both(director, document) == "compiled"
    assert pattern.search(str(await director(document)))


async def test_addresses_are_read_by_their_own_right(api: SignIn, both: Both) -> None:
    asked = '{ student(by: {id: "Student:1-1"}) { contacts { phone address } } }'
    for who in (api("director"), api("parent.ivanova"), api("psychologist")):
        assert await both(who, asked) == "compiled"
    shown = (await api("director")(asked))["student"]["contacts"]
    assert "," in shown["address"]


@pytest.mark.parametrize("document", [HOMEWORK, NOTICES, MAIL])
async def test_links_of_attachments_are_compiled(
    api: SignIn, both: Both, files: list[str], document: str
) -> None:
    for who in (api("parent.ivanova"), api("teacher.belova", Role.CLASS_TEACHER)):
        assert await both(who, document) == "compiled"
        assert "/files/" in str(await who(document))


async def test_a_file_that_was_not_uploaded_has_no_link(
    api: SignIn, both: Both, files: list[str]
) -> None:
    deputy, asked = api("zavuch"), FILES % tuple(files)
    assert await both(deputy, asked) == "compiled"
    shown = await deputy(asked)
    assert shown["a"]["url"]
    assert shown["a"]["status"] == "READY"
    assert shown["b"] == {"url": None, "status": "PENDING"}
