"""Identify the actor of a token: the person, and the role in which they may work now."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor, Grants
from auth.rights import Right
from models.access.roles import AccessScope, GrantScope, Role
from models.database.readers import Readers
from models.problems import PasswordMustChange, Unauthenticated

TOKEN = re.compile(r"([1-9][0-9]{0,17})\.[A-Za-z0-9_-]{43}")

STANDING = """
    SELECT p.id AS person_id, s.id AS student_id, g.id AS guardian_id, w.id AS staff_id
    FROM persons p
    LEFT JOIN students s
        ON s.school_id = p.school_id AND s.person_id = p.id AND s.status = 'ENROLLED'
    LEFT JOIN guardians g ON g.school_id = p.school_id AND g.person_id = p.id
    LEFT JOIN staff w ON w.school_id = p.school_id AND w.person_id = p.id
        AND w.hired_on <= {today} AND (w.dismissed_on IS NULL OR w.dismissed_on > {today})
    WHERE p.school_id = :school_id AND p.id = {person}
"""
"""SQL: the records that make a person a student, a guardian or a member of staff today."""

ROLES = """
    SELECT 'STUDENT' AS role, NULL::bigint AS role_grant_id, 'SCHOOL' AS scope
    WHERE {who}.student_id IS NOT NULL
    UNION ALL SELECT 'PARENT', NULL, 'SCHOOL' WHERE {who}.guardian_id IS NOT NULL
    UNION ALL SELECT 'CLASS_TEACHER', NULL, 'SCHOOL' WHERE EXISTS (
        SELECT FROM class_teachers t WHERE t.school_id = :school_id
            AND t.staff_id = {who}.staff_id AND t.valid_from <= {today}
            AND (t.valid_to IS NULL OR t.valid_to > {today}))
    UNION ALL SELECT 'SUBJECT_TEACHER', NULL, 'SCHOOL' WHERE EXISTS (
        SELECT FROM teaching_assignments t WHERE t.school_id = :school_id
            AND t.staff_id = {who}.staff_id AND (t.valid_to IS NULL OR t.valid_to > {today})
        UNION ALL SELECT FROM lessons l WHERE l.school_id = :school_id
            AND l.staff_id = {who}.staff_id AND l.status <> 'CANCELLED'
            AND l.date >= {today} - school.substitute_days::int
            AND NOT EXISTS (SELECT FROM teaching_assignments t WHERE t.school_id = l.school_id
                AND t.section_id = l.section_id AND t.staff_id = l.staff_id
                AND t.valid_from <= l.date))
        AND NOT EXISTS (SELECT FROM role_grants r WHERE r.school_id = :school_id
            AND r.person_id = {who}.person_id AND r.role = 'SUBJECT_TEACHER'
            AND r.valid_from <= {today} AND (r.valid_to IS NULL OR r.valid_to > {today}))
    UNION ALL SELECT r.role, r.id, r.scope FROM role_grants r
    WHERE r.school_id = :school_id AND r.person_id = {who}.person_id AND r.valid_from <= {today}
        AND (r.valid_to IS NULL OR r.valid_to > {today})
        AND (r.role <> 'SUBJECT_TEACHER' OR {who}.staff_id IS NOT NULL)
"""
"""SQL: the roles in which a person can work today. Some follow from records: a person who teaches a
section, now or from a later day, or substitutes in one, is a subject teacher. Others are granted; a
grant ends by its date."""

TODAY = "(CAST(:now AS timestamptz) AT TIME ZONE school.time_zone)::date"

WAYS = f"""
    SELECT {{session}} AS session_id, {{hash}} AS hash, account.id AS account_id,
        school.time_zone, {TODAY} AS today, who.*,
        credential.must_change_password, role.role, role.role_grant_id, role.scope,
        ARRAY(SELECT permission || ' ' || held.scope FROM role_rights held
              WHERE held.school_id = :school_id AND held.role = role.role) AS rights
    FROM {{source}}
    JOIN credentials credential ON credential.id = account.credential_id
    JOIN schools school ON school.id = account.school_id
    CROSS JOIN LATERAL ({STANDING.format(today=TODAY, person="account.person_id")}) who
    CROSS JOIN LATERAL ({ROLES.format(today=TODAY, who="who")}) role
"""  # noqa: S608  # made of constants alone
"""SQL: an account in each role in which it can work now, with the columns of an actor."""

SESSION = (
    WAYS.format(
        session="session.id",
        hash="session.access_hash",
        source="""sessions session JOIN accounts account ON account.school_id = session.school_id
        AND account.id = session.account_id AND account.status = 'ACTIVE'""",
    )
    + """
    WHERE session.school_id = :school_id AND session.revoked_at IS NULL
        AND role.role = session.role
        AND role.role_grant_id IS NOT DISTINCT FROM session.role_grant_id
"""
)
BY_TOKENS = text(
    f"{SESSION} AND session.access_hash = ANY(:hashes) AND session.access_expires_at > :now"
).bindparams(bindparam("hashes", type_=ARRAY(LargeBinary)))
ONE = f"{SESSION} AND session.access_hash = :hash AND session.access_expires_at > :now"
BY_TOKEN = f"SELECT to_json(found)::text FROM ({ONE}) found"  # noqa: S608  # of constants alone
BY_TOKEN = BY_TOKEN.replace(":school_id", "$1").replace(":hash", "$2").replace(":now", "$3")
STILL = text(f"""
    SELECT living.access_hash, EXISTS ({SESSION} AND session.id = living.id)
    FROM sessions living
    JOIN accounts holder ON holder.school_id = living.school_id AND holder.id = living.account_id
        AND holder.status = 'ACTIVE'
    WHERE living.school_id = :school_id AND living.access_hash = ANY(:hashes)
        AND living.access_expires_at > :now AND living.revoked_at IS NULL
