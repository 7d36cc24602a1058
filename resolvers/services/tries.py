"""Failed tries of passwords and tokens: their counters and waits.

A device that has signed in to a login before has a counter of its own. All others count by login
and address, by address, and by login. So strangers slow down strangers only: users get in on a
device that they use, and one address cannot use up the tries of a login from all others.

The counters are in the database, for all processes and across restarts.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import ceil
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.sessions import TryCounter, TryKind
from models.problems import Problem
from models.secrets import Secrets, encode_place

DOUBLED = 20
"""The most times that a wait is doubled; the longest wait is reached long before."""
AT_ONCE = 4
"""Passwords that a process checks at once: two are hashed (`passwords.THREADS`), two wait for the
database. A try is counted when its turn comes. Otherwise, a few hundred people behind one address
who sign in at 8:30 would count as failures until their passwords are checked."""
ANY_ADDRESS = "unknown"


class TooManyTries(Problem):
    """There were too many failed tries; try again in {seconds} seconds."""

    russian = "Слишком много неудачных попыток; попробуйте снова через {seconds} с."


@dataclass(frozen=True, slots=True)
class Brake:
    """The waits of a kind of counter.

    free: Failures after which a wait begins.
    first: Seconds of the first wait; each further failure doubles them.
    longest: Seconds of the longest wait.
    fading: Seconds after which one failure is forgotten. All are forgotten within a day, or within
        the time that `free` failures take.
    """

    free: int
    first: float
    longest: float
    fading: float


@dataclass(frozen=True, slots=True)
class TryLimits:
    """The number of failures before a wait, by kind of counter, and the lifetime of devices.

    most: Of a known device, and of a login from one address.
    most_of_address: Of an address. A login that gets in from there gives back its own failures.
    most_of_login: Of a login, from all addresses by which it is not known.
    most_refreshes: Of unknown refresh tokens from an address.
    device_lasts: Since a device was last used to sign in.
    """

    most: int = 5
    most_of_address: int = 20
    most_of_login: int = 50
    most_refreshes: int = 30
    device_lasts: timedelta = timedelta(days=180)

    def brake(self, kind: TryKind) -> Brake:
        """Return the waits of a kind of counter. Those of an address and of a login are as long as
        a failure is remembered: from then on there is one try per wait. That of a login is shorter
        than the longest wait of one address, so that one address alone cannot use it up."""
        match kind:
            case TryKind.DEVICE | TryKind.LOGIN_AND_ADDRESS:
                return Brake(self.most, first=30, longest=900, fading=7200)
            case TryKind.ADDRESS:
                return Brake(self.most_of_address, first=60, longest=60, fading=60)
            case TryKind.LOGIN:
                return Brake(self.most_of_login, first=120, longest=120, fading=120)
            case TryKind.REFRESH:
                return Brake(self.most_refreshes, first=10, longest=10, fading=10)


@dataclass(frozen=True, slots=True)
class Tries:
    """The limits of tries in a process.

    turns: Held while a password is checked.
    """

    limits: TryLimits = TryLimits()
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of failed tries."""

    key: bytes
    kind: TryKind
    login_hash: bytes | None = None


def network_of(address: str | None) -> str:
    """Return the network that an address counts for: the /64 of an IPv6 address, which belongs to
    one connection; an IPv4 address, also if it is written as IPv6, is itself."""
    if address is None:
        return ANY_ADDRESS
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return f"{IPv6Address(int(found) >> 64 << 64)}/64"
        found = found.ipv4_mapped
    return str(found)


def login_hash_of(secrets: Secrets, login: str) -> bytes:
    return secrets.digest(encode_place(("login", login.strip().lower())))


def password_counters(
    secrets: Secrets, login: str, address: str | None, device_id: int | None
) -> list[Counter]:
    """Return the counters of a try of a password, the same if there is no such login.

    device_id: Of a device that is known to the login.
    """
    login_hash, network = login_hash_of(secrets, login), network_of(address)

    def counter(kind: TryKind, *parts: object) -> Counter:
        key = secrets.digest(encode_place((kind.name, *parts)))
        return Counter(key, kind, None if kind is TryKind.ADDRESS else login_hash)

    if device_id is not None:
        return [counter(TryKind.DEVICE, device_id)]
    return [
        counter(TryKind.LOGIN_AND_ADDRESS, login_hash.hex(), network),
        counter(TryKind.ADDRESS, network),
        counter(TryKind.LOGIN, login_hash.hex()),
    ]


def refresh_counters(secrets: Secrets, address: str | None) -> list[Counter]:
    """Return the counters of an unknown refresh token."""
    place = (TryKind.REFRESH.name, network_of(address))
    return [Counter(secrets.digest(encode_place(place)), TryKind.REFRESH)]


BRAKES = """
    brakes AS (
        SELECT *, CAST(:now AS timestamptz) AS now, interval '1 second' AS second FROM unnest(
            CAST(:key AS bytea[]), CAST(:kind AS text[]), CAST(:login_hash AS bytea[]),
            CAST(:free AS float[]), CAST(:first AS float[]), CAST(:longest AS float[]),
            CAST(:fading AS float[])
        ) AS b (key, kind, login_hash, free, first, longest, fading)
    )
"""
FAILURES = "ceil((extract(epoch FROM greatest(c.clear_at, b.now) - b.now) - 1) / b.fading)"
"""SQL: the number of failures that a counter remembers. Tries reach a counter in another order than
that of their `now`. Without the subtracted second, an older `now` would find one too many."""
REMEMBERED = "ceil(extract(epoch FROM c.clear_at - b.now) / b.fading)"
"""SQL: the same for the `now` of the try itself."""
MOST_REMEMBERED = 100_000
"""Failures that a counter can remember. A setting above it causes no wait."""
LONGEST = f"""greatest(
    interval '1 day', b.second * b.fading * least(b.free, {MOST_REMEMBERED}))"""
