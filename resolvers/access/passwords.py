"""Passwords: argon2id in two threads of its own, so that sign-ins neither block the event loop nor
take all the memory when many come at once."""

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
DEMO_PASSWORD = "gorod-demo-2026"  # noqa: S105
"""The password of every demo account. It is public: never load the demo into a database in use."""
LOCKED = "!"
"""A value in place of a hash that no password matches."""
SHORTEST, LONGEST = 10, 200
ONE_TIME_LASTS = timedelta(days=14)
"""The time for which a one-time password can be used; an older one may lie on a lost paper."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""The characters of one-time passwords; none looks like another on paper."""
NOBODYS = HASHER.hash(secrets.token_urlsafe(16))
"""A hash against which an unknown login is checked, so that it takes as long as a known one."""


async def hash_password(password: str) -> str:
    typed = compose(password)
    return await asyncio.get_running_loop().run_in_executor(THREADS, HASHER.hash, typed)


def compose(password: str) -> str:
    """Compose the characters of a password, because keyboards type `й` as one character or as
    two."""
    return unicodedata.normalize("NFC", password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password matches the hash. Without a hash it never does, and takes as long, so
    that the time does not tell whether a login exists."""
    return await asyncio.get_running_loop().run_in_executor(
        THREADS, verify, password_hash or NOBODYS, compose(password), password_hash is not None
    )


def verify(password_hash: str, password: str, known: bool) -> bool:
    try:
        return HASHER.verify(password_hash, password) and known
    except (VerificationError, InvalidHashError):
        return False


def make_one_time() -> str:
    """Make a one-time password: three groups of four characters, 59 bits, to be read from paper."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def has_expired(credential: Any, now: datetime) -> bool:
    """Whether the one-time password of a credential was not used in time."""
    lasts_until: datetime = credential.password_changed_at + ONE_TIME_LASTS
    return bool(credential.must_change_password) and lasts_until <= now


def is_good_enough(password: str) -> bool:
    """Whether a password has 10..200 characters, more than three different ones, and is not the one
    of the demo. Length makes a password hard to guess."""
    if compose(password).strip().lower() == DEMO_PASSWORD:
        return False
    return SHORTEST <= len(password) <= LONGEST and len(set(password)) > 3
