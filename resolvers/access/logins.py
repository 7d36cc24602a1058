"""Logins: made of names, one of a person on the whole server."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models.access.accounts import Credential, CredentialSchool
from models.people.persons import Person
from models.problems import Problem
from resolvers.access import passwords

LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ы": "y", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
SHAPE = re.compile(r"[a-z0-9._-]{3,64}")
SHAPE_TOLD = "3 to 64 of the letters a to z, digits, `.`, `_` and `-`"
LONGEST_NAME = 50
"""The most characters of a name in a login made of it; a number may have to follow."""


class LoginMalformed(Problem):
    """A login has 3 to 64 of the letters a to z, digits, `.`, `_` and `-`; choose such a one."""

    russian = "Логин состоит из 3–64 латинских букв a–z, цифр, `.`, `_` и `-`; выберите такой."


class LoginTaken(Problem):
    """This login is taken; choose another."""

    russian = "Этот логин занят; выберите другой."


def latin(name: str) -> str:
    """As in a login: `Щербакова` -> `shcherbakova`. What has no Latin letter is left out."""
    letters = "".join(LETTERS.get(letter, letter) for letter in name.lower())
    return re.sub(r"[^a-z0-9]", "", letters)


def proposed(family_name: str, given_name: str) -> str:
    """`Иванова`, `Мария` -> `ivanova.m`."""
    parts = [part for part in (latin(family_name), latin(given_name)[:1]) if part]
    return ".".join(parts)[:LONGEST_NAME].ljust(3, "0")


def well_formed(login: str) -> str:
    """The login as it is kept. Raises LoginMalformed."""
    if not SHAPE.fullmatch(kept := login.strip().lower()):
        raise LoginMalformed(field="login", expected=SHAPE_TOLD)
    return kept


async def new_credential(
    session: AsyncSession, school_id: int, login: str, password: str, now: datetime
) -> int:
    """A login with a one-time password, for the first account it has. Raises LoginTaken."""
    key = await inserted(session, login, await passwords.hashed(password), now)
    if key is None:
        raise LoginTaken(field="login")
    session.add(CredentialSchool(credential_id=key, school_id=school_id))
    return key


async def generated_credential(
    session: AsyncSession, school_id: int, person: Person, password: str, now: datetime
) -> int:
    """The same with the first login of the person's name that is free."""
    base, hashed = proposed(person.family_name, person.given_name), await passwords.hashed(password)
    alike = select(Credential.login).where(
        Credential.login.regexp_match(f"^{re.escape(base)}[0-9]*$")
    )
    taken = set(await session.scalars(alike))
    free = (name for n in count(1) if (name := f"{base}{n if n > 1 else ''}") not in taken)
    for login in free:  # another may take it meanwhile: then the next
        if (key := await inserted(session, login, hashed, now)) is not None:
            session.add(CredentialSchool(credential_id=key, school_id=school_id))
            return key
    raise AssertionError


async def branched_credential(
    session: AsyncSession, school_id: int, issued: int, password: str, now: datetime
) -> int:
    """The same with the login of the credential `issued`, as its next branch."""
    hashed = await passwords.hashed(password)
    login = await session.scalar(select(Credential.login).where(Credential.id == issued))
    alike = select(func.max(Credential.branch)).where(Credential.login == login)
    for branch in count(1 + (await session.scalar(alike) or 0)):  # another may take it meanwhile
        key = await inserted(session, login or "", hashed, now, branch)
        if key is not None:
            session.add(CredentialSchool(credential_id=key, school_id=school_id))
            return key
    raise AssertionError


async def credentials_named(session: AsyncSession, login: str) -> Sequence[Any]:
    """What a login may open, by different passwords: mostly one credential, none for an unknown
    login. The columns, not the rows: a rollback would empty those."""
    named, opened = aliased(Credential), aliased(Credential)
    query = (
        select(*columns_of(opened))
        .join(named, func.coalesce(named.leads_to_id, named.id) == opened.id)
        .where(named.login == login.strip().lower())
        .group_by(opened.id)
        .order_by(opened.id)
    )
    return (await session.execute(query)).all()


async def logins_that_open(session: AsyncSession, credentials: Sequence[int]) -> list[str]:
    """All logins that lead to these credentials: their own, and those linked to them."""
    opened = func.coalesce(Credential.leads_to_id, Credential.id).in_(credentials)
    return list(await session.scalars(select(Credential.login).where(opened)))


def columns_of(credential: Any) -> tuple[Any, ...]:
    """The columns of a credential that signing in reads."""
    return (
        credential.id,
        credential.login,
        credential.password_hash,
        credential.must_change_password,
        credential.password_changed_at,
    )


async def inserted(
    session: AsyncSession, login: str, hashed: str, now: datetime, branch: int = 0
) -> int | None:
    """None when the login is taken; a transaction that is about to take it is waited for."""
    new = insert(Credential).values(
        login=login,
        branch=branch,
        password_hash=hashed,
        must_change_password=True,
        password_changed_at=now,
    )
    found: int | None = await session.scalar(new.on_conflict_do_nothing().returning(Credential.id))
    return found
