"""Who sees which field: `authz_matrix.csv`, made by asking the schema as each role of the demo.

A line a `Type.field`, a column a role. `allow`: all there is to see; `own`: some of it; `null`:
nothing, silently; `denied`: nothing, and an error says so. The file was reviewed against the rights
of domain.md (c); whoever changes a right or adds a field sees here what it opened, by
`GOROD_WRITE_MATRIX=1 pytest tests/test_authz_matrix.py`, and reviews the difference.
"""

import csv
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from auth.policy import reading, visible
from gql.schema import schema
from models.access.roles import Role
from models.base import Id, OfSchool
from resolvers.access.identify import identify
from resolvers.context import Services, stand_in
from resolvers.demo.cast import LOGINS
from resolvers.shapes import SHAPES
from tests.conftest import Api, SignIn

FILE = Path(__file__).with_name("authz_matrix.csv")
SAMPLE = 4
CORE: Any = schema._schema  # noqa: SLF001
SCHOOL = 1

RARE = """
INSERT INTO files (school_id, version, owner_id, name, media_type, size, status, created_at)
    SELECT 1, 1, p.id, 'a.pdf', 'application/pdf', 10, 'READY', now()
    FROM persons p WHERE p.school_id = 1;
INSERT INTO homework_attachments (school_id, version, homework_id, file_id, position)
    SELECT 1, 1, h.id, f.id, 0 FROM homework h, (SELECT min(id) AS id FROM files) f
    WHERE h.school_id = 1;
INSERT INTO notice_attachments (school_id, version, notice_id, file_id, position)
    SELECT 1, 1, n.id, f.id, 0 FROM notices n, (SELECT min(id) AS id FROM files) f
    WHERE n.school_id = 1;
INSERT INTO mail_attachments (school_id, version, message_id, file_id, position)
    SELECT 1, 1, m.id, f.id, 0 FROM mail_messages m, (SELECT min(id) AS id FROM files) f
    WHERE m.school_id = 1;
INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
    request_id, previous_hash, hash)
    SELECT 1, 1, 1000000, now(), min(id), 'SECRETARY', 'setMark', 'Mark:1-1',
    '[{"name": "value", "values": null}]', 'r', 'p', 'h' FROM persons WHERE school_id = 1;
INSERT INTO sensitive_reads (school_id, audit_event_id, student_id, record_type, reader_id, role,
    at) SELECT 1, a.id, s.id, 'StudentHealth', a.actor_id, 'SECRETARY', now()
    FROM audit_events a, students s WHERE a.school_id = 1 AND s.school_id = 1;
INSERT INTO sensitive_reads (school_id, audit_event_id, staff_id, record_type, reader_id, role, at)
    SELECT 1, a.id, s.id, 'StaffIdentity', a.actor_id, 'DIRECTOR', now()
    FROM audit_events a, staff s WHERE a.school_id = 1 AND s.school_id = 1;
UPDATE accounts SET status_reason = 'по заявлению' WHERE school_id = 1;
UPDATE guardian_links SET consent_from = '2026-11-01', consent_to = '2027-06-01'
    WHERE school_id = 1;
"""
"""Rows of kinds that the demo school has none of, so that every type can be asked about."""


@pytest.fixture
async def rare(sql: AsyncConnection) -> None:
    for statement in RARE.split(";\n"):
        if statement.strip():
            await sql.execute(text(statement))


async def samples(
    services: Services, callers: dict[Role, Api]
) -> dict[type[OfSchool], list[Id[Any]]]:
    """Some ids of each type: a few that each role reaches, and a few that any of the school has."""
    found: dict[type[OfSchool], dict[int, None]] = defaultdict(dict)
    async with AsyncSession(services.engine) as session:
        await stand_in(session, SCHOOL)
        actors = []
        for one in callers.values():
            assert one.caller.token
            actors.append(await identify(session, one.caller.token, services.now()))
        for row in SHAPES:
            if row.is_view:
                continue
            for actor in actors:
                query = visible(actor.viewer, row).with_only_columns(row.id).order_by(row.id)
                keys = await session.scalars(query.limit(SAMPLE), actor.values)
                found[row] |= dict.fromkeys(keys)
            every = select(row.id).where(row.school_id == SCHOOL).order_by(row.id.desc())
            found[row] |= dict.fromkeys(await session.scalars(every.limit(SAMPLE)))
    return {row: [Id(row, SCHOOL, key) for key in keys] for row, keys in found.items()}


