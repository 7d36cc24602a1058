"""An audit log of an earlier version keeps no secret after the upgrade, and its chain still
holds."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.pool import NullPool

from models.access.roles import Role
from models.database import migrate, roles
from models.database.engine import connect
from models.database.roles import OWNER
from resolvers.access.audit import verify_chain
from tests.postgres import Server

SECRET = "Решение суда о лишении № 2-999/2026"
OLD: list[tuple[str | None, str, str | None, str]] = [
    (None, "access.operators.create_admin", "Account:1-1", "login: first.admin"),
    ("SUBJECT_TEACHER", "journal.marks.set_mark", "Mark:1-1", "value: 2\nkind: MarkKind.NUMERIC"),
    ("SOCIAL_PEDAGOGUE", "people.guardians.link_guardian", "GuardianLink:1-9", f"x: {SECRET}"),
    ("PSYCHOLOGIST", "read", None, "StudentHealth, StudentIdentity"),
    ("PARENT", "communication.letters.send_mail", "MailMessage:1-23", ""),
    ("PARENT", "communication.receipts.acknowledge_notice", "Notice:1-5", "notice_id: Notice:1-5"),
]


def find_version_before() -> str:
    """Return the version before the one that gave types to details."""
    scripts = ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions()
    [one] = [script for script in scripts if script.doc == "audit details"]
    assert isinstance(one.down_revision, str)
    return one.down_revision


async def write_old_log(connection: AsyncConnection) -> bytes:
    """Write a school with a log as an earlier version wrote it; return its last hash."""
    for statement in (
        "INSERT INTO schools (short_name, full_name, time_zone) VALUES ('Ш', 'Ш', 'Asia/Omsk')",
        "SET app.school_id = '1'",
        "INSERT INTO persons (family_name, given_name) VALUES ('Иванов', 'Иван')",
        "INSERT INTO attempts (person_id, key, action, result, at) VALUES"
        " (1, gen_random_uuid(), 'journal.marks.set_mark', '{}', now())",
    ):
        await connection.execute(text(statement))
    previous, at = bytes(32), datetime(2026, 11, 1, tzinfo=UTC)
    for seq, (role, action, entity, details) in enumerate(OLD, start=1):
        entry: dict[str, Any] = {
            "actor_id": 1 if role else None, "role": role, "action": action, "entity": entity,
            "details": details, "request_id": "r", "at": at + timedelta(hours=seq),
        }  # fmt: skip
        plain = json.dumps({**entry, "at": entry["at"].isoformat()}, sort_keys=True,
                           ensure_ascii=False)  # fmt: skip
        sealed = hashlib.sha256(previous + plain.encode()).digest()
        await connection.execute(
            text("""INSERT INTO audit_events (seq, at, actor_id, role, action, entity, details,
                request_id, previous_hash, hash) VALUES (:seq, :at, :actor_id, :role, :action,
                :entity, :details, :request_id, :previous, :hash)"""),
            {**entry, "seq": seq, "previous": previous, "hash": sealed},
        )
        previous = sealed
    await connection.execute(
        text("INSERT INTO school_heads (school_id, event_seq, audit_seq, audit_hash)"
             " VALUES (1, 0, :seq, :hash)"),
        {"seq": len(OLD), "hash": previous},
    )  # fmt: skip
    await connection.commit()
    return previous


async def fetch_entries(connection: AsyncConnection) -> list[Any]:
    query = "SELECT action, role, entity, details FROM audit_events ORDER BY seq"
    return [tuple(line) for line in await connection.execute(text(query))]


@pytest.mark.parametrize("tampered", [False, True])
async def test_an_old_log_is_sealed_again_without_its_secrets(
    postgres: Server, tampered: bool
) -> None:
    name = f"old_log_{tampered}".lower()
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    url = postgres.url("postgres", name)
    await migrate.upgrade(url, find_version_before())
    engine = connect(url, role=OWNER, poolclass=NullPool)
    async with engine.connect() as connection:
        last_hash = await write_old_log(connection)
        if tampered:
            await connection.execute(text("SET app.school_id = '1'"))
            await connection.execute(text("UPDATE audit_events SET role = 'PARENT' WHERE seq = 3"))
            await connection.commit()
    await migrate.upgrade(url)
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None
    async with engine.connect() as connection:
        await connection.execute(text("SET app.school_id = '1'"))
        *found, told = await fetch_entries(connection)
        assert [(action, entity) for action, _, entity, _ in found] == [
            ("gorod user create-admin", "Account:1-1"),
            ("setMark", "Mark:1-1"),
            ("linkGuardian", "GuardianLink:1-9"),
            ("read", None),
            ("sendMail", None),
            ("acknowledgeNotice", None),
        ]
        read = [{"name": kind, "values": None} for kind in ("StudentHealth", "StudentIdentity")]
        assert [details for *_, details in found] == [[], [], [], read, [], []]
        assert told[:3] == ("gorod db upgrade", None, "School:1-1")
        said = {detail["name"]: detail["values"] for detail in told[3]}
        broken = {"brokenAt": ["3"]} if tampered else {}
        assert said == {"entries": ["6"], "lastHash": [last_hash.hex()], **broken}
        whole = await connection.scalar(text("SELECT string_agg(a::text, '') FROM audit_events a"))
        assert SECRET not in str(whole)
        assert await connection.scalar(text("SELECT action FROM attempts")) == "setMark"
        rights = text("SELECT role FROM role_rights WHERE permission = 'sensitive-reads:read'")
        holders = set((await connection.scalars(rights)).all())
        assert holders == {"STUDENT", "PARENT", "DEPUTY_DIRECTOR", "SCHOOL_ADMINISTRATOR",
                           "DIRECTOR"}  # fmt: skip
        assert holders <= {role.name for role in Role}
    await migrate.downgrade(url, find_version_before())
    await migrate.upgrade(url)
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, 1) is None
    assert await migrate.report_drift(url) == []
    await engine.dispose()
