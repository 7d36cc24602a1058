"""Gates: how much runs at once, and who waits.

A gate lets in operations by weight, so that a heavy one takes the place of several light ones. Who
does not fit waits in a short queue, where the first to come is the first to go in.

A gate that `sheds` looks how long its queue stands. Once it has not been empty for INTERVAL, there
is more to do than can be done. Then the last to come goes in first, and nobody waits longer than
BRIEFLY. So those who get in get in soon, the others are told soon to come back, and no work is done
for clients that have given up.
"""

import asyncio
import time

from gql.admission.problems import overloaded

INTERVAL = 1.0
"""Seconds for which a queue may stand before it counts as an overload."""
BRIEFLY = 0.1
"""Seconds to wait at most in an overload."""


class Gate:
    """Lets in so much at once.

    most: Weight that may be inside. Something heavier is let in alone.
    most_waiting: Operations in the queue. When it is full, the next to come is refused; of a gate
        that sheds, the one that has waited longest.
    """

    __slots__ = ("empty_at", "inside", "most", "most_waiting", "sheds", "waiting")

    def __init__(self, most: int, most_waiting: int, *, sheds: bool = False) -> None:
        self.most, self.most_waiting, self.sheds = most, most_waiting, sheds
        self.inside = 0
        self.empty_at = 0.0
        self.waiting: list[tuple[asyncio.Future[None], int]] = []

    def enter(self, weight: int) -> bool:
        """Go in if there is room and nobody waits; whether that was so."""
        if self.waiting or not self.has_room(weight):
            return False
        self.inside += weight
        return True

    async def wait(self, weight: int, end: float) -> None:
        """Go in before `end` on the monotonic clock, after `enter` was refused. Raises
        Overloaded."""
        loop, now = asyncio.get_running_loop(), time.monotonic()
        if not self.waiting:
            self.empty_at = now
        seconds = end - now
        if self.is_overloaded:
            seconds = min(seconds, BRIEFLY)
        if len(self.waiting) >= self.most_waiting:
            if not (self.sheds and self.waiting):
                raise overloaded()
            shed(self.waiting.pop(0)[0])
        turn: asyncio.Future[None] = loop.create_future()
        place = (turn, weight)
        self.waiting.append(place)
        timer = loop.call_later(seconds, shed, turn)
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
        """Whether its queue has stood for too long."""
        return self.sheds and time.monotonic() > self.empty_at + INTERVAL

    def has_room(self, weight: int) -> bool:
        return self.inside + weight <= self.most or not self.inside


def shed(turn: asyncio.Future[None]) -> None:
    """Send one away who waits."""
    if not turn.done():
        turn.set_exception(overloaded())