def fields_of(type_: GraphQLObjectType) -> dict[str, str]:
    """What can be asked of a type without arguments, and how."""
    return {
        name: name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
        for name, field in type_.fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    }


Seen = dict[str, dict[Role, set[str]]]
"""By coordinate and role, the ids of the objects on which the field was not null."""


async def ask(
    api: Api, role: Role, row: type[OfSchool], ids: list[Id[Any]], seen: Seen, denied: Any
) -> None:
    name = row.api_name()
    fields = fields_of(CORE.type_map[name])
    document = (
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {name} "
        f"{{ {' '.join(fields.values())} }} }} }}"
    )
    reply = await api.reply(document, ids=ids[:100])
    for error in reply.errors or []:
        extensions = error.extensions or {}
        assert extensions["code"] == "FORBIDDEN", (name, role, error)
        denied[extensions["coordinate"]].add(role)
    for field in fields:
        seen[f"{name}.{field}"][role] = {
            one["id"]
            for one in (reply.data or {})["nodes"] or []
            if one and one[field] not in (None, [])
        }


async def matrix(api: SignIn, services: Services) -> dict[str, dict[Role, str]]:
    callers = {role: api(login, role, SCHOOL) for role, login in LOGINS.items()}
    seen: Seen = defaultdict(dict)
    denied: dict[str, set[Role]] = defaultdict(set)
    for row, ids in (await samples(services, callers)).items():
        for role, caller in callers.items():
            await ask(caller, role, row, ids, seen, denied)
    found = {
        coordinate: {role: word(by_role, role, denied[coordinate]) for role in Role}
        for coordinate, by_role in seen.items()
    }
    for role, caller in callers.items():
        rights = set((await caller("{ viewer { rights } }"))["viewer"]["rights"])
        for coordinate, needed in root_rights().items():
            held = needed is None or needed in rights
            found.setdefault(coordinate, {})[role] = "allow" if held else "denied"
    return found


def word(seen: dict[Role, set[str]], role: Role, denied: set[Role]) -> str:
    if role in denied:
        return "denied"
    everything = set[str]().union(*seen.values())
    if not seen[role]:
        return "null"
    return "allow" if seen[role] == everything else "own"


def root_rights() -> dict[str, str | None]:
    """What each root field needs, as the printed schema says."""
    needed: dict[str, str | None] = {}
    for name in ("Query", "Mutation", "Subscription"):
        root: Any = schema.get_type_by_name(name)
        for field in root.fields if root else []:
            found = [d.permission for d in field.directives if hasattr(d, "permission")]
            graphql_name = schema.config.name_converter.get_graphql_name(field)
            needed[f"{name}.{graphql_name}"] = found[0] if found else None
    return needed


def lines(found: dict[str, dict[Role, str]]) -> list[list[str]]:
    head = ["coordinate", *(role.name for role in Role)]
    return [head, *([c, *(found[c][role] for role in Role)] for c in sorted(found))]


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_every_field_shows_each_role_what_was_reviewed(
    api: SignIn, services: Services, rare: None
) -> None:
    found = lines(await matrix(api, services))
    if os.environ.get("GOROD_WRITE_MATRIX"):
        with FILE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(found)
    with FILE.open(newline="") as file:
        reviewed = [line for line in csv.reader(file) if line]
    changed = [
        f"{now[0]} {role}: {was} -> {cell}"
        for was_line, now in zip_lines(reviewed, found)
        for role, was, cell in zip(found[0][1:], was_line, now[1:], strict=True)
        if was != cell
    ]
    assert not changed, changed


def zip_lines(
    reviewed: list[list[str]], found: list[list[str]]
) -> list[tuple[list[str], list[str]]]:
    """Each line as it is beside what was reviewed; a new field was never reviewed."""
    known = {line[0]: line[1:] for line in reviewed}
    assert len(known) == len(reviewed), "a coordinate stands there twice"
    gone = known.keys() - {line[0] for line in found}
    assert not gone, f"no longer in the schema: {gone}"
    unknown = ["never reviewed"] * len(Role)
    return [(known.get(line[0], unknown), line) for line in found]


def test_every_type_that_can_be_reached_has_a_rule() -> None:
    """A type that is neither a row with a policy nor a report made of such rows is a hole."""
    assert set(SHAPES) == set(reading)
