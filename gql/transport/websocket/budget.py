"""Rate limits of a socket: a token bucket of messages and one of bytes, kept in memory.

They prevent that one socket takes all the time of the process.
"""

from collections.abc import Callable
from time import monotonic

from gql.guard.limits_of_use import LimitsOfSockets


class TokenBucket:
    """A token bucket.

    size: The most tokens that it holds.
    rate: Tokens added per second.
    """

    __slots__ = ("left", "rate", "seen", "size")

    def __init__(self, size: float, rate: float, now: float) -> None:
        self.size, self.rate, self.left, self.seen = size, rate, size, now

    def take(self, tokens: float, now: float) -> bool:
        """Take tokens; False if there are not enough."""
        self.left = min(self.size, self.left + (now - self.seen) * self.rate) - tokens
        self.seen = now
        return self.left >= 0


class Budget:
    """The messages and bytes that one socket may still send."""

    __slots__ = ("bytes", "clock", "messages")

    def __init__(self, limits: LimitsOfSockets, clock: Callable[[], float] = monotonic) -> None:
        now = clock()
        self.clock = clock
        self.messages = TokenBucket(limits.most_messages, limits.most_messages / REFILL, now)
        self.bytes = TokenBucket(limits.most_message_bytes, limits.most_message_bytes / REFILL, now)

    def take(self, size: int) -> bool:
        """Take one message of so many bytes; False if there is not enough left."""
        now = self.clock()
        return self.messages.take(1, now) and self.bytes.take(size, now)


REFILL = 10
"""Seconds after which an empty bucket is full again."""
