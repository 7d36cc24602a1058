"""In which roles and schools a login can work, and whose parents they are there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.accounts import CredentialSchool
from models.access.roles import Role
from resolvers.access.identify import ROLES, STANDING, TODAY

CONTEXTS = text(f"""
    SELECT role.role, role.role_grant_id, account.id AS account_id, account.person_id,
        school.short_name, school.time_zone
    FROM accounts account
    JOIN schools school ON school.id = account.school_id
    CROSS JOIN LATERAL ({STANDING.format(today=TODAY, person="account.person_id")}) who
    CROSS JOIN LATERAL ({ROLES.format(today=TODAY, who="who")}) role
    WHERE account.school_id = :school_id AND account.credential_id = :credential_id
        AND account.status = 'ACTIVE'
""")  # noqa: S608  # made of constants alone


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


async def schools_of(session: AsyncSession, credential_id: int) -> list[int]:
    """Schools where the login has an account, the oldest first."""
    query = (
        select(CredentialSchool.school_id)
        .where(CredentialSchool.credential_id == credential_id)
        .order_by(CredentialSchool.school_id)
    )
    return list(await session.scalars(query))


async def contexts_in(
    session: AsyncSession, credential_id: int, school_id: int, now: datetime
) -> list[Context]:
    """The roles of a login in one school, which the transaction must already stand in. Roles at
    work come before those of a family, as one who teaches signs in mostly to teach."""
    given = {"school_id": school_id, "credential_id": credential_id, "now": now}
    found = (await session.execute(CONTEXTS, given)).mappings().all()
    contexts = [
        Context(
            Role[line["role"]],
            line["role_grant_id"],
            school_id,
            line["short_name"],
            line["account_id"],
        )
        for line in found
    ]
    places = list(Role)
    family = (Role.STUDENT, Role.PARENT)
    return sorted(contexts, key=lambda c: (c.role in family, places.index(c.role)))
