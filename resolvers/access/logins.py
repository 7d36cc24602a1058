"""Logins: they are made of names and unique on the whole server."""

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


def transliterate(name: str) -> str:
    """Transliterate a name: `Щербакова` -> `shcherbakova`. Characters without a Latin letter are
    left out."""
    letters = "".join(LETTERS.get(letter, letter) for letter in name.lower())
    return re.sub(r"[^a-z0-9]", "", letters)


def propose_login(family_name: str, given_name: str) -> str:
    """Propose a login for a name: `Иванова`, `Мария` -> `ivanova.m`."""
    parts = [part for part in (transliterate(family_name), transliterate(given_name)[:1]) if part]
    return ".".join(parts)[:LONGEST_NAME].ljust(3, "0")


def check_login(login: str) -> str:
    """Return the login as it is stored. Raises LoginMalformed."""
    if not SHAPE.fullmatch(kept := login.strip().lower()):
        raise LoginMalformed(field="login", expected=SHAPE_TOLD)
    return kept


async def make_credential(
    session: AsyncSession, school_id: int, login: str, password: str, now: datetime
) -> int:
    """Make a credential with a one-time password, for its first account, and return its key. Raises
    LoginTaken."""
    key = await insert_credential(session, login, await passwords.hash_password(password), now)
    if key is None:
        raise LoginTaken(field="login")
    session.add(CredentialSchool(credential_id=key, school_id=school_id))
    return key


async def generate_credential(
    session: AsyncSession, school_id: int, person: Person, password: str, now: datetime
) -> int:
    """Make a credential with the first free login of the person's name."""
    base, hashed = (
        propose_login(person.family_name, person.given_name),
        await passwords.hash_password(password),
    )
    alike = select(Credential.login).where(
        Credential.login.regexp_match(f"^{re.escape(base)}[0-9]*$")
    )
    taken = set(await session.scalars(alike))
    free = (name for n in count(1) if (name := f"{base}{n if n > 1 else ''}") not in taken)
    for login in free:  # another transaction may take one meanwhile
        if (key := await insert_credential(session, login, hashed, now)) is not None:
            session.add(CredentialSchool(credential_id=key, school_id=school_id))
            return key
    raise AssertionError


async def branch_credential(
    session: AsyncSession, school_id: int, issued: int, password: str, now: datetime
) -> int:
    """Make a credential with the login of the credential `issued`, as its next branch."""
    hashed = await passwords.hash_password(password)
    login = await session.scalar(select(Credential.login).where(Credential.id == issued))
    alike = select(func.max(Credential.branch)).where(Credential.login == login)
    for branch in count(1 + (await session.scalar(alike) or 0)):  # another may take one meanwhile
        key = await insert_credential(session, login or "", hashed, now, branch)
        if key is not None:
            session.add(CredentialSchool(credential_id=key, school_id=school_id))
            return key
    raise AssertionError


async def find_credentials(session: AsyncSession, login: str) -> Sequence[Any]:
    """Find the credentials that a login may open, each by its own password: mostly one, none for an
    unknown login. Columns are selected, not rows, because a rollback expires rows."""
    named, opened = aliased(Credential), aliased(Credential)
    query = (
        select(*columns_of(opened))
        .join(named, func.coalesce(named.leads_to_id, named.id) == opened.id)
        .where(named.login == login.strip().lower())
        .group_by(opened.id)
        .order_by(opened.id)
    )
    return (await session.execute(query)).all()


async def find_logins_of(session: AsyncSession, credentials: Sequence[int]) -> list[str]:
    """Find all logins that open these credentials: their own, and those linked to them."""
    opened = func.coalesce(Credential.leads_to_id, Credential.id).in_(credentials)
    return list(await session.scalars(select(Credential.login).where(opened)))


def columns_of(credential: Any) -> tuple[Any, ...]:
    """Return the columns of a credential that sign-in reads."""
    return (
        credential.id,
        credential.login,
        credential.password_hash,
        credential.must_change_password,
        credential.password_changed_at,
    )


async def insert_credential(
    session: AsyncSession, login: str, hashed: str, now: datetime, branch: int = 0
) -> int | None:
    """Insert a credential and return its key; None if the login is taken. It waits for a
    transaction that is about to take the login."""
    new = insert(Credential).values(
        login=login,
        branch=branch,
        password_hash=hashed,
        must_change_password=True,
        password_changed_at=now,
    )
    found: int | None = await session.scalar(new.on_conflict_do_nothing().returning(Credential.id))
    return found