""").bindparams(bindparam("hashes", type_=ARRAY(LargeBinary)))  # noqa: S608  # of constants alone
"""SQL: the sessions whose tokens are valid now, and whether their roles can be worked in."""
BY_ID = text(f"{SESSION} AND session.id = :id AND session.refresh_expires_at > :now")
OF_ACCOUNT = text(f"""
    {WAYS.format(session="0", hash="NULL", source="accounts account")}
    WHERE account.school_id = :school_id AND account.status = 'ACTIVE' AND account.id = :id
    ORDER BY role.role, role.role_grant_id
""")


def school_of(token: str | None) -> int | None:
    """Return the school that a token names. Only the token's hash proves that it is genuine."""
    return int(found[1]) if token and (found := TOKEN.fullmatch(token)) else None


def hash_token(token: str) -> bytes:
    """Return the hash under which a token is stored. A token has 256 random bits, so a fast hash is
    as safe as a slow one."""
    return hashlib.sha256(token.encode()).digest()


async def identify(session: AsyncSession, token: str, now: datetime) -> Actor:
    """Return the actor of an access token. Raises Unauthenticated if it is not valid now: unknown,
    expired, revoked, the account locked, or the role ended."""
    found = await identify_all(session, school_of(token) or 0, [token], now)
    if token not in found:
        raise Unauthenticated
    return found[token]


async def identify_at_once(readers: Readers, token: str, now: datetime) -> Actor:
    """Return the actor of an access token by one statement, without a transaction around it.

    Raises Unauthenticated, and PasswordMustChange for an actor who has still to choose a password
    of their own."""
    if (school_id := school_of(token)) is None:
        raise Unauthenticated
    found = await readers.fetch(school_id, BY_TOKEN, [school_id, hash_token(token), now])
    if found is None:
        raise Unauthenticated
    line = orjson.loads(found[0])
    line["today"] = date.fromisoformat(line["today"])
    actor = actor_of(line, {"school_id": school_id, "now": now})
    if actor.must_change_password:
        raise PasswordMustChange
    return actor


async def identify_all(
    session: AsyncSession, school_id: int, tokens: Collection[str], now: datetime
) -> dict[str, Actor]:
    """Return the actors of those tokens of a school that are valid now."""
    given = {"school_id": school_id, "hashes": [hash_token(token) for token in tokens], "now": now}
    lines = (await session.execute(BY_TOKENS, given)).mappings().all()
    found = {line["hash"]: actor_of(line, given) for line in lines}
    return {token: found[hash_token(token)] for token in tokens if hash_token(token) in found}


async def sessions_of(
    session: AsyncSession, school_id: int, tokens: Collection[str], now: datetime
) -> Mapping[str, bool]:
    """Return the tokens of a school whose session goes on, and whether its role can be worked in
    now. It costs less than `identify_all`."""
    hashes = {hash_token(token): token for token in tokens}
    given = {"school_id": school_id, "hashes": list(hashes), "now": now}
    return {hashes[key]: role for key, role in (await session.execute(STILL, given)).all()}


async def holder_of(
    session: AsyncSession, school_id: int, session_id: int, now: datetime
) -> Actor | None:
    """Return the actor of a session that goes on, even if its access token has expired."""
    given = {"school_id": school_id, "id": session_id, "now": now}
    line = (await session.execute(BY_ID, given)).mappings().one_or_none()
    return actor_of(line, given) if line else None


async def actors_of(
    session: AsyncSession, school_id: int, account_id: int, now: datetime
) -> list[Actor]:
    """Return the actors of an account: one for each role in which it can work now."""
    given = {"school_id": school_id, "id": account_id, "now": now}
    lines = (await session.execute(OF_ACCOUNT, given)).mappings().all()
    return [actor_of(line, given) for line in lines]


def actor_of(line: Mapping[Any, Any], given: Mapping[str, Any]) -> Actor:
    role = Role[line["role"]]
    return Actor(
        school_id=given["school_id"],
        time_zone=line["time_zone"],
        account_id=line["account_id"],
        session_id=line["session_id"],
        person_id=line["person_id"],
        role=role,
        grants=parse_grants(tuple(line["rights"]), GrantScope[line["scope"]]),
        student_id=(line["student_id"] or 0) if role is Role.STUDENT else 0,
        guardian_id=(line["guardian_id"] or 0) if role is Role.PARENT else 0,
        staff_id=0 if role in (Role.STUDENT, Role.PARENT) else line["staff_id"] or 0,
        role_grant_id=line["role_grant_id"] or 0,
        is_scoped=line["scope"] != GrantScope.SCHOOL.name,
        today=line["today"],
        now=given["now"],
        must_change_password=line["must_change_password"],
    )


OPEN = frozenset({Right.SCHOOL_READ, Right.STAFF_READ})
"""Rights that reach the whole school even if the role was granted for a part of it."""


@lru_cache(maxsize=1000)
def parse_grants(rights: tuple[str, ...], scope: GrantScope) -> Grants:
    """Return the rights of a role. If the role was granted for a part of the school, its rights of
    scope SCHOOL reach the classes of the grant."""
    pairs = (line.split(" ") for line in rights)
    known = [(Right(name), AccessScope[reach]) for name, reach in pairs if name in set(Right)]
    if scope is GrantScope.SCHOOL:
        return frozenset(known)
    narrow = {AccessScope.SCHOOL: AccessScope.CLASS}
    return frozenset(
        (right, reach if right in OPEN else narrow.get(reach, reach)) for right, reach in known
    )
