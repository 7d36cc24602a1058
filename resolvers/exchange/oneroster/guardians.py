"""Relationships, derived from the agents of OneRoster users.

`agentSourcedIds` says only that two people are linked, and real sets write it on either side: the
child names its mother, or the mother her child. Their roles give the meaning. It is a relationship
if one is a student and the other a parent, guardian or relative. A teacher who is an agent and not
a parent gets no access through it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import (
    Records,
    Relationship,
    RoleRecord,
    User,
    composite,
)
from resolvers.exchange.oneroster.vocabulary import GUARDIANS, Role

Roles = Mapping[str, Mapping[Role, RoleRecord]]


def roles_of_each(records: Records) -> Roles:
    """Return {user: {role: its record}} of active roles; of two alike, the longer one."""
    roles: dict[str, dict[Role, RoleRecord]] = defaultdict(dict)
    for record in records.roles.values():
        if record.active:
            other = roles[record.user_id].setdefault(record.role, record)
            if (record.end or date.max) > (other.end or date.max):
                roles[record.user_id][record.role] = record
    return dict(roles)


def add_guardians(records: Records, delta: bool, findings: Findings) -> None:
    """Add a relationship for each agent who has one; each pair once, on whichever side it is
    written.

    A delta may leave out unchanged roles. Then there is neither a relationship nor a finding, and
    `agent_ids` can be matched with existing data.
    """
    roles = roles_of_each(records)
    for user in records.users.values():
        for agent in (records.users.get(key) for key in user.agent_ids):
            if agent is None:
                continue
            if made := relationship(user, agent, roles) or relationship(agent, user, roles):
                records.relationships.setdefault(made.sourced_id, made)
            elif not (delta and {user.sourced_id, agent.sourced_id} - roles.keys()):
                tell(user, agent, findings)


def relationship(student: User, relative: User, roles: Roles) -> Relationship | None:
    """Return the relationship of two users if one is a student and the other a guardian."""
    known = roles.get(relative.sourced_id, {})
    near = next((known[role] for role in GUARDIANS if role in known), None)
    if student is relative or near is None or Role.STUDENT not in roles.get(student.sourced_id, {}):
        return None
    return Relationship(
        sourced_id=composite("relationship", student.sourced_id, relative.sourced_id),
        status=relative.status if student.active else student.status,
        place=student.place if relative.sourced_id in student.agent_ids else relative.place,
        student_id=student.sourced_id,
        relative_id=relative.sourced_id,
        role=near.role,
        word=near.word,
        begin=near.begin,
        end=near.end,
    )


def tell(user: User, agent: User, findings: Findings) -> None:
    place, key = user.place, user.sourced_id
    if user is agent:
        findings.add(Code.SELF_GUARDIAN, place.file, place.row, "agentSourcedIds", value=key)
    else:
        of = agent.sourced_id
        code = Code.AGENT_NOT_GUARDIAN
        findings.add(code, place.file, place.row, "agentSourcedIds", value=key, taken=of)
