"""Passwords: argon2id in a few threads of its own, so that signing in never stops the loop and a
crowd of sign-ins never takes all the memory."""

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
"""In place of a hash: no password opens such an account."""
SHORTEST, LONGEST = 10, 200
ONE_TIME_LASTS = timedelta(days=14)
"""The time for which a one-time password can be used; an older paper is stale."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""The characters of one-time passwords; none looks like another on paper."""
NOBODYS = HASHER.hash(secrets.token_urlsafe(16))
"""A hash against which an unknown login is checked, so that it takes as long as a known one."""


async def hashed(password: str) -> str:
    typed = composed(password)
    return await asyncio.get_running_loop().run_in_executor(THREADS, HASHER.hash, typed)


def composed(password: str) -> str:
    """Some keyboards write `й` as one character, others as two: a password must not care."""
    return unicodedata.normalize("NFC", password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; without a hash it never is, and takes as long to say so."""
    return await asyncio.get_running_loop().run_in_executor(
        THREADS, verified, password_hash or NOBODYS, composed(password), password_hash is not None
    )


def verified(password_hash: str, password: str, known: bool) -> bool:
    try:
        return HASHER.verify(password_hash, password) and known
    except (VerificationError, InvalidHashError):
        return False


def one_time() -> str:
    """Three groups of four, 59 bits: to be read from paper once and then changed."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def ran_out(credential: Any, now: datetime) -> bool:
    """Whether its one-time password was not used in time."""
    lasts_until: datetime = credential.password_changed_at + ONE_TIME_LASTS
    return bool(credential.must_change_password) and lasts_until <= now


def good_enough(password: str) -> bool:
    """10..200 characters, not all the same, and none that is printed in the documentation; length
    is what makes a password hard to guess."""
    if composed(password).strip().lower() == DEMO_PASSWORD:
        return False
    return SHORTEST <= len(password) <= LONGEST and len(set(password)) > 3
