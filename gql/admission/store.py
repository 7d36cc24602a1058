"""The store of spent points: the memory of the process, or Redis, which several processes share.

The library `limits` counts in both by a sliding window counter: two numbers per key, of which the
one of the last window fades linearly.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from gql.logs import log

if TYPE_CHECKING:
    from limits.aio.storage.redis.redispy import RedispyBridge

T = TypeVar("T")

WINDOW = 60
"""Seconds in which a spent budget is refilled."""
SWEEP = 5.0
"""Seconds between two removals of keys that were not used in two windows."""
MOST_KEYS = 100_000
"""Keys in memory, about 30 MB. If there are more, the oldest are removed, so that many addresses
cannot fill the memory."""
PORT = 6379
PATIENCE = 0.5
"""Seconds that Redis may take to answer. Without it, operations would wait for a dead Redis."""
PAUSE = 5.0
"""Seconds without requests to Redis after one failed."""


class StoreProblem(Exception):
    """The store of the settings cannot be used; the text says why, without a password."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The points that a key has spent.

    previous, current: Points of the last window and of this one.
    previous_ends, current_ends: The times when they have faded, by `time.monotonic`. This window
        becomes the last one WINDOW seconds before its end.
    """

    previous: int = 0
    previous_ends: float = 0.0
    current: int = 0
    current_ends: float = 0.0

    def count_spent(self, now: float) -> float:
        """Return the points that count as spent."""
        if now >= self.current_ends - WINDOW:
            return self.current * max(0.0, self.current_ends - now) / WINDOW
        return self.previous * max(0.0, self.previous_ends - now) / WINDOW + self.current

    def falls_to(self, points: int) -> float:
        """Return the time when at most so many points count as spent, if no more are spent."""
        if self.current > points:
            return self.current_ends - points * WINDOW / self.current
        if self.previous == 0:
            return 0.0
        return self.previous_ends - (points - self.current) * WINDOW / self.previous

    @property
    def ends(self) -> float:
        """The time when no points count as spent, if no more are spent."""
        return self.current_ends if self.current else self.previous_ends


class SweptMemory(MemoryStorage):
    """The storage of `limits` without its scan of all keys after each hit, which took 2 ms with
    10,000 keys (measured)."""

    swept = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        if now >= self.swept + SWEEP:
            self.swept = now
            self.sweep(now)
        if self.expirations.get(key, 0) <= now:
            self.storage[key] = 0
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]

    def sweep(self, now: float) -> None:
        old = [key for key, ends in self.expirations.items() if ends <= now]
        over = len(self.expirations) - len(old) - MOST_KEYS
        if over > 0:
            old += sorted(self.expirations, key=self.expirations.__getitem__)[: len(old) + over]
        for key in old:
            self.storage.pop(key, None)
            self.expirations.pop(key, None)


class Store:
    """The store of spent points by keys.

    url: Of the Redis that several processes share; None: this process counts in memory. While Redis
        does not answer, each process counts in memory, too, and budgets hold per process. To refuse
        all operations would make Redis a single point of failure.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url
        self.memory = SweptMemory()
        self.shared = open_redis(url) if url else None
        self.is_away, self.asked_again_at = False, 0.0

    async def take(self, item: RateLimitItem, key: str, points: int) -> bool:
        """Spend all of the points or none; return whether there were enough."""
        return await self.ask(
            lambda storage: SlidingWindowCounterRateLimiter(storage).hit(item, key, cost=points)
        )

    async def tally(self, item: RateLimitItem, key: str) -> Tally:
        """Return the points that the key has spent."""
        place = item.key_for(key)
        found = await self.ask(lambda storage: storage.get_sliding_window(place, WINDOW))
        previous, previous_left, current, current_left = found
        now = time.monotonic()
        return Tally(previous, now + previous_left, current, now + current_left)

    async def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        if self.shared and time.monotonic() >= self.asked_again_at:
            try:
                found = await question(self.shared)
            except (StorageError, OSError, TimeoutError) as failure:
                self.note_away(failure)
            else:
                if self.is_away:
                    self.is_away = False
                    log.warning("Redis is back: budgets are shared again")
                return found
        return await question(self.memory)

    def note_away(self, failure: BaseException) -> None:
        self.asked_again_at = time.monotonic() + PAUSE
        if not self.is_away:
            self.is_away = True
            log.warning("Redis is away: this process counts budgets for itself",
                        reason=reason_of(failure))  # fmt: skip

    async def check_connection(self) -> None:
        """Connect to Redis once. Raises StoreProblem if the settings are wrong: the host is
        unknown, or Redis refuses the password. If Redis is down, log a warning."""
        if self.shared is None:
            return
        assert self.url  # noqa: S101  # it made `shared`
        try:
            await connection_of(self.shared).ping()
        except Exception as failure:
            if is_setting(failure):
                raise StoreProblem(f"{place_of(self.url)}: {reason_of(failure)}") from failure
            self.note_away(failure)

    async def close(self) -> None:
        if self.shared is not None:
            await connection_of(self.shared).aclose()


def item_of(points: int, kind: str) -> RateLimitItem:
    """Return the `limits` item for so many points per window."""
    return RateLimitItemPerSecond(points, WINDOW, namespace=kind)


def open_redis(url: str) -> RedisStorage:
    """Return the storage in Redis. Raises StoreProblem if the client library is not installed."""
    if find_spec("redis") is None:
        raise StoreProblem(f"{place_of(url)} needs a client of Redis: install `gorod[redis]`")
    from redis.asyncio.retry import Retry  # of the extra
    from redis.backoff import NoBackoff

    parts = urlsplit(url)
    if parts.hostname and parts.port is None:  # `limits` requires a port
        url = parts._replace(netloc=f"{parts.netloc}:{PORT}").geturl()
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="gorod",
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # passed on as it is
    )


def connection_of(storage: RedisStorage) -> Any:
    """Return the Redis client below the storage."""
    return cast("RedispyBridge", storage.bridge).get_connection()


def place_of(url: str) -> str:
    """Return an address without its user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def is_setting(failure: BaseException) -> bool:
    """Whether the settings are wrong: Redis refuses the password, or its host is unknown."""
    causes: list[BaseException] = [failure]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    names = {type(one).__name__ for one in causes}
    return bool(names & {"AuthenticationError", "ResponseError", "NoPermissionError", "gaierror"})


def reason_of(failure: BaseException) -> str:
    cause = failure.__cause__ if isinstance(failure, StorageError) else failure
    return f"{type(cause).__name__}: {cause}".partition("\n")[0]
