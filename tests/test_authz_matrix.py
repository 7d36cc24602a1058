"""Who sees which field: `authz_matrix.csv`, made by asking the schema as each role of the demo.

A line a `Type.field`, a column a role. `allow`: all there is to see; `own`: some of it; `null`:
nothing, silently; `denied`: nothing, and an error says so. Of a mutation and what it gives back:
on whose rows the role may use it (`section class`), as in `AccessScope`; `viewerCan` shows the same
row by row. The file was reviewed against the rights of domain.md (c); whoever changes a right or
adds a field sees here what it opened, by
`GOROD_WRITE_MATRIX=1 pytest tests/test_authz_matrix.py`, and reviews the difference.
"""

import csv
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from auth.actor import Viewer
from auth.policy import reading, visible
from auth.rights import Right
from gql.execution.denials import right_of
from gql.execution.operation import DEFINED
from gql.schema import schema
from models.access.roles import AccessScope, Role
from models.base import Id, OfSchool
from resolvers.access.rate_limit import RateLimit
from resolvers.core.context import Services, set_school
from resolvers.core.identify import identify
from resolvers.core.shapes import SHAPES
from resolvers.demo.cast import LOGINS
from tests.authz.expanding import CORE, NODES, ROOTS, below, expanded, fields_of, given, showed
from tests.authz_specimens import make_specimens, questions
from tests.conftest import Api, SignIn

FILE = Path(__file__).with_name("authz_matrix.csv")
SAMPLE = 4
SCHOOL = 1
Questions = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def specimens(sql: AsyncConnection) -> Questions:
    await make_specimens(sql)
    return await questions(sql)


async def samples(
    services: Services, callers: dict[Role, Api]
) -> dict[type[OfSchool], list[Id[Any]]]:
    """Some ids of each type: a few that each role reaches, and a few that any of the school has."""
    found: dict[type[OfSchool], dict[int, None]] = defaultdict(dict)
    async with AsyncSession(services.engine) as session:
        await set_school(session, SCHOOL)
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


