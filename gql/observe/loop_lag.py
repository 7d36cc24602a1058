"""The lag of the event loop: how late it runs what is due. Everybody waits so long."""

import asyncio
from collections import deque

PERIOD = 0.25
"""Seconds between two looks."""
LOOKS = 60
"""Looks that are remembered: a quarter of a minute, which is how often Prometheus asks."""
LAG = (
    "gorod_event_loop_lag_seconds",
    "Longest delay of the event loop in the last 15 seconds, looked at four times a second.",
)


class LoopLag:
    """Measures the lag of the event loop that runs it."""

    def __init__(self) -> None:
        self.lags: deque[float] = deque(maxlen=LOOKS)
        self.timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look."""
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(PERIOD, self.look, loop, loop.time() + PERIOD)

    def look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Note how much later than due it is, and look again."""
        self.lags.append(max(0.0, loop.time() - due))
        self.timer = loop.call_later(PERIOD, self.look, loop, loop.time() + PERIOD)

    def longest(self) -> float:
        """Seconds; 0 before the first look."""
        return max(self.lags, default=0.0)

    def stop(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None
