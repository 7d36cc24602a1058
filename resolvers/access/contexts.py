"""Contexts: the roles and schools in which the holder of a login can work."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.accounts import CredentialSchool
from models.access.roles import Role
from resolvers.core.identify import ROLES, STANDING, TODAY

CONTEXTS = text(f"""
    SELECT role.role, role.role_grant_id, account.id AS account_id, account.person_id,
        school.short_name, account.last_signed_in_at,
        account.last_role IS NOT DISTINCT FROM role.role
            AND account.last_role_grant_id IS NOT DISTINCT FROM role.role_grant_id AS is_last
    FROM accounts account
    JOIN schools school ON school.id = account.school_id
    CROSS JOIN LATERAL ({STANDING.format(today=TODAY, person="account.person_id")}) who
    CROSS JOIN LATERAL ({ROLES.format(today=TODAY, who="who")}) role
    WHERE account.school_id = :school_id AND account.credential_id = :credential_id
        AND account.status = 'ACTIVE'
""")  # noqa: S608  # made of constants alone


NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """A role in a school (роль и школа).

    role: The role.
    school_id: The school's number.
    school_name: Short name of the school.
    """

    role: Role
    role_grant_id: int | None
    school_id: int
    school_name: str
    account_id: int
    used_at: datetime | None
    """When they last signed in to this school, if that was in this role."""


async def schools_of(session: AsyncSession, credential_id: int) -> list[int]:
    """Return the schools in which the login has an account, the oldest first."""
    query = (
        select(CredentialSchool.school_id)
        .where(CredentialSchool.credential_id == credential_id)
        .order_by(CredentialSchool.school_id)
    )
    return list(await session.scalars(query))


async def contexts_in(
    session: AsyncSession, credential_id: int, school_id: int, now: datetime
) -> list[Context]:
    """Return the roles of a login in one school, in the order in which they are offered. The
    transaction must be set to that school."""
    given = {"school_id": school_id, "credential_id": credential_id, "now": now}
    found = (await session.execute(CONTEXTS, given)).mappings().all()
    contexts = [
        Context(
            Role[line["role"]],
            line["role_grant_id"],
            school_id,
            line["short_name"],
            line["account_id"],
            line["last_signed_in_at"] if line["is_last"] else None,
        )
        for line in found
    ]
    return sorted(contexts, key=lambda context: OFFERED.index(context.role))


OFFERED = (
    Role.CLASS_TEACHER,
    *(role for role in Role if role not in (Role.CLASS_TEACHER, Role.STUDENT, Role.PARENT)),
    Role.STUDENT,
    Role.PARENT,
)
"""The order in which roles are offered. Roles at work come first, because a teacher who is a
parent, too, mostly signs in to teach. A class teacher has all rights of a subject teacher
(domain.md c)."""


def order_by_use(contexts: list[Context]) -> list[Context]:
    """Order the contexts of all schools by their last use: sign-in takes the first that fits."""
    used = sorted(
        (c for c in contexts if c.used_at), key=lambda c: c.used_at or NEVER, reverse=True
    )
    return used + [context for context in contexts if not context.used_at]