@dataclass
class Found:
    """What was seen.

    seen: By coordinate and role, where the field showed something.
    denied: By coordinate, who was refused it.
    barred: By type, who was refused something on the way to it.
    """

    seen: dict[str, dict[Role, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    denied: dict[str, set[Role]] = field(default_factory=lambda: defaultdict(set))
    barred: dict[str, set[Role]] = field(default_factory=lambda: defaultdict(set))

    def note(self, role: Role, type_: GraphQLObjectType, value: Any, at: str) -> None:
        for coordinate, place, something in showed(type_, value, at):
            places = self.seen[coordinate].setdefault(role, set())
            if something:
                places.add(place)

    def refuse(self, role: Role, reply: Any) -> None:
        for error in reply.errors or []:
            extensions = error.extensions or {}
            if extensions["code"] == "WRONG_TERM":
                continue
            assert extensions["code"] == "FORBIDDEN", (role, error)
            coordinate = extensions["coordinate"]
            self.denied[coordinate].add(role)
            type_, _, name = coordinate.partition(".")
            for beyond in below(get_named_type(CORE.type_map[type_].fields[name].type)):
                self.barred[beyond].add(role)

    def word(self, coordinate: str, role: Role) -> str:
        by_role = self.seen[coordinate]
        if role in self.denied[coordinate]:
            return "denied"
        everything = set[str]().union(*by_role.values())
        if not by_role.get(role):
            barred = role not in by_role and role in self.barred[coordinate.partition(".")[0]]
            return "denied" if barred else "null"
        return "allow" if by_role[role] == everything else "own"


async def ask_rows(
    api: Api, role: Role, row: type[OfSchool], ids: list[Id[Any]], found: Found
) -> None:
    """Rows by their ids."""
    type_ = CORE.type_map[row.api_name()]
    document = (
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {type_.name} "
        f"{{ {expanded(type_)} }} }} }}"
    )
    reply = await api.reply(document, ids=ids[:100])
    found.refuse(role, reply)
    for name in fields_of(type_):
        found.seen[f"{type_.name}.{name}"].setdefault(role, set())
    for one in (reply.data or {})["nodes"] or []:
        if one:
            found.note(role, type_, one, "")


async def ask_roots(api: Api, role: Role, asked: Questions, found: Found) -> None:
    """Whatever is no row, by the root fields that lead to it."""
    for root, field_ in CORE.query_type.fields.items():
        type_ = get_named_type(field_.type)
        if root in ("node", "nodes") or is_leaf_type(type_) or type_.name in NODES:
            continue
        for arguments in asked.get(root, [{}]):
            declared, passed = given(root, arguments)
            document = f"query {declared} {{ {root} {passed} {{ {expanded(type_)} }} }}"
            reply = await api.reply(document, **arguments)
            found.refuse(role, reply)
            answer = (reply.data or {})[root]
            for one in answer if isinstance(answer, list) else [answer] if answer else []:
                found.note(role, type_, one, f"{root} {arguments}")


async def matrix(api: SignIn, services: Services, asked: Questions) -> dict[str, dict[Role, str]]:
    callers = {role: api(login, role, SCHOOL) for role, login in LOGINS.items()}
    for one in callers.values():
        one.caller.rate_limit = lambda: RateLimit(1, 10, 9, services.now())
    found = Found()
    for row, ids in (await samples(services, callers)).items():
        for role, caller in callers.items():
            await ask_rows(caller, role, row, ids, found)
    for role, caller in callers.items():
        await ask_roots(caller, role, asked, found)
    told = {c: {role: found.word(c, role) for role in Role} for c in list(found.seen)}
    needs = {**answered_rights(told), **root_rights()}
    for role, caller in callers.items():
        viewer = (await caller.caller.identify()).viewer
        for coordinate, needed in needs.items():
            words = [reach_of(coordinate, right, viewer) for right in needed]
            told.setdefault(coordinate, {})[role] = "denied" if "denied" in words else words[0]
    return told


def reach_of(coordinate: str, needed: str | None, viewer: Viewer) -> str:
    """Whether one may ask for a root field; of a mutation, on whose rows."""
    if needed is None:
        return "allow"
    scopes = viewer.scopes(Right(needed))
    if coordinate.startswith(("Query.", "Subscription.")):
        return "allow" if scopes else "denied"
    return " ".join(scope.name.lower() for scope in AccessScope if scope in scopes) or "denied"


Needs = dict[str, list[str | None]]


def root_rights() -> Needs:
    """What each root field needs, as the printed schema says."""
    needed: Needs = {}
    for name in ROOTS:
        root: Any = schema.get_type_by_name(name)
        for root_field in root.fields if root else []:
            found = [d.permission for d in root_field.directives if hasattr(d, "permission")]
            graphql_name = schema.config.name_converter.get_graphql_name(root_field)
            needed[f"{name}.{graphql_name}"] = [found[0] if found else None]
    return needed


def answered_rights(told: dict[str, Any]) -> Needs:
    """What is needed for what a command or an event gives back: the right to it, if there is only
    one way to it, and the field's own. Its rows are as they are anywhere; who hears of which is
    asked in `tests/events`."""
    ways: dict[str, list[str | None]] = defaultdict(list)
    for coordinate, [right] in root_rights().items():
        root, _, name = coordinate.partition(".")
        if root != "Query":
            for type_name in below(get_named_type(CORE.type_map[root].fields[name].type)):
                ways[type_name].append(right)
    needed: Needs = {}
    for type_name, rights in ways.items():
        type_ = CORE.type_map[type_name]
        if is_error(type_) or any(f"{type_name}.{one}" in told for one in type_.fields):
            continue
        for one, defined in type_.fields.items():
            own = right_of(defined.extensions.get(DEFINED))
            way = rights[0] if len(rights) == 1 else None
            needed[f"{type_name}.{one}"] = [way, own] if own else [way]
    return needed


def is_error(type_: GraphQLObjectType) -> bool:
    """What a command says of its refusal: nothing but what it was given."""
    return any(one.name == "UserError" for one in type_.interfaces)


def lines(found: dict[str, dict[Role, str]]) -> list[list[str]]:
    head = ["coordinate", *(role.name for role in Role)]
    return [head, *([c, *(found[c][role] for role in Role)] for c in sorted(found))]


UNSEEN = {
    "GuardianLinkViewerCan.share": "a student of age decides; the one in the sample is younger",
}
"""What no role is shown in the matrix, and why."""


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_every_field_shows_each_role_what_was_reviewed(
    api: SignIn, services: Services, specimens: Questions
) -> None:
    found = lines(await matrix(api, services, specimens))
    if os.environ.get("GOROD_WRITE_MATRIX"):
        with FILE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(found)
    changed = [
        f"{now[0]} {role}: {was} -> {cell}"
        for was_line, now in zip_lines(reviewed(), found)
        for role, was, cell in zip(found[0][1:], was_line, now[1:], strict=True)
        if was != cell
    ]
    assert not changed, changed


def reviewed() -> list[list[str]]:
    with FILE.open(newline="") as file:
        return [line for line in csv.reader(file) if line]


def test_the_matrix_has_every_field_of_every_type() -> None:
    """Of fields that need arguments there are none but the root fields."""
    types = [
        type_
        for name, type_ in CORE.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    ]
    there = {f"{type_.name}.{name}" for type_ in types if not is_error(type_)
             for name in type_.fields}  # fmt: skip
    assert {line[0] for line in reviewed()[1:]} == there


def test_every_field_is_shown_to_somebody() -> None:
    """A field that is empty for everybody in the sample would hide a hole."""
    unseen = {line[0] for line in reviewed()[1:] if set(line[1:]) <= {"null", "denied"}}
    assert unseen == set(UNSEEN)


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
