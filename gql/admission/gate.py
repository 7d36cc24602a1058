"""Gates: limits of concurrency with a queue.

A gate lets in operations by weight: a heavy one takes the place of several light ones. The others
wait in a short queue, first in, first out.

A gate that `sheds` watches its queue. If it has not been empty for INTERVAL, the server is
overloaded. Then the queue becomes last in, first out, and no operation waits longer than BRIEFLY.
So operations run soon or are refused soon, and none runs for a client that has given up.
"""

import asyncio
import time

from gql.admission.problems import make_overloaded

INTERVAL = 1.0
"""Seconds after which a queue that is never empty counts as an overload."""
BRIEFLY = 0.1
"""The longest wait in an overload, in seconds."""


class Gate:
    """A semaphore of weights with a queue.

    most: Weight that may be inside. A heavier operation is let in alone.
    most_waiting: Operations in the queue. If it is full, the next operation is refused; a gate that
        sheds refuses the oldest one instead.
    """

    __slots__ = ("empty_at", "inside", "most", "most_waiting", "sheds", "waiting")

    def __init__(self, most: int, most_waiting: int, *, sheds: bool = False) -> None:
        self.most, self.most_waiting, self.sheds = most, most_waiting, sheds
        self.inside = 0
        self.empty_at = 0.0
        self.waiting: list[tuple[asyncio.Future[None], int]] = []

    def enter(self, weight: int) -> bool:
        """Enter if there is room and the queue is empty; return whether it was so."""
        if self.waiting or not self.has_room(weight):
            return False
        self.inside += weight
        return True

    async def wait(self, weight: int, end: float) -> None:
        """Wait in the queue until `end` on the monotonic clock, after `enter` failed. Raises
        Overloaded."""
        loop, now = asyncio.get_running_loop(), time.monotonic()
        if not self.waiting:
            self.empty_at = now
        seconds = end - now
        if self.is_overloaded:
            seconds = min(seconds, BRIEFLY)
        if len(self.waiting) >= self.most_waiting:
            if not (self.sheds and self.waiting):
                raise make_overloaded()
            refuse_waiting(self.waiting.pop(0)[0])
        turn: asyncio.Future[None] = loop.create_future()
        place = (turn, weight)
        self.waiting.append(place)
        timer = loop.call_later(seconds, refuse_waiting, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self.leave(weight)  # it was let in at the same moment
            raise
        finally:
            timer.cancel()
            if place in self.waiting:
                self.waiting.remove(place)
                self.let_in()  # a lighter one may stand behind it

    def leave(self, weight: int) -> None:
        """Make room, after `enter` or `wait`."""
        self.inside -= weight
        if self.waiting:
            self.let_in()

    def let_in(self) -> None:
        next_ = -1 if self.is_overloaded else 0
        while self.waiting:
            turn, weight = self.waiting[next_]
            if not turn.done():
                if not self.has_room(weight):
                    return
                self.inside += weight
                turn.set_result(None)
            self.waiting.pop(next_)

    @property
    def is_overloaded(self) -> bool:
        """Whether its queue has not been empty for too long."""
        return self.sheds and time.monotonic() > self.empty_at + INTERVAL

    def has_room(self, weight: int) -> bool:
        return self.inside + weight <= self.most or not self.inside


def refuse_waiting(turn: asyncio.Future[None]) -> None:
    """Refuse an operation that waits."""
    if not turn.done():
        turn.set_exception(make_overloaded())