"""SQL: the longest time for which failures are remembered. If it were shorter than the time that
`free` failures take to be forgotten, there would never be a wait."""
NO_WAIT = "CAST('-infinity' AS timestamptz)"
"""SQL: the `retry_at` of a counter without a wait. With the `now` of a try instead, tries with an
older `now` that reach the counter later would be refused. Python cannot represent the value, so it
is compared in SQL only."""
COUNT = text(f"""
    WITH {BRAKES}
    INSERT INTO try_counters AS c (key, kind, login_hash, retry_at, clear_at)
    SELECT key, kind, login_hash,
        CASE WHEN free <= 1 THEN now + second * first ELSE {NO_WAIT} END, now + second * fading
    FROM brakes ORDER BY key
    ON CONFLICT (key) DO UPDATE SET (retry_at, clear_at) = (
        SELECT CASE WHEN {FAILURES} + 1 < b.free THEN {NO_WAIT} ELSE b.now + b.second
                * least(b.first * power(2, least({FAILURES} + 1 - b.free, {DOUBLED})), b.longest)
            END,
            least(greatest(c.clear_at, b.now) + b.second * b.fading, b.now + {LONGEST})
        FROM brakes b WHERE b.key = excluded.key
    ) WHERE c.retry_at <= CAST(:now AS timestamptz) OR (
        SELECT {REMEMBERED} < b.free FROM brakes b WHERE b.key = excluded.key
    )
    RETURNING c.key
""")  # noqa: S608  # made of constants alone
"""A wait ends early if fewer failures are remembered than are free, as after a setting was raised.

Counters are locked in the order of their keys, here as in TAKE_BACK and `clear_tries`. Otherwise
two transactions could deadlock."""
TAKE_BACK = text(f"""
    WITH {BRAKES}, before AS (
        SELECT {FAILURES} AS failures, b.*
        FROM try_counters c JOIN brakes b ON b.key = c.key ORDER BY c.key FOR UPDATE OF c
    ), own AS (
        SELECT max(failures) AS failures FROM before WHERE kind IN ('DEVICE', 'LOGIN_AND_ADDRESS')
    )
    UPDATE try_counters c SET retry_at = {NO_WAIT}, clear_at = CASE
        WHEN b.kind IN ('DEVICE', 'LOGIN_AND_ADDRESS') THEN b.now
        ELSE greatest(c.clear_at - b.second * b.fading * own.failures, b.now) END
    FROM before b, own WHERE b.key = c.key
""")  # noqa: S608  # made of constants alone


async def count_try(
    session: AsyncSession, limits: TryLimits, counters: Sequence[Counter], now: datetime
) -> None:
    """Count a try as failed, in all counters or in none, and commit. The password is checked
    afterwards; otherwise sixty tries at once would not see each other. Raises TooManyTries during a
    wait; such a try does not count."""
    counted = set(await session.scalars(COUNT, make_parameters(limits, counters, now)))
    refused = [one.key for one in counters if one.key not in counted]
    if not refused:
        await session.commit()
        return
    # Before the rollback, while COUNT has locked the counters that refuse. Afterwards another
    # transaction may end the wait, and its length could not be read.
    waits = select(func.max(TryCounter.retry_at)).where(
        TryCounter.key.in_(refused), TryCounter.retry_at > now
    )
    retry_at = await session.scalar(waits) or now + timedelta(seconds=1)
    await session.rollback()
    seconds = ceil((retry_at - now).total_seconds())
    raise TooManyTries(retry_at=retry_at, retry_after=seconds, seconds=seconds)


async def take_back(
    session: AsyncSession, limits: TryLimits, counters: Sequence[Counter], now: datetime
) -> None:
    """Undo the failures before a right password: clear the counter of the device, or of login and
    address, and subtract its failures from the others. The caller commits. The failures of other
    logins stay: otherwise an attacker could reset them by signing in to an account of their own."""
    await session.execute(TAKE_BACK, make_parameters(limits, counters, now))


def make_parameters(
    limits: TryLimits, counters: Sequence[Counter], now: datetime
) -> dict[str, Any]:
    brakes = [limits.brake(one.kind) for one in counters]
    return {
        "now": now,
        "key": [one.key for one in counters],
        "kind": [one.kind.name for one in counters],
        "login_hash": [one.login_hash for one in counters],
        "free": [float(one.free) for one in brakes],
        "first": [float(one.first) for one in brakes],
        "longest": [float(one.longest) for one in brakes],
        "fading": [float(one.fading) for one in brakes],
    }


async def clear_tries(session: AsyncSession, secrets: Secrets, logins: Iterable[str]) -> None:
    """Forget the failed tries of these logins, after their password was replaced. The caller
    commits."""
    hashes = [login_hash_of(secrets, login) for login in logins]
    mine = select(TryCounter.key).where(TryCounter.login_hash.in_(hashes))
    locked = mine.order_by(TryCounter.key).with_for_update().cte("locked")
    cleared = delete(TryCounter).where(TryCounter.key.in_(select(locked.c.key)))
    await session.execute(cleared.execution_options(synchronize_session=False))
